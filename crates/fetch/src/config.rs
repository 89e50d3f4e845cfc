//! The settings of a client: plain values with defaults, checked once when the client is made.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cookie::Cookies;
use crate::credentials::Credential;
use crate::network::Network;
use crate::protocols::Protocols;
use crate::proxy::{Proxies, ProxyError};
use crate::redirect::Redirects;
use crate::retry::Retry;
use crate::tls::{Identity, Verify};

/// The settings of a [`Client`](crate::Client); every limit has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The `user-agent` header of every request that does not set its own.
    /// Default `dragline/VERSION`.
    pub user_agent: String,
    /// The most requests in flight at once, over all hosts. Default 100.
    ///
    /// A request is in flight until its body has ended or is dropped.
    pub max_in_flight: usize,
    /// The most requests in flight at once for one scheme, host and port. Default 10.
    pub per_host: usize,
    /// The most sockets open at once: busy, being connected and idle. Default 256.
    ///
    /// Must not be below `max_in_flight`. While a connection is raced over several addresses
    /// it counts once. A client lowers it, and `max_in_flight` with it, to 80 % of the
    /// descriptors that the system lets the process open; [`Client::config`] has what holds.
    ///
    /// [`Client::config`]: crate::Client::config
    pub max_sockets: usize,
    /// How long a connection may lie idle before it is closed. Default 15 s.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Duration,
    /// How old a connection may grow before it is not used again. Default 5 min.
    #[serde(with = "humantime_serde")]
    pub max_age: Duration,
    /// The longest a request may take to the last byte of its body. Default 30 s.
    ///
    /// The clock starts when the request holds its permits: waiting for a turn is not counted.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// The longest that a name lookup may take. Default 10 s.
    #[serde(with = "humantime_serde")]
    pub resolve_timeout: Duration,
    /// The longest that TCP connect and TLS handshake may take together. Default 10 s.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// The longest that sending a request and waiting for the whole head of its response may
    /// take. Default 15 s.
    #[serde(with = "humantime_serde")]
    pub first_byte_timeout: Duration,
    /// The longest wait for each piece of a body. Default 10 s.
    #[serde(with = "humantime_serde")]
    pub read_timeout: Duration,
    /// The largest body in bytes, on the wire and again once decoded. Default 10 MiB.
    pub max_body: u64,
    /// How long the addresses of a name are remembered. Default 300 s.
    ///
    /// An answer with a shorter time to live is remembered for that time, at least one second.
    #[serde(with = "humantime_serde")]
    pub dns_ttl: Duration,
    /// The largest head of a response in bytes, at least 8 KiB and at most 256 KiB.
    /// Default 32 KiB.
    ///
    /// A head has at most 256 headers. The read buffer of an HTTP/1.1 connection is 128 KiB, or this where it is more.
    pub head_limit: usize,
    /// The versions of HTTP that are offered. Default HTTP/1.1 alone.
    pub protocols: Protocols,
    /// Networks that may be connected to although they are not public. Default none.
    pub allow_net: Vec<Network>,
    /// Which proxy requests go through. Default what the environment says.
    pub proxy: Proxies,
    /// What requests made by a builder do with redirects. Default at most 10 are followed.
    ///
    /// [`Client::send`](crate::Client::send) never follows one.
    pub redirects: Redirects,
    /// Whether requests made by a builder that name no jar keep cookies, in one jar of the client.
    /// Default not.
    ///
    /// [`Client::send`](crate::Client::send) never does. In a crawl it holds for the requests that name no
    /// session.
    pub cookies: Cookies,
    /// Files of certificates (PEM) that are trusted beside Mozilla's roots. Default none.
    pub ca: Vec<PathBuf>,
    /// Whether certificates of servers are checked. Default fully.
    pub verify: Verify,
    /// The certificate that servers may ask for. Default none.
    pub identity: Option<Identity>,
    /// When requests made by a builder are sent again. Default never.
    ///
    /// [`Client::send`](crate::Client::send) never does.
    pub retry: Retry,
    /// Headers of every request that does not set its own. Default none.
    ///
    /// Not `authorization`, `cookie`, `proxy-authorization` and `host`, which are for one host.
    pub headers: BTreeMap<String, String>,
    /// What is sent as `authorization` to each of these origins, such as `https://a.example`,
    /// and to no other. Default none.
    pub credentials: BTreeMap<String, Credential>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            user_agent: String::from(concat!("dragline/", env!("CARGO_PKG_VERSION"))),
            max_in_flight: 100,
            per_host: 10,
            max_sockets: 256,
            idle_timeout: Duration::from_secs(15),
            max_age: Duration::from_secs(5 * 60),
            timeout: Duration::from_secs(30),
            resolve_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(15),
            read_timeout: Duration::from_secs(10),
            max_body: 10 * 1024 * 1024,
            dns_ttl: Duration::from_secs(300),
            head_limit: 32 * 1024,
            protocols: Protocols::Http1,
            allow_net: Vec::new(),
            proxy: Proxies::default(),
            redirects: Redirects::default(),
            cookies: Cookies::default(),
            ca: Vec::new(),
            verify: Verify::default(),
            identity: None,
            retry: Retry::off(),
            headers: BTreeMap::new(),
            credentials: BTreeMap::new(),
        }
    }
}

/// Below it hyper cannot work; above it a thousand idle connections would take 256 MiB.
const HEAD_LIMITS: std::ops::RangeInclusive<usize> = 8 * 1024..=256 * 1024;

impl Config {
    /// Lowers what the system has not enough descriptors for.
    pub(crate) fn within(self, sockets: usize) -> Self {
        let max_sockets = self.max_sockets.min(sockets);
        Self { max_sockets, max_in_flight: self.max_in_flight.min(max_sockets), ..self }
    }

    /// Checks what the types cannot say.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let zero = [
            ("max_in_flight", self.max_in_flight == 0),
            ("per_host", self.per_host == 0),
            ("max_body", self.max_body == 0),
            ("timeout", self.timeout.is_zero()),
            ("resolve_timeout", self.resolve_timeout.is_zero()),
            ("connect_timeout", self.connect_timeout.is_zero()),
            ("first_byte_timeout", self.first_byte_timeout.is_zero()),
            ("read_timeout", self.read_timeout.is_zero()),
        ];
        if let Some((name, _)) = zero.into_iter().find(|(_, zero)| *zero) {
            return Err(ConfigError::Zero { name });
        }
        if !HEAD_LIMITS.contains(&self.head_limit) {
            return Err(ConfigError::HeadLimit { head_limit: self.head_limit });
        }
        // With fewer sockets than permits, a request could hold a permit and wait for a socket
        // that only another waiting request can free.
        if self.max_sockets < self.max_in_flight {
            return Err(ConfigError::TooFewSockets {
                max_sockets: self.max_sockets,
                max_in_flight: self.max_in_flight,
            });
        }
        Ok(())
    }
}

/// Why a [`Config`] cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A limit is zero, so that nothing could ever be fetched.
    #[error("{name} is 0, so nothing could be fetched; set it to a larger value or leave it out")]
    Zero {
        /// The name of the field.
        name: &'static str,
    },
    /// There are fewer sockets than requests that may need one.
    #[error(
        "max_sockets ({max_sockets}) is below max_in_flight ({max_in_flight}); raise the first or lower the second"
    )]
    TooFewSockets {
        /// The value of `max_sockets`.
        max_sockets: usize,
        /// The value of `max_in_flight`.
        max_in_flight: usize,
    },
    /// The limit of heads is out of its range.
    #[error("head_limit is {head_limit} bytes; set it between 8192 and 262144")]
    HeadLimit {
        /// The value of `head_limit`.
        head_limit: usize,
    },
    /// The resolver of a machine cannot be set up from its configuration.
    #[error("the resolver cannot be set up: {reason}; check the system's DNS configuration")]
    Resolver {
        /// What is wrong.
        reason: String,
    },
    /// A blocking client was to be made inside a tokio runtime, which it would stop.
    #[error("a blocking client cannot be made inside a tokio runtime; use the asynchronous one")]
    InsideRuntime,
    /// The thread of a blocking client cannot be started.
    #[error("the thread of the client cannot be started: {reason}")]
    Thread {
        /// What is wrong.
        reason: String,
    },
    /// The user agent cannot be sent in a header.
    #[error("user_agent {value:?} is not a header value; use visible ASCII characters")]
    UserAgent {
        /// The value of `user_agent`.
        value: String,
    },
    /// A default header cannot be sent.
    #[error(
        "the header {name:?} of headers cannot be sent; use a token as name, visible ASCII as value"
    )]
    Header {
        /// The name.
        name: String,
    },
    /// A default header belongs to one host and would be sent to all.
    #[error(
        "the header {name:?} of headers would be sent to every host; use credentials, a jar or the header of a request"
    )]
    BoundHeader {
        /// The name.
        name: String,
    },
    /// A key of `credentials` is no origin.
    #[error(
        "{value:?} in credentials is not an origin; write scheme and host, as in https://a.example"
    )]
    Origin {
        /// The key.
        value: String,
    },
    /// A credential cannot be sent in a header.
    #[error(
        "the credential for {origin} cannot be sent; use visible ASCII, and no colon in a user"
    )]
    Credential {
        /// The origin it is for.
        origin: String,
    },
    /// A variable of the environment names no usable proxy.
    #[error(
        "the variable {variable} names no proxy: {cause}; set proxy to \"direct\" to ignore it"
    )]
    Proxy {
        /// The name of the variable.
        variable: String,
        /// What is wrong with its value.
        cause: ProxyError,
    },
    /// A file of certificates or keys cannot be used.
    #[error("{} cannot be used for TLS: {reason}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_usable() {
        assert_eq!(Config::default().check(), Ok(()));
    }

    #[test]
    fn fewer_sockets_than_permits_are_refused_with_both_numbers() {
        let config = Config { max_sockets: 8, ..Config::default() };
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains('8') && error.contains("100"), "{error}");
    }

    #[test]
    fn sockets_and_requests_are_lowered_to_what_the_system_allows() {
        let lowered = Config::default().within(64);
        assert_eq!((lowered.max_sockets, lowered.max_in_flight), (64, 64));
        assert_eq!(Config::default().within(200).max_in_flight, 100);
        assert_eq!(Config::default().within(usize::MAX), Config::default());
    }

    #[test]
    fn a_head_limit_out_of_range_is_refused() {
        for (head_limit, fits) in [(8_191, false), (8_192, true), (262_144, true), (262_145, false)]
        {
            let config = Config { head_limit, ..Config::default() };
            assert_eq!(config.check().is_ok(), fits, "{head_limit}");
        }
    }

    #[test]
    fn a_zero_limit_is_named() {
        let config = Config { per_host: 0, ..Config::default() };
        assert_eq!(config.check(), Err(ConfigError::Zero { name: "per_host" }));
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        let config: Config =
            serde_json::from_str(r#"{"timeout": "1m 30s", "allow_net": ["10.0.0.0/8"]}"#).unwrap();
        assert_eq!(config.timeout, Duration::from_secs(90));
        assert_eq!(config.allow_net, ["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(config.per_host, 10);
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let error = serde_json::from_str::<Config>(r#"{"time_out": "1s"}"#).unwrap_err();
        assert!(error.to_string().contains("time_out"), "{error}");
    }
}
