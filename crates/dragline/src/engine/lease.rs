//! Until when the leases of a worker are good, as what it has in flight sees it.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Until when all leases are good. Moved on by the engine, read by whatever is in flight.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    epoch: Instant,
    /// Nanoseconds since the epoch.
    until: Arc<AtomicU64>,
}

impl Lease {
    /// Begins to count; good for nothing yet.
    pub(super) fn new(epoch: Instant) -> Self {
        Self { epoch, until: Arc::default() }
    }

    pub(super) fn prolong(&self, until: Instant) {
        let nanos = until.saturating_duration_since(self.epoch).as_nanos();
        self.until.store(u64::try_from(nanos).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn until(&self) -> Instant {
        self.epoch + Duration::from_nanos(self.until.load(Ordering::Relaxed))
    }

    /// Carries work on while the lease is good; `None` when it was cut off.
    ///
    /// The lease is looked at before each step, and not only by a timer: a process that was stopped and woken
    /// takes no step under a lease that ended meanwhile.
    pub(super) async fn during<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        let mut timer = pin!(sleep_until(self.until()));
        poll_fn(|context| {
            loop {
                let until = self.until();
                if Instant::now() >= until {
                    return Poll::Ready(None);
                }
                if timer.deadline() < until && timer.as_mut().poll(context).is_ready() {
                    timer.as_mut().reset(until);
                    continue;
                }
                break;
            }
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            match timer.as_mut().poll(context) {
                // It was prolonged or is over, which the next look tells.
                Poll::Ready(()) => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::sleep;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn work_goes_on_while_the_lease_is_prolonged_and_is_cut_off_when_it_is_not() {
        let lease = Lease::new(Instant::now());
        lease.prolong(Instant::now() + 2 * SECOND);
        let other = lease.clone();
        let begun = Instant::now();
        let prolong = async {
            for _ in 0..5 {
                sleep(SECOND).await;
                other.prolong(Instant::now() + 2 * SECOND);
            }
        };
        let (cut, ()) = tokio::join!(lease.during(pending::<()>()), prolong);
        assert_eq!((cut, begun.elapsed()), (None, 7 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn no_step_is_taken_under_a_lease_that_is_over() {
        let lease = Lease::new(Instant::now());
        assert_eq!(lease.during(async { panic!("a step was taken") }).await, None::<()>);
        lease.prolong(Instant::now() + SECOND);
        assert_eq!(lease.during(async { 7 }).await, Some(7));
    }
}
