//! The scheduler: which URL next, and when. Pure: it opens no socket, reads no clock, never awaits; time
//! comes in as an argument. Owned by the engine's one task.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::directory::{Directory, HostId};
use crate::host::{Host, Known, Refusal, RobotsFetch, RobotsOutcome, RobotsState, Ticket};
use crate::pending::Pending;
use crate::politeness::{Politeness, RobotsPolicy};
use crate::store::{Claim, Lease, More, Receipt};

/// Hosts leased at once, at most; the others wait in the store.
const MAX_HOSTS: usize = 4096;
/// URLs of one host held in memory beside the store, at most.
const CHUNK: usize = 32;
/// How long a robots.txt holds (RFC 9309 section 2.4).
const ROBOTS_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a robots.txt that could not be had is not asked for again.
const ROBOTS_FAILURE_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Decides which URL may be sent next.
///
/// Hosts that have work wait in a heap by the instant from which they may be asked. [`pop`](Self::pop)
/// takes the first whose politeness permits; each answer that sends something is followed by exactly one
/// [`settle`](Self::settle), [`retry`](Self::retry) or [`retry_robots`](Self::retry_robots).
#[derive(Debug)]
pub struct Scheduler {
    politeness: Politeness,
    directory: Arc<Directory>,
    epoch: Instant,
    hosts: Vec<Host>,
    // Entries are hints: whether a host may be asked is decided by its arrival cell when it is popped.
    ready: BinaryHeap<Reverse<Entry>>,
    later: BinaryHeap<Reverse<Later>>,
    /// Counts entries, so that hosts due at the same instant take turns.
    turn: u64,
    in_flight: usize,
    held: usize,
    /// Whether the store may hold hosts that are not leased.
    unclaimed: bool,
}

/// What may be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This URL may be sent.
    Ready(Ticket),
    /// This robots.txt may be sent; pages of its origin wait for it.
    NeedRobots(RobotsFetch),
    /// This URL must not be sent, for this reason. Nothing is in flight for it and nothing to settle.
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

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at: u64,
    turn: u64,
    host: HostId,
}

/// A request that is tried again; ordered by time, then by the order in which it came.
#[derive(Debug)]
struct Later {
    at: u64,
    turn: u64,
    what: Again,
}

#[derive(Debug)]
enum Again {
    Page(Ticket),
    Robots(RobotsFetch),
}

impl Scheduler {
    /// Creates a scheduler that has nothing to do. `epoch` is the earliest instant it will be asked about.
    pub fn new(politeness: Politeness, directory: Arc<Directory>, epoch: Instant) -> Self {
        Self {
            politeness,
            directory,
            epoch,
            hosts: Vec::new(),
            ready: BinaryHeap::new(),
            later: BinaryHeap::new(),
            turn: 0,
            in_flight: 0,
            held: 0,
            unclaimed: false,
        }
    }

    /// Returns what may be done at `now`, which never goes back.
    pub fn pop(&mut self, now: Instant) -> Next {
        let now = self.nanos(now);
        self.wake_retries(now);
        if self.unclaimed && self.held < MAX_HOSTS {
            return Next::Claim(Claim {
                hosts: MAX_HOSTS - self.held,
                refill: Vec::new(),
                chunk: CHUNK,
            });
        }
        while let Some(Reverse(first)) = self.ready.peek() {
            if first.at > now {
                break;
            }
            let id = first.host;
            self.ready.pop();
            self.hosts[id.index()].listed = false;
            if let Some(next) = self.visit(id, now) {
                return next;
            }
        }
        let ready = self.ready.peek().map(|Reverse(entry)| entry.at);
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
            let host = self.host(lease.host);
            let tickets = lease.urls.into_iter().map(|pending| Ticket { pending, attempt: 0 });
            host.hot.extend(tickets);
            host.more = lease.more == More::Queued;
            if !host.held {
                host.held = true;
                self.held += 1;
            }
            self.release_if_idle(lease.host);
            self.list(lease.host);
        }
    }

    /// Notes which hosts have new URLs in the store.
    pub fn note(&mut self, receipt: &Receipt) {
        for id in &receipt.grew {
            let host = self.host(*id);
            if host.held {
                host.more = true;
                self.list(*id);
            } else {
                self.unclaimed = true;
            }
        }
    }

    /// Ends what was in flight to a host: the URL is finished, or the robots.txt was read.
    pub fn settle(&mut self, host: HostId, now: Instant) {
        let now = self.nanos(now);
        let delay = self.delay(host);
        self.in_flight -= 1;
        let record = self.host(host);
        record.in_flight -= 1;
        // Between requests that overlap only their starts are spaced; a lone one also from its end.
        if record.in_flight == 0 && !delay.is_zero() {
            record.arrival.not_before(now + saturating_nanos(delay));
        }
        self.release_if_idle(host);
        self.list(host);
    }

    /// Ends what was in flight, to be sent once more, but not before `at`.
    pub fn retry(&mut self, ticket: Ticket, at: Instant, now: Instant) {
        let host = ticket.pending.host();
        self.host(host).retrying += 1;
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
        self.host(host).errands.push_back(to);
        self.list(host);
    }

    /// Ends the fetch of a robots.txt: from now on this holds for its origin.
    pub fn robots(&mut self, fetch: &RobotsFetch, outcome: RobotsOutcome, now: Instant) {
        let lifetime = match outcome {
            RobotsOutcome::Rules(_) => ROBOTS_LIFETIME,
            RobotsOutcome::Unavailable(_) | RobotsOutcome::Unreachable(_) => {
                ROBOTS_FAILURE_LIFETIME
            }
        };
        let expires = self.nanos(now) + saturating_nanos(lifetime);
        let longest = self.politeness.max_crawl_delay;
        let origin = self.host(fetch.origin);
        origin.crawl_delay = match &outcome {
            RobotsOutcome::Rules(robots) => robots.crawl_delay().unwrap_or_default().min(longest),
            _ => Duration::ZERO,
        };
        origin.robots = RobotsState::Known(Box::new(Known { outcome, expires }));
        // After the new crawl-delay is known, so that it already spaces the first page.
        self.settle(fetch.host, now);
        if fetch.host != fetch.origin {
            self.list(fetch.origin);
        }
    }

    /// Asks a host for nothing before `until`, as its `Retry-After` wants.
    pub fn park(&mut self, host: HostId, until: Instant) {
        let until = self.nanos(until);
        self.host(host).arrival.not_before(until);
    }

    /// Returns how many requests are in flight, robots.txt included.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Looks at a host whose turn has come.
    fn visit(&mut self, id: HostId, now: u64) -> Option<Next> {
        let delay = self.delay(id);
        let host = &mut self.hosts[id.index()];
        // It had a free slot when it was listed, and only a visit takes one.
        debug_assert!(host.in_flight < self.politeness.per_host.max(1));
        if !host.has_work() {
            return None;
        }
        if self.politeness.robots == RobotsPolicy::Obey && host.errands.is_empty() {
            match &host.robots {
                RobotsState::Known(known) if known.expires > now => {
                    if let Some(Err(refusal)) =
                        host.hot.front().map(|ticket| known.decide(ticket.pending.url()))
                    {
                        let ticket = host.hot.pop_front().expect("there is a front");
                        self.release_if_idle(id);
                        self.list(id);
                        return Some(Next::Refused(ticket.pending, refusal));
                    }
                }
                RobotsState::Fetching => return None,
                RobotsState::Known(_) | RobotsState::Unknown => {
                    let name = self.directory.name(id).expect("the directory numbered the host");
                    let url = name.robots_txt().into_boxed_str();
                    host.robots = RobotsState::Fetching;
                    host.errands.push_back(RobotsFetch {
                        origin: id,
                        host: id,
                        url,
                        redirects: 0,
                        attempt: 0,
                    });
                }
            }
        }
        if host.errands.is_empty() && host.hot.is_empty() {
            let hosts = 0;
            return Some(Next::Claim(Claim { hosts, refill: vec![id], chunk: CHUNK }));
        }
        if host.arrival.check(delay, now).is_err() {
            self.list(id);
            return None;
        }
        host.in_flight += 1;
        self.in_flight += 1;
        let next = match host.errands.pop_front() {
            Some(errand) => Next::NeedRobots(errand),
            None => Next::Ready(host.hot.pop_front().expect("checked above")),
        };
        self.list(id);
        Some(next)
    }

    /// The strictest delay that is set for a host.
    fn delay(&self, host: HostId) -> Duration {
        let crawl_delay = self.hosts.get(host.index()).map(|host| host.crawl_delay);
        self.politeness.delay.max(crawl_delay.unwrap_or_default())
    }

    fn host(&mut self, id: HostId) -> &mut Host {
        if self.hosts.len() <= id.index() {
            self.hosts.resize_with(id.index() + 1, Host::default);
        }
        &mut self.hosts[id.index()]
    }

    /// Puts a host into the ready heap, if it has something to send and a slot to send it in.
    fn list(&mut self, id: HostId) {
        let per_host = self.politeness.per_host.max(1);
        let host = &mut self.hosts[id.index()];
        if host.listed || !host.has_work() || host.in_flight >= per_host {
            return;
        }
        host.listed = true;
        self.turn += 1;
        self.ready.push(Reverse(Entry { at: host.arrival.at(), turn: self.turn, host: id }));
    }

    fn release_if_idle(&mut self, id: HostId) {
        let host = &mut self.hosts[id.index()];
        if host.held && host.is_idle() {
            host.held = false;
            self.held -= 1;
        }
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
                    let host = self.host(id);
                    host.retrying -= 1;
                    host.hot.push_front(ticket);
                    id
                }
                Again::Robots(fetch) => {
                    let id = fetch.host;
                    self.host(id).errands.push_back(fetch);
                    id
                }
            };
            self.list(id);
        }
    }

    fn nanos(&self, at: Instant) -> u64 {
        saturating_nanos(at.saturating_duration_since(self.epoch))
    }
}

/// Nanoseconds in 64 bits: 584 years, beyond which nothing is ever due.
fn saturating_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 2).min(u64::MAX / 2)
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.turn) == (other.at, other.turn)
    }
}

impl Eq for Later {}

impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Later {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.turn).cmp(&(other.at, other.turn))
    }
}

#[cfg(test)]
mod tests;
