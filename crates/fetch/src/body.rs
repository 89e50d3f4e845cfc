//! The body of a response while it arrives: size limits, decoding, and the way back to the pool.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Body as _;

use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind, Phase};
use crate::gunzip::{Ending, Gunzip};
use crate::pool::{Lease, body_failure};
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
    gunzip: Option<Box<Gunzip>>,
    wire_bytes: u64,
    limit: u64,
    deadline: Deadline,
    method: Method,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    Ended,
    /// The peer closed early, or reading failed.
    Cut,
}

/// A body that has been read.
pub(crate) struct Collected {
    pub(crate) bytes: Bytes,
    pub(crate) ending: Ending,
    pub(crate) wire_bytes: u64,
}

impl Body {
    /// Wraps what hyper gives, and takes the headers of a coding that is undone off the head.
    pub(crate) fn new(
        incoming: Source,
        (status, headers): (StatusCode, &mut HeaderMap),
        lease: Option<Lease>,
        limit: u64,
        deadline: Deadline,
        method: Method,
    ) -> Self {
        let mut body = Self {
            incoming,
            lease,
            state: State::Reading,
            gunzip: None,
            wire_bytes: 0,
            limit,
            deadline,
            method,
        };
        if body.incoming.is_end_stream() {
            body.wire_ended();
        } else if gzip_coded(status, headers) {
            headers.remove(CONTENT_ENCODING);
            headers.remove(CONTENT_LENGTH);
            body.gunzip = Some(Box::new(Gunzip::new(limit)));
        }
        body
    }

    /// The method of the request, for the text of errors.
    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    /// Waits for the next decoded piece; `None` at the end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        match self.deadline.bound(Phase::Body, self.decoded()).await {
            Ok(chunk) => chunk,
            Err(timeout) => Err(self.failed(timeout)),
        }
    }

    /// Reads the body to its end.
    pub(crate) async fn collect(mut self) -> Result<Collected, Error> {
        let (bytes, ending) = self.deadline.bound(Phase::Body, self.gather()).await??;
        Ok(Collected { bytes, ending, wire_bytes: self.wire_bytes })
    }

    async fn decoded(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let piece = match (self.wire().await?, &mut self.gunzip) {
                (None, None) if self.state == State::Cut => return Err(truncated()),
                (data, None) => return Ok(data),
                (Some(data), Some(gunzip)) => match gunzip.push(&data) {
                    Ok(()) => gunzip.take(),
                    Err(error) => return Err(self.failed(error)),
                },
                (None, Some(_)) => self.rest()?,
            };
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
    }

    async fn gather(&mut self) -> Result<(Bytes, Ending), Error> {
        let mut gathered = Vec::new();
        let mut first = true;
        while let Some(data) = self.wire().await? {
            if let Some(gunzip) = &mut self.gunzip {
                gunzip.push(&data)?;
                continue;
            }
            // Most bodies are one piece, and that is handed on as it is.
            if first && self.state == State::Ended {
                return Ok((data, Ending::Whole));
            }
            if first {
                // The declared rest is known to be within the limit.
                let rest = self.incoming.size_hint().exact().unwrap_or_default();
                gathered.reserve(data.len() + usize::try_from(rest).unwrap_or_default());
                first = false;
            }
            gathered.extend_from_slice(&data);
        }
        if self.gunzip.is_some() {
            gathered = self.rest()?.into();
        }
        let ending = match self.state {
            State::Cut => Ending::Cut,
            _ => Ending::Whole,
        };
        Ok((gathered.into(), ending))
    }

    /// Ends decoding and returns what was still inside the decoder.
    fn rest(&mut self) -> Result<Bytes, Error> {
        let Some(mut gunzip) = self.gunzip.take() else { return Ok(Bytes::new()) };
        if gunzip.end()? == Ending::Cut {
            self.state = State::Cut;
        }
        Ok(gunzip.take())
    }

    /// Gives the body up; its connection is closed.
    fn failed(&mut self, error: Error) -> Error {
        self.state = State::Cut;
        self.lease = None;
        self.gunzip = None;
        error
    }

    /// Waits for the next piece as it is on the wire; `None` once the state is not `Reading`.
    async fn wire(&mut self) -> Result<Option<Bytes>, Error> {
        if self.state == State::Reading {
            let declared = self.incoming.size_hint().exact().unwrap_or_default();
            self.check_size(declared)?;
        }
        while self.state == State::Reading {
            match self.incoming.frame().await {
                Some(Ok(frame)) => {
                    // Trailers say nothing that a caller could ask for.
                    let Ok(data) = frame.into_data() else { continue };
                    self.check_size(data.len() as u64)?;
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

    /// Fails when `more` bytes on the wire would be too many.
    fn check_size(&mut self, more: u64) -> Result<(), Error> {
        if self.wire_bytes.saturating_add(more) <= self.limit {
            return Ok(());
        }
        let limit = self.limit;
        let reason = format!("the body is larger than {limit} bytes; raise max_body to allow it");
        Err(self.failed(Error::new(ErrorKind::TooLarge, reason).with_phase(Phase::Body)))
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

/// Returns whether the body is coded with gzip alone. Part of a coded body cannot be decoded.
fn gzip_coded(status: StatusCode, headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let coding = codings.next().map_or(&b""[..], |value| value.as_bytes().trim_ascii());
    status != StatusCode::PARTIAL_CONTENT
        && codings.next().is_none()
        && (coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip"))
}

/// The error of a caller who wants the whole body and cannot have it.
pub(crate) fn truncated() -> Error {
    let reason = "the peer closed the connection before the body ended; collect() keeps the part";
    Error::new(ErrorKind::Truncated, reason).with_phase(Phase::Body)
}
