//! One HTTP/2 connection (RFC 9113) that the requests of a host share, and a stream of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::Instant;

use super::connection::Tasks;
use super::failure::{head_failure, stream_failure};
use super::meter::{Meter, Metered};
use super::{Driver, Pool, Progress, SendFailure, Slot};
use crate::connect::Connected;
use crate::error::Error;

/// What the peer may send on one stream before it is read, in bytes.
const STREAM_WINDOW: u32 = 1024 * 1024;
/// What it may send on all of them: a few stalled bodies must not stop the others.
const CONNECTION_WINDOW: u32 = 8 * 1024 * 1024;
/// How often a connection in use is asked whether it still lives, and how long it may take.
const PING_EVERY: Duration = Duration::from_secs(15);
const PING_WAIT: Duration = Duration::from_secs(10);
/// After how many responses dropped early a connection is not used again. The protocol library
/// counts them for the life of the connection and ends it, with all its streams, after 1,024.
const MAX_RESETS: usize = 256;

/// A connection for many requests at once.
pub(crate) struct Http2 {
    sender: http2::SendRequest<Full<Bytes>>,
    driver: Driver,
    slot: Slot,
    host: HeaderValue,
    remote: SocketAddr,
    born: Instant,
    resets: AtomicUsize,
    /// Set when the peer has said, or shown, that it wants no more requests here.
    leaving: AtomicBool,
}

impl Http2 {
    /// Starts HTTP/2 on a connected stream; `host` is the value of `:authority`.
    pub(crate) async fn start(
        connected: Connected,
        host: HeaderValue,
        slot: Slot,
        head_limit: usize,
    ) -> Result<Self, Error> {
        let meter = Arc::new(Meter::default());
        let stream = Metered::new(TokioIo::new(connected.stream), Arc::clone(&meter));
        let tasks = Tasks::default();
        let (sender, connection) = http2::Builder::new(tasks.clone())
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(u32::try_from(head_limit).unwrap_or(u32::MAX))
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_WAIT)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|cause| head_failure(cause, &meter))?;
        // How the connection ended is told to whoever sends on it.
        let task = tokio::spawn(async move { drop(connection.await) });
        Ok(Self {
            sender,
            driver: Driver::new(task, tasks),
            slot,
            host,
            remote: connected.remote,
            born: Instant::now(),
            resets: AtomicUsize::new(0),
            leaving: AtomicBool::new(false),
        })
    }

    /// Whether no more streams may be opened; those there are go on.
    pub(super) fn spent(&self) -> bool {
        self.sender.is_closed()
            || self.leaving.load(Ordering::Relaxed)
            || self.resets.load(Ordering::Relaxed) >= MAX_RESETS
    }

    pub(super) fn usable(&self, now: Instant, max_age: Duration) -> bool {
        !self.spent() && now.duration_since(self.born) < max_age
    }

    /// Ends the connection but keeps its slot for another one.
    pub(super) fn retire(self) -> (Slot, Driver) {
        (self.slot, self.driver)
    }
}

/// One request's part in a shared connection; it ends when it is dropped.
///
/// The pool opens at most `per_host` of them; those above the peer's own limit wait for a place
/// inside the connection.
pub(crate) struct Stream {
    // Empty only while it is dropped.
    connection: Option<Arc<Http2>>,
    pool: Arc<Pool>,
    origin: Arc<str>,
    // Whether dropping it resets a stream that the peer has not finished.
    sent: bool,
}

impl Stream {
    pub(super) fn new(connection: &Arc<Http2>, pool: Arc<Pool>, origin: &Arc<str>) -> Self {
        let (connection, origin) = (Some(Arc::clone(connection)), Arc::clone(origin));
        Self { connection, pool, origin, sent: false }
    }

    fn connection(&self) -> &Http2 {
        self.connection.as_ref().expect("a stream has its connection until it is dropped")
    }

    pub(super) async fn send(
        &mut self,
        request: http::Request<Full<Bytes>>,
    ) -> Result<http::Response<Incoming>, SendFailure> {
        self.sent = true;
        let mut sender = self.connection().sender.clone();
        sender.try_send_request(request).await.map_err(|mut failed| {
            self.sent = false;
            let unsent = failed.take_message().is_some();
            let mut failure = stream_failure(failed.into_error());
            if unsent {
                failure.progress = Progress::Unsent;
            }
            // Whatever it was, the next requests are better off on another connection.
            self.connection().leaving.store(true, Ordering::Relaxed);
            failure
        })
    }

    /// Notes that the response has ended.
    pub(super) fn finish(mut self) {
        self.sent = false;
    }

    pub(super) fn host(&self) -> &HeaderValue {
        &self.connection().host
    }

    pub(super) fn remote(&self) -> SocketAddr {
        self.connection().remote
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if self.sent {
            connection.resets.fetch_add(1, Ordering::Relaxed);
        }
        self.pool.leave(&self.origin, connection);
    }
}
