//! The send loop: one request from its URL to the head of its response.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, HOST, RANGE, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::time::Instant;
use url::{Position, Url};

use crate::body::Body;
use crate::config::Config;
use crate::connect::Connector;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind, Phase};
use crate::gunzip::Ending;
use crate::mock::Mock;
use crate::pool::{Checkout, Connection, Driver, Lease, Pool, Progress, Reuse, SendFailure, Slot};
use crate::request::Request;
use crate::response::{Head, Response};
use crate::source::Source;

/// All that the requests of a client share.
pub(crate) struct Exchange {
    pub(crate) pool: Arc<Pool>,
    pub(crate) connector: Connector,
    pub(crate) user_agent: HeaderValue,
    pub(crate) config: Config,
    /// Answers in place of connections, for tests of users.
    pub(crate) mock: Option<Mock>,
}

impl Exchange {
    /// Sends one request, in the order: check, wait for a turn, connect, send.
    pub(crate) async fn send(&self, mut request: Request) -> Result<Response, Error> {
        if let Some(mock) = &self.mock {
            return Box::pin(self.scripted(mock, request)).await;
        }
        let mut attempts = 0;
        match self.exchange(&mut request, &mut attempts).await {
            Ok((incoming, started, deadline, lease)) => {
                let (mut parts, incoming) = incoming.into_parts();
                let head = (parts.status, &mut parts.headers);
                let remote = lease.connection.remote();
                let limit = self.config.max_body;
                let source = Source::Wire(incoming);
                let body = Body::new(source, head, Some(lease), limit, deadline, request.method);
                let head = Head {
                    url: request.url,
                    status: parts.status,
                    headers: parts.headers,
                    remote,
                    started: Some(started),
                    elapsed: started.elapsed(),
                    wire_bytes: 0,
                    ending: Ending::Whole,
                };
                Ok(Response::from_parts(head, body))
            }
            Err(error) => {
                let error = error.with_attempts(attempts.max(1));
                Err(error.with_method(request.method).with_url(request.url))
            }
        }
    }

    async fn exchange(
        &self,
        request: &mut Request,
        attempts: &mut u32,
    ) -> Result<(http::Response<Incoming>, Instant, Deadline, Lease), Error> {
        let uri = checked(&mut request.url)?;
        let turn = self.pool.enter(&request.url[..Position::BeforePath]).await;
        let started = Instant::now();
        let deadline = Deadline::after(started, request.timeout.unwrap_or(self.config.timeout));
        let (mut reuse, mut now) = (Reuse::Any, started);
        loop {
            *attempts += 1;
            let (mut connection, fresh) = match self.pool.checkout(&turn, reuse, now) {
                Checkout::Idle(connection) => (connection, false),
                // Boxed, since a connect is rare and its future large.
                Checkout::Open { slot, evicted } => {
                    let open = Box::pin(self.open(slot, evicted, &request.url, deadline));
                    (open.await?, true)
                }
            };
            let message = self.message(request, uri.clone(), connection.host());
            let failure = match deadline.bound(Phase::Head, connection.send(message)).await? {
                Ok(response) => {
                    return Ok((response, started, deadline, Lease { connection, turn }));
                }
                Err(failure) => failure,
            };
            reuse = next_try(&request.method, fresh, failure)?;
            now = Instant::now();
        }
    }

    /// Opens a connection to the host of `url` in a slot of the pool.
    async fn open(
        &self,
        slot: Slot,
        evicted: Option<Driver>,
        url: &Url,
        deadline: Deadline,
    ) -> Result<Connection, Error> {
        if let Some(evicted) = evicted {
            evicted.close().await;
        }
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let host = HeaderValue::from_str(host).map_err(|cause| unsendable(&cause))?;
        let connected = self.connector.connect(url, deadline).await?;
        Connection::start(connected, host, slot).await
    }

    /// Puts the message together anew for each try, which costs less than keeping a copy.
    pub(crate) fn message(
        &self,
        request: &Request,
        uri: Uri,
        host: &HeaderValue,
    ) -> http::Request<Full<Bytes>> {
        let mut message = http::Request::new(Full::new(request.body.clone()));
        *message.method_mut() = request.method.clone();
        *message.uri_mut() = uri;
        let headers = message.headers_mut();
        headers.reserve(request.headers.len() + 4);
        // First on the wire (RFC 9110, section 7.2), unless the caller sets it.
        headers.insert(HOST, host.clone());
        if !request.headers.is_empty() {
            headers.extend(request.headers.clone());
        }
        headers.entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        if accepts_coding(&request.method, headers) {
            headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("gzip"));
        }
        message
    }
}

/// Returns whether a coded body could be decoded: all of it is asked for.
fn accepts_coding(method: &Method, headers: &HeaderMap) -> bool {
    method != Method::HEAD && !headers.contains_key(RANGE)
}

/// Checks the URL, takes a user name and password off, and returns the request target in
/// origin form.
pub(crate) fn checked(url: &mut Url) -> Result<Uri, Error> {
    let scheme = url.scheme();
    if scheme != "http" && scheme != "https" {
        let reason = format!("the scheme {scheme:?} is not fetched; use http or https");
        return Err(Error::new(ErrorKind::BlockedScheme, reason));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // Both succeed for every URL that has a host, which these schemes always have.
        let _ = url.set_username("");
        let _ = url.set_password(None);
    }
    let target = &url[Position::BeforePath..Position::AfterQuery];
    let target = PathAndQuery::try_from(target).map_err(|cause| unsendable(&cause))?;
    Ok(Uri::from(target))
}

pub(crate) fn unsendable(cause: &impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidUrl, format!("the URL cannot be sent: {cause}"))
}

/// Decides whether a failed request may be sent again, and on what.
///
/// Only a connection used before is forgiven: the peer may have closed it just as the request
/// was written. Then an unwritten request is safe to repeat, an unanswered one only if its method
/// is idempotent (RFC 9110, section 9.2.2), and that once, on a connection of its own.
fn next_try(method: &Method, fresh: bool, failure: SendFailure) -> Result<Reuse, Error> {
    match failure.progress {
        Progress::Unsent if !fresh => Ok(Reuse::Any),
        Progress::Unanswered if !fresh && method.is_idempotent() => Ok(Reuse::Fresh),
        _ => Err(failure.error),
    }
}
