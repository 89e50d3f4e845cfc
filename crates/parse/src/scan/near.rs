//! Looks for bytes that are probably near, eight at a time: most tags and values end within a few bytes, where
//! a call of `memchr` costs more than the search.

use memchr::memchr;

/// How many words of eight bytes are looked at before `memchr` is asked for the rest.
const NEAR: usize = 6;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Returns the place of the next such byte, from `from` on.
#[inline]
pub(super) fn next(needle: u8, bytes: &[u8], from: usize) -> Option<usize> {
    let pattern = LOW * u64::from(needle);
    let mut rest = &bytes[from..];
    let mut at = from;
    for _ in 0..NEAR {
        let Some((word, behind)) = rest.split_first_chunk() else { break };
        let found = zeros(u64::from_le_bytes(*word) ^ pattern);
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        (rest, at) = (behind, at + 8);
    }
    memchr(needle, rest).map(|offset| at + offset)
}

/// Tells whether any of three bytes is among these.
#[inline]
pub(super) fn any(needles: [u8; 3], bytes: &[u8]) -> bool {
    let patterns = needles.map(|needle| LOW * u64::from(needle));
    let has = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        patterns.iter().fold(0, |found, pattern| found | zeros(word ^ pattern)) != 0
    };
    let (words, rest) = bytes.as_chunks();
    if words.iter().any(has) {
        return true;
    }
    match bytes.last_chunk() {
        // Some bytes are looked at twice, which is cheaper than one after the other.
        Some(last) => !rest.is_empty() && has(last),
        None => rest.iter().any(|byte| needles.contains(byte)),
    }
}

/// Sets the high bit of the first byte that is zero, and perhaps of bytes behind it; of none when none is.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(LOW) & !word & HIGH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any as anything, prop_assert_eq, proptest};

    use super::{any, next};

    proptest! {
        #[test]
        fn the_first_one_is_found_wherever_it_is(
            bytes in proptest::collection::vec(0_u8..5, 0..99),
            padding in 0_usize..99,
            from in 0_usize..9,
            needle in 0_u8..6,
        ) {
            let bytes = [vec![b'x'; padding], bytes].concat();
            let from = from.min(bytes.len());
            let expected = bytes[from..].iter().position(|byte| *byte == needle);
            prop_assert_eq!(next(needle, &bytes, from), expected.map(|offset| from + offset));
        }

        #[test]
        fn any_of_three_is_found(bytes in proptest::collection::vec(anything::<u8>(), 0..40)) {
            let needles = [b'&', b'\r', 0x80];
            let expected = bytes.iter().any(|byte| needles.contains(byte));
            prop_assert_eq!(any(needles, &bytes), expected);
        }
    }
}
