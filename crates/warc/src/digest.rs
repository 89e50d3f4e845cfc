//! Digests of blocks and payloads.

use std::fmt;

use ring::digest::{Context, SHA256};

/// A SHA-256 digest (FIPS 180-4), which other tools check as well as the older SHA-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Computes the digest of some pieces, one behind the other.
    pub fn of<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut context = Context::new(&SHA256);
        pieces.into_iter().for_each(|piece| context.update(piece));
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.finish().as_ref());
        Self(bytes)
    }

    /// Returns its first bits.
    pub fn bits(&self) -> u128 {
        let (first, _) = self.0.split_at(16);
        first.iter().fold(0, |bits, byte| bits << 8 | u128::from(*byte))
    }
}

/// As it stands in `WARC-Payload-Digest`: the algorithm and hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
