//! Any bytes as the text of a page: the scan never panics, and finds what the walk over the tree finds.

#![no_main]

use dragline_parse::{reference, scan};
use libfuzzer_sys::fuzz_target;

/// The walk may take the square of a page's length.
const LONGEST: usize = 4096;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(&data[..data.len().min(LONGEST)]);
    if let Ok(facts) = scan(&text) {
        assert_eq!(facts, reference(&text));
    }
});
