//! What the scheduler's two heaps hold: turns of hosts and groups, and requests that are tried again.

use crate::directory::HostId;
use crate::group::GroupId;
use crate::host::{RobotsFetch, Ticket};

/// A turn that comes at an instant; of two that come at once, the one that was listed first is first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) at: u64,
    pub(super) turn: u64,
    pub(super) whose: Whose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    Host(HostId),
    /// The turn of the first host that waits for this group.
    Group(GroupId),
}

/// A request that is tried again; ordered by time, then by the order in which it came.
#[derive(Debug)]
pub(super) struct Later {
    pub(super) at: u64,
    pub(super) turn: u64,
    pub(super) what: Again,
}

#[derive(Debug)]
pub(super) enum Again {
    Page(Ticket),
    Robots(RobotsFetch),
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.turn) == (other.at, other.turn)
    }
}

impl Eq for Later {}

impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Later {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.turn).cmp(&(other.at, other.turn))
    }
}
