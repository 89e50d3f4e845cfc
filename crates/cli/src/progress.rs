//! What a crawl tells on standard error while it runs and at its end.

use std::time::Duration;

use dragline::{Ended, Handle, Stats, Summary};
use serde_json::{Value, json};
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
    pub(crate) fn line<R>(&self, handle: &Handle<R>) {
        let stats = handle.stats();
        match self.progress {
            Progress::Plain => {
                eprintln!("dragline: {:.0} s: {stats}", stats.elapsed.as_secs_f64());
            }
            Progress::Json => eprintln!("{}", object(&stats, None)),
            Progress::None => {}
        }
    }

    /// Tells something once.
    pub(crate) fn note(&self, text: &str) {
        match self.progress {
            Progress::Plain => eprintln!("dragline: {text}"),
            Progress::Json => eprintln!("{}", json!({ "note": text })),
            Progress::None => {}
        }
    }

    /// Tells how the crawl went.
    pub(crate) fn end(&self, summary: &Summary) {
        match self.progress {
            Progress::Plain => eprintln!("{summary}"),
            Progress::Json => eprintln!("{}", object(&summary.stats, Some(summary.ended))),
            Progress::None => {}
        }
    }
}

/// Returns counters as an object, their time in seconds; how it ended is said in the last one alone.
fn object(stats: &Stats, ended: Option<Ended>) -> Value {
    let mut object = serde_json::to_value(stats).unwrap_or_default();
    object["elapsed"] = json!(stats.elapsed.as_secs_f64());
    if let Some(ended) = ended {
        object["ended"] = json!(ended);
    }
    object
}
