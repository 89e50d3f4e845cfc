//! The seen-set: the fingerprints of all URLs ever admitted. Exact, in memory; owned by a store.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::canonical::Fingerprint;

const SHARDS: u16 = 512;
/// Bits of a fingerprint that choose its shard.
const PREFIX: u32 = 12;
const PREFIXES: usize = 1 << PREFIX;
/// The bits that the shard keeps.
const KEPT: u64 = u64::MAX >> 8;

/// The set of fingerprints already admitted.
///
/// It costs 12 to 14.2 bytes a URL from 100,000 URLs on, whatever their number, so 1.2 to 1.42 GB for 100 million,
/// and 32 KiB beside. It holds 64-bit fingerprints in 512 hash tables, each of which doubles when it is seven
/// eighths full; the tables get shares of different size, up to twice that of the smallest, so that they
/// double one after the other, and the old table beside the new one never counts. Two different URLs share a
/// fingerprint with a probability of 3 in a million among 10 million URLs; a bloom filter would lose far more.
#[derive(Debug)]
pub(crate) struct Seen {
    // Invariant: the prefixes of one shard are neighbours, 16 at most, so that it tells two fingerprints
    // apart by their low 56 bits.
    shard_of: Box<[u16; PREFIXES]>,
    shards: Box<[HashTable<Kept>]>,
}

impl Seen {
    pub(crate) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| HashTable::new()).collect();
        Self { shard_of: shares(), shards }
    }

    /// Adds a fingerprint and tells whether it was new.
    pub(crate) fn insert(&mut self, fingerprint: Fingerprint) -> bool {
        let bits = fingerprint.bits() & KEPT;
        let shard = self.shard(fingerprint);
        match self.shards[shard].entry(
            hash(bits),
            |kept| kept.bits() == bits,
            |kept| hash(kept.bits()),
        ) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(Kept::new(bits));
                true
            }
        }
    }

    /// Tells whether a fingerprint was added.
    pub(crate) fn contains(&self, fingerprint: Fingerprint) -> bool {
        let bits = fingerprint.bits() & KEPT;
        let shard = &self.shards[self.shard(fingerprint)];
        shard.find(hash(bits), |kept| kept.bits() == bits).is_some()
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(HashTable::len).sum()
    }

    fn shard(&self, fingerprint: Fingerprint) -> usize {
        let prefix = fingerprint.bits() >> (u64::BITS - PREFIX);
        self.shard_of[prefix as usize].into()
    }
}

/// Gives each shard its prefixes.
///
/// A part `t` of the shards has a share below `2 / (2 - t)` times the smallest one. So the shares that make
/// their tables double are, at any count, just as many as keep the sum of all tables in step with that count.
fn shares() -> Box<[u16; PREFIXES]> {
    let mut shard_of = Box::new([0; PREFIXES]);
    let mut from = 0;
    for shard in 0..SHARDS {
        let part = f64::from(shard + 1) / f64::from(SHARDS);
        // The sum of all shares up to this one; it becomes 1 with the last.
        let end = (PREFIXES as f64 * (1.0 - (2.0 - part).log2())).round() as usize;
        shard_of[from..end].fill(shard);
        from = end;
    }
    shard_of
}

/// What a shard keeps of a fingerprint.
#[derive(Clone, Copy, Debug)]
struct Kept([u8; 7]);

impl Kept {
    fn new(bits: u64) -> Self {
        let [kept @ .., _] = bits.to_le_bytes();
        Self(kept)
    }

    fn bits(self) -> u64 {
        let [a, b, c, d, e, f, g] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, 0])
    }
}

/// A fingerprint is a hash already; a table places it by the low bits and tags it by the top seven, so those
/// must not be the ones that chose the shard.
fn hash(bits: u64) -> u64 {
    bits ^ (bits << 24)
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

    #[test]
    fn fingerprints_that_differ_in_one_bit_are_told_apart() {
        let random = fastrand::Rng::with_seed(3).u64(..);
        for base in [0, u64::MAX, random] {
            let mut seen = Seen::new();
            assert!(seen.insert(Fingerprint::from_bits(base)));
            for bit in 0..u64::BITS {
                let other = Fingerprint::from_bits(base ^ (1 << bit));
                assert!(!seen.contains(other));
                assert!(seen.insert(other), "bit {bit} does not count");
            }
        }
    }

    #[test]
    fn each_shard_is_told_by_the_bits_that_it_does_not_keep() {
        let shares = shares();
        assert!(shares.is_sorted());
        for shard in 0..SHARDS {
            let prefixes = shares.iter().filter(|of| **of == shard).count();
            assert!((1..=1 << (PREFIX - 8)).contains(&prefixes), "{shard} has {prefixes}");
        }
    }

    #[test]
    fn a_url_costs_what_the_documentation_says_at_every_count() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut seen = Seen::new();
        let mut next = 100_000;
        let (mut least, mut most) = (f64::MAX, 0.0_f64);
        // A little more than two doublings, which is after how many the costs repeat themselves.
        while seen.len() < 500_000 {
            for _ in 0..next {
                seen.insert(Fingerprint::from_bits(random.u64(..)));
            }
            next = seen.len() / 20;
            let tables: usize = seen.shards.iter().map(HashTable::allocation_size).sum();
            let cost = tables as f64 / seen.len() as f64;
            (least, most) = (least.min(cost), most.max(cost));
        }
        assert!(least > 11.9 && most < 14.5, "{least:.2} to {most:.2} bytes");
    }
}
