//! Credentials bound to origins, and the headers that a client adds to its requests.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use http::header::{AUTHORIZATION, COOKIE, HOST, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use url::{Position, Url};

use crate::config::{Config, ConfigError};

/// What proves to a server who asks. The secret does not appear in its `Debug` text.
///
/// In a configuration it is written `{ bearer = "TOKEN" }` or
/// `{ basic = { user = "U", password = "P" } }`; serializing it writes the secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Credential {
    /// A token (RFC 6750).
    Bearer(String),
    /// A user and a password (RFC 7617).
    Basic {
        /// The name of the user, without a colon.
        user: String,
        /// The password.
        password: String,
    },
}

impl Credential {
    /// Returns the value of an `authorization` header; `None` if it cannot be sent.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let text = match self {
            Self::Bearer(token) => format!("Bearer {token}"),
            // Section 2: a colon would move into the password.
            Self::Basic { user, .. } if user.contains(':') => return None,
            Self::Basic { user, password } => {
                format!("Basic {}", base64(format!("{user}:{password}").as_bytes()))
            }
        };
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer(_) => "Bearer(..)",
            Self::Basic { .. } => "Basic(..)",
        })
    }
}

/// Marks the headers that hold secrets, so that no debug text shows them.
pub(crate) fn mark(name: &HeaderName, value: &mut HeaderValue) {
    if [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION].contains(name) {
        value.set_sensitive(true);
    }
}

/// What a client adds to every request that does not say otherwise.
#[derive(Debug)]
pub(crate) struct Additions {
    headers: HeaderMap,
    /// By the origin as a URL begins with it.
    credentials: HashMap<String, HeaderValue>,
}

impl Additions {
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let headers = headers(&config.headers)?;
        let mut credentials = HashMap::new();
        for (origin, credential) in &config.credentials {
            let place =
                place(origin).ok_or_else(|| ConfigError::Origin { value: origin.clone() })?;
            let value = credential
                .header()
                .ok_or_else(|| ConfigError::Credential { origin: origin.clone() })?;
            credentials.insert(place, value);
        }
        Ok(Self { headers, credentials })
    }

    /// Adds what is missing.
    pub(crate) fn apply(&self, url: &Url, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            if !headers.contains_key(name) {
                headers.insert(name, value.clone());
            }
        }
        if self.credentials.is_empty() {
            return;
        }
        if let Some(value) = self.credentials.get(&url[..Position::BeforePath])
            && !headers.contains_key(AUTHORIZATION)
        {
            headers.insert(AUTHORIZATION, value.clone());
        }
    }

    pub(crate) fn none(&self) -> bool {
        self.headers.is_empty() && self.credentials.is_empty()
    }
}

fn headers(given: &BTreeMap<String, String>) -> Result<HeaderMap, ConfigError> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let wrong = || ConfigError::Header { name: name.clone() };
        let parsed = HeaderName::try_from(name).map_err(|_| wrong())?;
        // Sent to every host there is, these would give secrets away or be wrong.
        if [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, HOST].contains(&parsed) {
            return Err(ConfigError::BoundHeader { name: name.clone() });
        }
        headers.insert(parsed, HeaderValue::try_from(value).map_err(|_| wrong())?);
    }
    Ok(headers)
}

/// Returns the origin as a URL begins with it; `None` if the text says more or less than that.
fn place(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    let web = matches!(url.scheme(), "http" | "https");
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none();
    (web && bare && nobody).then(|| url[..Position::BeforePath].to_owned())
}

/// Codes bytes in base64 with padding (RFC 4648, section 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place > three.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_in_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn a_credential_goes_to_its_origin_alone() {
        let credentials = [("https://a.test".to_owned(), Credential::Bearer("secret".to_owned()))];
        let config = Config { credentials: credentials.into(), ..Config::default() };
        let additions = Additions::new(&config).unwrap();
        for (url, sent) in [
            ("https://a.test/x", true),
            ("https://a.test:443/", true),
            ("http://a.test/", false),
            ("https://a.test:444/", false),
            ("https://b.test/", false),
            ("https://a.test.evil/", false),
        ] {
            let mut headers = HeaderMap::new();
            additions.apply(&Url::parse(url).unwrap(), &mut headers);
            assert_eq!(headers.contains_key("authorization"), sent, "{url}");
        }
        assert!(!format!("{config:?} {additions:?}").contains("secret"));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for origin in ["a.test", "ftp://a.test", "https://a.test/x", "https://me@a.test"] {
            let credentials = [(origin.to_owned(), Credential::Bearer("t".to_owned()))];
            let config = Config { credentials: credentials.into(), ..Config::default() };
            assert!(matches!(Additions::new(&config), Err(ConfigError::Origin { .. })), "{origin}");
        }
    }

    #[test]
    fn headers_that_belong_to_one_origin_are_refused_for_all() {
        for name in ["authorization", "Cookie", "host"] {
            let headers = [(name.to_owned(), "v".to_owned())].into();
            let config = Config { headers, ..Config::default() };
            assert!(
                matches!(Additions::new(&config), Err(ConfigError::BoundHeader { .. })),
                "{name}"
            );
        }
    }
}
