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
    /// Those of them that had ended here before the worker knew that their leases were over: it said so, and the store
    /// refused it. Their items are written, and may be written again by whoever fetches them.
    pub ends_refused: u64,
}

impl fmt::Display for FleetStats {
    /// Writes the lines that a summary has of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hosts_lost > 0 || self.pages_lost > 0 {
            write!(
                f,
                "lost because leases were over: {}, {}",
                Plural(self.hosts_lost, "host"),
                Plural(self.pages_lost, "page")
            )?;
            if self.ends_refused > 0 {
                write!(f, " ({} of them ended here and refused)", self.ends_refused)?;
            }
            writeln!(f)?;
        }
        let Self { discovered, done, failed, skipped, waiting, .. } = self;
        writeln!(
            f,
            "all workers: discovered {discovered} = done {done} + failed {failed} + skipped {skipped} + waiting {waiting}"
        )?;
        writeln!(f, "this worker, {}:", self.worker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_told_with_what_was_lost_and_only_if_there_was_any() {
        let mut stats = FleetStats { worker: "w1".to_owned(), ..FleetStats::default() };
        assert!(stats.to_string().starts_with("all workers: "));
        (stats.hosts_lost, stats.pages_lost) = (1, 3);
        assert!(stats.to_string().starts_with("lost because leases were over: 1 host, 3 pages\n"));
        stats.ends_refused = 2;
        let told =
            "lost because leases were over: 1 host, 3 pages (2 of them ended here and refused)\n";
        assert!(stats.to_string().starts_with(told), "{stats}");
    }
}
