//! A request that a blocking client is putting together.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use super::client::Client;
use crate::error::Error;
use crate::response::Response;

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
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        self.builder = self.builder.header(name, value);
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.builder = self.builder.body(body);
        self
    }

    /// Sets the longest the request may take, from its permits to the last byte of the body.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.builder = self.builder.timeout(timeout);
        self
    }

    /// Sends the request and waits for the whole response.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the request itself, and all that [`Client::send`] says.
    pub fn send(self) -> Result<Response<Bytes>, Error> {
        self.client.send(self.builder.into_request()?)
    }
}
