//! A request to be sent: the plain value, and the builder that a client hands out.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::response::Response;
use crate::target::Target;

/// A request as a plain value, for [`Client::send`].
///
/// The client adds `host`, `user-agent`, `accept` and `accept-encoding` where the headers do
/// not say otherwise. A user name and password in the URL are dropped and not sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute URL, `http` or `https`.
    pub url: Url,
    /// The headers, besides those that the client adds.
    pub headers: HeaderMap,
    /// The body, sent with its length when it is not empty.
    pub body: Bytes,
    /// The longest the request may take; `None` for the client's `timeout`.
    pub timeout: Option<Duration>,
    /// The largest body of the response in bytes; `None` for the client's `max_body`.
    pub max_body: Option<u64>,
}

impl Request {
    /// Makes a request without headers and body.
    pub fn new(method: Method, url: Url) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self { method, url, headers, body, timeout: None, max_body: None }
    }
}

/// A request that is being put together; what is wrong with it is told by [`send`](Self::send).
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder<'a> {
    client: &'a Client,
    request: Result<Request, Error>,
}

impl<'a> RequestBuilder<'a> {
    pub(crate) fn new(client: &'a Client, method: Method, target: Target) -> Self {
        let request = target.into_url().map(|url| Request::new(method, url));
        Self { client, request }
    }

    /// Sets a header, in place of what it was.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        if let Ok(request) = &mut self.request {
            let name = name.try_into().map_err(Into::into);
            match name.and_then(|name| Ok((name, value.try_into().map_err(Into::into)?))) {
                Ok((name, value)) => drop(request.headers.insert(name, value)),
                Err(cause) => {
                    let reason = format!("a header cannot be sent: {cause}");
                    let url = request.url.clone();
                    let error = Error::new(ErrorKind::Config, reason).with_url(url);
                    self.request = Err(error.with_source(cause));
                }
            }
        }
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        if let Ok(request) = &mut self.request {
            request.body = body.into();
        }
        self
    }

    /// Sets the longest the request may take, from its permits to the last byte of the body.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        if let Ok(request) = &mut self.request {
            request.timeout = Some(timeout);
        }
        self
    }

    /// Sets the largest body of the response in bytes, on the wire and again once decoded.
    pub fn max_body(mut self, max_body: u64) -> Self {
        if let Ok(request) = &mut self.request {
            request.max_body = Some(max_body);
        }
        self
    }

    /// Ends the building, with whatever is wrong with the request.
    pub(crate) fn into_request(self) -> Result<Request, Error> {
        self.request
    }

    /// Sends the request and waits for the head of the response.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the request itself, and all that [`Client::send`] says.
    pub async fn send(self) -> Result<Response, Error> {
        self.client.send(self.request?).await
    }
}
