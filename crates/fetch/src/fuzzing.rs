//! What fuzz targets need of the inside; compiled for them only.

use bytes::Bytes;

use crate::decode::{Coding, Decoder};

/// Decodes `data`, given in pieces of `piece` bytes, and returns how many bytes came out.
///
/// The names of `codings` are in the order in which they were applied; unknown ones are left out.
///
/// # Panics
///
/// If more than `limit` bytes come out, or more than one step at a time.
pub fn decode(codings: &[&str], data: &[u8], piece: usize, limit: u64) -> usize {
    let codings: Vec<_> = codings.iter().filter_map(|name| Coding::named(name)).collect();
    let mut decoder = Decoder::new(&codings, limit);
    let mut out = Vec::new();
    for piece in data.chunks(piece.max(1)) {
        decoder.put(Bytes::copy_from_slice(piece));
        loop {
            match decoder.take(&mut out) {
                Ok(0) => break,
                Ok(written) => assert!(written <= 32 * 1024, "{written} bytes in one step"),
                Err(_) => return out.len(),
            }
            assert!(out.len() as u64 <= limit, "{} bytes", out.len());
        }
    }
    decoder.ending();
    out.len()
}
