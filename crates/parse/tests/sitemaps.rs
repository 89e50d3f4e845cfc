//! The conformance table of sitemaps, through the public functions alone.

use std::collections::BTreeMap;

use dragline_parse::{Sitemap, SitemapEntry};
use serde_json::Value;

/// Decodes base64 without padding or line breaks (RFC 4648, section 4), as the table has it.
fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|byte| ALPHABET.iter().position(|&digit| digit == byte));
    let bits: Vec<bool> =
        digits.flat_map(|digit| (0..6).rev().map(move |bit| digit >> bit & 1 == 1)).collect();
    bits.chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |byte, &bit| byte << 1 | u8::from(bit)))
        .collect()
}

#[test]
fn sitemaps_agree_with_the_table() {
    let table: Value = serde_json::from_str(include_str!("data/sitemaps.json")).unwrap();
    for case in table["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let body = match (case["body"].as_str(), case["body_b64"].as_str()) {
            (Some(text), _) => text.as_bytes().to_vec(),
            (None, encoded) => base64(encoded.unwrap()),
        };
        let sitemap = Sitemap::read(&body, None);
        let (found, errors): (Vec<_>, Vec<_>) = sitemap.entries().partition(Result::is_ok);
        let found: Vec<SitemapEntry> = found.into_iter().map(Result::unwrap).collect();

        let locations: Vec<&str> = found.iter().map(SitemapEntry::location).collect();
        let expected: Vec<&str> =
            case["locs"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(locations, expected, "{name}");

        let faulty = case["kind"] == "invalid" || name == "truncated";
        assert_eq!(!errors.is_empty(), faulty, "{name}: {errors:?}");
        let index = found.iter().all(|entry| matches!(entry, SitemapEntry::Sitemap { .. }));
        assert_eq!(index && !found.is_empty(), case["kind"] == "index", "{name}");

        let modified: BTreeMap<String, Value> = found
            .iter()
            .filter_map(|entry| {
                Some((entry.location().to_owned(), entry.modified()?.text().into()))
            })
            .collect();
        let dates = case["lastmod"].as_object().cloned().unwrap_or_default();
        assert_eq!(modified, dates.into_iter().collect(), "{name}");
    }
}
