//! One HTTP/1.1 connection: its sender, and what moves its bytes.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout};

use super::failure::head_failure;
use super::meter::{Meter, Metered};
use super::{Limits, Progress, SendFailure, Slot};
use crate::alarm::Alarm;
use crate::connect::Connected;
use crate::error::{Error, ErrorKind, Phase};
use crate::tls::Stream;

/// The most headers of a response; browsers take more, hyper alone 100.
const MAX_HEADERS: usize = 256;
/// The bytes that one read takes at most, unless a head may be longer: most pages come in one or two.
const READ_BUFFER: usize = 128 * 1024;
/// How long a connection may take to notice that its last response is over. One that answered
/// before it had read the whole request never gets ready.
const READY_WAIT: Duration = Duration::from_millis(200);
/// The most bytes of a refused head that are kept for the text of its error.
const SEEN: usize = 512;

/// A connection that serves one request at a time.
pub(crate) struct Http1 {
    sender: http1::SendRequest<Full<Bytes>>,
    drive: Drive,
    slot: Slot,
    meter: Arc<Meter>,
    host: HeaderValue,
    remote: SocketAddr,
    born: Instant,
    /// Since when nobody has used it; empty while somebody does.
    pub(super) idle_since: Option<Instant>,
    /// The timer of its requests' waits.
    pub(super) alarm: Alarm,
}

impl Http1 {
    /// Starts HTTP/1.1 on a connected stream; `host` is the value of the `host` header.
    pub(crate) async fn start(
        connected: Connected,
        host: HeaderValue,
        slot: Slot,
        head_limit: usize,
    ) -> Result<Self, Error> {
        let meter = Arc::new(Meter::default());
        let stream = Metered::new(TokioIo::new(connected.stream), Arc::clone(&meter));
        let (sender, connection) = http1::Builder::new()
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .max_headers(MAX_HEADERS)
            .max_header_size(head_limit)
            // A fixed size bounds what an idle connection holds: a growing buffer would never shrink after
            // a large body. The head must fit it.
            .read_buf_exact_size(Some(head_limit.max(READ_BUFFER)))
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|cause| head_failure(cause, &meter))?;
        // How the connection ended is told to whoever sends on it, and by the meter.
        let drive = Drive(Ok(connection));
        let (remote, born) = (connected.remote, Instant::now());
        Ok(Self {
            sender,
            drive,
            slot,
            meter,
            host,
            remote,
            born,
            idle_since: None,
            alarm: Alarm::default(),
        })
    }

    /// Sends a request and waits for the head of the response.
    pub(super) async fn send(
        &mut self,
        request: http::Request<Full<Bytes>>,
    ) -> Result<http::Response<Incoming>, SendFailure> {
        if !self.sender.is_ready() {
            let (drive, sender) = (&mut self.drive, &mut self.sender);
            let ready = poll_fn(|cx| {
                drive.run(cx);
                sender.poll_ready(cx)
            });
            match timeout(READY_WAIT, ready).await {
                Ok(Ok(())) => {}
                Ok(Err(cause)) => return Err(self.failure(cause, Progress::Unsent)),
                Err(_) => {
                    let reason = "the connection did not get ready for another request";
                    let error = Error::new(ErrorKind::Closed, reason).with_phase(Phase::Head);
                    return Err(SendFailure { error, progress: Progress::Unsent });
                }
            }
        }
        self.idle_since = None;
        let read = self.meter.read();
        let mut response = pin!(self.sender.try_send_request(request));
        let drive = &mut self.drive;
        let response = poll_fn(|cx| {
            drive.run(cx);
            response.as_mut().poll(cx)
        });
        let mut failed = match response.await {
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
            let unread = self.drive.unread(READY_WAIT).await;
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

    pub(super) fn host(&self) -> &HeaderValue {
        &self.host
    }

    pub(super) fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// Moves what there is to move, for somebody who waits for a part of the response.
    pub(super) fn run(&mut self, cx: &mut Context<'_>) {
        self.drive.run(cx);
    }

    /// Whether the peer had closed it when it was moved last.
    pub(super) fn closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Whether the peer has closed it, as far as is known now that nobody waits for anything on it.
    fn is_over(&mut self) -> bool {
        self.run(&mut Context::from_waker(Waker::noop()));
        self.closed()
    }

    /// Whether another request may follow: it is open, and nothing of the last request is still
    /// to be written. A peer that answers early may never read the rest.
    pub(super) fn reusable(&mut self) -> bool {
        !self.is_over() && !self.meter.write_blocked()
    }

    pub(super) fn usable(&mut self, now: Instant, limits: &Limits) -> bool {
        !self.is_over()
            && now.duration_since(self.born) < limits.max_age
            && self.idle_since.is_none_or(|since| now.duration_since(since) < limits.idle_timeout)
    }

    /// Ends the connection but keeps its slot for another one.
    pub(super) fn retire(self) -> Slot {
        self.slot
    }
}

/// What moves the bytes of a connection: whoever waits for something on it, so that no task is woken but his. On an
/// idle one nobody does; whether the peer closed it is seen when it is looked at.
///
/// One that ended leaves what it had read and not understood, at most one read buffer.
struct Drive(Result<Running, Bytes>);

type Running = http1::Connection<TokioIo<Metered<TokioIo<Stream>>>, Full<Bytes>>;

impl Drive {
    fn run(&mut self, cx: &mut Context<'_>) {
        if let Ok(connection) = &mut self.0
            && Pin::new(connection).poll(cx).is_ready()
        {
            let ended = std::mem::replace(&mut self.0, Err(Bytes::new()));
            self.0 = ended.and_then(|connection| Err(connection.into_parts().read_buf));
        }
    }

    /// Waits, at most so long, for the end of a connection that failed; returns what it could not read.
    async fn unread(&mut self, longest: Duration) -> Bytes {
        let end = poll_fn(|cx| {
            self.run(cx);
            match &self.0 {
                Ok(_) => Poll::Pending,
                Err(unread) => Poll::Ready(unread.clone()),
            }
        });
        // A peer that does not take the last bytes could hold the end up.
        timeout(longest, end).await.unwrap_or_default()
    }
}
