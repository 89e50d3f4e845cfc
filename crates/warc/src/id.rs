//! The name of a record.

use std::fmt;

/// The name of a record: a random UUID (RFC 9562, version 4), made of bits that are passed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(u128);

impl Id {
    /// Makes a name of 122 of these bits.
    pub fn from_bits(bits: u128) -> Self {
        let versioned = bits & !(0xf << 76) | 4 << 76;
        Self(versioned & !(0x3 << 62) | 2 << 62)
    }
}

/// As it stands in `WARC-Record-ID`, with its angle brackets.
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
        write!(f, "<urn:uuid:{a}-{b}-{c}-{d}-{e}>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_random_uuids() {
        assert_eq!(
            Id::from_bits(u128::MAX).to_string(),
            "<urn:uuid:ffffffff-ffff-4fff-bfff-ffffffffffff>"
        );
        assert_eq!(Id::from_bits(1).to_string(), "<urn:uuid:00000000-0000-4000-8000-000000000001>");
    }
}
