//! The unit of politeness: one scheme, host and port.

use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::canonical::Parts;

/// The unit of politeness: scheme, host and port, as in `https://example.org:443`.
///
/// Made by [`Canonical::host_key`](crate::Canonical::host_key). The port is always written, so
/// that one server has one key. A clone costs a reference count.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostKey(Arc<str>);

impl HostKey {
    /// Reads the key of an http or https URL.
    pub(crate) fn of(url: &Parts<'_>) -> Self {
        let origin = url.origin;
        match url.port {
            None if origin.starts_with("https:") => Self(format!("{origin}:443").into()),
            None => Self(format!("{origin}:80").into()),
            Some(_) => Self(origin.into()),
        }
    }

    /// Takes up a key that a store has kept, as [`as_str`](Self::as_str) gave it.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// Returns the URL of the host's robots.txt (RFC 9309 section 2.3).
    pub(crate) fn robots_txt(&self) -> String {
        let text = format!("{self}/robots.txt");
        // Parsing leaves out the default port, which the key always writes.
        Url::parse(&text).map_or(text, String::from)
    }

    /// Returns the key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for HostKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "HostKey({})", self.0)
    }
}
