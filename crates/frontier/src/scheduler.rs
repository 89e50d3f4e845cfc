//! The scheduler: which URL next, and when. Pure: it opens no socket, reads no clock, never awaits; time
//! comes in as an argument. Owned by the engine's one task.

mod entry;
mod limiting;
mod look;
mod sharing;
mod visit;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::directory::{Directory, HostId};
use crate::exchange::{Exchange, Health};
use crate::group::{self, Groups, Key};
use crate::host::{Host, Refusal, RobotsFetch, RobotsOutcome, Ticket};
use crate::host_state::HostState;
use crate::hosts::{Entered, Hosts};
use crate::look::Spared;
use crate::meter::Meter;
use crate::pending::Pending;
use crate::politeness::{Group, Politeness};
use crate::scheduler::entry::{Again, Entry, Later, Whose};
use crate::store::{Claim, Lease, More, Receipt};

/// Hosts leased even though others may be asked already, so that they take turns.
const EAGER_HOSTS: usize = 4096;
/// Hosts leased at once, at most; the others wait in the store.
const MAX_HOSTS: usize = 128 * 1024;
/// URLs of one host held in memory beside the store, at most: with few hosts leased, and with many.
const CHUNK: usize = 32;
const SMALL_CHUNK: usize = 4;
/// Hosts leased at a time, once many are.
const CLAIM: usize = 1024;
/// How long a robots.txt holds (RFC 9309 section 2.4).
const ROBOTS_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a robots.txt that could not be had is not asked for again; doubled each time in a row, up
/// to a day.
const ROBOTS_FAILURE_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Decides which URL may be sent next.
///
/// Hosts that have work wait in a heap by the instant from which they may be asked. [`pop`](Self::pop)
/// takes the first whose politeness permits; each answer that sends something is followed by at most one
/// [`observe`](Self::observe), which tells what the host showed, and then by exactly one
/// [`settle`](Self::settle), [`retry`](Self::retry), [`retry_robots`](Self::retry_robots),
/// [`redirect_robots`](Self::redirect_robots) or [`robots`](Self::robots).
#[derive(Debug)]
pub struct Scheduler {
    politeness: Politeness,
    directory: Arc<Directory>,
    epoch: Instant,
    /// The latest instant that was asked about.
    now: u64,
    hosts: Hosts,
    groups: Groups,
    /// Bytes of all hosts.
    meter: Meter,
    random: fastrand::Rng,
    // Entries are hints: whether a host may be asked is decided by its arrival cell when it is popped.
    ready: BinaryHeap<Reverse<Entry>>,
    later: BinaryHeap<Reverse<Later>>,
    /// Counts entries, so that hosts due at the same instant take turns.
    turn: u64,
    in_flight: usize,
    held: usize,
    /// Whether the store may hold hosts that are not leased.
    unclaimed: bool,
    /// Hosts that are leased at once, at most.
    most_hosts: usize,
    /// Hosts that are leased though others may be asked already.
    eager_hosts: usize,
}

/// Whether a host had a turn of its group, or waits for one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Taken,
    Waits,
}

/// What may be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This URL may be sent.
    Ready(Ticket),
    /// This robots.txt may be sent; pages of its origin wait for it.
    NeedRobots(RobotsFetch),
    /// This URL must not be sent, for this reason. Nothing is in flight for it and nothing to settle; who
    /// does not complete it at once has its host [held](Scheduler::hold).
    Refused(Pending, Refusal),
    /// The store is to be asked for this, and the answer given to [`Scheduler::grant`].
    Claim(Claim),
    /// Nothing may be sent before this instant.
    WaitUntil(Instant),
    /// Everything that waits, waits for what is in flight.
    Busy,
    /// Nothing waits and nothing is in flight.
    Done,
}

impl Scheduler {
    /// Creates a scheduler that has nothing to do. `epoch` is the earliest instant it will be asked about.
    pub fn new(politeness: Politeness, directory: Arc<Directory>, epoch: Instant) -> Self {
        Self {
            politeness,
            directory,
            epoch,
            now: 0,
            hosts: Hosts::default(),
            groups: Groups::default(),
            meter: Meter::default(),
            random: fastrand::Rng::with_seed(0),
            ready: BinaryHeap::new(),
            later: BinaryHeap::new(),
            turn: 0,
            in_flight: 0,
            held: 0,
            unclaimed: false,
            most_hosts: MAX_HOSTS,
            eager_hosts: EAGER_HOSTS,
        }
    }

    /// Draws the random part of waits from this seed, so that crawls started together do not go in step.
    #[must_use]
    pub fn seeded(mut self, seed: u64) -> Self {
        self.random = fastrand::Rng::with_seed(seed);
        self
    }

    /// Leases no more hosts than this at once, of which there are 131,072 at most; 0 counts as 1.
    #[must_use]
    pub fn most_hosts(mut self, most: usize) -> Self {
        self.most_hosts = most.clamp(1, MAX_HOSTS);
        self
    }

    /// Returns what may be done at `now`, which never goes back.
    pub fn pop(&mut self, now: Instant) -> Next {
        let now = self.tick(now);
        self.wake_retries(now);
        let eager = self.most_hosts.min(self.eager_hosts);
        if self.unclaimed && self.held < eager {
            return self.claim(eager - self.held);
        }
        while let Some(Reverse(first)) = self.ready.peek() {
            if first.at > now || self.meter.at() > now {
                break;
            }
            let whose = first.whose;
            self.ready.pop();
            if let Some(next) = self.take_turn(whose, now) {
                return next;
            }
        }
        // All leased hosts have to wait, so there is room for others.
        if self.unclaimed && self.held < self.most_hosts && self.meter.at() <= now {
            return self.claim(CLAIM.min(self.eager_hosts).min(self.most_hosts - self.held));
        }
        let ready = self.ready.peek().map(|Reverse(entry)| entry.at.max(self.meter.at()));
        let later = self.later.peek().map(|Reverse(later)| later.at);
        match ready.into_iter().chain(later).min() {
            Some(at) => Next::WaitUntil(self.epoch + Duration::from_nanos(at)),
            None if self.in_flight > 0 => Next::Busy,
            None => Next::Done,
        }
    }

    /// Takes the URLs that the store handed out for `claim`.
    pub fn grant(&mut self, claim: &Claim, leases: Vec<Lease>) {
        // Fewer hosts than wanted: the store has none left.
        if claim.hosts > 0 && leases.len() < claim.refill.len() + claim.hosts {
            self.unclaimed = false;
        }
        for lease in leases {
            let (host, _) = self.enter(lease.host);
            let tickets = lease.urls.into_iter().map(|pending| Ticket { pending, attempt: 0 });
            host.hot.extend(tickets);
            host.more = lease.more == More::Queued;
            if !host.held {
                host.held = true;
                self.held += 1;
            }
            self.list(lease.host);
            self.release(lease.host);
        }
    }

    /// Notes which hosts have new URLs in the store.
    pub fn note(&mut self, receipt: &Receipt) {
        for (id, _) in &receipt.grew {
            match self.hosts.get_mut(*id) {
                Some(host) if host.held => {
                    host.more = true;
                    self.list(*id);
                }
                _ => self.unclaimed = true,
            }
        }
    }

    /// Notes what the exchange showed that is about to be settled: its time, its size, and whether the
    /// host is well. From now on the host is spared accordingly, whatever is to be sent to it.
    pub fn observe(&mut self, host: HostId, exchange: &Exchange, now: Instant) {
        let now = self.tick(now);
        if exchange.health == Health::Unsent {
            return self.give_back(host, now);
        }
        if let Some(rate) = self.politeness.max_bandwidth {
            self.meter.charge(exchange.bytes, rate, now);
        }
        if let (Group::Address, Some(address)) = (self.politeness.group, exchange.remote) {
            let began = now.saturating_sub(nanos(exchange.elapsed));
            self.assign(host, Key::Address(address), began);
        }
        if let Some(record) = self.hosts.get_mut(host) {
            record.observe(exchange, &self.politeness, now, &mut self.random);
        }
    }

    /// Notes that the store may hold URLs from before, as when a crawl is resumed.
    pub fn note_resumed(&mut self) {
        self.unclaimed = true;
    }

    /// Ends what was in flight to a host: the URL is finished, or the robots.txt was read.
    pub fn settle(&mut self, host: HostId, now: Instant) {
        let now = self.tick(now);
        self.in_flight -= 1;
        let record = self.hosts.get_mut(host).expect("a host with a request in flight is kept");
        record.in_flight -= 1;
        let delay = record.pace(&self.politeness);
        let unsent = record.spared == Spared::Unsent;
        if unsent {
            record.spared = Spared::Pace;
        }
        // Between requests that overlap only their starts are spaced; a lone one also from its end.
        if record.in_flight == 0 && !delay.is_zero() && !unsent {
            record.arrival.not_before(now.saturating_add(nanos(delay)));
        }
        if self.politeness.group != Group::None
            && let Some(id) = self.groups.of(host)
        {
            self.groups.get(id).settle(self.politeness.group_delay, now);
            self.list_group(id);
        }
        self.list(host);
        self.release(host);
    }

    /// Ends what was in flight, to be sent once more, but not before `at`.
    pub fn retry(&mut self, ticket: Ticket, at: Instant, now: Instant) {
        let host = ticket.pending.host();
        if let Some(host) = self.hosts.get_mut(host) {
            host.retrying += 1;
        }
        self.settle(host, now);
        let ticket = Ticket { attempt: ticket.attempt.saturating_add(1), ..ticket };
        self.push_later(at, Again::Page(ticket));
    }

    /// Ends the fetch of a robots.txt, to be sent once more, but not before `at`.
    pub fn retry_robots(&mut self, fetch: RobotsFetch, at: Instant, now: Instant) {
        self.settle(fetch.host, now);
        let fetch = RobotsFetch { attempt: fetch.attempt.saturating_add(1), ..fetch };
        self.push_later(at, Again::Robots(fetch));
    }

    /// Ends the fetch of a robots.txt, to be continued at the target of its redirect.
    pub fn redirect_robots(&mut self, fetch: &RobotsFetch, to: RobotsFetch, now: Instant) {
        self.settle(fetch.host, now);
        let host = to.host;
        self.enter(host).0.push_errand(to);
        self.list(host);
    }

    /// Ends the fetch of a robots.txt: from now on this holds for its origin.
    ///
    /// Returns the sitemaps that the file names, as it writes them; again whenever it is read again.
    pub fn robots(
        &mut self,
        fetch: &RobotsFetch,
        mut outcome: RobotsOutcome,
        now: Instant,
    ) -> Vec<String> {
        let sitemaps = match &mut outcome {
            RobotsOutcome::Rules(robots) => robots.take_sitemaps(),
            _ => Vec::new(),
        };
        let at = self.tick(now);
        self.learn(fetch.origin, outcome, at);
        // After the new crawl-delay is known, so that it already spaces the first page.
        self.settle(fetch.host, now);
        if fetch.host != fetch.origin {
            self.list(fetch.origin);
            self.release(fetch.origin);
        }
        sitemaps
    }

    /// Keeps a host leased for a URL of it that was refused and is not completed yet. Called right after
    /// [`pop`](Self::pop), and followed by one [`let_go`](Self::let_go).
    pub fn hold(&mut self, host: HostId) {
        let (record, _) = self.enter(host);
        record.retrying += 1;
        if !record.held {
            record.held = true;
            self.held += 1;
        }
    }

    /// Ends what [`hold`](Self::hold) began.
    pub fn let_go(&mut self, host: HostId) {
        let record = self.hosts.get_mut(host).expect("a host that is held is kept");
        record.retrying -= 1;
        self.list(host);
        self.release(host);
    }

    /// Asks a host for nothing before `until`.
    pub fn park(&mut self, host: HostId, until: Instant) {
        let until = self.nanos(until);
        let (record, _) = self.enter(host);
        record.arrival.not_before(until);
        record.spared = Spared::Kept;
        self.release(host);
    }

    /// Returns what is to be remembered of a host over a restart; `None` when that is nothing.
    pub fn host_state(&self, host: HostId, now: Instant) -> Option<HostState> {
        let now = self.nanos(now);
        match self.hosts.get(host) {
            Some(host) => HostState::of(host, now),
            None => HostState::of_parked(self.hosts.parked(host)?, now),
        }
    }

    /// Takes up what was remembered of a host. What is known of it already is not weakened.
    pub fn restore(&mut self, host: HostId, state: &HostState, now: Instant) {
        let now = self.tick(now);
        state.restore(self.enter(host).0, now);
        self.release(host);
    }

    /// Returns how many requests are in flight, robots.txt included.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Returns a host's record, made anew when there is none.
    fn enter(&mut self, id: HostId) -> (&mut Host, Entered) {
        let (_, entered) = self.hosts.enter(id);
        if entered == Entered::New
            && self.politeness.group == Group::Domain
            && self.groups.of(id).is_none()
            && let Some(name) = self.directory.name(id)
        {
            self.groups.assign(id, group::domain(name.as_str()));
        }
        self.hosts.enter(id)
    }

    /// Moves a host to a group, together with what is in flight to it since `began`.
    fn assign(&mut self, host: HostId, key: Key, began: u64) {
        let (before, after) = self.groups.assign(host, key);
        if before == Some(after) {
            return;
        }
        let moved = self.hosts.get(host).map_or(0, |host| host.in_flight);
        if let Some(before) = before {
            self.groups.get(before).in_flight -= moved;
            self.list_group(before);
        }
        let group = self.groups.get(after);
        group.in_flight += moved;
        group.arrival.not_before(began.saturating_add(nanos(self.politeness.group_delay)));
    }

    fn claim(&self, hosts: usize) -> Next {
        Next::Claim(Claim { hosts, refill: Vec::new(), chunk: self.chunk() })
    }

    fn chunk(&self) -> usize {
        if self.held < EAGER_HOSTS { CHUNK } else { SMALL_CHUNK }
    }

    /// Puts a host into the ready heap, if it has something to send and a slot to send it in.
    fn list(&mut self, id: HostId) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        if host.listed || !host.has_work() {
            return;
        }
        // What is refused because the host is down waits for nothing.
        let down = host.down_until() > self.now;
        if !down && host.in_flight >= host.slots(&self.politeness) {
            return;
        }
        host.listed = true;
        self.turn += 1;
        let at = if down { self.now } else { host.arrival.at() };
        self.ready.push(Reverse(Entry { at, turn: self.turn, whose: Whose::Host(id) }));
    }

    /// Gives up the lease of a host that has nothing left, and lets its record go.
    fn release(&mut self, id: HostId) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        if !host.is_idle() {
            return;
        }
        if host.held {
            host.held = false;
            self.held -= 1;
        }
        self.hosts.rest(id, self.now);
    }

    fn push_later(&mut self, at: Instant, what: Again) {
        self.turn += 1;
        self.later.push(Reverse(Later { at: self.nanos(at), turn: self.turn, what }));
    }

    fn wake_retries(&mut self, now: u64) {
        while self.later.peek().is_some_and(|Reverse(later)| later.at <= now) {
            let Some(Reverse(later)) = self.later.pop() else { break };
            let id = match later.what {
                Again::Page(ticket) => {
                    let id = ticket.pending.host();
                    let (host, _) = self.enter(id);
                    host.retrying -= 1;
                    host.hot.push_front(ticket);
                    id
                }
                Again::Robots(fetch) => {
                    let id = fetch.host;
                    self.enter(id).0.push_errand(fetch);
                    id
                }
            };
            self.list(id);
        }
    }

    /// Notes that it is `now`, which never goes back.
    fn tick(&mut self, now: Instant) -> u64 {
        self.now = self.now.max(self.nanos(now));
        self.now
    }

    fn nanos(&self, at: Instant) -> u64 {
        nanos(at.saturating_duration_since(self.epoch))
    }
}

/// Nanoseconds in 64 bits: 584 years, beyond which nothing is ever due.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 2).min(u64::MAX / 2)
}

/// Milliseconds in 32 bits, rounded up: 49 days at most.
pub(crate) fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
