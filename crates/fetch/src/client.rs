//! The client: what a program makes once, clones freely and sends every request with.

use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, Method};

use crate::batch::Batch;
use crate::config::{Config, ConfigError};
use crate::connect::Connector;
use crate::cookie::{Cookies, Jar};
use crate::credentials::Additions;
use crate::descriptors::socket_limit;
use crate::dns_cache::DnsCache;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::mock::Mock;
use crate::policy::AddressPolicy;
use crate::pool::Pool;
use crate::proxy::{Environment, Proxies, Routes};
use crate::request::{Request, RequestBuilder};
use crate::resolve::{Resolve, StaticResolver, SystemResolver};
use crate::response::Response;
use crate::retry::Budget;
use crate::target::Target;
use crate::tls::Tls;

/// An HTTP client with one pool of connections.
///
/// A clone is cheap and shares the pool, its limits and the DNS cache. Idle connections are
/// closed when the last clone is dropped.
#[derive(Clone)]
pub struct Client {
    pub(crate) exchange: Arc<Exchange>,
}

impl Client {
    /// Makes a client that looks names up with the system's resolver.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        Self::with_resolver(config, SystemResolver::new())
    }

    /// Makes a client with its own resolver; the client's DNS cache stands in front of it.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used.
    pub fn with_resolver(
        config: Config,
        resolver: impl Resolve + 'static,
    ) -> Result<Self, ConfigError> {
        Self::build(config, Box::new(resolver), None)
    }

    /// Makes a client whose requests are answered by a script, without any network.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used.
    pub fn with_mock(config: Config, mock: Mock) -> Result<Self, ConfigError> {
        Self::build(config, Box::new(StaticResolver::default()), Some(mock))
    }

    fn build(
        config: Config,
        resolver: Box<dyn Resolve>,
        mock: Option<Mock>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let config = config.within(socket_limit());
        let user_agent = HeaderValue::from_str(&config.user_agent)
            .map_err(|_| ConfigError::UserAgent { value: config.user_agent.clone() })?;
        let connector = Connector {
            dns: DnsCache::new(resolver, config.dns_ttl),
            policy: AddressPolicy::new(config.allow_net.clone()),
            tls: Tls::new(&config)?,
            resolve_timeout: config.resolve_timeout,
            timeout: config.connect_timeout,
        };
        let environment = Environment::read(|name| std::env::var(name).ok());
        let environment = match environment {
            Ok(environment) => environment,
            // Not to be used, so not to be right either.
            Err(_) if config.proxy != Proxies::Environment => None,
            Err((variable, cause)) => return Err(ConfigError::Proxy { variable, cause }),
        };
        let routes = Routes { proxies: config.proxy.clone(), environment };
        let additions = Additions::new(&config)?;
        let pool = Arc::new(Pool::new(&config));
        let budget = Budget::new();
        let jar = (config.cookies == Cookies::Keep).then(Jar::new);
        let exchange =
            Exchange { pool, connector, user_agent, additions, routes, budget, jar, config, mock };
        Ok(Self { exchange: Arc::new(exchange) })
    }

    /// Returns the settings that hold: those the client was made with, with `max_sockets` and
    /// `max_in_flight` lowered to what the system allows.
    pub fn config(&self) -> &Config {
        &self.exchange.config
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

    /// Starts a PUT request.
    pub fn put(&self, url: impl Into<Target>) -> RequestBuilder<'_> {
        self.request(Method::PUT, url)
    }

    /// Starts a PATCH request.
    pub fn patch(&self, url: impl Into<Target>) -> RequestBuilder<'_> {
        self.request(Method::PATCH, url)
    }

    /// Starts a DELETE request.
    pub fn delete(&self, url: impl Into<Target>) -> RequestBuilder<'_> {
        self.request(Method::DELETE, url)
    }

    /// Starts an OPTIONS request.
    pub fn options(&self, url: impl Into<Target>) -> RequestBuilder<'_> {
        self.request(Method::OPTIONS, url)
    }

    /// Starts a request with any method.
    pub fn request(&self, method: Method, url: impl Into<Target>) -> RequestBuilder<'_> {
        RequestBuilder::new(self, method, url.into())
    }

    /// Sends a request and waits for the head of the response.
    ///
    /// Waits for a slot of the host and a permit first; that wait has no limit and is not
    /// counted in the timeout. A request that was not written, or that a connection used before
    /// left without an answer, is sent once more where that is safe. Dropping the future at any
    /// moment gives back all it held.
    ///
    /// # Errors
    ///
    /// An [`Error`] whose kind says what went wrong. A status is never an error. Redirects are
    /// not followed and `retry` is not looked at, whatever the configuration says: both are for
    /// requests that a [`RequestBuilder`] sends, and a caller of `send` judges each answer itself.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        self.exchange.send(request).await
    }

    /// Fetches many URLs at once; see [`Batch`].
    ///
    /// The URLs are taken from the iterator as places become free, so it may be endless.
    pub fn get_all<I>(&self, urls: I) -> Batch<I::IntoIter>
    where
        I: IntoIterator,
        I::Item: Into<Target>,
    {
        Batch::new(self.clone(), urls.into_iter())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exchange { pool, config, .. } = &*self.exchange;
        f.debug_struct("Client").field("config", config).field("pool", pool).finish()
    }
}
