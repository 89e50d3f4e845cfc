//! A worker's part in a frontier that it shares: what it keeps beside what an engine has anyway.

use std::collections::HashMap;
use std::time::Duration;

use dragline_frontier::{Counts, End, Ending, Fingerprint, HostId};
use tokio::time::Instant;

use crate::engine::lease::Lease;
use crate::error::Error;
use crate::fleet_stats::FleetStats;
use crate::shared_store::{Run, SharedStore};
use crate::stats::Stats;

/// How long nothing is claimed after nothing was found, at first and at last.
pub(super) const CLAIM_WAIT: (Duration, Duration) =
    (Duration::from_millis(20), Duration::from_secs(1));
/// How long it is not asked whether all is done, at first and at last: each partition answers that.
const LOOK_WAIT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// A worker's part in a frontier that it shares.
pub(crate) struct Member {
    pub(super) store: Box<dyn SharedStore>,
    /// How long a lease lasts without being renewed.
    pub(super) time: Duration,
    pub(super) keeps: Keeps,
    /// By whose name robots rules were read.
    pub(super) agent: String,
    /// Until when all leases are good: four fifths of their time since the last renewal was sent.
    pub(super) lease: Lease,
    /// When leases are to be renewed: a third of their time after that.
    pub(super) due: Instant,
    /// Whether hosts would be claimed were it time.
    pub(super) hungry: bool,
    pub(super) claims: Backoff,
    pub(super) looks: Backoff,
    /// When the totals were asked for.
    pub(super) asked: Instant,
    /// Pages in the hands of workers, at most as many as may be in flight.
    pub(super) away: HashMap<Fingerprint, Away>,
    /// How many URLs are claimed and did not end, by host; as many as are leased.
    pub(super) taken: HashMap<HostId, u64>,
    /// What ended since the last commit.
    pub(super) ended: Vec<(Fingerprint, Ending)>,
    /// Rules that were read since the last commit.
    pub(super) rules: Vec<(HostId, Vec<u8>)>,
    /// Hosts that are to be given back once nothing is in flight to them.
    pub(super) leaving: Vec<HostId>,
    pub(super) stats: FleetStats,
    /// When others are told again that the worker is there.
    pub(super) check: Instant,
    /// What is ordered.
    pub(super) run: Run,
    /// Hosts that are limited, 10,000 at most.
    pub(super) limited: Vec<HostId>,
}

/// What is kept for a later run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// Counters, and how far outputs are.
    All,
    /// How far outputs are.
    Outputs,
    /// Nothing: nobody will have this worker's name again.
    Nothing,
}

/// A page in a worker's hands.
pub(super) struct Away {
    pub(super) host: HostId,
    pub(super) whose: Whose,
}

/// Whether a host is held since something was sent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Ours,
    Lost,
}

/// When something may be tried again: later each time that it was in vain.
#[derive(Debug)]
pub(super) struct Backoff {
    pub(super) next: Instant,
    pub(super) wait: Duration,
    pub(super) bounds: (Duration, Duration),
}

impl Backoff {
    fn new(now: Instant, bounds: (Duration, Duration)) -> Self {
        Self { next: now, wait: bounds.0, bounds }
    }

    pub(super) fn was_in_vain(&mut self, now: Instant) {
        self.next = now + self.wait;
        self.wait = (self.wait * 2).min(self.bounds.1);
    }

    pub(super) fn gave(&mut self, now: Instant) {
        self.wait = self.bounds.0;
        self.next = now + self.wait;
    }
}

impl Member {
    /// Takes part under this name.
    #[cfg_attr(
        not(feature = "fleet"),
        expect(dead_code, reason = "only that feature has a store that can be shared")
    )]
    pub(crate) fn new(
        store: Box<dyn SharedStore>,
        worker: &str,
        lease: Duration,
        agent: &str,
        keeps: Keeps,
    ) -> Self {
        let now = Instant::now();
        let member = Self {
            store,
            time: lease,
            keeps,
            agent: agent.to_owned(),
            lease: Lease::new(now),
            due: now,
            hungry: true,
            claims: Backoff::new(now, CLAIM_WAIT),
            looks: Backoff::new(now, LOOK_WAIT),
            asked: now,
            away: HashMap::new(),
            taken: HashMap::new(),
            ended: Vec::new(),
            rules: Vec::new(),
            leaving: Vec::new(),
            stats: FleetStats { worker: worker.to_owned(), ..FleetStats::default() },
            check: now,
            run: Run::Go,
            limited: Vec::new(),
        };
        member.lease.prolong(now + lease * 4 / 5);
        member
    }

    pub(super) fn renewed(&mut self, sent: Instant) {
        self.lease.prolong(sent + self.time * 4 / 5);
        self.due = sent + self.time / 3;
    }

    pub(super) async fn count(&mut self) -> Result<Counts, Error> {
        let counts = self.store.counts().await?;
        self.asked = Instant::now();
        let Counts { discovered, done, failed, skipped, waiting } = counts;
        let before = std::mem::take(&mut self.stats);
        self.stats = FleetStats { discovered, done, failed, skipped, waiting, ..before };
        Ok(counts)
    }

    /// Takes back that a URL ended, because its host was lost before that could be said.
    pub(super) fn take_back(&mut self, ending: &Ending, stats: &mut Stats) {
        self.stats.pages_lost += 1;
        self.stats.ends_refused += 1;
        stats.discovered -= 1;
        match ending.end {
            End::Done => stats.done -= 1,
            End::Failed => stats.failed -= 1,
            End::Skipped => stats.skipped -= 1,
        }
        let status = ending.status.filter(|_| ending.end == End::Done);
        if let Some(count) = status.and_then(|status| stats.statuses.get_mut(&status)) {
            *count -= 1;
        }
        if let Some(count) = ending.code.as_ref().and_then(|code| stats.errors.get_mut(code)) {
            *count -= 1;
        }
    }
}
