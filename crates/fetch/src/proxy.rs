//! A proxy: its address, its protocol and what it is told of who asks.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::HeaderValue;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::credentials::base64;

mod choice;
mod environment;
mod http_tunnel;
mod socks;
mod tunnel;

pub use self::choice::Proxies;
pub(crate) use self::choice::Routes;
pub(crate) use self::environment::Environment;

/// The longest user name or password of a proxy in bytes (RFC 1929).
const MAX_SECRET: usize = 255;

/// A proxy, written `http://user:password@host:port`, `socks5://..` or `socks5h://..`.
///
/// - `http`: plain requests are sent to it in absolute form, `https` through a tunnel
///   (RFC 9110, section 9.3.6). It looks names up itself.
/// - `socks5` (RFC 1928): names are looked up here, so that the address policy holds.
/// - `socks5h`: the proxy looks names up.
///
/// Where the proxy looks names up, the address policy can judge only literal addresses. It does
/// not judge the address of the proxy itself. `Debug` and `Display` leave user and password out;
/// serializing writes them.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Proxy(Arc<Inner>);

#[derive(PartialEq, Eq, Hash)]
struct Inner {
    /// As it was given.
    text: String,
    kind: Kind,
    host: Host,
    port: u16,
    user: Option<User>,
}

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Http,
    Socks5,
    Socks5h,
}

#[derive(PartialEq, Eq, Hash)]
struct User {
    name: Vec<u8>,
    password: Vec<u8>,
}

impl Proxy {
    /// Reads a proxy; `host:port` alone is an `http` proxy. Ports default to 80 and 1080.
    ///
    /// # Errors
    ///
    /// [`ProxyError`] says what is wrong and does not repeat the text, which may hold a secret.
    pub fn parse(text: &str) -> Result<Self, ProxyError> {
        let given = text.trim();
        let whole =
            if given.contains("://") { given.to_owned() } else { format!("http://{given}") };
        let url = Url::parse(&whole).map_err(|cause| ProxyError::Url { cause })?;
        let (kind, port) = match url.scheme() {
            "http" => (Kind::Http, 80),
            "socks5" => (Kind::Socks5, 1080),
            "socks5h" => (Kind::Socks5h, 1080),
            other => return Err(ProxyError::Scheme { scheme: other.to_owned() }),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(ProxyError::NoHost)?;
        // The host of a scheme that is no web scheme was not parsed.
        let host = Host::parse(host).map_err(|cause| ProxyError::Url { cause })?;
        let user = match (url.username(), url.password()) {
            ("", None) => None,
            (name, password) => {
                Some(User { name: decoded(name), password: decoded(password.unwrap_or_default()) })
            }
        };
        if let Some(User { name, password }) = &user
            && (name.len() > MAX_SECRET || password.len() > MAX_SECRET)
        {
            return Err(ProxyError::LongSecret);
        }
        let port = url.port().unwrap_or(port);
        Ok(Self(Arc::new(Inner { text: given.to_owned(), kind, host, port, user })))
    }

    /// Returns whether requests to `url` are sent to it in absolute form, without a tunnel.
    pub(crate) fn forwards(&self, url: &Url) -> bool {
        self.0.kind == Kind::Http && url.scheme() == "http"
    }

    /// Returns the key of connections to `origin` through it; user and password belong to it.
    pub(crate) fn key(&self, origin: &str) -> String {
        format!("{origin} {}", self.0.text)
    }

    /// Returns the `proxy-authorization` header, for a proxy that has a user.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let User { name, password } = self.0.user.as_ref()?;
        let pair = [name.as_slice(), b":", password].concat();
        let mut value = HeaderValue::try_from(format!("Basic {}", base64(&pair)))
            .expect("base64 is made of visible characters");
        value.set_sensitive(true);
        Some(value)
    }
}

/// Undoes percent-coding; what is not coded stays as it is.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |byte: u8| char::from(byte).to_digit(16);
        if let (b'%', [high, low, ..]) = (first, after)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            bytes.extend(u8::try_from(high * 16 + low));
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}

impl FromStr for Proxy {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Proxy {
    type Error = ProxyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Proxy> for String {
    fn from(proxy: Proxy) -> Self {
        proxy.0.text.clone()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.0.kind {
            Kind::Http => "http",
            Kind::Socks5 => "socks5",
            Kind::Socks5h => "socks5h",
        };
        write!(f, "{scheme}://{}:{}", self.0.host, self.0.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// A text that is no [`Proxy`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// It is no URL.
    #[error(
        "a proxy is written http://user:password@host:port, socks5://.. or socks5h://..: {cause}"
    )]
    Url {
        /// What the URL parser said.
        cause: url::ParseError,
    },
    /// Its protocol is not spoken.
    #[error("proxies of scheme {scheme:?} are not supported; use http, socks5 or socks5h")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// It names no host.
    #[error("the proxy has no host; write http://host:port")]
    NoHost,
    /// Its user or password is too long.
    #[error("user or password of the proxy is longer than 255 bytes")]
    LongSecret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_read_as_people_write_them() {
        for (text, shown) in [
            ("http://proxy.test:3128", "http://proxy.test:3128"),
            ("proxy.test:3128", "http://proxy.test:3128"),
            ("http://proxy.test", "http://proxy.test:80"),
            ("socks5://127.0.0.1", "socks5://127.0.0.1:1080"),
            ("socks5h://me:pw@[::1]:9", "socks5h://[::1]:9"),
        ] {
            assert_eq!(Proxy::parse(text).unwrap().to_string(), shown);
        }
        for text in ["https://a.test", "ftp://a", "", "http://", "socks5://"] {
            assert!(Proxy::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn secrets_are_decoded_sent_and_never_shown() {
        let proxy = Proxy::parse("http://us%65r:p%40ss%zz@a.test:1").unwrap();
        let user = proxy.0.user.as_ref().unwrap();
        assert_eq!(
            (user.name.as_slice(), user.password.as_slice()),
            (&b"user"[..], &b"p@ss%zz"[..])
        );
        let header = proxy.authorization().unwrap();
        assert_eq!(header, format!("Basic {}", base64(b"user:p@ss%zz")));
        let shown = format!("{proxy} {proxy:?} {header:?}");
        assert!(!shown.contains("us") && !shown.contains("ss%"), "{shown}");
        let error = Proxy::parse("socks4://user:secret@a.test").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"));
    }

    #[test]
    fn text_survives_a_round_trip() {
        let proxy: Proxy = serde_json::from_str("\"http://me:pw@a.test:1\"").unwrap();
        assert_eq!(serde_json::to_string(&proxy).unwrap(), "\"http://me:pw@a.test:1\"");
    }
}
