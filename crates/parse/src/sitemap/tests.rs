//! Tests of sitemaps: the fields of an entry, what is an error of one entry, and what ends all.

use std::fmt::Write;

use proptest::prelude::*;

use super::{ChangeFrequency, Sitemap, SitemapAlternate, SitemapEntry};
use crate::date::Date;

/// Reads a sitemap: its URLs, and the codes of its errors.
fn read(body: &[u8]) -> (Vec<String>, Vec<&'static str>) {
    let mut locations = Vec::new();
    let mut codes = Vec::new();
    for entry in Sitemap::read(body, None).entries() {
        match entry {
            Ok(entry) => locations.push(entry.location().to_owned()),
            Err(error) => codes.push(error.code()),
        }
    }
    (locations, codes)
}

fn urls(inside: &str) -> (Vec<String>, Vec<&'static str>) {
    read(format!("<urlset>{inside}</urlset>").as_bytes())
}

#[test]
fn every_field_of_an_entry_is_read() {
    let body =
        b"<?xml version='1.0'?><!-- c --><s:urlset xmlns:s='s' xmlns:x='h' xmlns:i='i'><s:url>\
        <i:image><i:loc>no</i:loc></i:image><i:loc>no</i:loc><x:lastmod>1999</x:lastmod>\
        <x:link rel='alternate' hreflang='de' href=' http://h.test/de?a=1&amp;b=2 '/>\
        <x:link rel='next' hreflang='fr' href='no'/><s:loc>\n http://h.test/ <!-- c -->\n</s:loc>\
        <s:lastmod>2026-01-02</s:lastmod><s:changefreq> Daily </s:changefreq>\
        <s:priority>0.8</s:priority><s:loc>http://h.test/second</s:loc></s:url>\
        <s:url><s:loc>/b</s:loc><s:lastmod/><s:priority>7</s:priority></s:url></s:urlset>";
    let sitemap = Sitemap::read(body, None);
    let mut entries = sitemap.entries().map(Result::unwrap);
    let alternate =
        SitemapAlternate { language: "de".into(), location: "http://h.test/de?a=1&b=2".into() };
    let first = SitemapEntry::Page {
        location: "http://h.test/".into(),
        modified: Some(Date::read("2026-01-02")),
        change_frequency: Some(ChangeFrequency::Daily),
        priority: Some(0.8),
        alternates: vec![alternate],
    };
    assert_eq!(entries.next(), Some(first));
    assert_eq!(entries.next(), Some(super::entry::page("/b".into(), None)));
    assert_eq!(entries.next(), None);
}

#[test]
fn an_index_names_sitemaps() {
    let body =
        b"<sitemapindex><sitemap><loc>http://h.test/s</loc><lastmod>2026</lastmod></sitemap>";
    let sitemap = Sitemap::read(body, None);
    let entries: Vec<_> = sitemap.entries().collect();
    let modified = Some(Date::read("2026"));
    let expected = SitemapEntry::Sitemap { location: "http://h.test/s".into(), modified };
    assert_eq!(entries[0], Ok(expected));
    assert_eq!(entries[1].as_ref().unwrap_err().code(), "truncated");
}

#[test]
fn an_entry_without_a_usable_url_is_an_error_in_its_place() {
    let long = format!("<url><loc>http://h.test/{}</loc></url>", "x".repeat(8 * 1024));
    let inside = format!(
        "<url/><url><loc> </loc></url><url><loc>http://h.test/&eacute;</loc></url>{long}\
         <url><loc>http://h.test/?a=1&b=2</loc></url><other><url><loc>no</loc></url></other>"
    );
    let codes = vec!["no_location", "no_location", "unknown_entity", "long_location"];
    assert_eq!(urls(&inside), (vec!["http://h.test/?a=1&b=2".to_owned()], codes));
}

#[test]
fn entries_before_a_fault_are_kept() {
    let page = "<url><loc>http://h.test/a</loc></url>";
    for (rest, code) in [
        ("<url><loc>http://h.test/b</lo", "malformed"),
        ("<url><loc>http://h.test/b</url>", "malformed"),
        ("<url><loc>http://h.test/b", "truncated"),
        ("<url><x", "malformed"),
    ] {
        let (locations, codes) = read(format!("<urlset>{page}{rest}").as_bytes());
        assert_eq!((locations.len(), codes), (1, vec![code]), "{rest}");
    }
}

#[test]
fn plain_text_is_a_list_only_if_it_begins_with_a_url() {
    let text = b"\xef\xbb\xbf\n HTTP://h.test/a \r\n\r\nnot a url\nhttps://h.test/b";
    let locations = vec!["HTTP://h.test/a".to_owned(), "https://h.test/b".to_owned()];
    assert_eq!(read(text), (locations, vec!["no_location"]));
    for text in ["", "not found", "User-agent: *\nhttp://h.test/", "<p>http://h.test/", "<?xml"] {
        let (locations, codes) = read(text.as_bytes());
        assert_eq!((locations.len(), codes.len()), (0, 1), "{text}");
    }
}

#[test]
fn feeds_are_sitemaps_too() {
    let atom =
        b"<feed><entry><link href='http://h.test/a'/><updated>2026-01-02T00:00:00Z</updated>\
        </entry><entry><title>no link</title></entry></feed>";
    assert_eq!(read(atom), (vec!["http://h.test/a".to_owned()], vec!["no_location"]));
    let sitemap = Sitemap::read(atom, None);
    let entry = sitemap.entries().next().unwrap().unwrap();
    assert_eq!(entry.modified().unwrap().time(), Date::read("2026-01-02").time());
}

#[test]
fn at_most_fifty_thousand_entries_are_read() {
    let mut inside = String::new();
    for page in 0..50_001 {
        write!(inside, "<url><loc>http://h.test/{page}</loc></url>").unwrap();
    }
    let (locations, codes) = urls(&inside);
    assert_eq!((locations.len(), codes), (50_000, vec!["too_many_entries"]));
    let lines = "http://h.test/\n".repeat(60_000);
    let (locations, codes) = read(lines.as_bytes());
    assert_eq!((locations.len(), codes), (50_000, vec!["too_many_entries"]));
}

#[test]
fn one_huge_field_is_cut_while_it_is_read() {
    let huge = "x".repeat(10 * 1024 * 1024);
    let inside = format!("<url><loc>{huge}</loc><lastmod>{huge}</lastmod></url><{huge}/>");
    assert_eq!(urls(&inside), (vec![], vec!["long_location"]));
}

proptest! {
    #[test]
    fn entries_of_a_written_sitemap_come_back(
        pages in prop::collection::vec(("[!-~é]{0,30}", 0_u32..=10, any::<bool>()), 0..20),
    ) {
        let mut body = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset>");
        let mut expected = Vec::new();
        for (path, priority, data) in &pages {
            let location = format!("http://h.test/{path}");
            let escaped = match data {
                true => format!("<![CDATA[{}]]>", location.replace("]]>", "]]]]><![CDATA[>")),
                false => quick_xml::escape::escape(&*location).into_owned(),
            };
            let priority = *priority as f32 / 10.0;
            write!(body, "<url>\n <loc> {escaped}\n</loc><priority>{priority}</priority></url>").unwrap();
            expected.push((location, Some(priority)));
        }
        body.push_str("</urlset>");
        let sitemap = Sitemap::read(body.as_bytes(), None);
        let found = sitemap.entries().map(|entry| match entry.unwrap() {
            SitemapEntry::Page { location, priority, .. } => (location, priority),
            SitemapEntry::Sitemap { .. } => panic!("no sitemap was written"),
        });
        prop_assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn any_bytes_give_entries_and_an_end(body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Sitemap::read(&body, None).entries().count() <= body.len() + 1);
    }
}
