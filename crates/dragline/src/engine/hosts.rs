//! What the engine counts for each host: a few additions for each page, looked at when somebody asks.

use std::cmp::Reverse;
use std::time::Duration;

use dragline_frontier::{HostId, HostLook, Receipt};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::engine::Engine;
use crate::snapshot::{HostTimes, Phase, Snapshot};
use crate::spider::Spider;

/// Hosts that are told apart: those with the lowest numbers.
const MAX_HOSTS: usize = 65_536;
/// Hosts in one answer, at most.
const MOST: usize = 1000;
/// Hosts in the summary, at most.
const SLOWEST: usize = 10;

/// The counters of all hosts, by number. Grows by some 90 bytes for each host, up to 6 MiB.
#[derive(Debug, Default)]
pub(crate) struct HostTallies(Vec<Tally>);

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// `None` for a number of which nothing was heard.
    id: Option<HostId>,
    found: u32,
    ended: u32,
    in_flight: u32,
    /// When something was in flight last; `None` before the first request.
    last: Option<Instant>,
    server: Duration,
    robots: Duration,
    paused: Duration,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    Page,
    Robots,
}

impl HostTallies {
    fn of(&mut self, id: HostId) -> Option<&mut Tally> {
        if id.index() >= MAX_HOSTS {
            return None;
        }
        if self.0.len() <= id.index() {
            self.0.resize_with(id.index() + 1, Tally::default);
        }
        let tally = &mut self.0[id.index()];
        tally.id = Some(id);
        Some(tally)
    }

    /// Counts URLs that are new.
    pub(super) fn found(&mut self, receipt: &Receipt) {
        for (host, urls) in &receipt.grew {
            if let Some(tally) = self.of(*host) {
                tally.found = tally.found.saturating_add(*urls);
            }
        }
    }

    /// Counts a URL that ended.
    pub(super) fn ended(&mut self, host: HostId) {
        if let Some(tally) = self.of(host) {
            tally.ended = tally.ended.saturating_add(1);
        }
    }

    /// Notes that a request is sent.
    pub(super) fn sent(&mut self, host: HostId) {
        let Some(tally) = self.of(host) else { return };
        if tally.in_flight == 0 {
            let now = Instant::now();
            tally.paused += tally.last.map_or(Duration::ZERO, |last| now - last);
            tally.last = Some(now);
        }
        tally.in_flight += 1;
    }

    /// Notes that a request came back after so long.
    pub(super) fn returned(&mut self, host: HostId, errand: Errand, elapsed: Duration) {
        let Some(tally) = self.of(host) else { return };
        tally.in_flight = tally.in_flight.saturating_sub(1);
        tally.last = Some(Instant::now());
        match errand {
            Errand::Page => tally.server += elapsed,
            Errand::Robots => tally.robots += elapsed,
        }
    }
}

impl Tally {
    fn times(&self, look: Option<HostLook>) -> HostTimes {
        let ended = u64::from(self.ended);
        let mut times = HostTimes {
            ended,
            waiting: u64::from(self.found).saturating_sub(ended),
            server: self.server,
            robots: self.robots,
            paused: self.paused,
            ..HostTimes::default()
        };
        if let Some(look) = look {
            let in_hand = look.in_hand as u64 + u64::from(look.in_flight);
            times.waiting = match (times.waiting, ended > u64::from(self.found)) {
                // More ended than this run found, so there are some of a run before.
                (_, true) => in_hand,
                (waiting, false) => waiting,
            };
            (times.waits, times.left, times.in_flight) = (look.waits, look.left, look.in_flight);
            (times.pace, times.paced_by) = (look.pace, look.paced_by);
        }
        times
    }
}

impl<S: Spider> Engine<S> {
    /// Answers how the crawl stands; nobody may be listening any more.
    pub(super) fn show(&self, hosts: usize, answer: oneshot::Sender<Box<Snapshot>>) {
        let mut stats = self.stats.clone();
        stats.elapsed = self.elapsed();
        let phase = match self.stopping {
            Some(ended) => Phase::Ending(ended),
            None if self.paused => Phase::Paused,
            None => Phase::Running,
        };
        let hosts = self.hosts_by(hosts, |times| {
            (times.waiting > 0 || times.in_flight > 0).then(|| times.ahead())
        });
        let faults =
            self.health.as_ref().map(|health| health.faults().to_vec()).unwrap_or_default();
        let snapshot = Snapshot { stats, phase, in_flight: self.workers.len(), hosts, faults };
        let _ = answer.send(Box::new(snapshot));
    }

    /// Returns the hosts that took longest.
    pub(super) fn slowest(&self) -> Vec<HostTimes> {
        self.hosts_by(SLOWEST, |times| (!times.took().is_zero()).then(|| times.took()))
    }

    /// Returns the hosts of which something is largest, the largest first; those that have none are left out.
    fn hosts_by(&self, most: usize, by: impl Fn(&HostTimes) -> Option<Duration>) -> Vec<HostTimes> {
        let most = most.min(MOST);
        if most == 0 {
            return Vec::new();
        }
        let now = Instant::now().into_std();
        let times = |id, tally: &Tally| tally.times(self.scheduler.look(id, now));
        let known = self.hosts.0.iter().filter_map(|tally| Some((tally.id?, tally)));
        let mut all: Vec<(Duration, HostId, &Tally)> =
            known.filter_map(|(id, tally)| Some((by(&times(id, tally))?, id, tally))).collect();
        // Those with the same are told in the order in which they came.
        let first = |(much, id, _): &(Duration, HostId, &Tally)| (Reverse(*much), *id);
        if all.len() > most {
            all.select_nth_unstable_by_key(most, first);
            all.truncate(most);
        }
        all.sort_by_key(first);
        let named = all.into_iter().map(|(_, id, tally)| HostTimes {
            host: self.directory.name(id).map(|name| name.to_string()).unwrap_or_default(),
            ..times(id, tally)
        });
        named.collect()
    }
}
