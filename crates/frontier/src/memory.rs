//! The store in memory: queues by host and the seen-set. Gone with the process.

use std::collections::VecDeque;
use std::future::ready;

use crate::bands::Bands;
use crate::directory::HostId;
use crate::pending::Pending;
use crate::seen::Seen;
use crate::store::{BoxFuture, Claim, Completion, Lease, More, Receipt, Store, StoreError};

/// Keeps the frontier in memory.
///
/// It grows with the crawl: 12 to 15 bytes for each URL ever known, and 64 bytes and the URL's
/// text for each one that waits; with what an allocator adds, 110 to 190 bytes and the text.
#[derive(Debug)]
pub struct MemoryStore {
    seen: Seen,
    hosts: Vec<Queue>,
    // Invariant: holds each host that is not leased and whose queue is not empty, once.
    free: VecDeque<HostId>,
}

#[derive(Debug, Default)]
struct Queue {
    urls: Bands<Pending>,
    claimed: usize,
    lease: LeaseState,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LeaseState {
    #[default]
    Free,
    Held,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self { seen: Seen::new(), hosts: Vec::new(), free: VecDeque::new() }
    }

    fn host(&mut self, host: HostId) -> &mut Queue {
        if self.hosts.len() <= host.index() {
            self.hosts.resize_with(host.index() + 1, Queue::default);
        }
        &mut self.hosts[host.index()]
    }

    fn add(&mut self, batch: Vec<Pending>) -> Receipt {
        let mut receipt = Receipt::default();
        for pending in batch {
            if !self.seen.insert(pending.fingerprint()) {
                receipt.duplicates += 1;
                continue;
            }
            let id = pending.host();
            receipt.took(id);
            let host = self.host(id);
            host.urls.push(pending.band(), pending);
            if host.urls.len() == 1 && host.lease == LeaseState::Free {
                self.free.push_back(id);
            }
        }
        receipt
    }

    fn take(&mut self, id: HostId, chunk: usize) -> Lease {
        let host = self.host(id);
        host.lease = LeaseState::Held;
        let urls: Vec<_> =
            std::iter::from_fn(|| host.urls.pop()).take(chunk).map(|(_, url)| url).collect();
        host.claimed += urls.len();
        let more = if host.urls.is_empty() { More::Empty } else { More::Queued };
        Lease { host: id, urls, more }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    fn offer(&mut self, batch: Vec<Pending>) -> BoxFuture<'_, Result<Receipt, StoreError>> {
        Box::pin(ready(Ok(self.add(batch))))
    }

    fn claim(&mut self, claim: Claim) -> BoxFuture<'_, Result<Vec<Lease>, StoreError>> {
        let mut leases: Vec<_> =
            claim.refill.iter().map(|host| self.take(*host, claim.chunk)).collect();
        for _ in 0..claim.hosts {
            let Some(host) = self.free.pop_front() else { break };
            leases.push(self.take(host, claim.chunk));
        }
        Box::pin(ready(Ok(leases)))
    }

    fn complete(&mut self, batch: Completion) -> BoxFuture<'_, Result<Receipt, StoreError>> {
        for completed in batch.done {
            let host = self.host(completed.pending.host());
            host.claimed = host.claimed.saturating_sub(1);
            if host.claimed == 0 && host.urls.is_empty() {
                host.lease = LeaseState::Free;
            }
        }
        Box::pin(ready(Ok(self.add(batch.found))))
    }

    fn flush(&mut self) -> BoxFuture<'static, Result<(), StoreError>> {
        Box::pin(ready(Ok(())))
    }
}
