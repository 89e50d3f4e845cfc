//! The table of host records: those that have work, some that rest, and what must not be forgotten of
//! the others. Owned by the scheduler.

use std::collections::{HashMap, VecDeque};

use crate::directory::HostId;
use crate::host::Host;
use crate::host_limit::HostLimit;
use crate::trouble::Trouble;

/// Records kept of hosts that have no work, at most, with their robots rules.
const MAX_IDLE: usize = 4096;
/// Hosts whose delay or penalty is remembered before those are looked for that have run out.
const MIN_PURGE: usize = 1024;
/// The slot of a host that has no record.
const NONE: u32 = u32::MAX;

/// The records of hosts.
///
/// A host that was ever seen costs 4 bytes. A record is there while its host has work, and then until
/// 4,096 others went idle after it; with it go the rules of its robots.txt, which is read again when
/// the host comes back. A delay or penalty that still runs then is kept, in some 40 bytes, until it is over.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    /// Where the record of each host is, by its number.
    slots: Vec<u32>,
    records: Vec<Host>,
    free: Vec<u32>,
    /// Hosts that had nothing to do at some time, the one that was first in front.
    idle: VecDeque<HostId>,
    parked: HashMap<HostId, Parked>,
    purge_at: usize,
    /// What somebody limits hosts to, whether they have a record or not.
    limits: HashMap<HostId, HostLimit>,
}

/// What is not forgotten of a host without a record.
#[derive(Debug)]
pub(crate) struct Parked {
    /// Nothing is sent before this.
    pub(crate) arrival: u64,
    pub(crate) trouble: Option<Box<Trouble>>,
}

impl Parked {
    /// Returns the instant from which it may be forgotten.
    fn until(&self) -> u64 {
        self.trouble.as_ref().map_or(0, |trouble| trouble.down_until).max(self.arrival)
    }
}

impl Hosts {
    /// Returns the record of a host, if it has one.
    pub(crate) fn get(&self, id: HostId) -> Option<&Host> {
        let slot = *self.slots.get(id.index())?;
        self.records.get(slot as usize)
    }

    /// Returns the record of a host, if it has one.
    pub(crate) fn get_mut(&mut self, id: HostId) -> Option<&mut Host> {
        let slot = *self.slots.get(id.index())?;
        self.records.get_mut(slot as usize)
    }

    /// Returns the record of a host, and whether it was made for this call.
    pub(crate) fn enter(&mut self, id: HostId) -> (&mut Host, Entered) {
        if self.slots.len() <= id.index() {
            self.slots.resize(id.index() + 1, NONE);
        }
        let entered = if self.slots[id.index()] == NONE { Entered::New } else { Entered::Known };
        if entered == Entered::New {
            let slot = self.free.pop().unwrap_or_else(|| {
                self.records.push(Host::default());
                u32::try_from(self.records.len() - 1).expect("hosts are numbered in 32 bits")
            });
            self.slots[id.index()] = slot;
            self.records[slot as usize].limit = self.limits.get(&id).copied().map(Box::new);
            if let Some(parked) = self.parked.remove(&id) {
                let host = &mut self.records[slot as usize];
                host.arrival.not_before(parked.arrival);
                host.trouble = parked.trouble;
            }
        }
        (&mut self.records[self.slots[id.index()] as usize], entered)
    }

    /// Notes that a host has nothing to do, and drops the record of the one that has waited longest.
    pub(crate) fn rest(&mut self, id: HostId, now: u64) {
        let Some(host) = self.get_mut(id) else { return };
        if host.queued_idle || !host.is_at_rest() {
            return;
        }
        host.queued_idle = true;
        self.idle.push_back(id);
        while self.idle.len() > MAX_IDLE {
            let Some(oldest) = self.idle.pop_front() else { break };
            self.evict(oldest, now);
        }
    }

    /// Remembers what a host is limited to, for the records that it gets from now on.
    pub(crate) fn limit(&mut self, id: HostId, limit: Option<HostLimit>) {
        match limit {
            Some(limit) => self.limits.insert(id, limit),
            None => self.limits.remove(&id),
        };
    }

    /// Returns what is remembered of a host without a record.
    pub(crate) fn parked(&self, id: HostId) -> Option<&Parked> {
        self.parked.get(&id)
    }

    /// Returns how many records there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.records.len() - self.free.len()
    }

    fn evict(&mut self, id: HostId, now: u64) {
        let slot = self.slots[id.index()];
        let host = &mut self.records[slot as usize];
        host.queued_idle = false;
        // It may have got work since it was queued; then it is queued again when that is done.
        if !host.is_at_rest() {
            return;
        }
        let host = std::mem::take(host);
        self.slots[id.index()] = NONE;
        self.free.push(slot);
        let parked = Parked { arrival: host.arrival.at(), trouble: host.trouble };
        if parked.until() > now {
            self.parked.insert(id, parked);
            if self.parked.len() >= self.purge_at.max(MIN_PURGE) {
                self.parked.retain(|_, parked| parked.until() > now);
                // So that each is looked at a bounded number of times.
                self.purge_at = self.parked.len() * 2;
            }
        }
    }
}

/// Whether a record was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    New,
    Known,
}
