//! The usual bytes of paths and queries, sixteen at a time: most links have no others, and those that lead elsewhere
//! can be long.

use std::ops::RangeInclusive;

use wide::u8x16;

/// How many bytes are looked at together.
const PART: usize = 16;

/// What the URL Standard has written otherwise in a query (section 1.3), and what some parsers do.
const NOT_IN_QUERY: &[u8] = b"\"#'<>\\^`{}";

/// Returns how many bytes at the start of what follows a slash are letters, digits, `-`, `_`, slashes, and dots
/// that begin no segment.
pub(super) fn path_length(bytes: &[u8]) -> usize {
    let (parts, rest) = bytes.as_chunks();
    let mut before = b'/';
    for (index, part) in parts.iter().enumerate() {
        let others = others(part, before);
        if others != 0 {
            return index * PART + others.trailing_zeros() as usize;
        }
        before = part[PART - 1];
    }
    let others = others(&padded(rest), before);
    bytes.len() - rest.len() + (others.trailing_zeros() as usize).min(rest.len())
}

/// Tells whether a query stands for itself.
pub(super) fn is_query(bytes: &[u8]) -> bool {
    let (parts, rest) = bytes.as_chunks();
    let stays = |part: &[u8; PART]| {
        let part = u8x16::new(*part);
        let odd = NOT_IN_QUERY.iter().map(|byte| part.simd_eq(u8x16::splat(*byte)));
        (within(part, b'!'..=b'~') & !odd.fold(u8x16::ZERO, |all, odd| all | odd)).all()
    };
    parts.iter().all(stays) && stays(&padded(rest))
}

fn padded(rest: &[u8]) -> [u8; PART] {
    let mut padded = [b'a'; PART];
    padded[..rest.len()].copy_from_slice(rest);
    padded
}

/// Returns a bit for each of these bytes that is not usual in a path, the first lowest; `before` is the byte before
/// them.
fn others(part: &[u8; PART], before: u8) -> u32 {
    let part = u8x16::new(*part);
    // A bit tells lower case from upper, and dot and slash stand between hyphen and digits.
    let letters = within(part | u8x16::splat(0x20), b'a'..=b'z');
    let usual = letters | within(part, b'-'..=b'9') | part.simd_eq(u8x16::splat(b'_'));
    let slashes = part.simd_eq(u8x16::splat(b'/')).to_bitmask();
    let dots = part.simd_eq(u8x16::splat(b'.')).to_bitmask();
    let behind_slash = slashes << 1 | u32::from(before == b'/');
    (!usual).to_bitmask() | dots & behind_slash
}

fn within(part: u8x16, range: RangeInclusive<u8>) -> u8x16 {
    let offset = part - u8x16::splat(*range.start());
    offset.min(u8x16::splat(range.end() - range.start())).simd_eq(offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, prop_oneof, proptest};

    use super::{is_query, path_length};

    fn one_by_one(bytes: &[u8]) -> usize {
        let others = |(index, byte): (usize, &u8)| match byte {
            b'.' => index == 0 || bytes[index - 1] == b'/',
            b'-' | b'_' | b'/' => false,
            byte => !byte.is_ascii_alphanumeric(),
        };
        bytes.iter().enumerate().position(others).unwrap_or(bytes.len())
    }

    proptest! {
        #[test]
        fn a_path_is_usual_up_to_the_first_byte_that_is_not(
            usual in "[a-zA-Z0-9_./-]{0,50}",
            byte in prop_oneof![any::<u8>(), proptest::sample::select(&b"./:?%@[`{ "[..])],
            more in "[a-z/.]{0,20}",
        ) {
            let bytes = [usual.as_bytes(), &[byte], more.as_bytes()].concat();
            prop_assert_eq!(path_length(&bytes), one_by_one(&bytes));
            prop_assert_eq!(path_length(usual.as_bytes()), one_by_one(usual.as_bytes()));
        }

        #[test]
        fn one_odd_byte_makes_a_query_odd(usual in "[a-zA-Z0-9=&%+.]{0,50}", byte: u8, more in "[a-z]{0,40}") {
            let bytes = [usual.as_bytes(), &[byte], more.as_bytes()].concat();
            let stays = byte.is_ascii_graphic() && !b"\"#'<>\\^`{}".contains(&byte);
            prop_assert_eq!(is_query(&bytes), stays);
            prop_assert_eq!(is_query(usual.as_bytes()), true);
        }
    }
}
