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

use crate::body::Body;
use crate::config::Config;
use crate::connect::Connector;
use crate::credentials::Additions;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind, Phase};
use crate::flow::Trail;
use crate::gunzip::Ending;
use crate::pool::{Checkout, Connection, Driver, Lease, Pool, Progress, Reuse, SendFailure, Slot};
use crate::proxy::{Proxy, Routes};
use crate::request::Request;
use crate::response::{Head, Response};
use crate::retry::Budget;
use crate::target::drop_userinfo;

/// All that the requests of a client share.
pub(crate) struct Exchange {
    pub(crate) pool: Arc<Pool>,
    pub(crate) connector: Connector,
    pub(crate) user_agent: HeaderValue,
    pub(crate) additions: Additions,
    pub(crate) routes: Routes,
    pub(crate) budget: Budget,
    pub(crate) config: Config,
}

impl Exchange {
    /// Sends one request, in the order: check, wait for a turn, connect, send.
    pub(crate) async fn send(&self, mut request: Request) -> Result<Response, Error> {
        match self.exchange(&mut request).await {
            Ok((incoming, started, deadline, lease)) => {
                let (mut parts, incoming) = incoming.into_parts();
                let head = (parts.status, &mut parts.headers);
                let remote = lease.connection.remote();
                let limit = self.config.max_body;
                let body = Body::new(incoming, head, lease, limit, deadline, request.method);
                let head = Head {
                    url: request.url,
                    status: parts.status,
                    headers: parts.headers,
                    remote,
                    started: Some(started),
                    elapsed: started.elapsed(),
                    wire_bytes: 0,
                    ending: Ending::Whole,
                    trail: Trail::default(),
                };
                Ok(Response::from_parts(head, body))
            }
            Err(error) => Err(error.with_method(request.method).with_url(request.url)),
        }
    }

    async fn exchange(
        &self,
        request: &mut Request,
    ) -> Result<(http::Response<Incoming>, Instant, Deadline, Lease), Error> {
        let uri = checked(&mut request.url)?;
        let origin = &request.url[..Position::BeforePath];
        let proxy = self.routes.route(request);
        let (uri, turn) = match &proxy {
            None => (uri, self.pool.enter(origin).await),
            Some(proxy) if proxy.forwards(&request.url) => {
                (absolute(&request.url)?, self.pool.enter(&proxy.key(origin)).await)
            }
            Some(proxy) => (uri, self.pool.enter(&proxy.key(origin)).await),
        };
        let started = Instant::now();
        let deadline = Deadline::after(started, request.timeout.unwrap_or(self.config.timeout));
        let (mut reuse, mut now) = (Reuse::Any, started);
        loop {
            let (mut connection, fresh) = match self.pool.checkout(&turn, reuse, now) {
                Checkout::Idle(connection) => (connection, false),
                // Boxed, since a connect is rare and its future large.
                Checkout::Open { slot, evicted } => {
                    let open =
                        Box::pin(self.open(slot, evicted, &request.url, proxy.as_ref(), deadline));
                    (open.await?, true)
                }
            };
            let mut message = self.message(request, uri.clone(), connection.host());
            if let Some(proxy) = proxy.as_ref().filter(|proxy| proxy.forwards(&request.url))
                && let Some(value) = proxy.authorization()
            {
                message.headers_mut().insert(PROXY_AUTHORIZATION, value);
            }
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
        proxy: Option<&Proxy>,
        deadline: Deadline,
    ) -> Result<Connection, Error> {
        if let Some(evicted) = evicted {
            evicted.close().await;
        }
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let host = HeaderValue::from_str(host).map_err(|cause| unsendable(&cause))?;
        let connected = match proxy {
            None => self.connector.connect(url, deadline).await?,
            Some(proxy) => self.connector.connect_through(proxy, url, deadline).await?,
        };
        Connection::start(connected, host, slot).await
    }

    /// Puts the message together anew for each try, which costs less than keeping a copy.
    fn message(
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
        if !self.additions.none() {
            self.additions.apply(&request.url, headers);
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
fn checked(url: &mut Url) -> Result<Uri, Error> {
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

/// Returns the request target in absolute form, as a proxy wants it.
fn absolute(url: &Url) -> Result<Uri, Error> {
    Uri::try_from(&url[..Position::AfterQuery]).map_err(|cause| unsendable(&cause))
}

fn unsendable(cause: &impl std::fmt::Display) -> Error {
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

#[cfg(test)]
mod tests;
