//! Who may send now, and on which connection: permits, sockets and idle connections.
//!
//! A request *enters* (a slot of its host, then a permit of the client, both first in, first
//! out), *checks out* an idle connection or a slot for a new socket, and *gives back* the
//! connection when its body has ended. Everything taken is an owned guard, so a request that is
//! dropped anywhere returns all it had. Opening a connection is not done here.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::config::Config;

mod connection;
mod meter;

pub(crate) use self::connection::{Connection, Driver, Progress, SendFailure, body_failure};

/// How often idle connections are looked over for old and closed ones.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// The permits, sockets and idle connections of one client.
pub(crate) struct Pool {
    state: Mutex<State>,
    in_flight: Arc<Semaphore>,
    limits: Limits,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    per_host: usize,
    max_sockets: usize,
    idle_timeout: Duration,
    max_age: Duration,
}

struct State {
    // Invariant: a host is here iff a request has entered for it or a connection to it is idle.
    hosts: HashMap<Arc<str>, Host>,
    // Invariant: the number of live `Slot`s, at most `max_sockets`.
    sockets: usize,
    // Set while something is idle, provided there is a runtime to sweep on.
    sweeper: Option<Sweeper>,
}

struct Host {
    slots: Arc<Semaphore>,
    /// The requests that have entered and not left.
    visits: usize,
    /// At most `per_host` connections, the one used last at the end.
    idle: Vec<Idle>,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

/// Which connections a request may be sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    Any,
    /// Only one that no request has been sent on.
    Fresh,
}

/// What a request is sent on.
pub(crate) enum Checkout {
    Idle(Connection),
    /// A socket may be opened, once the evicted one has been closed.
    Open {
        slot: Slot,
        evicted: Option<Driver>,
    },
}

impl Pool {
    pub(crate) fn new(config: &Config) -> Self {
        let permits = config.max_in_flight.min(Semaphore::MAX_PERMITS);
        Self {
            state: Mutex::new(State { hosts: HashMap::new(), sockets: 0, sweeper: None }),
            in_flight: Arc::new(Semaphore::new(permits)),
            limits: Limits {
                per_host: config.per_host.min(Semaphore::MAX_PERMITS),
                max_sockets: config.max_sockets,
                idle_timeout: config.idle_timeout,
                max_age: config.max_age,
            },
        }
    }

    /// Waits for a slot of the origin and then for a permit, without a time limit.
    ///
    /// The host comes first: in the other order one busy host could hold every permit.
    pub(crate) async fn enter(self: &Arc<Self>, origin: &str) -> Turn {
        const NEVER_CLOSED: &str = "the semaphores of a pool are never closed";
        let (visit, slots) = self.visit(origin);
        let slot = slots.acquire_owned().await.expect(NEVER_CLOSED);
        let permit = Arc::clone(&self.in_flight).acquire_owned().await.expect(NEVER_CLOSED);
        Turn { visit, _slot: slot, _permit: permit }
    }

    fn visit(self: &Arc<Self>, origin: &str) -> (Visit, Arc<Semaphore>) {
        let mut state = self.lock();
        if !state.hosts.contains_key(origin) {
            let slots = Arc::new(Semaphore::new(self.limits.per_host));
            state.hosts.insert(origin.into(), Host { slots, visits: 0, idle: Vec::new() });
        }
        let known = state.hosts.get_key_value(origin).map(|(origin, _)| Arc::clone(origin));
        let origin = known.expect("the host was just put there");
        let host = state.hosts.get_mut(&origin).expect("the host was just put there");
        host.visits += 1;
        let slots = Arc::clone(&host.slots);
        (Visit { pool: Arc::clone(self), origin, returned: None }, slots)
    }

    /// Returns the idle connection used last, or room for a new one.
    pub(crate) fn checkout(self: &Arc<Self>, turn: &Turn, reuse: Reuse, now: Instant) -> Checkout {
        // Declared before the guard and so dropped after it: a connection takes the lock again
        // to free its slot.
        let mut unusable = Vec::new();
        let mut state = self.lock();
        if reuse == Reuse::Any {
            let host = state.hosts.get_mut(&turn.visit.origin);
            let idle = &mut host.expect("a visited host is in the table").idle;
            while let Some(candidate) = idle.pop() {
                if candidate.usable(now, &self.limits) {
                    return Checkout::Idle(candidate.connection);
                }
                unusable.push(candidate.connection);
            }
        }
        if state.sockets < self.limits.max_sockets {
            state.sockets += 1;
            return Checkout::Open { slot: Slot(Arc::downgrade(self)), evicted: None };
        }
        // Whoever holds a permit and no socket leaves one of `max_sockets >= max_in_flight`
        // sockets to somebody who does not need it: there is always one to evict.
        match unusable.pop().or_else(|| state.evict()) {
            Some(evicted) => {
                let (slot, driver) = evicted.retire();
                Checkout::Open { slot, evicted: Some(driver) }
            }
            None => {
                debug_assert!(false, "all sockets are busy, but a permit was granted");
                state.sockets += 1;
                Checkout::Open { slot: Slot(Arc::downgrade(self)), evicted: None }
            }
        }
    }

    /// Closes idle connections that are old or closed; returns whether any are left.
    fn sweep(&self, now: Instant) -> bool {
        let mut unusable = Vec::new();
        let mut state = self.lock();
        for host in state.hosts.values_mut() {
            unusable.extend(host.idle.extract_if(.., |idle| !idle.usable(now, &self.limits)));
        }
        state.hosts.retain(|_, host| host.referred_to());
        let any_left = state.hosts.values().any(|host| !host.idle.is_empty());
        if !any_left {
            // Under the same lock, so that the next idle connection starts a sweeper again.
            state.sweeper = None;
        }
        drop(state);
        any_left
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Pool")
            .field("limits", &self.limits)
            .field("hosts", &state.hosts.len())
            .field("sockets", &state.sockets)
            .finish_non_exhaustive()
    }
}

impl State {
    /// Takes the connection out that has been idle for the longest, over all hosts.
    ///
    /// Looks at one connection a host; that is cheap beside the connect that follows.
    fn evict(&mut self) -> Option<Connection> {
        let (origin, host) = self
            .hosts
            .iter_mut()
            .filter(|(_, host)| !host.idle.is_empty())
            .min_by_key(|(_, host)| host.idle.first().map(|idle| idle.since))?;
        let evicted = host.idle.remove(0).connection;
        if !host.referred_to() {
            let origin = Arc::clone(origin);
            self.hosts.remove(&origin);
        }
        Some(evicted)
    }
}

impl Host {
    fn referred_to(&self) -> bool {
        self.visits > 0 || !self.idle.is_empty()
    }
}

impl Idle {
    fn usable(&self, now: Instant, limits: &Limits) -> bool {
        !self.connection.closed()
            && now.duration_since(self.since) < limits.idle_timeout
            && self.connection.age(now) < limits.max_age
    }
}

/// The right to be in flight: a slot of the host and a permit of the client.
pub(crate) struct Turn {
    // First, so that a returned connection is idle before the next one in line wakes up.
    visit: Visit,
    _slot: OwnedSemaphorePermit,
    _permit: OwnedSemaphorePermit,
}

/// Keeps a host in the table while a request waits for it or uses it.
struct Visit {
    pool: Arc<Pool>,
    origin: Arc<str>,
    returned: Option<Connection>,
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut unusable = None;
        let mut guard = self.pool.lock();
        let state = &mut *guard;
        let Some(host) = state.hosts.get_mut(&self.origin) else { return };
        host.visits -= 1;
        match self.returned.take() {
            Some(connection) if connection.closed() => unusable = Some(connection),
            Some(connection) => {
                host.idle.push(Idle { connection, since: Instant::now() });
                if state.sweeper.as_ref().is_none_or(Sweeper::finished) {
                    state.sweeper = Sweeper::start(&self.pool);
                }
            }
            None => {}
        }
        if !host.referred_to() {
            state.hosts.remove(&self.origin);
        }
        // In this order: a connection takes the lock again to free its slot.
        drop(guard);
        drop(unusable);
    }
}

/// A connection in use, and the turn it is used in.
pub(crate) struct Lease {
    // First, so that its socket is free before the permit is.
    pub(crate) connection: Connection,
    pub(crate) turn: Turn,
}

impl Lease {
    /// Makes the connection idle and ends the turn; for a body that ended cleanly.
    pub(crate) fn give_back(self) {
        let Self { connection, mut turn } = self;
        turn.visit.returned = Some(connection);
    }
}

/// One of `max_sockets`, taken while a connection is being opened and as long as it lives.
pub(crate) struct Slot(Weak<Pool>);

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(pool) = self.0.upgrade() {
            pool.lock().sockets -= 1;
        }
    }
}

/// The task that closes idle connections in time; it runs while there are any.
struct Sweeper(JoinHandle<()>);

impl Sweeper {
    /// Starts the task, unless there is no runtime: then checkouts alone find what is too old.
    fn start(pool: &Arc<Pool>) -> Option<Self> {
        let pool = Arc::downgrade(pool);
        let task = Handle::try_current().ok()?.spawn(async move {
            loop {
                sleep(SWEEP_EVERY).await;
                let Some(pool) = pool.upgrade() else { return };
                if !pool.sweep(Instant::now()) {
                    return;
                }
            }
        });
        Some(Self(task))
    }

    /// True also when the runtime it ran on is gone.
    fn finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests;
