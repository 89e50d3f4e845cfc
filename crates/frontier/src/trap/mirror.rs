//! Hosts that give the pages of another host under another name. Fed by workers after each page.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::directory::HostId;

/// Pages remembered by path: 32 bytes each, 1 MiB in all. A newer one takes the place of an older.
const PAGES: usize = 1 << 15;
const SHARDS: usize = 16;
/// Equal pages at equal paths that make a host a mirror.
const EQUAL: u32 = 50;
/// Equal pages for each one that differs, at least.
const EQUAL_PER_OTHER: u32 = 20;
/// Shortest body that tells two hosts to be one, in bytes: empty pages are the same everywhere.
const SHORTEST: usize = 256;

/// Compares hosts by the pages they give at the same path.
#[derive(Debug)]
pub(super) struct Mirrors {
    shards: Box<[Mutex<Vec<Option<Seen>>>]>,
    evidence: Mutex<HashMap<HostId, Evidence>>,
    /// Hosts that are never taken for mirrors; some 10 bytes each.
    named: Mutex<HashSet<HostId>>,
    mirrors: AtomicUsize,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    path: u64,
    content: u64,
    host: HostId,
}

/// What speaks for one host being the mirror of another, which was known before it; 16 bytes for each
/// host that has a page at the path of another's.
#[derive(Clone, Copy, Debug)]
struct Evidence {
    of: HostId,
    equal: u32,
    other: u32,
}

impl Evidence {
    fn suffices(self) -> bool {
        self.equal >= EQUAL && self.other * EQUAL_PER_OTHER <= self.equal
    }
}

impl Mirrors {
    pub(super) fn new() -> Self {
        let shard = || Mutex::new(vec![None; PAGES / SHARDS]);
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            evidence: Mutex::default(),
            named: Mutex::default(),
            mirrors: AtomicUsize::new(0),
        }
    }

    /// Takes note that a seed names this host: whoever names it wants its pages, whatever they are like.
    pub(super) fn name(&self, host: HostId) {
        self.named.lock().unwrap_or_else(PoisonError::into_inner).insert(host);
    }

    /// Takes note of a page, given by hashes of its path and of its body.
    pub(super) fn page(&self, host: HostId, path: u64, content: u64, bytes: usize) {
        if bytes < SHORTEST {
            return;
        }
        let seen = Seen { path, content, host };
        let Some(known) = self.swap(seen) else { return };
        // The host that was known first is the original, whichever page came first.
        let (of, host) = (known.host.min(host), known.host.max(host));
        if self.named.lock().unwrap_or_else(PoisonError::into_inner).contains(&host) {
            return;
        }
        let mut evidence = self.evidence.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = evidence.entry(host).or_insert(Evidence { of, equal: 0, other: 0 });
        if entry.suffices() || (entry.of != of && entry.equal > 0) {
            return;
        }
        entry.of = of;
        match known.content == content {
            true => entry.equal += 1,
            false => entry.other += 1,
        }
        if entry.suffices() {
            self.mirrors.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns the host that this one is a mirror of.
    pub(super) fn original(&self, host: HostId) -> Option<HostId> {
        if self.mirrors.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let evidence = self.evidence.lock().unwrap_or_else(PoisonError::into_inner);
        evidence.get(&host).filter(|evidence| evidence.suffices()).map(|evidence| evidence.of)
    }

    pub(super) fn any(&self) -> bool {
        self.mirrors.load(Ordering::Relaxed) > 0
    }

    /// Remembers a page, and returns what another host gave at its path.
    fn swap(&self, seen: Seen) -> Option<Seen> {
        let shard = &self.shards[(seen.path >> 60) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let count = shard.len();
        let place = &mut shard[(seen.path >> 20) as usize % count];
        match place {
            Some(known) if known.path == seen.path && known.host != seen.host => {
                let other = *known;
                if seen.host < known.host {
                    *known = seen;
                }
                Some(other)
            }
            _ => {
                *place = Some(seen);
                None
            }
        }
    }
}
