//! Who may send now, and on which connection: turns, sockets and idle connections.
//!
//! A request *enters* and waits for its turn (a slot of its host and a permit of the client),
//! *checks out* a connection or a slot for a new socket, and *gives back* the connection when
//! its body has ended. Everything taken is an owned guard, so a request that is dropped anywhere
//! returns all it had. Opening a connection is not done here.
//!
//! Waiting is fair twice: hosts with a free slot stand in one line, and the first goes to its end
//! with each permit it gets; within a host requests keep their order. A finished turn goes on to
//! the next request of the same host, with its connection, a few times before it returns to the
//! line: with more busy hosts than sockets a strictly fair line would never reuse a connection.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use hashbrown::HashMap;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

use crate::config::Config;
use crate::protocols::Protocols;

mod connection;
mod failure;
mod host;
mod http1;
mod http2;
mod meter;
mod sweeper;
mod turn;

pub(crate) use self::connection::{Connection, Driver};
pub(crate) use self::failure::{Progress, SendFailure, body_failure};
pub(crate) use self::http1::Http1;
pub(crate) use self::http2::Http2;
pub(crate) use self::turn::{Lease, Turn};

use self::host::{Host, Idle, Parked, Shared};
use self::http2::Stream;
use self::sweeper::Sweeper;
use self::turn::Waiting;

/// How many requests of one host a turn serves in a row while others wait in line.
const QUANTUM: u8 = 8;

/// The permits, sockets and idle connections of one client.
pub(crate) struct Pool {
    state: Mutex<State>,
    limits: Limits,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    max_in_flight: usize,
    per_host: usize,
    max_sockets: usize,
    idle_timeout: Duration,
    max_age: Duration,
    protocols: Protocols,
}

struct State {
    // Invariant: a host is here iff it is waited for, in use, in line or has an idle connection.
    hosts: HashMap<Arc<str>, Host>,
    // Invariant: free permits and turns together are `max_in_flight`; free ones imply that
    // nobody stands in line.
    permits: usize,
    // The hosts whose next request may have a permit, each once.
    line: VecDeque<Arc<str>>,
    // What is idle, by the order in which it became so: the first is evicted first.
    idle: BTreeMap<u64, Arc<str>>,
    next_order: u64,
    // Invariant: the number of live `Slot`s, at most `max_sockets`.
    sockets: usize,
    // Set while something is idle, provided there is a runtime to sweep on.
    sweeper: Option<Sweeper>,
}

/// Which connections a request may be sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    Any,
    /// Only one that no request has been sent on, unless it is shared.
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
    /// Somebody else may be opening a connection that can be shared: take the permit, see again.
    Wait(Arc<Semaphore>),
}

/// A request in line that has gone when it is woken gives its turn back by dropping it.
type Waiter = oneshot::Sender<Turn>;

impl Pool {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            state: Mutex::new(State {
                hosts: HashMap::new(),
                permits: config.max_in_flight,
                line: VecDeque::new(),
                idle: BTreeMap::new(),
                next_order: 0,
                sockets: 0,
                sweeper: None,
            }),
            limits: Limits {
                max_in_flight: config.max_in_flight,
                per_host: config.per_host,
                max_sockets: config.max_sockets,
                idle_timeout: config.idle_timeout,
                max_age: config.max_age,
                protocols: config.protocols,
            },
        }
    }

    /// Waits for a slot of the origin and a permit, without a time limit.
    ///
    /// Only a host with a free slot stands in line: otherwise one busy host could hold every
    /// permit.
    pub(crate) async fn enter(self: &Arc<Self>, origin: &str) -> Turn {
        match self.arrive(origin) {
            Ok(turn) => turn,
            Err(mut waiting) => waiting.turn().await,
        }
    }

    fn arrive(self: &Arc<Self>, origin: &str) -> Result<Turn, Waiting> {
        let mut guard = self.lock();
        let state = &mut *guard;
        if !state.hosts.contains_key(origin) {
            let origin: Arc<str> = origin.into();
            state.hosts.insert(Arc::clone(&origin), Host::new(origin));
        }
        let host = state.hosts.get_mut(origin).expect("the host was just put there");
        if state.permits > 0 && host.busy < self.limits.per_host {
            state.permits -= 1;
            host.busy += 1;
            let mut turn = Turn::new(Arc::clone(self), Arc::clone(&host.origin));
            // Taken here already, so that most checkouts need no lock.
            if let Some(idle) = host.idle.pop_back() {
                state.idle.remove(&idle.order);
                turn.handed = Some(idle.connection);
            }
            return Ok(turn);
        }
        let (waiter, turn) = oneshot::channel();
        host.waiting += 1;
        host.waiters.push_back(waiter);
        let origin = Arc::clone(&host.origin);
        host.line_up(self.limits.per_host, &mut state.line);
        Err(Waiting::new(Arc::clone(self), origin, turn))
    }

    /// Returns a connection to send on, or room for a new one.
    ///
    /// That is the connection that came with the turn, the one that is shared, the idle one used
    /// last, in this order.
    pub(crate) fn checkout(
        self: &Arc<Self>,
        turn: &mut Turn,
        reuse: Reuse,
        now: Instant,
    ) -> Checkout {
        // Declared before the guard and so dropped after it: a connection takes the lock again
        // to free its slot.
        let mut unusable = Vec::new();
        if let Some(mut connection) = turn.handed.take() {
            if reuse == Reuse::Any && connection.usable(now, &self.limits) {
                return Checkout::Idle(Connection::Http1(connection));
            }
            drop(connection);
        }
        let mut guard = self.lock();
        let state = &mut *guard;
        let host = state.hosts.get_mut(turn.origin()).expect("a host in use is in the table");
        if self.limits.protocols == Protocols::Http2 && turn.origin().starts_with("https:") {
            if let Some(shared) = host.shared.take_if(|shared| !shared.usable(now, &self.limits)) {
                state.idle.remove(&shared.order);
                unusable.extend(shared.parked());
            }
            if let Some(shared) = &mut host.shared {
                state.idle.remove(&shared.order);
                shared.streams += 1;
                let stream = Stream::new(&shared.connection, Arc::clone(self), &host.origin);
                return Checkout::Idle(Connection::Http2(stream));
            }
            if turn.opening.is_none() && !host.http1_only {
                return Checkout::Wait(Arc::clone(host.opening()));
            }
        }
        while reuse == Reuse::Any
            && let Some(mut candidate) = host.idle.pop_back()
        {
            state.idle.remove(&candidate.order);
            if candidate.connection.usable(now, &self.limits) {
                return Checkout::Idle(Connection::Http1(candidate.connection));
            }
            unusable.push(Parked::Http1(candidate.connection));
        }
        if state.sockets < self.limits.max_sockets {
            state.sockets += 1;
            return Checkout::Open { slot: Slot(Arc::downgrade(self)), evicted: None };
        }
        // Whoever holds a permit and no socket leaves one of `max_sockets >= max_in_flight`
        // sockets to somebody who does not need it: there is always one to evict.
        match unusable.pop().or_else(|| state.evict()) {
            Some(evicted) => {
                let (slot, evicted) = evicted.retire();
                Checkout::Open { slot, evicted }
            }
            None => {
                debug_assert!(false, "all sockets are busy, but a permit was granted");
                state.sockets += 1;
                Checkout::Open { slot: Slot(Arc::downgrade(self)), evicted: None }
            }
        }
    }

    /// Notes that a host does not speak HTTP/2: its connections are opened side by side again.
    pub(crate) fn speaks_http1(&self, turn: &Turn) {
        let mut state = self.lock();
        let host = state.hosts.get_mut(turn.origin()).expect("a host in use is in the table");
        host.http1_only = true;
        let opening = host.opening.take();
        drop(state);
        if let Some(opening) = opening {
            opening.close();
        }
    }

    /// Shares a connection among the requests of its host, in place of an earlier one, and
    /// returns its first stream.
    pub(crate) fn share(self: &Arc<Self>, turn: &Turn, connection: Http2) -> Connection {
        let connection = Arc::new(connection);
        let mut guard = self.lock();
        let state = &mut *guard;
        let host = state.hosts.get_mut(turn.origin()).expect("a host in use is in the table");
        let stream = Stream::new(&connection, Arc::clone(self), &host.origin);
        let earlier = host.shared.replace(Shared::new(connection));
        if let Some(earlier) = &earlier {
            state.idle.remove(&earlier.order);
        }
        drop(guard);
        drop(earlier);
        Connection::Http2(stream)
    }

    /// Ends one stream of a shared connection.
    fn leave(self: &Arc<Self>, origin: &str, connection: Arc<Http2>) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let mut unusable = None;
        if let Some(host) = state.hosts.get_mut(origin)
            && let Some(shared) = &mut host.shared
            && Arc::ptr_eq(&shared.connection, &connection)
        {
            shared.streams -= 1;
            if connection.spent() {
                unusable = host.shared.take();
            } else if shared.streams == 0 {
                // Under the lock, so that whoever evicts it finds that nobody else has it.
                drop(connection);
                shared.since = Instant::now();
                shared.order = state.next_order;
                state.idle.insert(shared.order, Arc::clone(&host.origin));
                state.next_order += 1;
                self.wake_sweeper(state);
            }
        }
        // In this order: a connection takes the lock again to free its slot.
        drop(guard);
        drop(unusable);
    }

    /// Ends a turn, or hands it to the next request of its host.
    fn release(self: &Arc<Self>, turn: &mut Turn) {
        let mut handed = turn.handed.take();
        let finished = turn.finished || handed.is_some();
        let unusable = handed.take_if(|connection| connection.closed());
        let mut guard = self.lock();
        let state = &mut *guard;
        let host = state.hosts.get_mut(turn.origin()).expect("a host in use is in the table");
        if finished
            && turn.streak < QUANTUM
            && let Some(waiter) = host.next_waiter()
        {
            drop(guard);
            // One who has gone in this moment lets the turn drop, which releases it again.
            drop(waiter.send(turn.hand_over(handed)));
            return;
        }
        host.busy -= 1;
        state.permits += 1;
        host.line_up(self.limits.per_host, &mut state.line);
        if let Some(mut connection) = handed {
            let order = state.next_order;
            connection.idle_since.get_or_insert_with(Instant::now);
            host.idle.push_back(Idle { connection, order });
            state.idle.insert(order, Arc::clone(&host.origin));
            state.next_order += 1;
            self.wake_sweeper(state);
        } else if !host.referred_to() {
            state.hosts.remove(turn.origin());
        }
        let next = state.next_in_line(self.limits.per_host);
        // In this order: a connection takes the lock again to free its slot, and a waker may
        // drop a turn.
        drop(guard);
        drop(unusable);
        if let Some((origin, waiter)) = next {
            drop(waiter.send(Turn::new(Arc::clone(self), origin)));
        }
    }

    /// Closes idle connections that are old or closed; returns whether any are left.
    fn sweep(&self, now: Instant) -> bool {
        let mut unusable = Vec::new();
        let mut guard = self.lock();
        let state = &mut *guard;
        state.idle.retain(|order, origin| {
            let host = state.hosts.get_mut(origin).expect("a host with idle ones is in the table");
            let taken = host.take_unusable(*order, now, &self.limits);
            let keep = taken.is_none();
            unusable.extend(taken);
            if !host.referred_to() {
                state.hosts.remove(origin);
            }
            keep
        });
        let any_left = !state.idle.is_empty();
        if !any_left {
            // Under the same lock, so that the next idle connection starts a sweeper again.
            state.sweeper = None;
        }
        drop(guard);
        any_left
    }

    fn wake_sweeper(self: &Arc<Self>, state: &mut State) {
        if state.sweeper.as_ref().is_none_or(Sweeper::finished) {
            state.sweeper = Sweeper::start(self);
        }
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
            .field("in_flight", &(self.limits.max_in_flight - state.permits))
            .field("sockets", &state.sockets)
            .field("idle", &state.idle.len())
            .finish_non_exhaustive()
    }
}

impl State {
    /// Gives a free permit to the first in line who is still there.
    fn next_in_line(&mut self, per_host: usize) -> Option<(Arc<str>, Waiter)> {
        while self.permits > 0 {
            let origin = self.line.pop_front()?;
            let host = self.hosts.get_mut(&origin).expect("a host in line is in the table");
            host.in_line = false;
            if let Some(waiter) = host.next_waiter() {
                host.busy += 1;
                host.line_up(per_host, &mut self.line);
                self.permits -= 1;
                return Some((origin, waiter));
            }
            if !host.referred_to() {
                self.hosts.remove(&origin);
            }
        }
        None
    }

    /// Takes the connection out that has been idle for the longest, over all hosts.
    fn evict(&mut self) -> Option<Parked> {
        let (order, origin) = self.idle.pop_first()?;
        let host = self.hosts.get_mut(&origin).expect("a host with idle ones is in the table");
        let evicted = host.take(order);
        if !host.referred_to() {
            self.hosts.remove(&origin);
        }
        evicted
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

#[cfg(test)]
mod tests;
