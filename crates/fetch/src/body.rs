//! The body of a response while it arrives: size limits, decoding, and the way back to the pool.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use hyper::body::{Body as _, Frame};
use tokio::task::coop::consume_budget;
use tokio::time::Instant;

use crate::deadline::Deadline;
use crate::decode::{Coding, Decoder, Ending, STEP};
use crate::error::{Error, ErrorKind, Phase};
use crate::pool::{Lease, body_failure};
use crate::request::Oversize;
use crate::room::{Place, Room};
use crate::source::Source;

/// The body of a [`Response`](crate::Response) that is still to be read.
///
/// It holds its connection and its place among the requests in flight until it has been read
/// to the end; dropping it earlier closes the connection.
pub struct Body {
    incoming: Source,
    // Empty once the body has ended or failed.
    lease: Option<Lease>,
    state: State,
    decoder: Option<Box<Decoder>>,
    wire_bytes: u64,
    limits: Limits,
    method: Method,
    place: Option<Place>,
    /// The `content-encoding` that is undone, as sent.
    coding: Option<HeaderValue>,
}

/// What a body may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The most bytes, on the wire and again once decoded.
    pub(crate) size: u64,
    /// What becomes of a larger one.
    pub(crate) oversize: Oversize,
    /// The longest wait for each piece.
    pub(crate) idle: Duration,
    /// The end of the whole request.
    pub(crate) deadline: Deadline,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    Ended,
    /// The peer closed early, the limit cut the body, or reading failed.
    Cut,
}

/// A body that has been read.
pub(crate) struct Collected {
    pub(crate) bytes: Bytes,
    pub(crate) ending: Ending,
    pub(crate) wire_bytes: u64,
    /// The place in memory that the bytes take.
    pub(crate) place: Option<Place>,
    /// The `content-encoding` that was undone, as sent.
    pub(crate) coding: Option<HeaderValue>,
}

impl Body {
    /// Wraps what hyper gives, and takes the headers of a coding that is undone off the head.
    pub(crate) fn new(
        incoming: Source,
        (status, headers): (StatusCode, &mut HeaderMap),
        lease: Option<Lease>,
        limits: Limits,
        method: Method,
    ) -> Self {
        let mut body = Self {
            incoming,
            lease,
            state: State::Reading,
            decoder: None,
            wire_bytes: 0,
            limits,
            method,
            place: None,
            coding: None,
        };
        if body.incoming.is_end_stream() {
            body.wire_ended();
        } else if headers.contains_key(CONTENT_ENCODING) {
            let codings = Coding::of(status, headers);
            if !codings.is_empty() {
                body.coding = headers.remove(CONTENT_ENCODING);
                headers.remove(CONTENT_LENGTH);
                body.decoder = Some(Box::new(Decoder::new(&codings, limits.size)));
            }
        }
        body
    }

    /// Has the body take a place in this room, once it is gathered in memory.
    pub(crate) fn within(mut self, room: Option<Room>) -> Self {
        self.place = room.map(|room| room.place());
        self
    }

    /// The method of the request, for the text of errors.
    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    /// Waits for the next decoded piece; `None` at the end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let piece = self.decoded()?;
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
            match (self.wire().await?, &mut self.decoder) {
                (Some(data), Some(decoder)) => decoder.put(data),
                (Some(data), None) if data.is_empty() => {}
                (Some(data), None) => return Ok(Some(data)),
                (None, _) => self.end_decoding(),
            }
            if self.state == State::Cut {
                return Err(truncated());
            }
            if self.state == State::Ended && self.decoder.is_none() {
                return Ok(None);
            }
        }
    }

    /// Reads the body to its end.
    pub(crate) async fn collect(mut self) -> Result<Collected, Error> {
        let mut gathered = Vec::new();
        let mut first = true;
        while let Some(data) = self.wire().await? {
            if let Some(decoder) = &mut self.decoder {
                decoder.put(data);
                while self.decoder.as_ref().is_some_and(|decoder| !decoder.starved()) {
                    self.make_room(&mut gathered, STEP).await;
                    let Some(decoder) = &mut self.decoder else { break };
                    match decoder.take(&mut gathered) {
                        Ok(0) => break,
                        // A few bytes may decode to many; others get their turn in between.
                        Ok(_) => consume_budget().await,
                        Err(error) => {
                            self.cut_oversize(error)?;
                            break;
                        }
                    }
                }
                continue;
            }
            // Most bodies are one piece, and that is handed on as it is.
            if first && self.state == State::Ended {
                let bytes = data;
                let (wire_bytes, place, coding) = (self.wire_bytes, None, None);
                return Ok(Collected { bytes, ending: Ending::Whole, wire_bytes, place, coding });
            }
            if first {
                // The declared rest is within the limit, unless the body is cut there.
                let rest = self.incoming.size_hint().exact().unwrap_or_default();
                let rest = usize::try_from(rest.min(self.limits.size)).unwrap_or_default();
                self.make_room(&mut gathered, data.len() + rest).await;
                gathered.reserve(data.len() + rest);
                first = false;
            }
            self.make_room(&mut gathered, data.len()).await;
            gathered.extend_from_slice(&data);
        }
        self.end_decoding();
        let ending = match self.state {
            State::Cut => Ending::Cut,
            _ => Ending::Whole,
        };
        let gathered = trimmed(gathered);
        let mut place = self.place;
        if let Some(place) = &mut place {
            place.settle(gathered.capacity() as u64);
        }
        let (wire_bytes, coding) = (self.wire_bytes, self.coding);
        Ok(Collected { bytes: gathered.into(), ending, wire_bytes, place, coding })
    }

    /// Sees to it that a buffer takes `more` bytes without growing beyond what there is room for.
    async fn make_room(&mut self, buffer: &mut Vec<u8>, more: usize) {
        let Some(place) = &mut self.place else { return };
        let needed = buffer.len() + more;
        if needed <= buffer.capacity() {
            return;
        }
        // Twice as much each time, so that little is copied, but not beyond the largest body there may be.
        let largest = usize::try_from(self.limits.size).unwrap_or(usize::MAX);
        let capacity = needed.max(buffer.capacity().saturating_mul(2).min(largest));
        // The first step of a coded body stands in for the piece that it came from.
        let grows = buffer.capacity() > 0 || more > STEP;
        // While a buffer is moved to a larger one, both are there.
        let both = (capacity + buffer.capacity()) as u64;
        if grows && !place.try_grow(both) {
            let since = Instant::now();
            place.wait(both).await;
            self.limits.deadline = self.limits.deadline.without(since.elapsed());
        }
        buffer.reserve_exact(capacity - buffer.len());
    }

    /// Decodes the next step of what is there; empty when more must be read first.
    fn decoded(&mut self) -> Result<Bytes, Error> {
        let Some(decoder) = &mut self.decoder else { return Ok(Bytes::new()) };
        let mut piece = Vec::new();
        match decoder.take(&mut piece) {
            Ok(_) => Ok(trimmed(piece).into()),
            Err(error) => {
                self.cut_oversize(error)?;
                Ok(Bytes::new())
            }
        }
    }

    /// Ends decoding after all has been taken out of the decoder.
    fn end_decoding(&mut self) {
        if let Some(decoder) = self.decoder.take()
            && decoder.ending() == Ending::Cut
        {
            self.state = State::Cut;
        }
    }

    /// Gives the body up; its connection is closed.
    fn failed(&mut self, error: Error) -> Error {
        self.state = State::Cut;
        self.lease = None;
        self.decoder = None;
        error
    }

    /// Waits for the next piece as it is on the wire; `None` once the state is not `Reading`.
    async fn wire(&mut self) -> Result<Option<Bytes>, Error> {
        if self.state == State::Reading && self.limits.oversize == Oversize::Fail {
            let declared = self.incoming.size_hint().exact().unwrap_or_default();
            if let Err(error) = self.check_size(declared) {
                return Err(self.failed(error));
            }
        }
        while self.state == State::Reading {
            // Whatever is there already is taken without a look at the clock: the first wait
            // after the deadline ends the body all the same.
            let ready = poll_fn(|cx| Poll::Ready(self.poll_frame(cx))).await;
            let frame = match ready {
                Poll::Ready(frame) => frame,
                Poll::Pending => self.frame().await?,
            };
            match frame {
                Some(Ok(frame)) => {
                    // Trailers say nothing that a caller could ask for.
                    let Ok(mut data) = frame.into_data() else { continue };
                    if let Err(error) = self.check_size(data.len() as u64) {
                        self.cut_oversize(error)?;
                        let room = self.limits.size - self.wire_bytes;
                        data.truncate(usize::try_from(room).unwrap_or(usize::MAX));
                        self.wire_bytes += data.len() as u64;
                        return Ok(Some(data));
                    }
                    self.wire_bytes += data.len() as u64;
                    if self.incoming.is_end_stream() {
                        self.wire_ended();
                    }
                    return Ok(Some(data));
                }
                Some(Err(cause)) => {
                    let error = body_failure(cause);
                    if error.kind() != ErrorKind::Truncated {
                        return Err(self.failed(error));
                    }
                    self.state = State::Cut;
                    self.lease = None;
                }
                None => self.wire_ended(),
            }
        }
        Ok(None)
    }

    /// Takes the next frame, and has the connection bring one if there is none.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let frame = Pin::new(&mut self.incoming).poll_frame(cx);
        match &mut self.lease {
            Some(lease) if frame.is_pending() => lease.connection.run(cx),
            _ => return frame,
        }
        Pin::new(&mut self.incoming).poll_frame(cx)
    }

    /// Waits for the next frame, but not for ever.
    async fn frame(&mut self) -> Result<Option<hyper::Result<Frame<Bytes>>>, Error> {
        let idle = Deadline::after(Instant::now(), self.limits.idle, "read_timeout");
        let until = self.limits.deadline.earlier(idle);
        let lease = self.lease.as_mut();
        let mut alarm = lease.map(|lease| lease.connection.take_alarm()).unwrap_or_default();
        let frame = poll_fn(|cx| self.poll_frame(cx));
        match alarm.bound(until, Phase::Body, frame).await {
            Ok(frame) => {
                if let Some(lease) = &mut self.lease {
                    lease.connection.keep_alarm(alarm);
                }
                Ok(frame)
            }
            Err(timeout) => Err(self.failed(timeout)),
        }
    }

    /// Fails when `more` bytes on the wire would be too many.
    fn check_size(&self, more: u64) -> Result<(), Error> {
        if self.wire_bytes.saturating_add(more) <= self.limits.size {
            return Ok(());
        }
        let limit = self.limits.size;
        let reason = format!("the body is larger than {limit} bytes; raise max_body to allow it");
        Err(Error::new(ErrorKind::TooLarge, reason).with_phase(Phase::Body))
    }

    /// Ends the body before something that is too large, if it may end there; else fails.
    fn cut_oversize(&mut self, error: Error) -> Result<(), Error> {
        if error.kind() == ErrorKind::TooLarge && self.limits.oversize == Oversize::Cut {
            self.state = State::Cut;
            self.lease = None;
            return Ok(());
        }
        Err(self.failed(error))
    }

    /// Gives the connection back as soon as nothing more comes.
    fn wire_ended(&mut self) {
        self.state = State::Ended;
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("wire_bytes", &self.wire_bytes).finish_non_exhaustive()
    }
}

/// Gives back what a buffer has too much, since bodies are kept longer than they are read.
fn trimmed(mut buffer: Vec<u8>) -> Vec<u8> {
    if buffer.capacity() / 2 > buffer.len() {
        buffer.shrink_to_fit();
    }
    buffer
}

/// The error of a caller who wants the whole body and cannot have it.
pub(crate) fn truncated() -> Error {
    let reason = "the peer closed the connection before the body ended; collect() keeps the part";
    Error::new(ErrorKind::Truncated, reason).with_phase(Phase::Body)
}
