//! The host directory: a small number for each host name. Workers read it at once, and it only grows.

use std::sync::atomic::{AtomicU32, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use crate::canonical::HostKey;

/// A host's number within one crawl.
///
/// Four bytes stand for the host wherever a URL waits, so that its name is kept once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub(crate) u32);

impl HostId {
    /// Returns the number as an index into per-host tables.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Maps the name of each host to its [`HostId`] and back.
///
/// It grows by one entry (about 100 bytes with the name) for each host that is in scope, and never
/// shrinks during a crawl. All methods may be called from many tasks at once.
#[derive(Debug, Default)]
pub struct Directory {
    ids: DashMap<HostKey, HostId>,
    names: DashMap<HostId, HostKey>,
    next: AtomicU32,
}

impl Directory {
    /// Returns the number of a host, giving it the next free one when the host is new.
    pub fn id(&self, host: &HostKey) -> HostId {
        if let Some(id) = self.ids.get(host) {
            return *id;
        }
        match self.ids.entry(host.clone()) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let id = HostId(self.next.fetch_add(1, Ordering::Relaxed));
                self.names.insert(id, host.clone());
                *entry.insert(id)
            }
        }
    }

    /// Returns the number of a host that has one.
    pub fn known(&self, host: &HostKey) -> Option<HostId> {
        self.ids.get(host).map(|id| *id)
    }

    /// Takes up a host that a store has kept; `false` when its name or its number means another host.
    pub(crate) fn restore(&self, id: HostId, host: &HostKey) -> bool {
        let known = *self.ids.entry(host.clone()).or_insert(id) == id;
        let same = *self.names.entry(id).or_insert_with(|| host.clone()) == *host;
        self.next.fetch_max(id.0.saturating_add(1), Ordering::Relaxed);
        known && same
    }

    /// Returns the name of a host that this directory numbered.
    pub fn name(&self, id: HostId) -> Option<HostKey> {
        self.names.get(&id).map(|name| name.clone())
    }

    /// Returns how many hosts are known.
    pub fn len(&self) -> usize {
        self.next.load(Ordering::Relaxed) as usize
    }

    /// Tells whether no host is known yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
