//! What a worker knows of a host that it holds.

use std::collections::HashMap;
use std::time::Duration;

use dragline_frontier::{Fingerprint, More};
use tokio::time::Instant;

/// A host that the worker holds.
#[derive(Debug)]
pub(crate) struct Held {
    /// The number of the lease, new each time the host is leased.
    pub(crate) token: String,
    /// How far each band was read.
    pub(crate) read: [u64; 4],
    /// Where the claimed URLs lie, by band and position.
    pub(crate) claimed: HashMap<Fingerprint, (u8, u64)>,
    /// Whether the queue holds more than was read, as far as is known here.
    pub(crate) more: More,
    /// When the call was sent that began or prolonged the lease.
    pub(crate) sure: Instant,
    /// What is kept of the host.
    pub(crate) note: Box<[u8]>,
    /// How long it is left alone when it is let go of, if that was said.
    pub(crate) spared: Option<Duration>,
    /// Its robots rules as another worker kept them, until they are taken, and how long they held when it was
    /// leased.
    pub(crate) rules: Option<(Box<[u8]>, Duration)>,
}
