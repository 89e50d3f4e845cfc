//! The 64-bit number by which a crawl knows a URL, and the key it is made with.

use twox_hash::XxHash3_64;

/// The number by which a crawl knows a URL, made by [`Canonical::fingerprint`](crate::Canonical::fingerprint).
///
/// Two different URLs of a crawl share a number with a probability of about 3 in a million at
/// 10 million URLs, and 3 in a hundred at a thousand million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Takes up a number that a store has kept.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the number, for a store to keep.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Returns the number of what is known by this one and by these bytes (XXH3, 64 bits, seeded).
    pub(crate) fn with(self, bytes: &[u8]) -> Self {
        Self(XxHash3_64::oneshot_with_seed(self.0, bytes))
    }

    /// Hashes the text of a URL (XXH3, 64 bits, seeded).
    pub(super) fn of(text: &str, key: FingerprintKey) -> Self {
        Self(XxHash3_64::oneshot_with_seed(key.0, text.as_bytes()))
    }
}

/// The number with which a crawl makes its fingerprints.
///
/// A crawl draws it at random when it is new and keeps it with its state, so that nobody who
/// publishes URLs can prepare two that collide. Fingerprints of different keys do not compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FingerprintKey(u64);

impl FingerprintKey {
    /// Takes a key from a random number, or from the state of a crawl.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the number, to be kept with the state of the crawl.
    pub const fn bits(self) -> u64 {
        self.0
    }
}
