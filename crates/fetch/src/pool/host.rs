//! What the pool knows of one scheme, host and port.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::http2::Http2;
use super::{Driver, Http1, Limits, Slot, Waiter};

/// The requests and idle connections of one origin.
pub(super) struct Host {
    pub(super) origin: Arc<str>,
    /// The requests that have entered and hold no turn of their own yet.
    pub(super) waiting: usize,
    /// The turns, at most `per_host`.
    pub(super) busy: usize,
    /// Whether it stands in the pool's line. Invariant: it does if a request waits and `busy` is
    /// below `per_host`.
    pub(super) in_line: bool,
    /// First in, first out; some have been cancelled, no more than live ones and eight.
    pub(super) waiters: VecDeque<Waiter>,
    /// At most `per_host` connections, the one used last at the end.
    pub(super) idle: VecDeque<Idle>,
    /// The connection that all requests share, if the host speaks HTTP/2.
    pub(super) shared: Option<Shared>,
    /// Whether TLS has shown that it does not.
    pub(super) http1_only: bool,
    /// One permit, held by whoever opens a connection that may be shared.
    pub(super) opening: Option<Arc<Semaphore>>,
}

/// A connection that nobody uses.
pub(super) struct Idle {
    pub(super) connection: Box<Http1>,
    pub(super) order: u64,
}

/// A connection for many requests at once; idle while it has no streams.
pub(super) struct Shared {
    pub(super) connection: Arc<Http2>,
    pub(super) streams: usize,
    pub(super) since: Instant,
    /// Its key among what is idle; not there while it has streams.
    pub(super) order: u64,
}

/// A connection taken out of the pool while nobody used it.
pub(super) enum Parked {
    Http1(Box<Http1>),
    Http2(Http2),
}

impl Host {
    pub(super) fn new(origin: Arc<str>) -> Self {
        Self {
            origin,
            waiting: 0,
            busy: 0,
            in_line: false,
            waiters: VecDeque::new(),
            idle: VecDeque::new(),
            shared: None,
            http1_only: false,
            opening: None,
        }
    }

    /// Returns whether the pool must still know of the host.
    pub(super) fn referred_to(&self) -> bool {
        self.waiting + self.busy > 0
            || self.in_line
            || !self.idle.is_empty()
            || self.shared.is_some()
    }

    /// Goes to the end of the line, unless it stands there, or has no request or no slot for one.
    pub(super) fn line_up(&mut self, per_host: usize, line: &mut VecDeque<Arc<str>>) {
        if !self.in_line && !self.waiters.is_empty() && self.busy < per_host {
            self.in_line = true;
            line.push_back(Arc::clone(&self.origin));
        }
    }

    /// Takes the first request out that is still there.
    pub(super) fn next_waiter(&mut self) -> Option<Waiter> {
        loop {
            let waiter = self.waiters.pop_front()?;
            if !waiter.is_closed() {
                return Some(waiter);
            }
        }
    }

    /// Forgets cancelled requests once they are the majority.
    pub(super) fn tidy(&mut self) {
        if self.waiters.len() > 2 * self.waiting + 8 {
            self.waiters.retain(|waiter| !waiter.is_closed());
        }
    }

    pub(super) fn opening(&mut self) -> &Arc<Semaphore> {
        self.opening.get_or_insert_with(|| Arc::new(Semaphore::new(1)))
    }

    /// Takes the idle connection with this order out.
    pub(super) fn take(&mut self, order: u64) -> Option<Parked> {
        if let Some(at) = self.idle.iter().position(|idle| idle.order == order) {
            return Some(Parked::Http1(self.idle.remove(at)?.connection));
        }
        self.shared.take().and_then(Shared::parked)
    }

    /// Takes the idle connection with this order out if it is old or closed.
    pub(super) fn take_unusable(
        &mut self,
        order: u64,
        now: Instant,
        limits: &Limits,
    ) -> Option<Parked> {
        let usable = match self.idle.iter_mut().find(|idle| idle.order == order) {
            Some(idle) => idle.connection.usable(now, limits),
            None => self.shared.as_ref().is_some_and(|shared| shared.usable(now, limits)),
        };
        if usable { None } else { self.take(order) }
    }
}

impl Shared {
    /// A connection with its first stream.
    pub(super) fn new(connection: Arc<Http2>) -> Self {
        Self { connection, streams: 1, since: Instant::now(), order: u64::MAX }
    }

    pub(super) fn usable(&self, now: Instant, limits: &Limits) -> bool {
        (self.streams > 0 || now.duration_since(self.since) < limits.idle_timeout)
            && self.connection.usable(now, limits.max_age)
    }

    /// Returns the connection if it has no streams; else it ends with its last one.
    pub(super) fn parked(self) -> Option<Parked> {
        Arc::into_inner(self.connection).map(Parked::Http2)
    }
}

impl Parked {
    /// Ends the connection but keeps its slot for another one.
    pub(super) fn retire(self) -> (Slot, Option<Driver>) {
        match self {
            Self::Http1(connection) => (connection.retire(), None),
            Self::Http2(connection) => {
                let (slot, driver) = connection.retire();
                (slot, Some(driver))
            }
        }
    }
}
