//! What went wrong on a connection, and whether the request may be sent again.

use std::error::Error as StdError;
use std::io;

use super::meter::{Meter, reset_kind};
use crate::error::{Error, ErrorKind, Phase};
use crate::tls::innermost_io;

/// A request that got no response.
pub(crate) struct SendFailure {
    pub(crate) error: Error,
    pub(crate) progress: Progress,
}

/// How far a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing was written, or the peer says it did nothing: it may be sent again.
    Unsent,
    /// Something was written, and nothing was read since.
    Unanswered,
    /// The peer has begun to answer.
    Answered,
}

/// Names what went wrong before the head of a response was read.
pub(super) fn head_failure(cause: hyper::Error, meter: &Meter) -> Error {
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

/// Names what went wrong before the head of a response on a stream of HTTP/2 was read, and how
/// far the request had got.
pub(super) fn stream_failure(cause: hyper::Error) -> SendFailure {
    let Some(on_stream) = http2_error(&cause) else {
        let reason = "the peer closed the connection without an answer";
        let error = Error::new(ErrorKind::Closed, reason).with_phase(Phase::Head);
        return SendFailure { error: error.with_source(cause), progress: Progress::Unanswered };
    };
    let by_peer = on_stream.is_remote();
    let leaving =
        by_peer && on_stream.is_go_away() && on_stream.reason() == Some(h2::Reason::NO_ERROR);
    let refused = by_peer && on_stream.reason() == Some(h2::Reason::REFUSED_STREAM);
    // Both say that the peer has not acted on the request (RFC 9113, sections 6.8 and 8.7).
    let progress = match () {
        () if leaving || refused => Progress::Unsent,
        () if on_stream.is_io() => Progress::Unanswered,
        () => Progress::Answered,
    };
    let (kind, reason) = if on_stream.is_io() {
        (ErrorKind::Closed, String::from("the peer closed the connection without an answer"))
    } else if by_peer {
        (ErrorKind::Reset, format!("the peer ended the stream: {on_stream}"))
    } else {
        (ErrorKind::Protocol, format!("the peer does not speak HTTP/2 as expected: {on_stream}"))
    };
    let error = Error::new(kind, reason).with_phase(Phase::Head).with_source(cause);
    SendFailure { error, progress }
}

/// Names what went wrong while a body was read; `Truncated` when the peer just closed.
pub(crate) fn body_failure(cause: hyper::Error) -> Error {
    let (kind, reason) = match innermost_io(&cause).map(io::Error::kind) {
        // How a stream of HTTP/2 ends when its connection does.
        Some(io::ErrorKind::BrokenPipe) if http2_error(&cause).is_some() => {
            (ErrorKind::Truncated, String::from("the connection ended inside the body"))
        }
        Some(io::ErrorKind::UnexpectedEof) => {
            (ErrorKind::Truncated, String::from("the peer closed the connection inside the body"))
        }
        Some(kind) if reset_kind(kind) => {
            (ErrorKind::Reset, String::from("the peer reset the connection inside the body"))
        }
        _ if cause.is_incomplete_message() || cause.is_canceled() || cause.is_closed() => {
            (ErrorKind::Truncated, String::from("the connection ended inside the body"))
        }
        _ if http2_error(&cause).is_some_and(h2::Error::is_remote) => {
            (ErrorKind::Reset, String::from("the peer reset the stream inside the body"))
        }
        _ => {
            let text = with_cause(&cause);
            (ErrorKind::Protocol, format!("the body is not framed as HTTP: {text}"))
        }
    };
    Error::new(kind, reason).with_phase(Phase::Body).with_source(cause)
}

fn http2_error(error: &hyper::Error) -> Option<&h2::Error> {
    error.source()?.downcast_ref()
}

/// The text of an error with that of its cause, which hyper leaves out.
fn with_cause(error: &hyper::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
