//! Looks at the next bytes together: most names and values end within a few of them, where a call of `memchr` costs
//! more than the search.

use std::ops::Range;

use fearless_simd::{Level, Simd, SimdBase, SimdMask, dispatch, u8x64};
use wide::u8x16;

/// How many bytes are looked at together.
const PART: usize = 16;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Writes a bit for each byte of these blocks that is a `<`, and for each that is a `"`, those of the first byte of a
/// block lowest.
pub(super) fn mark(level: Level, blocks: &[[u8; 64]], tags: &mut [u64], quotes: &mut [u64]) {
    dispatch!(level, simd => mark_with(simd, blocks, tags, quotes));
}

#[inline(always)]
fn mark_with<S: Simd>(simd: S, blocks: &[[u8; 64]], tags: &mut [u64], quotes: &mut [u64]) {
    let [tag, quote] = [b'<', b'"'].map(|byte| u8x64::splat(simd, byte));
    for ((block, tags), quotes) in blocks.iter().zip(tags).zip(quotes) {
        let block = u8x64::from_slice(simd, block);
        *tags = block.simd_eq(tag).to_bitmask();
        *quotes = block.simd_eq(quote).to_bitmask();
    }
}

/// Returns the up to seven bytes that end before the next space or `>`, the first lowest, and how many they
/// are; `None` when they are more, or near the end of the text.
#[inline(always)]
pub(super) fn word_before_space_or_bracket(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    let found = zeros(word ^ (LOW * u64::from(b'>'))) | zeros(word ^ (LOW * u64::from(b' ')));
    let length = first(found);
    (found != 0).then(|| (word & !(u64::MAX << (8 * length)), length))
}

/// Returns how long the value without quotes is that begins at `at`, at most seven bytes and ended by a space or
/// `>`; `None` when it may be anything else.
#[inline]
pub(super) fn unquoted(bytes: &[u8], at: usize) -> Option<usize> {
    let (word, length) = word_before_space_or_bracket(bytes, at)?;
    let filled = word | (LOW * 0x20) << (8 * length);
    let control = filled.wrapping_sub(LOW * 0x20) & !filled & HIGH;
    let quote = matches!(word as u8, b'"' | b'\'');
    (length > 0 && control == 0 && !quote).then_some(length)
}

/// Returns the place of the `=` at most seven bytes behind `at`, with nothing but letters before it, and these
/// as a number, in lower case and the first lowest; `None` when anything is otherwise.
#[inline]
pub(super) fn equals_behind_letters(bytes: &[u8], at: usize) -> Option<(usize, u64)> {
    let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    let length = first(zeros(word ^ (LOW * u64::from(b'='))));
    letters_before_equals(bytes, at, length).map(|name| (at + length, name))
}

/// Returns the letters that begin at `at` as a number, in lower case and the first lowest, if they are one to seven
/// of this length and `=` is behind them.
#[inline(always)]
pub(super) fn letters_before_equals(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    // Letters have the second highest bit and not the highest; a few signs that end no name do too.
    let letters = word & !(word >> 1) & (HIGH >> 1);
    if !(1..8).contains(&length) {
        return None;
    }
    let all = !(u64::MAX << (8 * length));
    let wanted = (HIGH >> 1) & all;
    let ended = (word >> (8 * length)) as u8 == b'=';
    // Of what is taken for letters here, only letters become letters.
    let lower = (word | (LOW * 0x20)) & all;
    (ended && letters & wanted == wanted).then_some(lower)
}

/// Tells whether there is a `&` or a control character in this part of a text.
#[inline(always)]
pub(super) fn any_special(text: &[u8], range: Range<usize>) -> bool {
    let special = |part: &[u8; PART]| {
        let part = u8x16::new(*part);
        // A control character is the smaller one of itself and the last of them.
        let control = part.min(u8x16::splat(0x1f)).simd_eq(part);
        (control | part.simd_eq(u8x16::splat(b'&'))).to_bitmask()
    };
    let (parts, rest) = text[range.clone()].as_chunks();
    // What is left is the end of what stands before it, of which the first bytes do not count.
    let last = || match text[..range.end].last_chunk() {
        Some(last) => special(last) >> (PART - rest.len()) != 0,
        None => rest.iter().any(|byte| *byte <= 0x1f || *byte == b'&'),
    };
    parts.iter().any(|part| special(part) != 0) || (!rest.is_empty() && last())
}

/// Sets the high bit of the first byte that is zero, and perhaps of bytes behind it; of none when none is.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(LOW) & !word & HIGH
}

/// Returns the number of the first byte that has a bit.
fn first(word: u64) -> usize {
    (word.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, prop_assert_eq, prop_oneof, proptest};

    use super::{any_special, equals_behind_letters, unquoted, word_before_space_or_bracket};

    proptest! {
        #[test]
        fn what_needs_decoding_is_found(bytes in proptest::collection::vec(
            prop_oneof![30 => b'!'..=255, 1 => any::<u8>()],
            0..99,
        ), ends in any::<[prop::sample::Index; 2]>()) {
            let [start, end] = ends.map(|end| end.index(bytes.len() + 1));
            let range = start.min(end)..start.max(end);
            let expected = bytes[range.clone()].iter().any(|byte| *byte < 0x20 || *byte == b'&');
            prop_assert_eq!(any_special(&bytes, range), expected);
        }

        #[test]
        fn nothing_but_letters_stands_before_the_equals(text in "[a-zA-Z]{0,4}[a-z=/> \t\u{e9}0-9-]{0,9}") {
            let bytes = text.as_bytes();
            if let Some((place, word)) = equals_behind_letters(bytes, 0) {
                prop_assert_eq!(bytes[place], b'=');
                let lower = text[..place].to_ascii_lowercase();
                prop_assert_eq!(&word.to_le_bytes()[..place], lower.as_bytes());
                assert!(place > 0 && bytes[..place].iter().all(u8::is_ascii_alphabetic), "{text}");
            }
        }
    }

    #[test]
    fn a_word_ends_with_the_first_space_or_bracket() {
        let word = |text: &[u8]| word_before_space_or_bracket(text, 0);
        assert_eq!(word(b"li>x y >"), Some((u64::from(u16::from_le_bytes(*b"li")), 2)));
        assert_eq!(word(b"p class=x>"), Some((u64::from(b'p'), 1)));
        assert_eq!(word(b" p class="), Some((0, 0)));
        assert_eq!((word(b"template>"), word(b"p>")), (None, None));
    }

    #[test]
    fn a_short_value_without_quotes_is_read_at_once() {
        assert_eq!(unquoted(b"#42 id=42>", 0), Some(3));
        assert_eq!(unquoted(b"/a/b?x>c</a>", 0), Some(6));
        for other in
            ["'a b' c=d", "\"a\" c=dd", "a\tb=c d>", " a=b c=d", ">1234567", "1234567890>", "a>"]
        {
            assert_eq!(unquoted(other.as_bytes(), 0), None, "{other}");
        }
    }

    #[test]
    fn a_short_name_is_read_at_once() {
        assert_eq!(equals_behind_letters(b" href=x>", 1), None, "too near to the end of the text");
        assert_eq!(equals_behind_letters(b" href=\"x\">", 1), Some((5, 0x6665_7268)));
        assert_eq!(equals_behind_letters(b" content=\"x\">", 1).map(|found| found.0), Some(8));
        assert_eq!(equals_behind_letters(b" data-x=\"x\">", 1), None);
        assert_eq!(equals_behind_letters(b" =\"x\">      ", 1), None);
    }
}
