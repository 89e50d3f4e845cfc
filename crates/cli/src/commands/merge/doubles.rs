//! Which records are doubles of one before them. Keys are known by 128 bits of their hash, of which a bounded number is
//! held at once; the others have their turn when all is read again.

use std::collections::HashSet;

use twox_hash::XxHash3_64;

/// The doubles among records that come in the same order each time they are read.
///
/// Costs 20 to 39 bytes for each key that is held, and a bit for each record.
#[derive(Debug)]
pub(super) struct Doubles {
    held: HashSet<u128>,
    most: usize,
    /// Keys are looked at whose hash is not below the first of these and below the second; `None` has no end.
    from: u128,
    until: Option<u128>,
    /// A bit for each record.
    marks: Vec<u64>,
    place: u64,
    items: u64,
    count: u64,
}

impl Doubles {
    /// Begins with nothing known; at most `most` keys are held at once.
    pub(super) fn new(most: usize) -> Self {
        Self {
            held: HashSet::new(),
            most: most.max(1),
            from: 0,
            until: None,
            marks: Vec::new(),
            place: 0,
            items: 0,
            count: 0,
        }
    }

    /// Begins at the first record.
    pub(super) fn begin(&mut self) {
        self.place = 0;
    }

    /// Notes the key of the next record.
    pub(super) fn note(&mut self, key: &[u8]) {
        let place = self.place;
        self.place += 1;
        if place == self.items {
            self.items += 1;
        }
        let hash = hash(key);
        if hash < self.from || self.until.is_some_and(|until| hash >= until) {
            return;
        }
        if !self.held.insert(hash) {
            let word = usize::try_from(place / 64).expect("a bit for each record fits into memory");
            if self.marks.len() <= word {
                self.marks.resize(word + 1, 0);
            }
            self.count += u64::from(self.marks[word] >> (place % 64) & 1 == 0);
            self.marks[word] |= 1 << (place % 64);
        }
        while self.held.len() > self.most && self.narrow() {}
    }

    /// Leaves the upper half of the hashes that are looked at for another time.
    fn narrow(&mut self) -> bool {
        let until = self.until.unwrap_or(u128::MAX);
        let middle = self.from + (until - self.from) / 2;
        if middle == self.from {
            return false;
        }
        self.until = Some(middle);
        self.held.retain(|hash| *hash < middle);
        true
    }

    /// Tells whether all has to be read once more, for keys that had no place.
    pub(super) fn again(&mut self) -> bool {
        self.held.clear();
        let Some(until) = self.until.take() else { return false };
        self.from = until;
        true
    }

    /// Tells whether the record at a place, from 0, is a double.
    pub(super) fn contains(&self, place: u64) -> bool {
        let word = usize::try_from(place / 64).ok().and_then(|word| self.marks.get(word));
        word.is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// Returns how many records there are.
    pub(super) fn items(&self) -> u64 {
        self.items
    }

    /// Returns how many of them are doubles.
    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

/// Two hashes of 64 bits: among a thousand million keys two are alike once in 10^20 times.
fn hash(key: &[u8]) -> u128 {
    let upper = XxHash3_64::oneshot(key);
    let lower = XxHash3_64::oneshot_with_seed(1, key);
    u128::from(upper) << 64 | u128::from(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds the doubles among keys, and tells how often they were read.
    fn doubles(keys: &[u32], most: usize) -> (Vec<u64>, u32) {
        let mut doubles = Doubles::new(most);
        let mut rounds = 0;
        loop {
            doubles.begin();
            keys.iter().for_each(|key| doubles.note(&key.to_le_bytes()));
            rounds += 1;
            assert!(doubles.held.len() <= most);
            if !doubles.again() {
                break;
            }
        }
        let found: Vec<u64> = (0..doubles.items()).filter(|at| doubles.contains(*at)).collect();
        assert_eq!(doubles.items(), keys.len() as u64);
        assert_eq!(doubles.count(), found.len() as u64);
        (found, rounds)
    }

    #[test]
    fn doubles_are_the_same_however_few_keys_are_held_at_once() {
        let mut random = fastrand::Rng::with_seed(1);
        let keys: Vec<u32> = (0..3000).map(|_| random.u32(..2000)).collect();
        let mut known = HashSet::new();
        let expected: Vec<u64> =
            (0..).zip(&keys).filter(|(_, key)| !known.insert(**key)).map(|(at, _)| at).collect();
        assert_eq!(doubles(&keys, 10_000), (expected.clone(), 1));
        for most in [1000, 100, 7] {
            let (found, rounds) = doubles(&keys, most);
            assert_eq!(found, expected);
            assert!(rounds as usize >= known.len() / most, "{rounds} rounds with {most}");
        }
    }
}
