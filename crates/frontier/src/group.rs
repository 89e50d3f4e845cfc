//! Groups of hosts that share a limit: one registrable domain, or one address. Owned by the scheduler.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use url::{Host, Url};

use crate::directory::HostId;
use crate::politeness::Arrival;

/// A group's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupId(u32);

/// What the hosts of a group have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// The registrable domain, or the host itself where it has none.
    Domain(Box<str>),
    Address(IpAddr),
}

/// All groups. Grows by some 100 bytes for each domain or address, and 4 bytes for each host; with no
/// limit by group there is none.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    ids: HashMap<Key, GroupId>,
    groups: Vec<Group>,
    /// The group of each host, by its number; `NONE` before it is known.
    of: Vec<u32>,
}

const NONE: u32 = u32::MAX;

/// One group: when it may be asked again, and who waits for that.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) arrival: Arrival,
    pub(crate) in_flight: u32,
    /// Hosts whose own turn has come, in the order in which it came.
    pub(crate) waiting: VecDeque<HostId>,
    // Invariant: true iff the ready heap holds an entry of this group.
    pub(crate) listed: bool,
}

impl Group {
    /// Tells from when the group may be asked; `None` while it has no free slot.
    pub(crate) fn at(&self, slots: usize) -> Option<u64> {
        ((self.in_flight as usize) < slots.max(1)).then(|| self.arrival.at())
    }

    /// Ends a request of the group.
    pub(crate) fn settle(&mut self, delay: Duration, now: u64) {
        self.in_flight -= 1;
        if self.in_flight == 0 && !delay.is_zero() {
            self.arrival.not_before(now.saturating_add(crate::scheduler::nanos(delay)));
        }
    }
}

impl Groups {
    /// Returns the group of a host.
    pub(crate) fn of(&self, host: HostId) -> Option<GroupId> {
        self.of.get(host.index()).filter(|group| **group != NONE).map(|group| GroupId(*group))
    }

    /// Puts a host into the group of this key; returns the one it was in before, and the one it is in.
    pub(crate) fn assign(&mut self, host: HostId, key: Key) -> (Option<GroupId>, GroupId) {
        let next = GroupId(u32::try_from(self.groups.len()).expect("fewer groups than hosts"));
        let id = *self.ids.entry(key).or_insert(next);
        if id == next {
            self.groups.push(Group::default());
        }
        let before = self.of(host);
        if self.of.len() <= host.index() {
            self.of.resize(host.index() + 1, NONE);
        }
        self.of[host.index()] = id.0;
        (before, id)
    }

    pub(crate) fn peek(&self, id: GroupId) -> &Group {
        &self.groups[id.0 as usize]
    }

    pub(crate) fn get(&mut self, id: GroupId) -> &mut Group {
        &mut self.groups[id.0 as usize]
    }
}

/// Returns the key that hosts of one registrable domain share, whatever their scheme and port.
pub(crate) fn domain(host: &str) -> Key {
    let url = Url::parse(host).ok();
    let name = match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            psl::domain_str(name).unwrap_or(name)
        }
        _ => url.as_ref().and_then(Url::host_str).unwrap_or(host),
    };
    Key::Domain(name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_one_registrable_domain_share_a_group() {
        let key = |host| domain(host);
        assert_eq!(key("http://a.example.co.uk:80"), key("https://b.example.co.uk:443"));
        assert_ne!(key("http://a.co.uk:80"), key("http://b.co.uk:80"));
        assert_ne!(key("http://10.0.0.1:80"), key("http://10.1.0.1:80"));
        assert_eq!(key("http://[::1]:80"), key("http://[::1]:81"));
    }
}
