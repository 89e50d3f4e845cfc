//! What one exchange with a host showed: told by the engine, heeded by the scheduler.

use std::net::IpAddr;
use std::time::Duration;

use crate::host::HostFault;

/// What one exchange with a host showed of it, for [`Scheduler::observe`](crate::Scheduler::observe).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// From the request to the last byte of the answer, or to the fault.
    pub elapsed: Duration,
    /// Bytes of the answer's body on the wire.
    pub bytes: u64,
    /// The address that answered, if one is known.
    pub remote: Option<IpAddr>,
    /// What the answer's `Retry-After` asks for (RFC 9110 section 10.2.3).
    pub retry_after: Option<Duration>,
    /// How the host is.
    pub health: Health,
}

/// How a host is, by one exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Nothing is known: the request failed before it came to the host.
    #[default]
    Unknown,
    /// It answered, with whatever status.
    Answered,
    /// It answered that it has too much to do: 429 or 503.
    Busy,
    /// Nothing was sent: the answer came from a cache, and does not count for the pace of the host.
    Unsent,
    /// It did not answer.
    Fault(HostFault),
}
