//! The blocking client: an asynchronous one, and the thread that runs it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;

use super::batch::Batch;
use super::request::RequestBuilder;
use super::thread::{Thread, may_block};
use crate::config::{Config, ConfigError};
use crate::error::Error;
use crate::flow::{self, Options};
use crate::mock::Mock;
use crate::request::Request;
use crate::resolve::Resolve;
use crate::response::Response;
use crate::target::Target;

/// An HTTP client whose calls wait for the answer.
///
/// It is shared between threads by reference or by clone; a clone is cheap and shares the pool,
/// its limits and the thread. When the last clone is dropped, connections are closed and the
/// thread is joined, except inside a tokio runtime, where nothing may wait.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) client: crate::Client,
    pub(super) thread: Thread,
}

impl Client {
    /// Makes a client that looks names up with the system's resolver, and starts its thread.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used, [`ConfigError::InsideRuntime`], or a thread that cannot be
    /// started.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        Self::over(crate::Client::new(config)?)
    }

    /// Makes a client with its own resolver; the client's DNS cache stands in front of it.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_resolver(
        config: Config,
        resolver: impl Resolve + 'static,
    ) -> Result<Self, ConfigError> {
        Self::over(crate::Client::with_resolver(config, resolver)?)
    }

    /// Makes a client whose requests are answered by a script, without any network.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_mock(config: Config, mock: Mock) -> Result<Self, ConfigError> {
        Self::over(crate::Client::with_mock(config, mock)?)
    }

    fn over(client: crate::Client) -> Result<Self, ConfigError> {
        let thread = Thread::start()?;
        Ok(Self { shared: Arc::new(Shared { client, thread }) })
    }

    /// Returns the settings that the client was made with.
    pub fn config(&self) -> &Config {
        self.shared.client.config()
    }

    /// Starts a GET request.
    pub fn get(&self, url: impl Into<Target>) -> RequestBuilder<'_> {
        self.request(Method::GET, url)
    }

    /// Starts a HEAD request.
    pub fn head(&self, url: impl Into<Target>) -> RequestBuilder<'_> {
        self.request(Method::HEAD, url)
    }

    /// Starts a POST request.
    pub fn post(&self, url: impl Into<Target>) -> RequestBuilder<'_> {
        self.request(Method::POST, url)
    }

    /// Starts a request with any method.
    pub fn request(&self, method: Method, url: impl Into<Target>) -> RequestBuilder<'_> {
        RequestBuilder::new(self, self.shared.client.request(method, url))
    }

    /// Sends a request and waits for the whole response.
    ///
    /// A body that the peer cut short is kept and [flagged](Response::truncated).
    ///
    /// # Errors
    ///
    /// As the asynchronous [`Client::send`](crate::Client::send) and
    /// [`collect`](Response::collect); inside a tokio runtime, an error of kind `Config`.
    pub fn send(&self, request: Request) -> Result<Response<Bytes>, Error> {
        if let Err(error) = may_block() {
            return Err(error.with_url(request.url));
        }
        let client = self.shared.client.clone();
        self.shared.thread.run(async move { client.send(request).await?.collect().await })?
    }

    /// Sends what a builder has put together, with all that it asked for.
    pub(super) fn run(&self, request: Request, options: Options) -> Result<Response<Bytes>, Error> {
        if let Err(error) = may_block() {
            return Err(error.with_url(request.url));
        }
        let client = self.shared.client.clone();
        self.shared
            .thread
            .run(async move { flow::run(&client, request, options, Response::collect).await })?
    }

    /// Fetches many URLs at once; see [`Batch`].
    ///
    /// The URLs are taken from the iterator on the client's thread, as places become free, so it
    /// may be endless.
    pub fn get_all<I>(&self, urls: I) -> Batch<I::IntoIter>
    where
        I: IntoIterator<IntoIter: Send + 'static>,
        I::Item: Into<Target>,
    {
        Batch::new(Arc::clone(&self.shared), self.shared.client.get_all(urls))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.shared.client).finish()
    }
}
