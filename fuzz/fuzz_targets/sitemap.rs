//! Any body as a sitemap and as a feed: an end, fields within their bounds, never a panic.

#![no_main]

use dragline_parse::{Feed, Sitemap};
use libfuzzer_sys::fuzz_target;
use url::Url;

const MAX_LOCATION: usize = 8 * 1024;
const MAX_ENTRIES: usize = 50_000;

fuzz_target!(|body: &[u8]| {
    let sitemap = Sitemap::read(body, None);
    let mut entries = sitemap.entries();
    let mut count = 0;
    for entry in entries.by_ref() {
        count += 1;
        match entry {
            Ok(entry) => assert!((1..=MAX_LOCATION).contains(&entry.location().len())),
            Err(error) => assert!(error.to_string().len() < 2_000 && !error.code().is_empty()),
        }
    }
    assert!(count <= MAX_ENTRIES + 1);
    assert!(entries.next().is_none(), "nothing follows the end");

    let url = Url::parse("http://h.example/feed").expect("the URL is valid");
    let feed = Feed::read(body, None, &url);
    let mut entries = feed.entries();
    while let Some(entry) = entries.next() {
        let Ok(entry) = entry else {
            assert!(entries.next().is_none(), "nothing follows an error");
            break;
        };
        assert!(entry.links.len() <= 256);
        assert!(entry.content.is_none_or(|content| content.len() <= 1024 * 1024));
    }
});
