//! One cookie: what a `set-cookie` header says of it, and which requests it goes with (RFC 6265).

use std::time::{Duration, SystemTime};

use url::{Host, Url};

mod date;
mod jar;
mod keeping;

pub use self::jar::Jar;
pub use self::keeping::Cookies;

/// The most bytes of a cookie's name and value together.
const MAX_BYTES: usize = 4096;
/// The longest attribute value that is looked at (RFC 6265bis, section 5.6).
const MAX_ATTRIBUTE: usize = 1024;
/// The longest a cookie is kept (RFC 6265bis, section 5.5).
const MAX_LIFE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// A cookie as a jar keeps it.
struct Cookie {
    name: Box<[u8]>,
    value: Box<[u8]>,
    domain: Box<str>,
    path: Box<str>,
    scope: Scope,
    transport: Transport,
    /// `None` lasts as long as the jar.
    expires: Option<SystemTime>,
}

/// Which hosts a cookie goes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The host that set it.
    Host,
    /// The domain and all hosts below.
    Domain,
}

/// Which schemes a cookie goes over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transport {
    Any,
    Https,
}

/// The attributes of a `set-cookie` header; of each the last one counts.
#[derive(Default)]
struct Attributes<'a> {
    expires: Option<SystemTime>,
    max_age: Option<i64>,
    domain: Option<&'a str>,
    path: Option<&'a str>,
    secure: bool,
}

impl Cookie {
    /// Reads a `set-cookie` header received from `url`; `None` when it must be ignored.
    fn parse(url: &Url, header: &[u8], now: SystemTime) -> Option<Self> {
        // Control characters other than the tab could split headers further on.
        if header.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return None;
        }
        let mut parts = header.split(|byte| *byte == b';');
        let (name, value) = split_pair(parts.next()?)?;
        if name.is_empty() || name.len() + value.len() > MAX_BYTES {
            return None;
        }
        let attributes = Attributes::parse(parts);
        let host = url.host_str()?;
        let (domain, scope) = match attributes.domain {
            Some(domain) => place(url, host, domain.to_ascii_lowercase())?,
            None => (host.into(), Scope::Host),
        };
        if attributes.secure && url.scheme() != "https" {
            return None;
        }
        let expires = match attributes.max_age {
            // Zero and below mean now (section 5.2.2).
            Some(seconds) => Some(match u64::try_from(seconds) {
                Ok(seconds) => now + Duration::from_secs(seconds).min(MAX_LIFE),
                Err(_) => SystemTime::UNIX_EPOCH,
            }),
            None => attributes.expires.map(|expires| expires.min(now + MAX_LIFE)),
        };
        let path = attributes.path.filter(|path| path.starts_with('/'));
        let cookie = Self {
            name: name.into(),
            value: value.into(),
            domain,
            path: path.unwrap_or_else(|| default_path(url)).into(),
            scope,
            transport: if attributes.secure { Transport::Https } else { Transport::Any },
            expires,
        };
        cookie.keeps_its_prefix(attributes.domain).then_some(cookie)
    }

    /// Checks what the prefixes of a name promise (RFC 6265bis, section 4.1.3).
    fn keeps_its_prefix(&self, domain: Option<&str>) -> bool {
        let starts = |prefix: &str| {
            self.name
                .get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        };
        let secure = self.transport == Transport::Https;
        if starts("__Host-") {
            return secure && domain.is_none() && &*self.path == "/";
        }
        secure || !starts("__Secure-")
    }

    fn expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether it takes the place of `other` (section 5.3, step 11).
    fn replaces(&self, other: &Self) -> bool {
        self.name == other.name && self.path == other.path && self.scope == other.scope
    }

    /// Whether it goes with a request to `url`, whose host is at or below the cookie's domain.
    fn goes_with(&self, url: &Url) -> bool {
        let host = match self.scope {
            Scope::Host => url.host_str() == Some(&*self.domain),
            Scope::Domain => true,
        };
        let transport = self.transport == Transport::Any || url.scheme() == "https";
        host && transport && path_matches(&self.path, url.path())
    }
}

impl<'a> Attributes<'a> {
    fn parse(parts: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut found = Self::default();
        for part in parts {
            let (name, value) = split_pair(part).unwrap_or((part.trim_ascii(), b""));
            if value.len() > MAX_ATTRIBUTE {
                continue;
            }
            let text = std::str::from_utf8(value).ok();
            if name.eq_ignore_ascii_case(b"expires") {
                found.expires = date::parse(value).or(found.expires);
            } else if name.eq_ignore_ascii_case(b"max-age") {
                found.max_age = text.and_then(seconds).or(found.max_age);
            } else if name.eq_ignore_ascii_case(b"domain") {
                // An empty domain is ignored; one that is no text matches no host.
                let domain = text.unwrap_or("\u{fffd}");
                let domain = domain.strip_prefix('.').unwrap_or(domain);
                if !value.is_empty() {
                    found.domain = Some(domain);
                }
            } else if name.eq_ignore_ascii_case(b"path") {
                found.path = text;
            } else if name.eq_ignore_ascii_case(b"secure") {
                found.secure = true;
            }
        }
        found
    }
}

/// Splits at the first `=` and trims both sides; `None` without one.
fn split_pair(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = part.iter().position(|byte| *byte == b'=')?;
    Some((part[..equals].trim_ascii(), part[equals + 1..].trim_ascii()))
}

/// Reads the seconds of `max-age`; larger numbers than fit are the largest.
fn seconds(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let magnitude = digits.parse().unwrap_or(i64::MAX);
    // Zero means expired as well, so that negative numbers need no difference.
    Some(if text.starts_with('-') || magnitude == 0 { -1 } else { magnitude })
}

/// Returns where a cookie with a domain attribute belongs, if its host may set it there.
fn place(url: &Url, host: &str, domain: String) -> Option<(Box<str>, Scope)> {
    let named = matches!(url.host(), Some(Host::Domain(_)));
    if !named || psl::suffix_str(&domain) == Some(&*domain) {
        // A public suffix or an address may set a cookie for itself and nothing below.
        return (host == domain).then(|| (domain.into(), Scope::Host));
    }
    let below =
        host.strip_suffix(&*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    below.then(|| (domain.into(), Scope::Domain))
}

/// Returns the folder of the path (section 5.1.4).
fn default_path(url: &Url) -> &str {
    match url.path().rfind('/') {
        None | Some(0) => "/",
        Some(end) => &url.path()[..end],
    }
}

/// Compares paths as section 5.1.4 says.
fn path_matches(cookie: &str, path: &str) -> bool {
    path.strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
