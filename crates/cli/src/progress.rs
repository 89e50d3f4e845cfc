//! What a crawl tells on standard error while it runs and at its end.

use std::time::Duration;

use dragline::{Handle, Summary};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::args::Progress;

/// Time between two lines.
const EVERY: Duration = Duration::from_secs(10);

/// Tells how a crawl goes, in the way that was asked for.
#[derive(Debug)]
pub(crate) struct Reporter {
    progress: Progress,
    ticks: Interval,
}

impl Reporter {
    pub(crate) fn new(progress: Progress) -> Self {
        let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { progress, ticks }
    }

    /// Waits until it is time for a line.
    pub(crate) async fn due(&mut self) {
        self.ticks.tick().await;
    }

    /// Tells how far the crawl is.
    pub(crate) fn line(&self, handle: &Handle) {
        if self.progress == Progress::Plain {
            let stats = handle.stats();
            eprintln!("dragline: {:.0} s: {stats}", stats.elapsed.as_secs_f64());
        }
    }

    /// Tells something once.
    pub(crate) fn note(&self, text: &str) {
        if self.progress == Progress::Plain {
            eprintln!("dragline: {text}");
        }
    }

    /// Tells how the crawl went.
    pub(crate) fn end(&self, summary: &Summary) {
        if self.progress == Progress::Plain {
            eprintln!("{summary}");
        }
    }
}
