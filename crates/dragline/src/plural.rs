//! Numbers of things in words, for what is told to people.

use std::fmt;

/// A number and the noun of what it counts: `1 item`, `2 items`.
pub(crate) struct Plural(pub(crate) u64, pub(crate) &'static str);

impl fmt::Display for Plural {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, noun) = self;
        let ending = if *count == 1 { "" } else { "s" };
        write!(f, "{count} {noun}{ending}")
    }
}
