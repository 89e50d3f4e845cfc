//! What scripts want around one exchange: cookies, redirects, further attempts.
//!
//! Entered by requests that a builder made, and only as far as something is switched on;
//! [`Client::send`] knows nothing of it.

use std::future::Future;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method};
use tokio::time::{sleep, timeout};
use url::Url;

use crate::client::Client;
use crate::cookie::Jar;
use crate::error::Error;
use crate::proxy::Proxies;
use crate::redirect::{Hops, Redirects};
use crate::request::{Oversize, Request};
use crate::response::Response;
use crate::retry::Retry;
use crate::room::Room;

/// The largest body in bytes that is read to keep its connection, and the longest that may take.
const MAX_DISCARDED: u64 = 64 * 1024;
const DISCARD_WAIT: Duration = Duration::from_secs(1);

/// What one request wants of the flow; `None` is what the client's configuration says.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) redirects: Option<Redirects>,
    pub(crate) retry: Option<Retry>,
    pub(crate) jar: Option<Jar>,
}

/// How a response came about.
#[derive(Clone, Debug)]
pub(crate) struct Trail {
    pub(crate) redirected_from: Vec<Url>,
    pub(crate) attempts: u32,
}

impl Default for Trail {
    fn default() -> Self {
        Self { redirected_from: Vec::new(), attempts: 1 }
    }
}

/// Sends a request until there is an answer to return, and makes of that what is asked for.
pub(crate) async fn run<T, F>(
    client: &Client,
    mut request: Request,
    options: Options,
    finish: impl Fn(Response) -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let config = client.config();
    let redirects = options.redirects.unwrap_or(config.redirects);
    let retry = options.retry.as_ref().unwrap_or(&config.retry);
    let jar = options.jar.as_ref().or(client.exchange.jar.as_ref());
    if redirects == Redirects::Stop && jar.is_none() && !retry.enabled() {
        return finish(client.send(request).await?).await;
    }
    if retry.enabled() {
        client.exchange.budget.earn(retry.budget);
    }
    let mut hops = Hops::new(redirects);
    if jar.is_none() && !retry.enabled() {
        // Nearly always there is no redirect, and then nothing of the request is needed again.
        let rest = Rest::of(&request);
        let response = client.send(request).await?;
        let (status, headers) = (response.status(), response.headers());
        let Some(location) = headers.get(LOCATION).filter(|_| hops.follows(status, headers)) else {
            return finish(response).await;
        };
        let (location, url) = (location.clone(), response.url().clone());
        request = rest.at(url.clone());
        discard(response).await;
        let method = request.method.clone();
        hops.follow(&mut request, url, None, status, &location)
            .map_err(|error| error.with_method(method))?;
    }
    // Boxed, since its state is large and nearly every request ends before it.
    Box::pin(repeat(client, request, (hops, retry, jar), finish)).await
}

/// Sends a request as often as its redirects, cookies and failures ask for.
async fn repeat<T, F>(
    client: &Client,
    mut request: Request,
    (mut hops, retry, jar): (Hops, &Retry, Option<&Jar>),
    finish: impl Fn(Response) -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let budget = &client.exchange.budget;
    let mut random = fastrand::Rng::new();
    let mut attempts = 0;
    loop {
        attempts += 1;
        let (message, cookie) = with_cookies(&request, jar);
        hops.check(&request, cookie.as_ref())
            .map_err(|error| error.with_method(request.method.clone()).with_attempts(attempts))?;
        let error = match client.send(message).await {
            Ok(response) => {
                if let Some(jar) = jar {
                    keep_cookies(jar, &response);
                }
                let (status, headers) = (response.status(), response.headers());
                if let Some(location) =
                    headers.get(LOCATION).filter(|_| hops.follows(status, headers))
                {
                    let (location, url) = (location.clone(), response.url().clone());
                    let method = request.method.clone();
                    discard(response).await;
                    hops.follow(&mut request, url, cookie, status, &location)
                        .map_err(|error| error.with_method(method).with_attempts(attempts))?;
                    attempts = 0;
                    continue;
                }
                let this = (attempts, &request.method);
                let wait = retry.after_answer(this, (status, headers), &mut random);
                if let Some(wait) = wait.filter(|_| budget.spend()) {
                    discard(response).await;
                    sleep(wait).await;
                    continue;
                }
                let redirected_from = hops.urls();
                match finish(response.with_trail(Trail { redirected_from, attempts })).await {
                    Ok(finished) => return Ok(finished),
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        let wait = retry.after_failure((attempts, &request.method), &error, &mut random);
        match wait.filter(|_| budget.spend()) {
            Some(wait) => sleep(wait).await,
            None => {
                // The last attempt may itself have been two, on a stale connection and a fresh one.
                let last = error.attempts();
                return Err(error.with_attempts(attempts - 1 + last));
            }
        }
    }
}

/// A request but for its URL, which the response has.
struct Rest {
    method: Method,
    headers: HeaderMap,
    body: Bytes,
    timeout: Option<Duration>,
    max_body: Option<u64>,
    oversize: Oversize,
    proxy: Option<Proxies>,
    room: Option<Room>,
}

impl Rest {
    fn of(request: &Request) -> Self {
        let Request { method, url: _, headers, body, timeout, max_body, oversize, proxy, room } =
            request;
        Self {
            method: method.clone(),
            headers: headers.clone(),
            body: body.clone(),
            timeout: *timeout,
            max_body: *max_body,
            oversize: *oversize,
            proxy: proxy.clone(),
            room: room.clone(),
        }
    }

    fn at(self, url: Url) -> Request {
        let Self { method, headers, body, timeout, max_body, oversize, proxy, room } = self;
        Request { method, url, headers, body, timeout, max_body, oversize, proxy, room }
    }
}

/// Returns the request as it is sent now, and the cookies of the jar that go with it.
///
/// A `cookie` header set by hand is sent as it is.
fn with_cookies(request: &Request, jar: Option<&Jar>) -> (Request, Option<HeaderValue>) {
    let mut message = request.clone();
    let by_hand = request.headers.contains_key(COOKIE);
    let cookie =
        jar.filter(|_| !by_hand).and_then(|jar| jar.header(&request.url, SystemTime::now()));
    if let Some(cookie) = &cookie {
        message.headers.insert(COOKIE, cookie.clone());
    }
    (message, cookie)
}

fn keep_cookies(jar: &Jar, response: &Response) {
    let headers = response.headers().get_all(SET_COOKIE);
    for value in headers {
        jar.store(response.url(), value.as_bytes(), SystemTime::now());
    }
}

/// Reads a small body of known length, so that its connection can be used again; drops any other.
async fn discard(response: Response) {
    if length(response.headers()).is_some_and(|length| length <= MAX_DISCARDED) {
        // The body does not matter, and neither does its failure.
        let _ = timeout(DISCARD_WAIT, response.collect()).await;
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
