//! What somebody limits a single host to, beside the politeness of all.

use std::time::Duration;

/// What one host is limited to beside the [`Politeness`](crate::Politeness) of all; the stricter of both holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostLimit {
    /// Least time between two requests.
    pub delay: Option<Duration>,
    /// Requests in flight; 0 counts as 1.
    pub parallel: Option<u32>,
}
