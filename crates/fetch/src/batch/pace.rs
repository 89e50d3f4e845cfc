//! When the next request of a batch may start: evenly spaced, on tokio's clock.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// How much of a delay is made up for: what tokio's timer rounds up to. Without it no rate above
/// a thousand a second could be reached; with more a pause would be followed by a burst.
const TICK: Duration = Duration::from_millis(1);

/// The spacing of the starts.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    // None before the first start.
    next: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// Makes a pace of so many starts a second, at least one.
    pub(super) fn new(per_second: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self { interval, next: None, sleep: None }
    }

    /// Waits until the next start may be.
    pub(super) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(next) = self.next else { return Poll::Ready(()) };
        if next <= Instant::now() {
            return Poll::Ready(());
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(next)));
        if sleep.deadline() != next {
            sleep.as_mut().reset(next);
        }
        sleep.as_mut().poll(cx)
    }

    /// Notes a start now.
    pub(super) fn started(&mut self) {
        let now = Instant::now();
        let earliest = now.checked_sub(TICK).unwrap_or(now);
        let due = self.next.map_or(now, |next| next.max(earliest));
        self.next = Some(due + self.interval);
    }
}
