//! How fast a crawl is now, and how long it still takes.

use std::collections::VecDeque;
use std::time::Duration;

use dragline::{Limits, Snapshot, Stats};

/// Time over which the rate is taken.
const WINDOW: Duration = Duration::from_secs(10);

/// The pages of the last ten seconds: at most some 50 points.
#[derive(Debug, Default)]
pub(super) struct Pace {
    points: VecDeque<(Duration, u64)>,
    /// Pages and time of earlier runs.
    before: Option<(Duration, u64)>,
    max_pages: Option<u64>,
    max_time: Option<Duration>,
}

impl Pace {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { max_pages: limits.max_pages, max_time: limits.max_time, ..Self::default() }
    }

    /// Says how the crawl stood when this run began.
    pub(super) fn began(&mut self, stats: &Stats) {
        let point = (stats.elapsed, pages(stats));
        self.before = Some(point);
        self.points.push_back(point);
    }

    /// Takes note of how the crawl stands.
    pub(super) fn note(&mut self, stats: &Stats) {
        if self.before.is_none() {
            self.began(&Stats::default());
        }
        self.points.push_back((stats.elapsed, pages(stats)));
        // One point from before the window stays, or lines that are further apart would have none.
        while self.points.get(1).is_some_and(|second| second.0 + WINDOW <= stats.elapsed) {
            self.points.pop_front();
        }
    }

    /// Returns pages per second over the last ten seconds.
    pub(super) fn rate(&self) -> f64 {
        let (Some(first), Some(last)) = (self.points.front(), self.points.back()) else {
            return 0.0;
        };
        let seconds = last.0.saturating_sub(first.0).as_secs_f64();
        if seconds > 0.0 { last.1.saturating_sub(first.1) as f64 / seconds } else { 0.0 }
    }

    /// Returns how many pages this run has at the end, as far as is known.
    pub(super) fn pages(&self, stats: &Stats) -> (u64, u64) {
        let done = pages(stats).saturating_sub(self.before.unwrap_or_default().1);
        let known = done + stats.waiting;
        (done, self.max_pages.map_or(known, |most| most.min(known)))
    }

    /// Returns how long what is known still takes, at the present pace and within the limits.
    pub(super) fn left(&self, snapshot: &Snapshot) -> Option<Duration> {
        let stats = &snapshot.stats;
        let ran = stats.elapsed.saturating_sub(self.before.unwrap_or_default().0);
        let limit = self.max_time.map(|most| most.saturating_sub(ran));
        let (done, all) = self.pages(stats);
        let all = self.max_pages.unwrap_or(all).max(done);
        let rate = self.rate();
        let pages = (rate > 0.0).then(|| {
            let by_rate = Duration::try_from_secs_f64((all - done) as f64 / rate);
            let by_rate = by_rate.unwrap_or(Duration::MAX);
            // The last host is on its own, and no other one makes up for it.
            let longest = snapshot.hosts.iter().map(|host| host.ahead()).max().unwrap_or_default();
            if self.max_pages.is_some() { by_rate } else { by_rate.max(longest) }
        });
        match (limit, pages) {
            (Some(limit), Some(pages)) => Some(limit.min(pages)),
            (limit, pages) => limit.or(pages),
        }
    }
}

fn pages(stats: &Stats) -> u64 {
    stats.done + stats.failed
}
