//! What a crawl promises, taken from its configuration.

use std::time::Duration;

use dragline::{Config, Politeness, RobotsPolicy};
use dragline_frontier::product_token;

use crate::log::{Entry, Outcome};

/// Most redirects of a robots.txt that are followed (RFC 9309 section 2.3.1.2).
pub(super) const MAX_REDIRECTS: u8 = 5;
/// The least wait before the first retry: half of 1 s.
const LEAST_BACKOFF: Duration = Duration::from_millis(500);
/// No backoff is longer than half of this.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// What a crawl promises; times in nanoseconds.
#[derive(Clone, Debug)]
pub(super) struct Promises {
    pub(super) concurrency: usize,
    pub(super) per_host: usize,
    pub(super) delay: u64,
    pub(super) max_crawl_delay: Duration,
    pub(super) politeness: Politeness,
    pub(super) tries: u8,
    pub(super) robots: RobotsPolicy,
    pub(super) agent: String,
}

impl Promises {
    pub(super) fn new(config: &Config) -> Self {
        let politeness = &config.politeness;
        Self {
            concurrency: config.limits.concurrency.max(1),
            per_host: politeness.per_host.max(1),
            delay: nanos(politeness.delay),
            max_crawl_delay: politeness.max_crawl_delay,
            politeness: politeness.clone(),
            tries: config.limits.retries.saturating_add(1),
            robots: politeness.robots,
            agent: product_token(&config.fetch.user_agent).to_owned(),
        }
    }

    /// Returns for how long an answer asked that its host be left alone.
    pub(super) fn asked(&self, entry: &Entry) -> Option<u64> {
        // A request that was given up had no answer to read.
        let read = matches!(entry.outcome, Outcome::Answered | Outcome::Truncated);
        let asked = entry.retry_after().filter(|_| read)?;
        Some(nanos(asked.min(self.politeness.max_retry_after)))
    }

    /// Returns how long a further try must wait after the try with this number, counted from 1.
    pub(super) fn backoff(&self, entry: &Entry, tries: u8) -> u64 {
        let doubled = LEAST_BACKOFF * (1 << tries.saturating_sub(1).min(6));
        nanos(doubled.min(MAX_BACKOFF / 2)).max(self.asked(entry).unwrap_or(0))
    }
}

/// Nanoseconds in 64 bits; longer than half of what fits is for ever.
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 2).min(u64::MAX / 2)
}
