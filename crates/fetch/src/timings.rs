//! Where the time of one exchange went, phase by phase. Noted by the send loop, at instants that it reads anyway.

use std::time::Duration;

use crate::error::Phase;

/// Where the time of one exchange went, from its turn to its end; a phase that there was not is zero.
///
/// On a connection that was there already nothing is resolved and nothing connected. After redirects and further
/// attempts it is that of the last exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Looking up the addresses of the host.
    pub resolve: Duration,
    /// Opening a connection: TCP and TLS, through a proxy all that it takes, and the wait for one that several
    /// requests share.
    pub connect: Duration,
    /// From the request to the head of the response.
    pub first_byte: Duration,
    /// From the head to the last byte of the body.
    pub body: Duration,
}

impl Timings {
    /// Returns the time of all phases.
    pub fn total(&self) -> Duration {
        self.resolve + self.connect + self.first_byte + self.body
    }

    /// Gives what is left of `elapsed` to the phase that was going on.
    pub(crate) fn rest(&mut self, phase: Phase, elapsed: Duration) {
        let rest = elapsed.saturating_sub(self.total());
        match phase {
            Phase::Resolve => self.resolve += rest,
            Phase::Connect | Phase::Tls => self.connect += rest,
            Phase::Head => self.first_byte += rest,
            Phase::Body => self.body += rest,
        }
    }
}
