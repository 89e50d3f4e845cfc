//! Room for bodies in memory: how many bytes of them requests may hold together. A body takes its place here as
//! it grows; it never reads one itself.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{Either, select};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Permits count blocks of this many bytes, so that they count terabytes.
const BLOCK: u64 = 1024;

/// Bytes of memory that the bodies of many requests share; see [`Request::room`](crate::Request::room).
///
/// Part of it is shared by all, block by block, and part is kept for one body at a time, the largest there may
/// be. A body that finds no more of the shared part waits for it or for the kept one, with which it can grow to its
/// end: so there is always one that goes on, whatever the others hold, and none waits for ever.
///
/// A clone is the same room.
#[derive(Clone)]
pub struct Room {
    inner: Arc<Inner>,
}

struct Inner {
    bytes: u64,
    largest: u64,
    shared: Arc<Semaphore>,
    kept: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Room {
    /// Makes room for `bytes` in all, `largest` of them kept for one body at a time; at most 1 TiB.
    ///
    /// `largest` is at least 1 KiB and at most all of it.
    pub fn new(bytes: u64, largest: u64) -> Self {
        let bytes = bytes.clamp(BLOCK, 1 << 40);
        let largest = largest.clamp(BLOCK, bytes);
        let inner = Inner {
            bytes,
            largest,
            shared: Arc::new(Semaphore::new(blocks_within(bytes - largest))),
            kept: Arc::new(Semaphore::new(1)),
            waiting: AtomicUsize::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Returns how many bytes there are in all.
    pub fn bytes(&self) -> u64 {
        self.inner.bytes
    }

    /// Returns the size of the largest body in bytes; a larger one fails as if this were its `max_body`.
    pub fn largest(&self) -> u64 {
        self.inner.largest
    }

    /// Returns how many bodies wait for a place. While there are any, a further request would wait too.
    pub fn waiting(&self) -> usize {
        self.inner.waiting.load(Ordering::Relaxed)
    }

    /// Makes a place that holds nothing yet.
    pub(crate) fn place(&self) -> Place {
        Place { room: self.clone(), shared: None, kept: None }
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room")
            .field("bytes", &self.bytes())
            .field("largest", &self.largest())
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

/// The place that one body takes; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    room: Room,
    shared: Option<OwnedSemaphorePermit>,
    // Invariant: not both; who has the kept part needs nothing of the shared one.
    kept: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// Takes what is missing to `bytes` if it is there; tells whether the place is that large now.
    pub(crate) fn try_grow(&mut self, bytes: u64) -> bool {
        if self.kept.is_some() {
            return true;
        }
        let missing = blocks_for(bytes).saturating_sub(self.held());
        if missing == 0 {
            return true;
        }
        let Ok(missing) = u32::try_from(missing) else { return false };
        let shared = Arc::clone(&self.room.inner.shared);
        let Ok(permit) = shared.try_acquire_many_owned(missing) else { return false };
        self.add(permit);
        true
    }

    /// Waits until the place is `bytes` large, or has the part that is kept for one body at a time, for which it
    /// gives the shared part back.
    pub(crate) async fn wait(&mut self, bytes: u64) {
        let room = self.room.clone();
        let Inner { shared, kept, waiting, .. } = &*room.inner;
        let _waiting = Waiting::new(waiting);
        let missing = blocks_for(bytes).saturating_sub(self.held());
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let kept = pin!(Arc::clone(kept).acquire_owned());
        let shared = pin!(Arc::clone(shared).acquire_many_owned(missing));
        match select(kept, shared).await {
            Either::Left((kept, _)) => {
                self.kept = Some(kept.expect("the semaphores of a room are never closed"));
                self.shared = None;
            }
            Either::Right((shared, _)) => {
                self.add(shared.expect("the semaphores of a room are never closed"));
            }
        }
    }

    fn held(&self) -> usize {
        self.shared.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    fn add(&mut self, permit: OwnedSemaphorePermit) {
        match &mut self.shared {
            Some(held) => held.merge(permit),
            None => self.shared = Some(permit),
        }
    }

    /// Keeps no more than `bytes`, of the shared part if there is so much of it.
    pub(crate) fn settle(&mut self, bytes: u64) {
        if self.kept.is_some() {
            let mut place = self.room.place();
            if place.try_grow(bytes) {
                *self = place;
            }
        } else if let Some(held) = &mut self.shared {
            let surplus = held.num_permits().saturating_sub(blocks_for(bytes));
            drop(held.split(surplus));
        }
    }
}

/// One that waits is counted as long as it does, also when it is dropped meanwhile.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn blocks_within(bytes: u64) -> usize {
    usize::try_from(bytes / BLOCK).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS)
}

fn blocks_for(bytes: u64) -> usize {
    usize::try_from(bytes.div_ceil(BLOCK)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1024;

    #[tokio::test]
    async fn one_body_always_goes_on_and_the_next_after_it() {
        let room = Room::new(30 * KIB, 10 * KIB);
        let (mut first, mut second) = (room.place(), room.place());
        assert!(first.try_grow(10 * KIB) && second.try_grow(10 * KIB));
        assert!(!first.try_grow(10 * KIB + 1) && !second.try_grow(10 * KIB + 1));
        first.wait(11 * KIB).await;
        assert!(first.try_grow(30 * KIB));
        // Fills what the first gave back for the kept part.
        let mut third = room.place();
        assert!(third.try_grow(10 * KIB));
        let mut waits = tokio_test::task::spawn(second.wait(11 * KIB));
        tokio_test::assert_pending!(waits.poll());
        assert_eq!(room.waiting(), 1);
        drop(first);
        assert!(waits.is_woken());
        tokio_test::assert_ready!(waits.poll());
        drop(waits);
        assert_eq!(room.waiting(), 0);
    }

    #[tokio::test]
    async fn what_a_body_did_not_need_is_free_again() {
        let room = Room::new(20 * KIB, 10 * KIB);
        let mut first = room.place();
        assert!(first.try_grow(10 * KIB));
        first.settle(2 * KIB);
        let mut second = room.place();
        assert!(second.try_grow(8 * KIB) && !second.try_grow(9 * KIB));
        // The kept part is given on as soon as the shared one has room for what became of it.
        second.wait(9 * KIB).await;
        second.settle(8 * KIB);
        assert!(second.kept.is_none());
        drop((first, second));
        assert_eq!(room.inner.shared.available_permits(), 10);
        assert_eq!(room.inner.kept.available_permits(), 1);
    }

    #[test]
    fn a_wait_that_is_given_up_counts_no_more_and_holds_nothing() {
        let room = Room::new(2 * KIB, KIB);
        let mut first = room.place();
        let mut second = room.place();
        tokio_test::assert_ready!(tokio_test::task::spawn(first.wait(2 * KIB)).poll());
        let mut waits = tokio_test::task::spawn(second.wait(2 * KIB));
        tokio_test::assert_pending!(waits.poll());
        drop(waits);
        drop(first);
        assert_eq!((room.waiting(), room.inner.kept.available_permits()), (0, 1));
    }

    #[tokio::test]
    async fn a_body_that_waits_takes_what_others_give_back() {
        let room = Room::new(20 * KIB, 5 * KIB);
        let (mut first, mut second, mut third) = (room.place(), room.place(), room.place());
        first.wait(5 * KIB).await;
        assert!(second.try_grow(10 * KIB) && third.try_grow(5 * KIB));
        let mut waits = tokio_test::task::spawn(third.wait(8 * KIB));
        tokio_test::assert_pending!(waits.poll());
        drop(second);
        tokio_test::assert_ready!(waits.poll());
    }
}
