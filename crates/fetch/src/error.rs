//! Why a request failed: a kind with a stable code, the URL, the phase and the cause.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use http::{Method, StatusCode};
use url::Url;

use crate::timings::Timings;

/// Why a request failed.
///
/// The text is one line and already includes the text of the cause, which
/// [`source`](StdError::source) gives as a value.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    phase: Option<Phase>,
    method: Option<Method>,
    url: Option<Url>,
    status: Option<StatusCode>,
    attempts: u32,
    timings: Timings,
    reason: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Makes an error of a kind, with a lowercase reason that has no final period.
    pub fn new(kind: ErrorKind, reason: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            phase: None,
            method: None,
            url: None,
            status: None,
            attempts: 1,
            timings: Timings::default(),
            reason: reason.into(),
            source: None,
        }))
    }

    /// Adds the URL of the request.
    #[must_use]
    pub fn with_url(mut self, url: Url) -> Self {
        self.0.url = Some(url);
        self
    }

    /// Adds the phase in which the request failed.
    #[must_use]
    pub fn with_phase(mut self, phase: Phase) -> Self {
        self.0.phase = Some(phase);
        self
    }

    pub(crate) fn with_method(mut self, method: Method) -> Self {
        self.0.method = Some(method);
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds how often the request was tried.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_timings(mut self, timings: Timings) -> Self {
        self.0.timings = timings;
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds the first bytes of an answer that could not be read, escaped.
    pub(crate) fn with_seen(mut self, seen: &[u8]) -> Self {
        if !seen.is_empty() {
            let seen = seen.escape_ascii();
            self.0.reason.push_str(&format!("; the answer begins with \"{seen}\""));
        }
        self
    }

    /// Returns the kind of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the stable code of the kind, as used in counters and reports.
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// Returns the URL of the request, unless it could not be parsed.
    pub fn url(&self) -> Option<&Url> {
        self.0.url.as_ref()
    }

    /// Returns the phase in which the request failed, if it had begun.
    pub fn phase(&self) -> Option<Phase> {
        self.0.phase
    }

    /// Returns the HTTP status, for an error made by
    /// [`error_for_status`](crate::Response::error_for_status).
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Returns how often the request was sent to its last URL, or tried to be; at least 1.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns where the time went until it failed; nothing if nothing had begun.
    pub fn timings(&self) -> Timings {
        self.0.timings
    }

    /// Returns whether the same request may well succeed a little later.
    ///
    /// True for timeouts, failed connects, a lack of file descriptors, closed and reset
    /// connections, cut bodies, and the statuses 408, 425, 429, 500, 502, 503 and 504. A failed
    /// name lookup is not transient unless it timed out.
    pub fn is_transient(&self) -> bool {
        match self.0.kind {
            ErrorKind::Timeout
            | ErrorKind::Connect
            | ErrorKind::Descriptors
            | ErrorKind::Closed
            | ErrorKind::Reset
            | ErrorKind::Truncated => true,
            ErrorKind::Status => self.0.status.is_some_and(|status| {
                matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504)
            }),
            _ => false,
        }
    }

    /// Returns whether the host is to blame, rather than the URL, the page or the caller.
    ///
    /// A crawler slows down for a host at fault.
    pub fn is_host_fault(&self) -> bool {
        match self.0.kind {
            ErrorKind::Dns
            | ErrorKind::Connect
            | ErrorKind::Tls
            | ErrorKind::Timeout
            | ErrorKind::Closed
            | ErrorKind::Reset
            | ErrorKind::Protocol
            | ErrorKind::Truncated => true,
            ErrorKind::Status => self
                .0
                .status
                .is_some_and(|status| status.is_server_error() || status.as_u16() == 429),
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { method, url, phase, reason, .. } = &*self.0;
        if let Some(method) = method {
            write!(f, "{method} ")?;
        }
        if let Some(url) = url {
            write!(f, "{url}: ")?;
        }
        f.write_str(reason)?;
        match phase {
            Some(phase) => write!(f, " (phase {phase})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("phase", &self.0.phase)
            .field("url", &self.0.url.as_ref().map(Url::as_str))
            .field("attempts", &self.0.attempts)
            .field("reason", &self.0.reason)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// What kind of failure an [`Error`] is.
///
/// Each kind has a stable [`code`](Self::code). *Transient* is what
/// [`Error::is_transient`] says: the same request may succeed a little later. *Host's fault* is
/// what [`Error::is_host_fault`] says: a crawler slows down for that host.
///
/// | kind | code | transient | host's fault | when |
/// |---|---|---|---|---|
/// | `Dns` | `dns` | no | yes | the name has no address, or the lookup failed |
/// | `Connect` | `connect` | yes | yes | no TCP connection could be made |
/// | `Descriptors` | `connect` | yes | no | no file descriptor was left here |
/// | `Tls` | `tls` | no | yes | the TLS handshake failed |
/// | `Timeout` | `timeout` | yes | yes | a time limit was reached |
/// | `Closed` | `closed` | yes | yes | the peer closed before a whole head |
/// | `Reset` | `reset` | yes | yes | the peer reset the connection |
/// | `Protocol` | `protocol` | no | yes | what came is not HTTP/1, or the head is too large |
/// | `TooLarge` | `too_large` | no | no | the body is over the limit |
/// | `Truncated` | `truncated` | yes | yes | the peer closed inside the body |
/// | `Decode` | `decode` | no | no | the body does not fit its coding or format |
/// | `BlockedAddress` | `blocked_address` | no | no | no address may be connected to |
/// | `BlockedScheme` | `blocked_scheme` | no | no | neither `http` nor `https` |
/// | `InvalidUrl` | `invalid_url` | no | no | no URL, or none that can be sent |
/// | `Status` | `status` | 408, 425, 429, 500, 502, 503, 504 | 429 and 500 up | the caller asked for an error |
/// | `Config` | `config` | no | no | the request was put together wrongly |
/// | `NotArchived` | `not_archived` | no | no | a fetcher that sends nothing has no answer to it |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The name has no address, or could not be looked up.
    Dns,
    /// No TCP connection could be made.
    Connect,
    /// No file descriptor was left for a socket: this process or machine is at its limit, and
    /// no host is to blame.
    Descriptors,
    /// The TLS handshake failed.
    Tls,
    /// A time limit was reached; [`Error::phase`] says where.
    Timeout,
    /// The peer closed the connection before it sent a whole head.
    Closed,
    /// The peer reset the connection.
    Reset,
    /// What the peer sent is not HTTP/1, or its head is too large.
    Protocol,
    /// The body is larger than allowed, on the wire or decoded.
    TooLarge,
    /// The peer closed the connection before the body ended.
    Truncated,
    /// The body does not fit its declared coding or format.
    Decode,
    /// No address of the host may be connected to.
    BlockedAddress,
    /// The body could not be written to a file.
    File,
    /// The URL is not `http` or `https`.
    BlockedScheme,
    /// The URL cannot be parsed, or not be sent.
    InvalidUrl,
    /// The redirects followed lead back to where they came from.
    RedirectLoop,
    /// There were more redirects than are followed.
    TooManyRedirects,
    /// The status is an error, and the caller asked for that to be one.
    Status,
    /// The request was put together wrongly.
    Config,
    /// Nothing is sent, and what was kept has no answer to the request.
    NotArchived,
}

impl ErrorKind {
    /// Returns the code, a lowercase word that does not change between versions.
    pub fn code(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect | Self::Descriptors => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::Protocol => "protocol",
            Self::TooLarge => "too_large",
            Self::Truncated => "truncated",
            Self::Decode => "decode",
            Self::BlockedAddress => "blocked_address",
            Self::File => "file",
            Self::BlockedScheme => "blocked_scheme",
            Self::InvalidUrl => "invalid_url",
            Self::RedirectLoop => "redirect_loop",
            Self::TooManyRedirects => "too_many_redirects",
            Self::Status => "status",
            Self::Config => "config",
            Self::NotArchived => "not_archived",
        }
    }
}

/// Returns whether an IO error says that this process or machine has no file descriptor left,
/// for which the standard library has no kind of its own.
pub(crate) fn out_of_descriptors(error: &io::Error) -> bool {
    // ENFILE and EMFILE, the same numbers on all systems of the Unix family; WSAEMFILE.
    let codes: &[i32] = if cfg!(windows) { &[10_024] } else { &[23, 24] };
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

/// A phase of a request, in the order in which they follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Looking up the addresses of the host.
    Resolve,
    /// Opening a TCP connection.
    Connect,
    /// Shaking hands for TLS.
    Tls,
    /// Sending the request and waiting for the head of the response.
    Head,
    /// Reading the body.
    Body,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Head => "head",
            Self::Body => "body",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [ErrorKind; 17] = [
        ErrorKind::Dns,
        ErrorKind::Connect,
        ErrorKind::Descriptors,
        ErrorKind::Tls,
        ErrorKind::Timeout,
        ErrorKind::Closed,
        ErrorKind::Reset,
        ErrorKind::Protocol,
        ErrorKind::TooLarge,
        ErrorKind::Truncated,
        ErrorKind::Decode,
        ErrorKind::BlockedAddress,
        ErrorKind::BlockedScheme,
        ErrorKind::InvalidUrl,
        ErrorKind::Status,
        ErrorKind::Config,
        ErrorKind::NotArchived,
    ];

    #[test]
    fn the_table_in_the_documentation_is_true() {
        let source = include_str!("error.rs");
        let rows = || source.lines().filter_map(|line| line.strip_prefix("/// | `"));
        assert_eq!(rows().count(), KINDS.len(), "a kind is missing from the table, or from here");
        let word = |yes| if yes { "yes" } else { "no" };
        for kind in KINDS {
            let error = Error::new(kind, "");
            let begin = format!("{kind:?}` | `{}` | ", kind.code());
            let row = rows().find_map(|row| row.strip_prefix(&begin));
            let row = row.unwrap_or_else(|| panic!("no row for {begin}"));
            let judged =
                format!("{} | {} | ", word(error.is_transient()), word(error.is_host_fault()));
            assert!(kind == ErrorKind::Status || row.starts_with(&judged), "{kind:?}: {row}");
        }
    }

    #[test]
    fn a_lack_of_descriptors_is_nobodys_fault_and_passes() {
        let full = io::Error::from_raw_os_error(if cfg!(windows) { 10_024 } else { 24 });
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert!(out_of_descriptors(&full) && !out_of_descriptors(&refused));
        let error = Error::new(ErrorKind::Descriptors, "");
        assert!(error.is_transient() && !error.is_host_fault());
    }

    #[test]
    fn the_text_is_one_line_that_names_url_reason_and_phase() {
        let error = Error::new(ErrorKind::Timeout, "timed out after 10s")
            .with_phase(Phase::Connect)
            .with_url(Url::parse("http://a.test/x").unwrap())
            .with_method(Method::GET);
        assert_eq!(error.to_string(), "GET http://a.test/x: timed out after 10s (phase connect)");
    }

    #[test]
    fn the_cause_is_kept_as_a_value() {
        let cause = io::Error::from(io::ErrorKind::ConnectionRefused);
        let error = Error::new(ErrorKind::Connect, "failed").with_source(cause);
        let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
        assert_eq!(source.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn only_some_statuses_are_transient() {
        let status = |code| {
            Error::new(ErrorKind::Status, "").with_status(StatusCode::from_u16(code).unwrap())
        };
        assert!(status(503).is_transient() && status(429).is_transient());
        assert!(!status(404).is_transient() && !status(501).is_transient());
    }

    #[test]
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
