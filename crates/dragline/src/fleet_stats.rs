//! What a worker that shares its frontier knows of the whole crawl, beside its own counters.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::plural::Plural;

/// What a worker of a fleet tells beside its own counters: the totals of all workers, as it last asked for them,
/// and what it lost to others.
///
/// `discovered = done + failed + skipped + waiting` here too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FleetStats {
    /// The worker's name.
    pub worker: String,
    /// URLs that entered the crawl through any worker, each once.
    pub discovered: u64,
    /// URLs that were answered, whatever the status.
    pub done: u64,
    /// URLs that were not answered, or whose page the spider could not read.
    pub failed: u64,
    /// URLs that were refused.
    pub skipped: u64,
    /// URLs that wait or are in flight somewhere.
    pub waiting: u64,
    /// Hosts that this worker lost, because their leases were over before it renewed them, or because it was told
    /// to leave them.
    pub hosts_lost: u64,
    /// Pages that it had fetched or in flight when leases were over, which do not count; whoever has the host then, it or
    /// another worker, fetches them.
    pub pages_lost: u64,
}

impl fmt::Display for FleetStats {
    /// Writes the lines that a summary has of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hosts_lost > 0 || self.pages_lost > 0 {
            writeln!(
                f,
                "lost because leases were over: {}, {}",
                Plural(self.hosts_lost, "host"),
                Plural(self.pages_lost, "page")
            )?;
        }
        let Self { discovered, done, failed, skipped, waiting, .. } = self;
        writeln!(
            f,
            "all workers: discovered {discovered} = done {done} + failed {failed} + skipped {skipped} + waiting {waiting}"
        )?;
        writeln!(f, "this worker, {}:", self.worker)
    }
}
