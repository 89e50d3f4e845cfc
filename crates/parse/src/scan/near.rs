//! Looks for bytes that are probably near, eight at a time: most tags and values end within a few bytes, where
//! a call of `memchr` costs more than the search.

use memchr::memchr;

/// How many words of eight bytes are looked at before `memchr` is asked for the rest.
const NEAR: usize = 8;

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
            return Some(at + first(found));
        }
        (rest, at) = (behind, at + 8);
    }
    memchr(needle, rest).map(|offset| at + offset)
}

/// Returns the up to seven bytes that end before the next space or `>`, the first lowest, and how many they
/// are; `None` when they are more, or near the end of the text.
#[inline]
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
    let found = zeros(word ^ (LOW * u64::from(b'=')));
    let length = if found == 0 { 0 } else { first(found) };
    // Letters have the second highest bit and not the highest; a few signs that end no name do too.
    let letters = word & !(word >> 1) & (HIGH >> 1);
    let all = !(u64::MAX << (8 * length));
    let wanted = (HIGH >> 1) & all;
    // Of what is taken for letters here, only letters become letters.
    let lower = (word | (LOW * 0x20)) & all;
    (length > 0 && letters & wanted == wanted).then_some((at + length, lower))
}

/// Tells whether there is a `&` or a control character among these.
#[inline]
pub(super) fn any_special(bytes: &[u8]) -> bool {
    let special = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(LOW * 0x20) & !word & HIGH;
        control | zeros(word ^ (LOW * u64::from(b'&'))) != 0
    };
    let (words, rest) = bytes.as_chunks();
    if words.iter().any(special) {
        return true;
    }
    match bytes.last_chunk() {
        // Some bytes are looked at twice, which is cheaper than one after the other.
        Some(last) => !rest.is_empty() && special(last),
        None => rest.iter().any(|byte| *byte < 0x20 || *byte == b'&'),
    }
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
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{any_special, equals_behind_letters, next, unquoted, word_before_space_or_bracket};

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
        fn what_needs_decoding_is_found(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let expected = bytes.iter().any(|byte| *byte < 0x20 || *byte == b'&');
            prop_assert_eq!(any_special(&bytes), expected);
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
