//! Any content type and any body: some text in an encoding that is known, never a panic.

#![no_main]

use dragline_parse::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (Option<&str>, &[u8])| {
    let (content_type, body) = data;
    let decoded = decode(body, content_type);
    // No encoding makes more than three bytes of text of one byte.
    assert!(decoded.text.len() <= 3 * body.len() + 3);
    let label = format!("text/html; charset={}", decoded.encoding);
    if !body.starts_with(b"\xef\xbb\xbf") && !body.starts_with(b"\xff\xfe") && !body.starts_with(b"\xfe\xff") {
        assert_eq!(decode(body, Some(&label)), decoded, "the name is a label of the encoding");
    }
});
