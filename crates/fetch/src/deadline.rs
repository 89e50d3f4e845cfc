//! One time limit that the phases of a request share; not a clock of its own.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::{Error, ErrorKind, Phase};

/// The longest wait that is counted, one year, so that no addition of instants overflows.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The instant at which a request must be over, and the setting it came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    limit: Duration,
    /// The name of the setting.
    name: &'static str,
}

impl Deadline {
    /// Returns the deadline `limit` after `start`; `name` is the setting it comes from.
    pub(crate) fn after(start: Instant, limit: Duration, name: &'static str) -> Self {
        Self { at: start + limit.min(LONGEST), limit, name }
    }

    /// Returns the earlier of two deadlines.
    pub(crate) fn earlier(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }

    /// Waits for `future` until the deadline; afterwards the phase has timed out.
    pub(crate) async fn bound<F: Future>(
        self,
        phase: Phase,
        future: F,
    ) -> Result<F::Output, Error> {
        // The timer is registered only when the future is not ready at once.
        timeout_at(self.at, future).await.map_err(|_| self.passed(phase))
    }

    /// Returns the deadline later by a time that does not count.
    pub(crate) fn without(self, time: Duration) -> Self {
        Self { at: self.at + time, ..self }
    }

    pub(crate) fn at(self) -> Instant {
        self.at
    }

    /// Returns the error of a phase that did not end in time.
    pub(crate) fn passed(self, phase: Phase) -> Error {
        let Self { limit, name, .. } = self;
        let reason = format!("timed out after {limit:?}; raise {name} to wait longer");
        Error::new(ErrorKind::Timeout, reason).with_phase(phase)
    }
}
