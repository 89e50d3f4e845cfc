//! The send loop: one request from its URL to the head of its response.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, HOST, PROXY_AUTHORIZATION, RANGE, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::time::Instant;
use url::{Position, Url};

use crate::body::{Body, Limits};
use crate::config::Config;
use crate::connect::Connector;
use crate::cookie::Jar;
use crate::credentials::Additions;
use crate::deadline::Deadline;
use crate::decode::{ACCEPTED, Ending};
use crate::error::{Error, ErrorKind, Phase};
use crate::flow::Trail;
use crate::mock::Mock;
use crate::pool::{
    Checkout, Connection, Driver, Http1, Http2, Lease, Pool, Progress, Reuse, SendFailure, Slot,
    Turn,
};
use crate::proxy::{Proxy, Routes};
use crate::request::Request;
use crate::response::{Head, Origin, Response};
use crate::retry::Budget;
use crate::source::Source;
use crate::target::drop_userinfo;
use crate::timings::Timings;
use crate::tls::chose_http2;

/// All that the requests of a client share.
pub(crate) struct Exchange {
    pub(crate) pool: Arc<Pool>,
    pub(crate) connector: Connector,
    pub(crate) user_agent: HeaderValue,
    pub(crate) additions: Additions,
    pub(crate) routes: Routes,
    pub(crate) budget: Budget,
    /// The cookies of requests that name no jar, if they are kept.
    pub(crate) jar: Option<Jar>,
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
        let mut course = Course::default();
        match self.exchange(&mut request, &mut course).await {
            Ok((incoming, started, deadline, lease)) => {
                let (mut parts, incoming) = incoming.into_parts();
                let head = (parts.status, &mut parts.headers);
                let remote = lease.connection.remote();
                let limits = Limits {
                    size: most(&request, &self.config),
                    oversize: request.oversize,
                    idle: self.config.read_timeout,
                    deadline,
                };
                let elapsed = started.elapsed();
                course.timings.rest(Phase::Head, elapsed);
                let source = Source::Wire(incoming);
                let body = Body::new(source, head, Some(lease), limits, request.method)
                    .within(request.room);
                let head = Head {
                    url: request.url,
                    status: parts.status,
                    version: parts.version,
                    headers: parts.headers,
                    remote,
                    started: Some(started),
                    elapsed,
                    timings: course.timings,
                    wire_bytes: 0,
                    ending: Ending::Whole,
                    trail: Trail::default(),
                    place: None,
                    coding: None,
                    origin: Origin::default(),
                };
                Ok(Response::from_parts(head, body))
            }
            Err(error) => {
                let Course { attempts, started, mut timings } = course;
                if let (Some(started), Some(phase)) = (started, error.phase()) {
                    timings.rest(phase, started.elapsed());
                }
                let error = error.with_attempts(attempts.max(1)).with_timings(timings);
                Err(error.with_method(request.method).with_url(request.url))
            }
        }
    }

    async fn exchange(
        &self,
        request: &mut Request,
        course: &mut Course,
    ) -> Result<(http::Response<Incoming>, Instant, Deadline, Lease), Error> {
        let uri = checked(&mut request.url)?;
        let origin = &request.url[..Position::BeforePath];
        let proxy = self.routes.route(request);
        let (uri, mut turn) = match &proxy {
            None => (uri, self.pool.enter(origin).await),
            Some(proxy) if proxy.forwards(&request.url) => {
                (absolute(&request.url)?, self.pool.enter(&proxy.key(origin)).await)
            }
            Some(proxy) => (uri, self.pool.enter(&proxy.key(origin)).await),
        };
        let started = Instant::now();
        course.started = Some(started);
        let limit = request.timeout.unwrap_or(self.config.timeout);
        let deadline = Deadline::after(started, limit, "timeout");
        let (mut reuse, mut now, mut tries) = (Reuse::Any, started, 0);
        loop {
            course.attempts += 1;
            let (mut connection, fresh) = match self.pool.checkout(&mut turn, reuse, now) {
                Checkout::Idle(connection) => (connection, false),
                // Boxed, since a connect is rare and its future large.
                Checkout::Open { slot, evicted } => {
                    let proxy = proxy.as_ref();
                    let limits = (deadline, &mut course.timings);
                    let open = self.open(&turn, slot, evicted, &request.url, proxy, limits);
                    let connection = Box::pin(open).await?;
                    now = Instant::now();
                    (connection, true)
                }
                Checkout::Wait(opening) => {
                    let begun = Instant::now();
                    let opening = deadline.bound(Phase::Connect, opening.acquire_owned()).await?;
                    now = Instant::now();
                    course.timings.connect += now - begun;
                    // Closed once it is known that there is nothing to share.
                    turn.opening = opening.ok();
                    continue;
                }
            };
            turn.opening = None;
            let mut message = self.message(request, uri.clone(), &connection)?;
            if let Some(proxy) = proxy.as_ref().filter(|proxy| proxy.forwards(&request.url))
                && let Some(value) = proxy.authorization()
            {
                message.headers_mut().insert(PROXY_AUTHORIZATION, value);
            }
            let first_byte =
                Deadline::after(now, self.config.first_byte_timeout, "first_byte_timeout");
            let until = deadline.earlier(first_byte);
            let mut alarm = connection.take_alarm();
            let answer = alarm.bound(until, Phase::Head, connection.send(message)).await?;
            connection.keep_alarm(alarm);
            let failure = match answer {
                Ok(response) => {
                    return Ok((response, started, deadline, Lease { connection, turn }));
                }
                Err(failure) => failure,
            };
            tries += 1;
            reuse = match connection {
                Connection::Http1(_) => next_try(&request.method, fresh, failure)?,
                Connection::Http2(_) => next_stream(&request.method, tries, failure)?,
            };
            now = Instant::now();
        }
    }

    /// Opens a connection to the host of `url` in a slot of the pool.
    async fn open(
        &self,
        turn: &Turn,
        slot: Slot,
        evicted: Option<Driver>,
        url: &Url,
        proxy: Option<&Proxy>,
        (deadline, timings): (Deadline, &mut Timings),
    ) -> Result<Connection, Error> {
        if let Some(evicted) = evicted {
            evicted.close().await;
        }
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let host = HeaderValue::from_str(host).map_err(|cause| unsendable(&cause))?;
        let connected = match proxy {
            None => self.connector.connect(url, deadline, timings).await?,
            Some(proxy) => {
                let begun = Instant::now();
                let connected = self.connector.connect_through(proxy, url, deadline).await?;
                timings.connect += begun.elapsed();
                connected
            }
        };
        let head_limit = self.config.head_limit;
        if chose_http2(&connected.stream) {
            let connection = Http2::start(connected, host, slot, head_limit).await?;
            return Ok(self.pool.share(turn, connection));
        }
        if turn.opening.is_some() {
            self.pool.speaks_http1(turn);
        }
        let connection = Http1::start(connected, host, slot, head_limit).await?;
        Ok(Connection::Http1(Box::new(connection)))
    }

    /// Puts the message together anew for each try, which costs less than keeping a copy.
    fn message(
        &self,
        request: &Request,
        uri: Uri,
        connection: &Connection,
    ) -> Result<http::Request<Full<Bytes>>, Error> {
        let mut message = http::Request::new(Full::new(request.body.clone()));
        *message.method_mut() = request.method.clone();
        *message.uri_mut() = match connection {
            Connection::Http1(_) => uri,
            Connection::Http2(_) => absolute(&request.url)?,
        };
        let host = matches!(connection, Connection::Http1(_)).then(|| connection.host());
        self.fill(request, host, message.headers_mut());
        Ok(message)
    }

    /// Fills in the headers that go out with a request; HTTP/2 has the host elsewhere.
    pub(crate) fn fill(
        &self,
        request: &Request,
        host: Option<&HeaderValue>,
        headers: &mut HeaderMap,
    ) {
        headers.reserve(request.headers.len() + 4);
        if let Some(host) = host {
            // First on the wire (RFC 9110, section 7.2), unless the caller sets it.
            headers.insert(HOST, host.clone());
        }
        if !request.headers.is_empty() {
            headers.extend(request.headers.clone());
        }
        if !self.additions.none() {
            self.additions.apply(&request.url, headers);
        }
        headers.entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        if accepts_coding(&request.method, headers) {
            headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static(ACCEPTED));
        }
    }
}

/// What is known of an exchange so far.
#[derive(Default)]
struct Course {
    attempts: u32,
    /// When it got its turn.
    started: Option<Instant>,
    timings: Timings,
}

/// Returns the size of the largest body that a request takes, in bytes.
pub(crate) fn most(request: &Request, config: &Config) -> u64 {
    let most = request.max_body.unwrap_or(config.max_body);
    request.room.as_ref().map_or(most, |room| most.min(room.largest()))
}

/// Returns whether a coded body could be decoded: all of it is asked for.
fn accepts_coding(method: &Method, headers: &HeaderMap) -> bool {
    method != Method::HEAD && !headers.contains_key(RANGE)
}

/// Checks the URL, takes a user name and password off, and returns the request target in
/// origin form.
pub(crate) fn checked(url: &mut Url) -> Result<Uri, Error> {
    // First, so that no error shows them.
    drop_userinfo(url);
    let scheme = url.scheme();
    if scheme != "http" && scheme != "https" {
        let reason = format!("the scheme {scheme:?} is not fetched; use http or https");
        return Err(Error::new(ErrorKind::BlockedScheme, reason));
    }
    let target = &url[Position::BeforePath..Position::AfterQuery];
    let target = PathAndQuery::try_from(target).map_err(|cause| unsendable(&cause))?;
    Ok(Uri::from(target))
}

/// Returns the request target in absolute form, as a proxy wants it, and as HTTP/2 takes its fields for
/// scheme and host from it (RFC 9113, section 8.3.1).
fn absolute(url: &Url) -> Result<Uri, Error> {
    Uri::try_from(&url[..Position::AfterQuery]).map_err(|cause| unsendable(&cause))
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

/// Decides the same for a stream of a shared connection, which is not used again by then.
///
/// A request that the peer has not acted on is sent at most three times, an unanswered one
/// twice.
fn next_stream(method: &Method, tries: u8, failure: SendFailure) -> Result<Reuse, Error> {
    match failure.progress {
        Progress::Unsent if tries < 3 => Ok(Reuse::Any),
        Progress::Unanswered if tries < 2 && method.is_idempotent() => Ok(Reuse::Any),
        _ => Err(failure.error),
    }
}

#[cfg(test)]
mod tests;
