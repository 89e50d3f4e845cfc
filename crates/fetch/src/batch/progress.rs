//! How far a batch is: counts that the batch writes and anybody reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far a batch is, in URLs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Those whose request was started.
    pub started: u64,
    /// Those that have an answer, a response or an error.
    pub done: u64,
    /// Those of the done whose answer is an error. An HTTP status is not.
    pub failed: u64,
    /// Those under way now; none once the batch is dropped.
    pub in_flight: u64,
}

/// Tells how far a batch is, from any task or thread; a clone is cheap.
///
/// It stays readable when the batch is over or dropped.
#[derive(Clone, Debug, Default)]
pub struct ProgressHandle(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    started: AtomicU64,
    done: AtomicU64,
    failed: AtomicU64,
    ended: AtomicU64,
}

impl ProgressHandle {
    /// Returns how far the batch is now.
    pub fn progress(&self) -> Progress {
        let Counts { started, done, failed, ended } = &*self.0;
        // What is counted later is read first, so that nothing is done before it is started.
        let (failed, done) = (failed.load(Ordering::Acquire), done.load(Ordering::Acquire));
        let ended = ended.load(Ordering::Acquire);
        let started = started.load(Ordering::Acquire);
        Progress { started, done, failed, in_flight: started.saturating_sub(ended) }
    }

    pub(super) fn start(&self) -> Started {
        self.0.started.fetch_add(1, Ordering::Release);
        Started(Arc::clone(&self.0))
    }
}

/// One request under way; dropping it means that it is not any more.
pub(super) struct Started(Arc<Counts>);

impl Started {
    pub(super) fn done(self, ok: bool) {
        self.0.done.fetch_add(1, Ordering::Release);
        if !ok {
            self.0.failed.fetch_add(1, Ordering::Release);
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Release);
    }
}
