//! Tests of charset detection: conformance tables, order of precedence, hostile bytes.

use encoding_rs::{Encoding, WINDOWS_1252};
use proptest::prelude::{any, prop, prop_assert, proptest};
use serde_json::Value;

use super::{decode, prescan};

fn table(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn base64(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes().filter(|&letter| letter != b'=') {
        let value = alphabet.iter().position(|&known| known == letter).unwrap();
        bits = (bits << 6) | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    bytes
}

#[test]
fn prescan_agrees_with_html5lib() {
    let cases = table(include_str!("../../tests/data/meta_prescan.json"));
    for case in cases["cases"].as_array().unwrap() {
        let body = base64(case["data_b64"].as_str().unwrap());
        // Some cases declare later than the prescan looks; a browser then starts over while parsing.
        let early = memchr::memmem::find(&body, b"charset=").is_none_or(|start| start < 1024);
        if !early {
            continue;
        }
        let label = case["encoding"].as_str().unwrap();
        let expected = Encoding::for_label(label.as_bytes()).unwrap();
        let found = Encoding::for_bom(&body).map(|(encoding, _)| encoding);
        let found = found.or_else(|| prescan::prescan(&body)).unwrap_or(WINDOWS_1252);
        assert_eq!(found.name(), expected.name(), "{}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn every_label_of_the_encoding_standard_is_known() {
    for (label, name) in table(include_str!("../../tests/data/labels.json")).as_object().unwrap() {
        let header = format!("text/html; charset={label}");
        let found = decode(b"x", Some(&header)).encoding;
        assert!(found.eq_ignore_ascii_case(name.as_str().unwrap()), "{label}: {found}");
    }
}

#[test]
fn mark_beats_header_beats_meta_beats_guess() {
    let meta = b"<meta charset=koi8-r>\xd0\x9f";
    let marked = [b"\xef\xbb\xbf".as_slice(), meta].concat();
    assert_eq!(decode(&marked, Some("text/html;charset=gbk")).encoding, "UTF-8");
    assert!(decode(&marked, None).text.starts_with("<meta"));
    assert_eq!(decode(meta, Some("text/html;charset=gbk")).encoding, "GBK");
    assert_eq!(decode(meta, Some("text/html;charset=nonsense")).encoding, "KOI8-R");
    assert_eq!(decode(meta, None).encoding, "KOI8-R");
    assert_eq!(decode("Привет".as_bytes(), None).encoding, "UTF-8");
}

#[test]
fn xml_declaration_counts_when_no_meta_does() {
    let declared = b"<?xml version='1.0' encoding='iso-8859-2'?><p>\xb1</p>";
    assert_eq!(decode(declared, None).encoding, "ISO-8859-2");
    let both = b"<?xml version='1.0' encoding='iso-8859-2'?><meta charset=koi8-r>";
    assert_eq!(decode(both, None).encoding, "KOI8-R");
}

#[test]
fn declaration_that_is_cut_off_does_not_count() {
    for cut in ["<meta charset=koi8-r", "<meta charset='koi8-r'", "<meta charset=koi8-r x='>"] {
        assert_eq!(decode(cut.as_bytes(), None).encoding, "UTF-8", "{cut}");
    }
    assert_eq!(decode(b"<meta charset=koi8-r x>", None).encoding, "KOI8-R");
}

#[test]
fn undeclared_legacy_text_is_guessed() {
    let (shift_jis, _, _) = encoding_rs::SHIFT_JIS.encode("これは日本語の文章です。漢字もある。");
    assert_eq!(decode(&shift_jis, None).encoding, "Shift_JIS");
    let padded = [b"x".repeat(500_000), shift_jis.to_vec()].concat();
    assert_eq!(decode(&padded, None).encoding, "Shift_JIS");
}

#[test]
fn character_cut_off_at_the_end_is_still_utf8() {
    let cut = &"žluť".as_bytes()[..5];
    let decoded = decode(cut, None);
    assert_eq!((decoded.encoding, &*decoded.text), ("UTF-8", "žlu\u{fffd}"));
}

#[test]
fn binary_gives_some_text() {
    let zeros = vec![0_u8; 100_000];
    assert_eq!(decode(&zeros, None).text.len(), zeros.len());
    let noise: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    assert!(!decode(&noise, Some("image/png")).text.is_empty());
}

proptest! {
    #[test]
    fn any_bytes_under_any_header_decode(
        body in prop::collection::vec(any::<u8>(), 0..2_000),
        header in prop::option::of(".{0,60}"),
    ) {
        let decoded = decode(&body, header.as_deref());
        prop_assert!(!decoded.encoding.is_empty());
    }

    #[test]
    fn markup_like_bytes_decode(pieces in prop::collection::vec(prop::sample::select(vec![
        "<", ">", "<meta", " ", "charset", "=", "\"", "'", "<!--", "-->", "<?xml", "encoding",
        "content", "http-equiv", "content-type", "/", "utf-8", "x-user-defined", "\u{0}", "é",
    ]), 0..40)) {
        let text = pieces.concat();
        prop_assert!(decode(text.as_bytes(), None).text.len() <= text.len() * 3);
    }
}
