//! A timer that a connection keeps over many requests. Most waits end long before their deadline, and to
//! register and forget a timer for each would cost more than the rest of the wait.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::deadline::Deadline;
use crate::error::{Error, Phase};

/// Wakes whoever waits once a deadline has passed.
///
/// It is set for the first deadline and left as it is while later ones are later, as they are from
/// request to request. When it rings too early, it is set anew: once in the length of a time limit and not
/// once a request.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    /// Waits for `future` until the deadline; afterwards the phase has timed out.
    pub(crate) async fn bound<F: Future>(
        &mut self,
        deadline: Deadline,
        phase: Phase,
        future: F,
    ) -> Result<F::Output, Error> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(output));
            }
            self.poll_passed(deadline.at(), cx).map(|()| Err(deadline.passed(phase)))
        })
        .await
    }

    fn poll_passed(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if sleep.deadline() > at {
            sleep.as_mut().reset(at);
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() >= at {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Duration;

    use super::*;

    async fn after(alarm: &mut Alarm, limit: u64) -> u64 {
        let started = Instant::now();
        let deadline = Deadline::after(started, Duration::from_secs(limit), "test");
        let error = alarm.bound(deadline, Phase::Head, pending::<()>()).await.unwrap_err();
        assert_eq!(error.code(), "timeout");
        started.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn it_rings_at_the_deadline_whatever_it_was_set_to_before() {
        let mut alarm = Alarm::default();
        for limit in [5, 9, 2, 2, 30, 1] {
            assert_eq!(after(&mut alarm, limit).await, limit);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_setting_from_an_earlier_request_does_not_end_a_later_one() {
        let mut alarm = Alarm::default();
        let first = Deadline::after(Instant::now(), Duration::from_secs(3), "test");
        let quick = tokio::time::sleep(Duration::from_secs(1));
        alarm.bound(first, Phase::Head, quick).await.unwrap();
        assert_eq!(after(&mut alarm, 10).await, 10);
        alarm.bound(first, Phase::Head, ready(())).await.unwrap();
    }
}
