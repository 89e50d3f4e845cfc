//! The engine of a worker that shares its frontier: it claims hosts as they become free, renews their leases, and
//! leaves those that it lost. A crawl with a store of its own passes through here without a stop.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use dragline_frontier::{
    Claim, Completion, Counts, End, Ending, Fingerprint, HostId, Lease as Chunk, Pending, Receipt,
    Robots, RobotsFetch, Store, Ticket,
};
use tokio::time::Instant;

use crate::engine::Engine;
use crate::engine::hosts::Errand;
use crate::engine::lease::Lease;
use crate::error::Error;
use crate::fleet_stats::FleetStats;
use crate::shared_store::{Run, SharedStore};
use crate::spider::Spider;
use crate::state::HostNoted;
use crate::stats::Stats;
use crate::times::PageTimes;

/// How long robots rules hold for all workers (RFC 9309 section 2.4).
const RULES_HOLD: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the totals of all workers are shown before they are asked for again.
const TOTALS: Duration = Duration::from_secs(10);
/// How long nothing is claimed after nothing was found, at first and at last.
const CLAIM_WAIT: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));
/// How long it is not asked whether all is done, at first and at last: each partition answers that.
const LOOK_WAIT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Where the URLs of a crawl wait.
pub(crate) enum Frontier {
    /// In a store of its own.
    Own(Box<dyn Store>),
    /// In a store that it shares with other workers.
    #[cfg_attr(
        not(feature = "fleet"),
        expect(dead_code, reason = "only that feature has a store that can be shared")
    )]
    Shared(Box<Member>),
}

impl Frontier {
    pub(super) fn store(&mut self) -> &mut dyn Store {
        match self {
            Self::Own(store) => &mut **store,
            Self::Shared(member) => &mut *member.store,
        }
    }

    /// Tells what is kept for a later run.
    pub(super) fn keeps(&self) -> Keeps {
        match self {
            Self::Own(_) => Keeps::All,
            Self::Shared(member) => member.keeps,
        }
    }

    /// Takes note of a URL that ended.
    pub(super) fn ended(&mut self, pending: &Pending, ending: &Ending) {
        if let Self::Shared(member) = self {
            if let Some(taken) = member.taken.get_mut(&pending.host()) {
                *taken = taken.saturating_sub(1);
            }
            member.ended.push((pending.fingerprint(), ending.clone()));
        }
    }

    /// Takes note of a URL that is in a worker's hands from now on.
    pub(super) fn went_out(&mut self, pending: &Pending) {
        if let Self::Shared(member) = self {
            let away = Away { host: pending.host(), whose: Whose::Ours };
            member.away.insert(pending.fingerprint(), away);
        }
    }

    /// Takes note of a URL that came back, and tells whether its host is held since it went out.
    pub(super) fn came_back(&mut self, pending: &Pending) -> Whose {
        let Self::Shared(member) = self else { return Whose::Ours };
        let away = member.away.remove(&pending.fingerprint());
        let whose = away.map_or(Whose::Lost, |away| away.whose);
        member.stats.pages_lost += u64::from(whose == Whose::Lost);
        whose
    }

    /// Returns the lease under which something is sent, and a copy of what that is.
    pub(super) fn lease<T: Clone>(&self, what: &T) -> Option<(Lease, T)> {
        match self {
            Self::Own(_) => None,
            Self::Shared(member) => Some((member.lease.clone(), what.clone())),
        }
    }

    /// Has the rules of a host kept for all workers.
    pub(super) fn learned(&mut self, origin: HostId, rules: &Robots) {
        if let Self::Shared(member) = self {
            let bytes = [member.agent.as_bytes(), b"\n", &rules.to_bytes()].concat();
            member.rules.push((origin, bytes));
        }
    }

    /// Returns when the engine has to look after it, at the latest.
    pub(super) fn wakes(&self, until: Option<Instant>) -> Option<Instant> {
        let Self::Shared(member) = self else { return until };
        let claim = member.hungry.then_some(member.claims.next);
        [until, claim, Some(member.due), Some(member.check)].into_iter().flatten().min()
    }

    /// Returns what is known of the crawl of all workers.
    pub(super) fn stats(&self) -> Option<FleetStats> {
        match self {
            Self::Own(_) => None,
            Self::Shared(member) => Some(member.stats.clone()),
        }
    }
}

/// A worker's part in a frontier that it shares.
pub(crate) struct Member {
    pub(super) store: Box<dyn SharedStore>,
    /// How long a lease lasts without being renewed.
    time: Duration,
    keeps: Keeps,
    /// By whose name robots rules were read.
    agent: String,
    /// Until when all leases are good: four fifths of their time since the last renewal was sent.
    lease: Lease,
    /// When leases are to be renewed: a third of their time after that.
    due: Instant,
    /// Whether hosts would be claimed were it time.
    hungry: bool,
    claims: Backoff,
    looks: Backoff,
    /// When the totals were asked for.
    asked: Instant,
    /// Pages in the hands of workers, at most as many as may be in flight.
    away: HashMap<Fingerprint, Away>,
    /// How many URLs are claimed and did not end, by host; as many as are leased.
    taken: HashMap<HostId, u64>,
    /// What ended since the last commit.
    ended: Vec<(Fingerprint, Ending)>,
    /// Rules that were read since the last commit.
    rules: Vec<(HostId, Vec<u8>)>,
    /// Hosts that are to be given back once nothing is in flight to them.
    leaving: Vec<HostId>,
    stats: FleetStats,
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
    #[cfg_attr(
        not(feature = "fleet"),
        expect(dead_code, reason = "only that feature has a store that can be shared")
    )]
    Outputs,
    /// Nothing: nobody will have this worker's name again.
    #[cfg_attr(
        not(feature = "fleet"),
        expect(dead_code, reason = "only that feature has a store that can be shared")
    )]
    Nothing,
}

/// A page in a worker's hands.
struct Away {
    host: HostId,
    whose: Whose,
}

/// Whether a host is held since something was sent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Ours,
    Lost,
}

/// When something may be tried again: later each time that it was in vain.
#[derive(Debug)]
struct Backoff {
    next: Instant,
    wait: Duration,
    bounds: (Duration, Duration),
}

impl Backoff {
    fn new(now: Instant, bounds: (Duration, Duration)) -> Self {
        Self { next: now, wait: bounds.0, bounds }
    }

    fn was_in_vain(&mut self, now: Instant) {
        self.next = now + self.wait;
        self.wait = (self.wait * 2).min(self.bounds.1);
    }

    fn gave(&mut self, now: Instant) {
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

    fn renewed(&mut self, sent: Instant) {
        self.lease.prolong(sent + self.time * 4 / 5);
        self.due = sent + self.time / 3;
    }

    async fn count(&mut self) -> Result<Counts, Error> {
        let counts = self.store.counts().await?;
        self.asked = Instant::now();
        let Counts { discovered, done, failed, skipped, waiting } = counts;
        let before = std::mem::take(&mut self.stats);
        self.stats = FleetStats { discovered, done, failed, skipped, waiting, ..before };
        Ok(counts)
    }

    /// Takes back that a URL ended, because its host was lost before that could be said.
    fn take_back(&mut self, ending: &Ending, stats: &mut Stats) {
        self.stats.pages_lost += 1;
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

impl<S: Spider> Engine<S> {
    /// Does what a worker that shares its frontier has to do from time to time.
    pub(super) async fn tend(&mut self) -> Result<(), Error> {
        let Frontier::Shared(member) = &mut self.store else { return Ok(()) };
        let now = Instant::now();
        if member.hungry && now >= member.claims.next {
            member.hungry = false;
            self.scheduler.note_resumed();
        }
        let (due, check) = (member.due, member.check);
        if now >= due {
            Box::pin(self.renew()).await?;
        }
        if now >= check {
            Box::pin(self.check_in()).await?;
        }
        Ok(())
    }

    /// Returns when it may be asked again whether something may be sent; `None` when it may.
    pub(super) async fn rests(&mut self) -> Result<Option<Instant>, Error> {
        let Frontier::Shared(member) = &self.store else { return Ok(None) };
        if Instant::now() < member.lease.until() {
            return Ok(None);
        }
        Box::pin(self.renew()).await?;
        let Frontier::Shared(member) = &self.store else { return Ok(None) };
        let now = Instant::now();
        // The answer took longer than the lease.
        Ok((now >= member.lease.until()).then(|| now + CLAIM_WAIT.0))
    }

    async fn renew(&mut self) -> Result<(), Error> {
        let Frontier::Shared(member) = &mut self.store else { return Ok(()) };
        let idle = member.store.idle();
        if !idle.is_empty() {
            member.store.release(idle).await?;
        }
        let sent = Instant::now();
        let renewal = member.store.renew().await?;
        member.renewed(sent);
        let mut lost = renewal.lost;
        // Nothing more is sent there, but what is in flight still counts.
        let mut leaving = std::mem::take(&mut member.leaving);
        leaving.extend(&renewal.blocked);
        leaving.retain(|host| !lost.contains(host));
        let busy: HashSet<HostId> = member.away.values().map(|away| away.host).collect();
        let (busy, free): (Vec<_>, Vec<_>) = leaving.iter().partition(|host| busy.contains(host));
        member.leaving = busy;
        if !free.is_empty() {
            member.store.release(free.clone()).await?;
            lost.extend(free);
        }
        if member.asked.elapsed() >= TOTALS {
            member.count().await?;
        }
        self.scheduler.leave(&renewal.blocked);
        self.lose(&lost);
        self.publish();
        Ok(())
    }

    /// Asks the store for hosts and chunks.
    pub(super) async fn claim(&mut self, claim: &Claim) -> Result<Vec<Chunk>, Error> {
        let member = match &mut self.store {
            Frontier::Own(store) => return Ok(store.claim(claim.clone()).await?),
            Frontier::Shared(member) => member,
        };
        let now = Instant::now();
        if claim.hosts > 0 && now < member.claims.next {
            member.hungry = true;
            return Ok(Vec::new());
        }
        let chunks = member.store.claim(claim.clone()).await?;
        let (refilled, fresh) = chunks.split_at(claim.refill.len());
        let lost = refilled.iter().map(|chunk| chunk.host);
        let lost: Vec<HostId> = lost.filter(|host| !member.store.holds(*host)).collect();
        if claim.hosts > 0 && fresh.len() < claim.hosts {
            member.hungry = true;
            match fresh.is_empty() {
                true => member.claims.was_in_vain(now),
                false => member.claims.gave(now),
            }
        }
        if !fresh.is_empty() {
            member.looks.gave(now);
        }
        for chunk in &chunks {
            let urls = chunk.urls.len() as u64;
            *member.taken.entry(chunk.host).or_default() += urls;
            self.stats.discovered += urls;
            self.stats.waiting += urls;
        }
        let (now, at) = (Instant::now().into_std(), self.shared.clock.since_epoch());
        for Chunk { host, .. } in fresh {
            // A note that cannot be read says nothing that a host would be hurt by.
            let note = member.store.note(*host).map(serde_json::from_slice::<HostNoted>);
            if let Some(Ok(noted)) = note {
                self.scheduler.restore(*host, &noted.aged(at), now);
            }
            if let Some((bytes, left)) = member.store.take_rules(*host)
                && let Some(bytes) = bytes.strip_prefix(member.agent.as_bytes())
                && let Some(rules) = bytes.strip_prefix(b"\n").and_then(Robots::from_bytes)
            {
                self.scheduler.take_rules(*host, rules, left, now);
            }
        }
        self.lose(&lost);
        Ok(chunks)
    }

    /// Has the store take what ended and what that led to.
    pub(super) async fn settle(&mut self, batch: Completion) -> Result<Receipt, Error> {
        let member = match &mut self.store {
            Frontier::Own(store) => return Ok(store.complete(batch).await?),
            Frontier::Shared(member) => member,
        };
        let mut hosts: Vec<HostId> = batch.done.iter().map(|done| done.pending.host()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let now = Instant::now().into_std();
        for host in hosts {
            member.store.spare(host, self.scheduler.rest(host, now));
        }
        let settled = member.store.settle(batch).await?;
        let ended = std::mem::take(&mut member.ended);
        if !settled.refused.is_empty() {
            for (_, ending) in ended.iter().filter(|(url, _)| settled.refused.contains(url)) {
                member.take_back(ending, &mut self.stats);
            }
        }
        // After what they led to, so that who finds them finds the sitemaps that they name too.
        for (host, rules) in std::mem::take(&mut member.rules) {
            member.store.keep_rules(host, rules, RULES_HOLD).await?;
        }
        self.lose(&settled.lost);
        Ok(settled.receipt)
    }

    /// Counts what the store said of URLs that were offered: here they are this worker's once it claims them.
    pub(super) fn count_offered(&mut self, receipt: &Receipt) {
        match &self.store {
            Frontier::Own(_) => self.stats.offered(receipt),
            Frontier::Shared(_) => self.stats.links.duplicates += receipt.duplicates,
        }
    }

    /// Leaves hosts that others hold now, or nobody: nothing more is sent there, and what is in flight does not
    /// count.
    fn lose(&mut self, hosts: &[HostId]) {
        if hosts.is_empty() {
            return;
        }
        self.forget_held(hosts);
        self.scheduler.leave(hosts);
        let Frontier::Shared(member) = &mut self.store else { return };
        for host in hosts {
            let urls = member.taken.remove(host).unwrap_or_default();
            self.stats.discovered -= urls;
            self.stats.waiting -= urls;
            member.stats.hosts_lost += 1;
        }
        for away in member.away.values_mut().filter(|away| hosts.contains(&away.host)) {
            away.whose = Whose::Lost;
        }
    }

    /// Tells whether nothing is left to do, for other workers neither.
    pub(super) async fn is_over(&mut self) -> Result<Over, Error> {
        let Frontier::Shared(member) = &mut self.store else { return Ok(Over::Yes) };
        member.hungry = true;
        let now = Instant::now();
        if now >= member.looks.next {
            member.looks.was_in_vain(now);
            // Partitions answer one after the other, so what moves between them could be missed. Their counters
            // only grow: if no sum changed, there was a moment at which all of this was true.
            let counts = member.count().await?;
            if counts.waiting == 0 && member.count().await? == counts {
                return Ok(Over::Yes);
            }
        }
        Ok(Over::NotBefore(member.looks.next))
    }

    /// Gives back all hosts, at the end.
    pub(super) async fn give_back(&mut self) -> Result<(), Error> {
        let Frontier::Shared(member) = &mut self.store else { return Ok(()) };
        let now = Instant::now().into_std();
        let held = member.store.held();
        for host in &held {
            member.store.spare(*host, self.scheduler.rest(*host, now));
        }
        member.store.release(held).await?;
        let urls: u64 = member.taken.drain().map(|(_, urls)| urls).sum();
        self.stats.discovered -= urls;
        self.stats.waiting -= urls;
        member.count().await?;
        Ok(())
    }

    /// Takes note of a robots.txt that was cut off because the leases were over.
    pub(super) fn cut_robots(&mut self, fetch: RobotsFetch) {
        let now = Instant::now().into_std();
        let (host, origin) = (fetch.host, fetch.origin);
        self.hosts.returned(host, Errand::Robots, Duration::ZERO, &PageTimes::default());
        self.scheduler.retry_robots(fetch, now, now);
        self.leave_unheld(origin);
    }

    /// Leaves a host whose robots.txt would be asked for again though the host was lost meanwhile.
    pub(super) fn leave_unheld(&mut self, origin: HostId) {
        if let Frontier::Shared(member) = &self.store
            && !member.store.holds(origin)
        {
            self.scheduler.leave(&[origin]);
        }
    }

    /// Takes note of a page that was cut off because the leases were over.
    pub(super) fn cut(&mut self, ticket: Ticket) {
        self.pages_in_flight -= 1;
        let now = Instant::now().into_std();
        let host = ticket.pending.host();
        self.hosts.returned(host, Errand::Page, Duration::ZERO, &PageTimes::default());
        match self.store.came_back(&ticket.pending) {
            Whose::Ours => {
                if let Frontier::Shared(member) = &mut self.store {
                    member.stats.pages_lost += 1;
                }
                self.scheduler.retry(ticket, now, now);
            }
            Whose::Lost => self.scheduler.settle(host, now),
        }
    }
}

/// Whether a crawl is over.
pub(super) enum Over {
    Yes,
    /// It is to be asked again then.
    NotBefore(Instant),
}
