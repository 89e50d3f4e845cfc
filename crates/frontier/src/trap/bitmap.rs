//! How many different things were seen, estimated in a few hundred bytes.

/// Counts different hashes by linear counting: one bit each, and the share of bits still unset tells how
/// many there were. A hash seen again changes nothing.
#[derive(Debug)]
pub(super) struct Bitmap<const WORDS: usize> {
    words: [u64; WORDS],
    ones: u32,
}

impl<const WORDS: usize> Bitmap<WORDS> {
    const BITS: u32 = WORDS as u32 * 64;

    pub(super) fn insert(&mut self, hash: u64) {
        // The high bits: tables that found this entry used the low ones.
        let bit = (hash >> 32) as u32 % Self::BITS;
        let word = &mut self.words[(bit / 64) as usize];
        let mask = 1 << (bit % 64);
        self.ones += u32::from(*word & mask == 0);
        *word |= mask;
    }

    /// Returns the estimate: within 5 % up to four times as many as there are bits.
    pub(super) fn count(&self) -> u32 {
        let unset = (Self::BITS - self.ones).max(1);
        let bits = f64::from(Self::BITS);
        (bits * (bits / f64::from(unset)).ln()).round() as u32
    }
}

impl<const WORDS: usize> Default for Bitmap<WORDS> {
    fn default() -> Self {
        Self { words: [0; WORDS], ones: 0 }
    }
}

#[cfg(test)]
mod tests {
    use twox_hash::XxHash3_64;

    use super::*;

    #[test]
    fn a_thousand_are_counted_within_five_percent_and_repeats_not_at_all() {
        let mut bitmap = Bitmap::<32>::default();
        for round in 0..3 {
            for number in 0..1000_u32 {
                bitmap.insert(XxHash3_64::oneshot(&number.to_le_bytes()));
            }
            assert!((950..=1050).contains(&bitmap.count()), "{} in {round}", bitmap.count());
        }
    }
}
