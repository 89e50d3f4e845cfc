//! How far from its seeds a crawl may go, as one word.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::scope::ScopeError;

/// How far from its seeds a crawl may go.
///
/// Written as one lower-case word: `host`, `domain`, `prefix` or `any`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScopeKind {
    /// The same host name and port as a seed; http and https on their own ports count as one.
    #[default]
    Host,
    /// The same registrable domain as a seed (`example.co.uk` by the Public Suffix List), at any
    /// port; an address, or a name that has no such domain, stands for itself.
    Domain,
    /// The same host as a seed, and a path below the seed's folder: `/a/` for `/a/` and for
    /// `/a/b.html`, but `/` for `/a`.
    Prefix,
    /// The whole web.
    Any,
}

impl ScopeKind {
    const ALL: [Self; 4] = [Self::Host, Self::Domain, Self::Prefix, Self::Any];

    const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Domain => "domain",
            Self::Prefix => "prefix",
            Self::Any => "any",
        }
    }
}

impl fmt::Display for ScopeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for ScopeKind {
    type Err = ScopeError;

    fn from_str(word: &str) -> Result<Self, ScopeError> {
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == word);
        kind.ok_or_else(|| ScopeError::UnknownKind(word.to_owned()))
    }
}
