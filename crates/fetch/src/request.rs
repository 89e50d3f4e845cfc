//! A request to be sent: the plain value, and the builder that a client hands out.

use std::future::ready;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use url::Url;

use crate::client::Client;
use crate::cookie::Jar;
use crate::credentials::{self, Credential};
use crate::error::{Error, ErrorKind};
use crate::flow::{self, Options};
use crate::multipart::Form;
use crate::proxy::Proxies;
use crate::redirect::Redirects;
use crate::response::Response;
use crate::retry::Retry;
use crate::room::Room;
use crate::target::{Target, drop_userinfo};

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
    /// What becomes of a larger body.
    pub oversize: Oversize,
    /// Which proxy it goes through; `None` for the client's `proxy`.
    pub proxy: Option<Proxies>,
    /// Where the body of the response takes a place in memory once it is longer than its first piece, of at most
    /// `head_limit`; `None` for no bound beside `max_body`.
    ///
    /// While there is no room, reading waits, and `timeout` with it; peers that lose patience close. The place is
    /// held until the response that [`collect`](Response::collect) gives is dropped, so whoever keeps responses
    /// keeps room. Bodies that are read piece by piece take none.
    pub room: Option<Room>,
}

/// What becomes of a body that is larger than `max_body`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Oversize {
    /// The request fails with `TooLarge`.
    #[default]
    Fail,
    /// Reading stops there, and the response is [truncated](Response::truncated). It has what came
    /// before, but for at most 32 KiB when the body is decoded.
    Cut,
}

impl Request {
    /// Makes a request without headers and body.
    pub fn new(method: Method, url: Url) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self {
            method,
            url,
            headers,
            body,
            timeout: None,
            max_body: None,
            oversize: Oversize::Fail,
            proxy: None,
            room: None,
        }
    }

    fn fill(&mut self, content_type: HeaderValue, body: impl Into<Bytes>) {
        self.headers.entry(CONTENT_TYPE).or_insert(content_type);
        self.body = body.into();
    }
}

/// A request that is being put together; what is wrong with it is told by [`send`](Self::send).
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder<'a> {
    client: &'a Client,
    request: Result<Request, Error>,
    options: Options,
}

impl<'a> RequestBuilder<'a> {
    pub(crate) fn new(client: &'a Client, method: Method, target: Target) -> Self {
        let request = target.into_url().map(|mut url| {
            drop_userinfo(&mut url);
            Request::new(method, url)
        });
        Self { client, request, options: Options::default() }
    }

    /// Sets a header, in place of what it was.
    ///
    /// `authorization`, `cookie` and `proxy-authorization`, and every value marked as sensitive,
    /// are dropped when a redirect leads to another scheme, host or port.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        self.change(|request| {
            let name = name.try_into().map_err(Into::into);
            let pair = name.and_then(|name| Ok((name, value.try_into().map_err(Into::into)?)));
            let (name, mut value) = pair.map_err(|cause| {
                wrong(format!("a header cannot be sent: {cause}")).with_source(cause)
            })?;
            credentials::mark(&name, &mut value);
            request.headers.insert(name, value);
            Ok(())
        })
    }

    /// Sets headers, each in place of what it was.
    pub fn headers(self, headers: HeaderMap) -> Self {
        self.change(|request| {
            request.headers.extend(headers);
            for (name, value) in &mut request.headers {
                credentials::mark(name, value);
            }
            Ok(())
        })
    }

    /// Sends a token as `authorization`, to the origin of this URL alone (RFC 6750).
    pub fn bearer(self, token: impl Into<String>) -> Self {
        self.authorize(&Credential::Bearer(token.into()))
    }

    /// Sends a user and a password as `authorization`, to the origin of this URL alone (RFC 7617).
    pub fn basic(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.authorize(&Credential::Basic { user: user.into(), password: password.into() })
    }

    fn authorize(self, credential: &Credential) -> Self {
        self.change(|request| {
            let value = credential.header().ok_or_else(|| {
                wrong("the credential cannot be sent; use visible ASCII, and no colon in a user")
            })?;
            request.headers.insert(AUTHORIZATION, value);
            Ok(())
        })
    }

    /// Adds the fields of a value to the query of the URL, after those that are there.
    pub fn query<T: Serialize + ?Sized>(self, fields: &T) -> Self {
        self.change(|request| {
            let added = fields_of(fields)?;
            let query = match request.url.query() {
                None | Some("") => added,
                Some(_) if added.is_empty() => return Ok(()),
                Some(query) => format!("{query}&{added}"),
            };
            request.url.set_query((!query.is_empty()).then_some(&query));
            Ok(())
        })
    }

    /// Sets the body.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        self.change(|request| {
            request.body = body.into();
            Ok(())
        })
    }

    /// Sets the body to a value as JSON, and its `content-type` unless there is one.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.change(|request| {
            let body = serde_json::to_vec(value).map_err(|cause| {
                wrong(format!("the body cannot be written as JSON: {cause}")).with_source(cause)
            })?;
            request.fill(HeaderValue::from_static("application/json"), body);
            Ok(())
        })
    }

    /// Sets the body to the fields of a value as HTML forms send them, and its `content-type`
    /// unless there is one.
    pub fn form<T: Serialize + ?Sized>(self, fields: &T) -> Self {
        self.change(|request| {
            let content_type = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.fill(content_type, fields_of(fields)?);
            Ok(())
        })
    }

    /// Sets the body to a form of several parts, and its `content-type`.
    pub fn multipart(self, form: Form) -> Self {
        self.change(|request| {
            let (content_type, body) = form.finish().map_err(wrong)?;
            request.headers.insert(CONTENT_TYPE, content_type);
            request.body = body;
            Ok(())
        })
    }

    /// Sets the longest the request may take, from its permits to the last byte of the body.
    ///
    /// It holds for each redirect and each attempt anew.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.change(|request| {
            request.timeout = Some(timeout);
            Ok(())
        })
    }

    /// Sets which proxy the request goes through, in place of the client's.
    pub fn proxy(self, proxy: impl Into<Proxies>) -> Self {
        self.change(|request| {
            request.proxy = Some(proxy.into());
            Ok(())
        })
    }

    /// Sets what is done with redirects, in place of the client's `redirects`.
    pub fn redirects(mut self, redirects: Redirects) -> Self {
        self.options.redirects = Some(redirects);
        self
    }

    /// Sets when the request is sent again, in place of the client's `retry`.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.options.retry = Some(retry);
        self
    }

    /// Sends the cookies of a jar, and keeps in it those that are set, redirects included.
    ///
    /// A `cookie` header set by hand is sent instead.
    pub fn jar(mut self, jar: &Jar) -> Self {
        self.options.jar = Some(jar.clone());
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
    pub(crate) fn into_parts(self) -> Result<(Request, Options), Error> {
        Ok((self.request?, self.options))
    }

    /// Sends the request and waits for the head of the response.
    ///
    /// Redirects are followed as the client's [`redirects`](crate::Config::redirects) says, and
    /// a failure is tried again as [`retry`](crate::Config::retry) says.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the request itself, all that [`Client::send`] says,
    /// `TooManyRedirects`, `RedirectLoop`, and `InvalidUrl` or `BlockedScheme` for a redirect that
    /// leads nowhere.
    pub async fn send(self) -> Result<Response, Error> {
        flow::run(self.client, self.request?, self.options, |response| ready(Ok(response))).await
    }

    /// Sends the request and reads the body to its end; a retry covers the body as well.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send) and [`Response::collect`].
    pub async fn collect(self) -> Result<Response<Bytes>, Error> {
        flow::run(self.client, self.request?, self.options, Response::collect).await
    }

    /// Changes the request, unless something was wrong with it before.
    fn change(mut self, change: impl FnOnce(&mut Request) -> Result<(), Error>) -> Self {
        if let Ok(request) = &mut self.request
            && let Err(error) = change(request)
        {
            self.request = Err(error.with_url(request.url.clone()));
        }
        self
    }
}

fn wrong(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, reason)
}

fn fields_of<T: Serialize + ?Sized>(fields: &T) -> Result<String, Error> {
    serde_html_form::to_string(fields)
        .map_err(|cause| wrong(format!("the fields cannot be written: {cause}")).with_source(cause))
}
