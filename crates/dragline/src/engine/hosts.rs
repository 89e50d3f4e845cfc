//! What the engine counts for each host: a few additions for each page, looked at when somebody asks.

use std::cmp::Reverse;
use std::time::Duration;

use dragline_frontier::{HostId, HostLook, Receipt};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::engine::Engine;
use crate::snapshot::{HostTimes, Phase, Snapshot};
use crate::spider::Spider;
use crate::times::PageTimes;

/// Hosts that are told apart: those with the lowest numbers.
const MAX_HOSTS: usize = 65_536;
/// Hosts in one answer, at most.
const MOST: usize = 1000;
/// Hosts in the summary, at most.
const SLOWEST: usize = 10;

/// The counters of all hosts, by number. Grows by some 140 bytes for each host, up to 9 MiB.
#[derive(Debug, Default)]
pub(crate) struct HostTallies {
    hosts: Vec<Tally>,
    /// The hosts of URLs that ended since the last commit: as many as its batch has.
    uncommitted: Vec<HostId>,
}

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
    nanos: Nanos,
}

/// Where time went, in nanoseconds, which count to 584 years.
#[derive(Clone, Copy, Debug, Default)]
struct Nanos {
    resolve: u64,
    connect: u64,
    first_byte: u64,
    body: u64,
    parse: u64,
    sink: u64,
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
        if self.hosts.len() <= id.index() {
            self.hosts.resize_with(id.index() + 1, Tally::default);
        }
        let tally = &mut self.hosts[id.index()];
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
        self.uncommitted.push(host);
        if let Some(tally) = self.of(host) {
            tally.ended = tally.ended.saturating_add(1);
        }
    }

    /// Gives each URL of a commit its part of the time that took.
    pub(super) fn committed(&mut self, elapsed: Duration) {
        let mut ended = std::mem::take(&mut self.uncommitted);
        let part = elapsed.checked_div(u32::try_from(ended.len()).unwrap_or(u32::MAX));
        let part = nanos(part.unwrap_or_default());
        for host in ended.drain(..) {
            if let Some(tally) = self.of(host) {
                tally.nanos.sink += part;
            }
        }
        // For the next ones.
        self.uncommitted = ended;
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

    /// Notes that a request came back after so long, and where that went.
    pub(super) fn returned(
        &mut self,
        host: HostId,
        errand: Errand,
        elapsed: Duration,
        times: &PageTimes,
    ) {
        let Some(tally) = self.of(host) else { return };
        tally.in_flight = tally.in_flight.saturating_sub(1);
        tally.last = Some(Instant::now());
        match errand {
            Errand::Page => tally.server += elapsed,
            Errand::Robots => tally.robots += elapsed,
        }
        let spent = &mut tally.nanos;
        spent.resolve += nanos(times.resolve);
        spent.connect += nanos(times.connect);
        spent.first_byte += nanos(times.first_byte);
        spent.body += nanos(times.body);
        spent.parse += nanos(times.parse);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
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
            resolve: Duration::from_nanos(self.nanos.resolve),
            connect: Duration::from_nanos(self.nanos.connect),
            first_byte: Duration::from_nanos(self.nanos.first_byte),
            body: Duration::from_nanos(self.nanos.body),
            parse: Duration::from_nanos(self.nanos.parse),
            sink: Duration::from_nanos(self.nanos.sink),
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
        let known = self.hosts.hosts.iter().filter_map(|tally| Some((tally.id?, tally)));
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
