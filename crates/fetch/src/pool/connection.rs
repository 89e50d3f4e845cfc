//! One HTTP/1.1 connection: its sender, the task that drives it, and what went wrong on it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::Slot;
use super::meter::{Meter, Metered, reset_kind};
use crate::connect::Connected;
use crate::error::{Error, ErrorKind, Phase};
use crate::tls::innermost_io;

/// The read buffer, and with it the largest head. A fixed size keeps an idle connection small:
/// a growing buffer would never shrink after a large body.
const READ_BUFFER: usize = 32 * 1024;
/// The most headers of a response; browsers take more, hyper alone 100.
const MAX_HEADERS: usize = 256;
/// How long a connection may take to notice that its last response is over. One that answered
/// before it had read the whole request never gets ready.
const READY_WAIT: Duration = Duration::from_millis(200);
/// The most bytes of a refused head that are kept for the text of its error.
const SEEN: usize = 512;

/// A connection that serves one request at a time.
pub(crate) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: Driver,
    slot: Slot,
    meter: Arc<Meter>,
    host: HeaderValue,
    remote: SocketAddr,
    born: Instant,
}

impl Connection {
    /// Starts HTTP/1.1 on a connected stream; `host` is the value of the `host` header.
    pub(crate) async fn start(
        connected: Connected,
        host: HeaderValue,
        slot: Slot,
    ) -> Result<Self, Error> {
        let meter = Arc::new(Meter::default());
        let stream = Metered::new(TokioIo::new(connected.stream), Arc::clone(&meter));
        let (sender, mut connection) = http1::Builder::new()
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .max_headers(MAX_HEADERS)
            .read_buf_exact_size(Some(READ_BUFFER))
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|cause| head_failure(cause, &meter))?;
        // How the connection ended is told to whoever sends on it, and by the meter.
        let driver = Driver(tokio::spawn(async move {
            drop((&mut connection).await);
            connection.into_parts().read_buf
        }));
        let (remote, born) = (connected.remote, Instant::now());
        Ok(Self { sender, driver, slot, meter, host, remote, born })
    }

    /// Sends a request and waits for the head of the response.
    pub(crate) async fn send(
        &mut self,
        request: http::Request<Full<Bytes>>,
    ) -> Result<http::Response<Incoming>, SendFailure> {
        if !self.sender.is_ready() {
            match timeout(READY_WAIT, self.sender.ready()).await {
                Ok(Ok(())) => {}
                Ok(Err(cause)) => return Err(self.failure(cause, Progress::Unsent)),
                Err(_) => {
                    let reason = "the connection did not get ready for another request";
                    let error = Error::new(ErrorKind::Closed, reason).with_phase(Phase::Head);
                    return Err(SendFailure { error, progress: Progress::Unsent });
                }
            }
        }
        let read = self.meter.read();
        let mut failed = match self.sender.try_send_request(request).await {
            Ok(response) => return Ok(response),
            Err(failed) => failed,
        };
        let progress = match failed.take_message() {
            Some(_) => Progress::Unsent,
            None if self.meter.read() == read => Progress::Unanswered,
            None => Progress::Answered,
        };
        let mut failure = self.failure(failed.into_error(), progress);
        if progress == Progress::Answered {
            let unread = self.driver.unread().await;
            // hyper may have taken the head off before it refused what the head says, and what
            // is left then says nothing.
            if unread.len() as u64 == self.meter.read() - read {
                failure.error = failure.error.with_seen(&unread[..unread.len().min(SEEN)]);
            }
        }
        Err(failure)
    }

    fn failure(&self, cause: hyper::Error, progress: Progress) -> SendFailure {
        SendFailure { error: head_failure(cause, &self.meter), progress }
    }

    pub(crate) fn host(&self) -> &HeaderValue {
        &self.host
    }

    pub(crate) fn remote(&self) -> SocketAddr {
        self.remote
    }

    pub(crate) fn age(&self, now: Instant) -> Duration {
        now.duration_since(self.born)
    }

    /// Whether the peer has closed it, as far as is known.
    pub(crate) fn closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Ends the connection but keeps its slot for another one.
    pub(crate) fn retire(self) -> (Slot, Driver) {
        (self.slot, self.driver)
    }
}

/// The task that moves the bytes of one connection; it ends with its guard.
///
/// What it gives is what it had read and not understood, at most one read buffer.
pub(crate) struct Driver(JoinHandle<Bytes>);

impl Driver {
    /// Waits for the end of a connection that failed; returns what it could not read.
    async fn unread(&mut self) -> Bytes {
        // A peer that does not take the last bytes could hold the end up.
        match timeout(READY_WAIT, &mut self.0).await {
            Ok(Ok(unread)) => unread,
            _ => Bytes::new(),
        }
    }

    /// Waits until the socket is closed.
    pub(crate) async fn close(mut self) {
        self.0.abort();
        // An error only says that the task was aborted.
        drop((&mut self.0).await);
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A request that got no response.
pub(crate) struct SendFailure {
    pub(crate) error: Error,
    pub(crate) progress: Progress,
}

/// How far a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing was written: it may be sent again, whatever it is.
    Unsent,
    /// Something was written, and nothing was read since.
    Unanswered,
    /// The peer has begun to answer.
    Answered,
}

/// Names what went wrong before the head of a response was read.
fn head_failure(cause: hyper::Error, meter: &Meter) -> Error {
    let io_kind = innermost_io(&cause).map(io::Error::kind);
    let (kind, reason) = if cause.is_parse() {
        let text = with_cause(&cause);
        (ErrorKind::Protocol, format!("the peer does not speak HTTP/1 as expected: {text}"))
    } else if meter.reset() || io_kind.is_some_and(reset_kind) {
        (ErrorKind::Reset, String::from("the peer reset the connection"))
    } else if cause.is_incomplete_message() && meter.read() > 0 {
        (ErrorKind::Closed, String::from("the peer closed the connection inside the head"))
    } else {
        (ErrorKind::Closed, String::from("the peer closed the connection without an answer"))
    };
    Error::new(kind, reason).with_phase(Phase::Head).with_source(cause)
}

/// Names what went wrong while a body was read; `Truncated` when the peer just closed.
pub(crate) fn body_failure(cause: hyper::Error) -> Error {
    let (kind, reason) = match innermost_io(&cause).map(io::Error::kind) {
        Some(io::ErrorKind::UnexpectedEof) => {
            (ErrorKind::Truncated, String::from("the peer closed the connection inside the body"))
        }
        Some(kind) if reset_kind(kind) => {
            (ErrorKind::Reset, String::from("the peer reset the connection inside the body"))
        }
        _ if cause.is_incomplete_message() || cause.is_canceled() || cause.is_closed() => {
            (ErrorKind::Truncated, String::from("the connection ended inside the body"))
        }
        _ => {
            let text = with_cause(&cause);
            (ErrorKind::Protocol, format!("the body is not framed as HTTP/1: {text}"))
        }
    };
    Error::new(kind, reason).with_phase(Phase::Body).with_source(cause)
}

/// The text of an error with that of its cause, which hyper leaves out.
fn with_cause(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
