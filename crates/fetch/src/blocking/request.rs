//! A request that a blocking client is putting together.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use super::client::Client;
use crate::cookie::Jar;
use crate::error::Error;
use crate::multipart::Form;
use crate::proxy::Proxies;
use crate::redirect::Redirects;
use crate::response::Response;
use crate::retry::Retry;

/// A request that is being put together; what is wrong with it is told by [`send`](Self::send).
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder<'a> {
    client: &'a Client,
    builder: crate::RequestBuilder<'a>,
}

impl<'a> RequestBuilder<'a> {
    pub(super) fn new(client: &'a Client, builder: crate::RequestBuilder<'a>) -> Self {
        Self { client, builder }
    }

    /// Sets a header, in place of what it was.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        self.with(|builder| builder.header(name, value))
    }

    /// Sets headers, each in place of what it was.
    pub fn headers(self, headers: HeaderMap) -> Self {
        self.with(|builder| builder.headers(headers))
    }

    /// Sends a token as `authorization`, to the origin of this URL alone (RFC 6750).
    pub fn bearer(self, token: impl Into<String>) -> Self {
        self.with(|builder| builder.bearer(token))
    }

    /// Sends a user and a password, to the origin of this URL alone (RFC 7617).
    pub fn basic(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.with(|builder| builder.basic(user, password))
    }

    /// Adds fields to the query of the URL.
    pub fn query<T: Serialize + ?Sized>(self, fields: &T) -> Self {
        self.with(|builder| builder.query(fields))
    }

    /// Sets the body.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        self.with(|builder| builder.body(body))
    }

    /// Sets the body to a value as JSON, and its content type.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.with(|builder| builder.json(value))
    }

    /// Sets the body to fields as a form, and its content type.
    pub fn form<T: Serialize + ?Sized>(self, fields: &T) -> Self {
        self.with(|builder| builder.form(fields))
    }

    /// Sets the body to fields and files, and its content type.
    pub fn multipart(self, form: Form) -> Self {
        self.with(|builder| builder.multipart(form))
    }

    /// Sets the longest the request may take, from its permits to the last byte of the body.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(|builder| builder.timeout(timeout))
    }

    /// Sets the largest body of the response in bytes, on the wire and again once decoded.
    pub fn max_body(self, max_body: u64) -> Self {
        self.with(|builder| builder.max_body(max_body))
    }

    /// Sends the request through a proxy, or through none.
    pub fn proxy(self, proxy: impl Into<Proxies>) -> Self {
        self.with(|builder| builder.proxy(proxy))
    }

    /// Sets what is done with redirects.
    pub fn redirects(self, redirects: Redirects) -> Self {
        self.with(|builder| builder.redirects(redirects))
    }

    /// Sets when the request is sent again.
    pub fn retry(self, retry: Retry) -> Self {
        self.with(|builder| builder.retry(retry))
    }

    /// Sends the cookies of a jar, and keeps those that are set.
    pub fn jar(self, jar: &Jar) -> Self {
        self.with(|builder| builder.jar(jar))
    }

    /// Sends the request and waits for the whole response.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the request itself, and all that [`Client::send`] says.
    pub fn send(self) -> Result<Response<Bytes>, Error> {
        let (request, options) = self.builder.into_parts()?;
        self.client.run(request, options)
    }

    fn with(
        mut self,
        change: impl FnOnce(crate::RequestBuilder<'a>) -> crate::RequestBuilder<'a>,
    ) -> Self {
        self.builder = change(self.builder);
        self
    }
}
