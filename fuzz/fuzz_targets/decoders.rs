//! Any bytes in any one or two codings: never over the limit, never a panic.

#![no_main]

use dragline_fetch::fuzzing::decode;
use libfuzzer_sys::fuzz_target;

const CODINGS: [&str; 5] = ["gzip", "deflate", "br", "zstd", "none"];
const LIMIT: u64 = 256 * 1024;

fuzz_target!(|data: &[u8]| {
    let [first, second, piece, data @ ..] = data else { return };
    let coding = |byte: &u8| CODINGS[usize::from(*byte) % CODINGS.len()];
    let codings = [coding(first), coding(second)];
    decode(&codings, data, usize::from(*piece) * usize::from(*piece), LIMIT);
});
