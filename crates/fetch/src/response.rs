//! A response: its head, and a body that is still to be read or has been.

use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

use crate::body::{Body, truncated};
use crate::decode::{Coding, Decoder, Ending};
use crate::error::{Error, ErrorKind, Phase};
use crate::flow::Trail;
use crate::room::Place;
use crate::timings::Timings;

/// A response, generic over what is known of its body.
///
/// [`Client::send`](crate::Client::send) gives a `Response<Body>`, whose body is read by
/// [`collect`](Self::collect) or piece by piece; `Response<Bytes>` has all of it.
///
/// When a body is decoded, `content-encoding` and `content-length` are taken off its headers,
/// since they describe what was on the wire. That is done for gzip, deflate, br and zstd, at most
/// two over one another; a body in any other coding is handed over as it is.
#[derive(Clone, Debug)]
pub struct Response<B = Body> {
    head: Box<Head>,
    body: B,
}

#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) remote: SocketAddr,
    pub(crate) started: Option<Instant>,
    pub(crate) elapsed: Duration,
    pub(crate) timings: Timings,
    pub(crate) wire_bytes: u64,
    pub(crate) ending: Ending,
    pub(crate) trail: Trail,
    /// The place in memory that the body takes, until the last clone is gone.
    pub(crate) place: Option<Arc<Place>>,
    pub(crate) coding: Option<HeaderValue>,
    pub(crate) origin: Origin,
}

/// Where a response comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An exchange, real or scripted.
    #[default]
    Exchange,
    /// What was kept of an earlier one.
    Store,
}

impl<B> Response<B> {
    /// Returns the URL that was asked for; after redirects, the last one.
    pub fn url(&self) -> &Url {
        &self.head.url
    }

    /// Returns the URLs that redirected to this one, in order; empty unless redirects were followed.
    ///
    /// At most as many as [`Redirects::Follow`](crate::Redirects::Follow) says.
    pub fn redirected_from(&self) -> &[Url] {
        &self.head.trail.redirected_from
    }

    /// Returns how often the request was sent to its last URL; 1 unless it was sent again.
    pub fn attempts(&self) -> u32 {
        self.head.trail.attempts
    }

    /// Returns the status.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// Returns the version of HTTP that was spoken; HTTP/1.1 if none was.
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Returns the address that answered, through a proxy that of the proxy; unspecified,
    /// `0.0.0.0:0`, if none did.
    pub fn remote(&self) -> SocketAddr {
        self.head.remote
    }

    /// Returns the time since the permits were granted: to the head while the body is still to
    /// be read, to the last byte once it is collected.
    pub fn elapsed(&self) -> Duration {
        self.head.elapsed
    }

    /// Returns where that time went.
    pub fn timings(&self) -> Timings {
        self.head.timings
    }

    /// Returns the response unless its status is 400 or above.
    ///
    /// # Errors
    ///
    /// An error of kind `Status` that knows the status.
    pub fn error_for_status(self) -> Result<Self, Error> {
        let status = self.head.status;
        if status.as_u16() < 400 {
            return Ok(self);
        }
        let error = Error::new(ErrorKind::Status, format!("the server answered {status}"));
        Err(error.with_status(status).with_url(self.head.url))
    }
}

impl Response<Body> {
    pub(crate) fn from_parts(head: Head, body: Body) -> Self {
        Self { head: Box::new(head), body }
    }

    pub(crate) fn with_trail(mut self, trail: Trail) -> Self {
        self.head.trail = trail;
        self
    }

    /// Reads the body to its end; a body that the peer cut short is kept and flagged.
    ///
    /// # Errors
    ///
    /// `Timeout`, `TooLarge`, `Decode`, `Reset`, or `Protocol` for broken framing.
    pub async fn collect(self) -> Result<Response<Bytes>, Error> {
        let Self { mut head, body } = self;
        let method = body.method().clone();
        let collected = match body.collect().await {
            Ok(collected) => collected,
            Err(error) => {
                if let Some(started) = head.started {
                    head.timings.rest(Phase::Body, started.elapsed());
                }
                let error = error.with_timings(head.timings);
                return Err(error.with_method(method).with_url(head.url));
            }
        };
        head.wire_bytes = collected.wire_bytes;
        head.ending = collected.ending;
        head.place = collected.place.map(Arc::new);
        head.coding = collected.coding;
        if let Some(started) = head.started {
            head.elapsed = started.elapsed();
            head.timings.rest(Phase::Body, head.elapsed);
        }
        Ok(Response { head, body: collected.bytes })
    }

    /// Waits for the next decoded piece of the body; `None` at its end.
    ///
    /// What is not asked for is not read, so a slow caller slows the peer down. A piece is never
    /// empty; a decoded one has at most 32 KiB.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect), and `Truncated` when the peer cut the body short.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = self.body.chunk().await;
        chunk.map_err(|error| {
            error.with_method(self.body.method().clone()).with_url(self.head.url.clone())
        })
    }

    /// Reads the whole body.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect), and `Truncated` when the peer cut the body short.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        Ok(self.whole().await?.body)
    }

    /// Reads the whole body as UTF-8 text, with U+FFFD for what is none.
    ///
    /// Other charsets are not looked for.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes).
    pub async fn text(self) -> Result<String, Error> {
        Ok(self.whole().await?.text().into_owned())
    }

    /// Reads the whole body as JSON.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes), and `Decode` when the body is no such JSON.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.whole().await?.json()
    }

    async fn whole(self) -> Result<Response<Bytes>, Error> {
        let response = self.collect().await?;
        if response.truncated() {
            return Err(truncated().with_url(response.head.url));
        }
        Ok(response)
    }
}

impl Response<Bytes> {
    /// Makes a response that did not come over the network, for caches and fakes.
    ///
    /// It has no remote address, took no time, and has all of its body.
    pub fn new(url: Url, status: StatusCode, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let head = Head {
            url,
            status,
            version: Version::HTTP_11,
            headers,
            remote: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            started: None,
            elapsed: Duration::ZERO,
            timings: Timings::default(),
            wire_bytes: body.len() as u64,
            ending: Ending::Whole,
            trail: Trail::default(),
            place: None,
            coding: None,
            origin: Origin::Exchange,
        };
        Self { head: Box::new(head), body }
    }

    /// Says of a made response that its body is cut: [`truncated`](Self::truncated) is then true.
    #[must_use]
    pub fn cut_short(mut self) -> Self {
        self.head.ending = Ending::Cut;
        self
    }

    /// Says of a made response where the time went; without that it took none.
    #[must_use]
    pub fn with_timings(mut self, timings: Timings) -> Self {
        self.head.timings = timings;
        self.head.elapsed = timings.total();
        self
    }

    /// Says of a made response that nothing was sent for it: [`stored`](Self::stored) is then true.
    #[must_use]
    pub fn from_store(mut self) -> Self {
        self.head.origin = Origin::Store;
        self
    }

    /// Returns whether the response was kept from an earlier request, so that nothing was sent for it.
    pub fn stored(&self) -> bool {
        self.head.origin == Origin::Store
    }

    /// Decodes the body of a made response as its `content-encoding` says, as that of a real one is.
    ///
    /// # Errors
    ///
    /// `Decode` when it does not fit its coding, and `TooLarge` when it is over `max_body` bytes then.
    pub fn decode(mut self, max_body: u64) -> Result<Self, Error> {
        let codings = Coding::of(self.head.status, &self.head.headers);
        if codings.is_empty() || self.body.is_empty() {
            return Ok(self);
        }
        let mut decoder = Decoder::new(&codings, max_body);
        decoder.put(self.body);
        let mut decoded = Vec::new();
        loop {
            match decoder.take(&mut decoded) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return Err(error.with_url(self.head.url)),
            }
        }
        if decoder.ending() == Ending::Cut {
            self.head.ending = Ending::Cut;
        }
        self.head.coding = self.head.headers.remove(CONTENT_ENCODING);
        self.head.headers.remove(CONTENT_LENGTH);
        self.body = decoded.into();
        Ok(self)
    }

    /// Returns the `content-encoding` that was undone, as sent; `None` for a body that is as it was sent.
    pub fn undone_coding(&self) -> Option<&HeaderValue> {
        self.head.coding.as_ref()
    }

    /// Returns the decoded body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Takes the decoded body.
    pub fn into_body(self) -> Bytes {
        self.body
    }

    /// Returns the body as UTF-8 text, with U+FFFD for what is none.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    ///
    /// `Decode` when the body is no such JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|cause| {
            Error::new(ErrorKind::Decode, format!("the body is not the JSON asked for: {cause}"))
                .with_url(self.head.url.clone())
                .with_source(cause)
        })
    }

    /// Returns whether the body is cut: the peer closed before its declared end, the coded data in
    /// it has no end, or it was [cut](crate::Oversize::Cut) at the limit.
    pub fn truncated(&self) -> bool {
        self.head.ending == Ending::Cut
    }

    /// Returns the size of the body in bytes as it was on the wire, before decoding.
    pub fn wire_bytes(&self) -> u64 {
        self.head.wire_bytes
    }
}
