//! The seen-set: the fingerprints of all URLs ever admitted. Exact, in memory; owned by a store.

use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashSet;

use crate::canonical::Fingerprint;

const SHARDS: usize = 256;

/// The set of fingerprints already admitted.
///
/// It holds 64-bit fingerprints in 256 hash tables: 10 to 20 bytes a URL, some 15 on average, and the
/// spike while a table grows is that of one shard. Two different URLs share a fingerprint with a
/// probability of 3 in a million among 10 million URLs; a bloom filter would lose far more.
#[derive(Debug)]
pub(crate) struct Seen {
    shards: Box<[HashSet<u64, BuildHasherDefault<Identity>>]>,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| HashSet::default()).collect() }
    }

    /// Adds a fingerprint and tells whether it was new.
    pub(crate) fn insert(&mut self, fingerprint: Fingerprint) -> bool {
        let bits = fingerprint.bits();
        self.shards[shard(bits)].insert(bits)
    }

    /// Tells whether a fingerprint was added.
    pub(crate) fn contains(&self, fingerprint: Fingerprint) -> bool {
        let bits = fingerprint.bits();
        self.shards[shard(bits)].contains(&bits)
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(HashSet::len).sum()
    }
}

/// The table uses the low bits for its place and the top seven as its tag, so the shard is chosen by
/// bits in between.
fn shard(bits: u64) -> usize {
    (bits >> 48) as usize % SHARDS
}

/// Uses a fingerprint as its own hash, since it is one already.
#[derive(Debug, Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only u64 fingerprints are hashed");
    }

    fn write_u64(&mut self, bits: u64) {
        self.0 = bits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_new_once() {
        let mut seen = Seen::new();
        for bits in [0, 1, u64::MAX, 1 << 48] {
            assert!(seen.insert(Fingerprint::from_bits(bits)));
            assert!(!seen.insert(Fingerprint::from_bits(bits)));
        }
    }
}
