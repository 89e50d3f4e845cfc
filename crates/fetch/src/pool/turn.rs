//! The guards of a request: its wait in line, its turn, and the connection it uses.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{Connection, Http1, Pool};

/// The right to be in flight: a slot of the host and a permit of the client.
pub(crate) struct Turn {
    pool: Arc<Pool>,
    origin: Arc<str>,
    /// How often it was handed over since it left the line.
    pub(super) streak: u8,
    /// The connection that came with it, idle or handed over, or that goes on with it.
    pub(super) handed: Option<Box<Http1>>,
    /// Whether its request went well, so that it may be handed over.
    pub(super) finished: bool,
    /// Held while a connection is opened that may be shared.
    pub(crate) opening: Option<OwnedSemaphorePermit>,
}

impl Turn {
    pub(super) fn new(pool: Arc<Pool>, origin: Arc<str>) -> Self {
        Self { pool, origin, streak: 0, handed: None, finished: false, opening: None }
    }

    /// Returns the scheme, host and port.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Makes the turn of the next request, which takes the place of this one.
    pub(super) fn hand_over(&self, handed: Option<Box<Http1>>) -> Self {
        let mut turn = Self::new(Arc::clone(&self.pool), Arc::clone(&self.origin));
        turn.streak = self.streak + 1;
        turn.handed = handed;
        turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let pool = Arc::clone(&self.pool);
        pool.release(self);
    }
}

/// A request that waits for its turn.
pub(super) struct Waiting {
    pool: Arc<Pool>,
    origin: Arc<str>,
    turn: oneshot::Receiver<Turn>,
}

impl Waiting {
    pub(super) fn new(pool: Arc<Pool>, origin: Arc<str>, turn: oneshot::Receiver<Turn>) -> Self {
        Self { pool, origin, turn }
    }

    pub(super) async fn turn(&mut self) -> Turn {
        (&mut self.turn).await.expect("a host keeps its waiters while they wait")
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Closed first, so that nobody hands a turn to a request that is gone. One that is
        // already here is dropped with the receiver, after the lock.
        self.turn.close();
        let mut state = self.pool.lock();
        let host = state.hosts.get_mut(&self.origin).expect("a host waited for is in the table");
        host.waiting -= 1;
        host.tidy();
        if !host.referred_to() {
            state.hosts.remove(&self.origin);
        }
    }
}

/// A connection in use, and the turn it is used in.
pub(crate) struct Lease {
    // First, so that its socket is free before the permit is.
    pub(crate) connection: Connection,
    pub(crate) turn: Turn,
}

impl Lease {
    /// Ends the turn and keeps the connection for others; for a body that ended cleanly.
    pub(crate) fn give_back(self) {
        let Self { connection, mut turn } = self;
        match connection {
            Connection::Http1(mut connection) => {
                turn.handed = connection.reusable().then_some(connection);
            }
            Connection::Http2(stream) => {
                stream.finish();
                turn.finished = true;
            }
        }
    }
}
