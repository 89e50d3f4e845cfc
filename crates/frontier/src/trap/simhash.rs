//! A hash by which texts that differ little differ in few bits (Charikar's simhash).

use twox_hash::XxHash3_64;

/// Bits in which two texts may differ and still be one (Manku and others, 2007).
pub(super) const NEAR: u32 = 3;
/// Words that make one feature.
const SHINGLE: usize = 3;

/// What of a text counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    All,
    /// Those that are no numbers: pages of a calendar differ in nothing else.
    NoNumbers,
}

/// Which features a text has, as a set that may take some for present that are not.
pub(super) type FeatureSet = [u64; 64];

/// The features of a text: its runs of three words, each once.
#[derive(Debug)]
pub(super) struct Features {
    hashes: Vec<u64>,
    set: FeatureSet,
}

impl Features {
    pub(super) fn of(text: &str, words: Words) -> Self {
        let mut features = Self { hashes: Vec::with_capacity(text.len() / 6), set: [0; 64] };
        let mut last = [0_u64; SHINGLE];
        for word in text.split_ascii_whitespace() {
            if words == Words::NoNumbers && word.bytes().any(|byte| byte.is_ascii_digit()) {
                continue;
            }
            last.rotate_left(1);
            last[SHINGLE - 1] = XxHash3_64::oneshot(word.as_bytes());
            let hash = mix(last[0].rotate_left(2) ^ last[1].rotate_left(1) ^ last[2]);
            let (word, bit) = place(hash);
            if features.set[word] & bit == 0 && features.hashes.len() < usize::from(u16::MAX) {
                features.set[word] |= bit;
                features.hashes.push(hash);
            }
        }
        features
    }

    pub(super) fn set(&self) -> &FeatureSet {
        &self.set
    }

    /// Returns the simhash of those features that are not in a set, and how many they are.
    ///
    /// A counter per bit would be 64 additions a feature; here the counters lie across words, a plane for
    /// each binary digit, and one addition serves all 64.
    pub(super) fn simhash(&self, without: &FeatureSet) -> (u64, u32) {
        let mut planes = [0_u64; 16];
        let mut count = 0;
        for hash in &self.hashes {
            let (word, bit) = place(*hash);
            if without[word] & bit == 0 {
                add(&mut planes, *hash);
                count += 1;
            }
        }
        (over_half(&planes, count), count)
    }
}

fn place(hash: u64) -> (usize, u64) {
    ((hash >> 58) as usize, 1 << (hash >> 52 & 63))
}

fn add(planes: &mut [u64; 16], bits: u64) {
    let mut carry = bits;
    for plane in planes {
        if carry == 0 {
            break;
        }
        (*plane, carry) = (*plane ^ carry, *plane & carry);
    }
}

/// The bits whose counters are above half of `count`: compared digit by digit, the highest first.
fn over_half(planes: &[u64; 16], count: u32) -> u64 {
    let half = count / 2;
    let mut above = 0;
    let mut equal = u64::MAX;
    for (digit, plane) in planes.iter().enumerate().rev() {
        if half >> digit & 1 == 0 {
            above |= equal & plane;
            equal &= !plane;
        } else {
            equal &= plane;
        }
    }
    above
}

/// Spreads a combination of hashes over all bits (the finalizer of SplitMix64).
fn mix(bits: u64) -> u64 {
    let bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ bits >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(one: &str, other: &str) -> u32 {
        (simhash(one, Words::All) ^ simhash(other, Words::All)).count_ones()
    }

    fn simhash(text: &str, words: Words) -> u64 {
        Features::of(text, words).simhash(&[0; 64]).0
    }

    #[test]
    fn planes_count_like_counters() {
        let features: Vec<u64> = (0..1001).map(mix).collect();
        let mut planes = [0; 16];
        features.iter().for_each(|feature| add(&mut planes, *feature));
        for bit in 0..64 {
            let count = features.iter().filter(|feature| *feature >> bit & 1 == 1).count();
            assert_eq!(over_half(&planes, 1001) >> bit & 1 == 1, count > 500, "bit {bit}");
        }
    }

    #[test]
    fn a_word_in_a_long_page_is_near_and_another_page_is_far() {
        let page = |seed: u64| -> String {
            (0..600).map(|word| format!("w{} ", mix(word / 2 + seed) % 500)).collect()
        };
        let one = page(1);
        let mut near = one.clone();
        near.push_str("more");
        assert!(distance(&one, &near) <= NEAR, "{}", distance(&one, &near));
        assert!(distance(&one, &page(9000)) > 12, "{}", distance(&one, &page(9000)));
        assert!(distance("product 17 a red shirt", "product 18 a blue coat") > NEAR);
    }

    #[test]
    fn what_is_common_can_be_left_out_and_repeats_do_not_weigh() {
        let menu = "home about contact ".repeat(3) + &"more ".repeat(500);
        let common = Features::of(&menu, Words::All);
        let rest =
            |text: &str| Features::of(&(menu.clone() + text), Words::All).simhash(common.set());
        assert_eq!(rest(""), (0, 0));
        assert_eq!(rest("a red shirt").1, 3);
        assert!(distance(&menu, &(menu.clone() + "one other sentence of eight words")) > NEAR);
    }

    #[test]
    fn numbers_can_be_left_out() {
        let words = Words::NoNumbers;
        assert_eq!(simhash("no events on 17 march", words), simhash("no events on 9 march", words));
    }
}
