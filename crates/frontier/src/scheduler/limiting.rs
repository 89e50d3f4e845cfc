//! Limits of single hosts, which somebody sets while the crawl runs.

use std::time::Instant;

use crate::directory::HostId;
use crate::host_limit::HostLimit;
use crate::look::Spared;
use crate::scheduler::{Scheduler, nanos};

impl Scheduler {
    /// Limits a host, or takes its limit away. It holds from the next request on, and for as long as it is not taken
    /// away: 60 bytes for each host that has one.
    pub fn limit(&mut self, host: HostId, limit: Option<HostLimit>, now: Instant) {
        let now = self.tick(now);
        self.hosts.limit(host, limit);
        let Some(record) = self.hosts.get_mut(host) else { return };
        let before = record.pace(&self.politeness);
        record.limit = limit.map(Box::new);
        let pace = record.pace(&self.politeness);
        // What was sent last was spaced for the old pace.
        if pace > before {
            record.arrival.not_before(now.saturating_add(nanos(pace)));
            record.spared = Spared::Kept;
        }
        // It may have more slots now.
        self.list(host);
    }
}
