//! What a page asks of us, and what it says in formats of its own.

use std::sync::Arc;

use dragline_fetch::Response;
use dragline_frontier::{Admission, Directory, FingerprintKey, Scope, ScopeConfig};
use dragline_parse::{LinkKinds, Permission};
use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::discovery::Nofollow;
use crate::page::Page;

const LINKS: &str = "<a href=/a>a</a><a href=/b rel='ugc nofollow'>b</a><area href=/c>";

fn page(headers: &[(&'static str, &'static str)], body: &str, nofollow: Nofollow) -> Page {
    let url = Url::parse("http://h.test/").unwrap();
    let scope = Scope::new(&ScopeConfig::default(), []).unwrap();
    let key = FingerprintKey::from_bits(7);
    let admission = Admission::new(scope, Arc::new(Directory::default()), key, None);
    let pending = admission.seed(url.clone(), None).unwrap();
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    let response = Response::new(url, StatusCode::OK, headers, body.to_owned());
    Page::new(response, pending, (), "dragline".into(), nofollow)
}

fn found(page: &Page) -> Vec<String> {
    let found = page.found(LinkKinds::default());
    let counted = page.left_out();
    let mut visited = Vec::new();
    page.visit(LinkKinds::default(), |url| visited.push(url.to_owned()));
    assert_eq!(visited, found.iter().map(Url::as_str).collect::<Vec<_>>());
    assert_eq!(page.left_out(), 2 * counted);
    page.left_out.set(counted);
    found.iter().map(|url| url.path().to_owned()).collect()
}

#[test]
fn a_link_with_nofollow_is_left_out_and_counted() {
    let page = page(&[], LINKS, Nofollow::Obey);
    assert_eq!(found(&page), ["/a", "/c"]);
    assert_eq!(page.left_out(), 1);
    assert_eq!(page.links("a").unwrap().len(), 2, "a selector is the spider's own choice");
}

#[test]
fn a_page_may_ask_for_all_its_links() {
    let html = |meta: &str| format!("{meta}{LINKS}");
    let cases = [
        (html("<meta name=robots content='noindex, NoFollow'>"), None),
        (html("<meta name=robots content=none>"), None),
        (html("<meta name=Dragline content=nofollow><meta name=robots content=all>"), None),
        (html(""), Some("nofollow")),
        (html(""), Some("otherbot: noindex, dragline: nofollow")),
    ];
    for (body, header) in cases {
        let headers: Vec<_> = header.map(|value| ("x-robots-tag", value)).into_iter().collect();
        let obedient = page(&headers, &body, Nofollow::Obey);
        assert!(found(&obedient).is_empty(), "{body} {header:?}");
        assert_eq!(obedient.left_out(), 3, "{body} {header:?}");
        assert_eq!(obedient.signals().follow, Permission::Denied);
        let other = page(&headers, &body, Nofollow::Ignore);
        assert_eq!(found(&other), ["/a", "/b", "/c"]);
        assert_eq!(other.left_out(), 0);
    }
}

#[test]
fn what_is_asked_of_others_does_not_count() {
    let meta = format!("<meta name=otherbot content=nofollow>{LINKS}");
    let page = page(&[("x-robots-tag", "otherbot: none")], &meta, Nofollow::Obey);
    assert_eq!(found(&page), ["/a", "/c"]);
    assert_eq!(page.signals().index, Permission::Allowed);
}

#[test]
fn every_header_counts_also_of_what_is_no_html() {
    let headers = [
        ("content-type", "application/pdf"),
        ("x-robots-tag", "noindex"),
        ("x-robots-tag", "unavailable_after: Fri, 02 Jan 2026 00:00:00 GMT"),
    ];
    let page = page(&headers, "<meta name=robots content=nofollow>", Nofollow::Obey);
    assert_eq!(page.signals().index, Permission::Denied);
    assert!(page.signals().unavailable_after.is_some());
    assert_eq!(page.signals().follow, Permission::Allowed, "a document has no metas");
}

#[test]
fn structured_data_is_read_against_the_base_of_the_page() {
    let html = "<base href=/d/><meta property=og:image content=a.png><meta name=twitter:card \
                content=summary><script type=application/ld+json>{\"name\": \"Soup\"}</script>";
    let page = page(&[], html, Nofollow::Obey);
    let block: serde_json::Value = page.json_ld().unwrap()[0].read().unwrap();
    assert_eq!(block["name"], "Soup");
    assert_eq!(page.open_graph().unwrap().images[0].as_str(), "http://h.test/d/a.png");
    assert_eq!(page.twitter_card().unwrap().kind.as_deref(), Some("summary"));
}

#[test]
fn feeds_and_sitemaps_are_read_in_the_charset_of_their_header() {
    let feed = "<rss><channel><item><title>a</title><link>/news</link></item></channel></rss>";
    let page = page(&[("content-type", "text/xml; charset=utf-8")], feed, Nofollow::Obey);
    let entry = page.feed().entries().next().unwrap().unwrap();
    assert_eq!(entry.link().unwrap().as_str(), "http://h.test/news");

    let map = "<urlset><url><loc>http://h.test/é</loc></url></urlset>";
    let latin = [("content-type", "text/xml; charset=iso-8859-1")];
    let read = self::page(&latin, map, Nofollow::Obey);
    let entry = read.sitemap().entries().next().unwrap().unwrap();
    assert_eq!(entry.location(), "http://h.test/Ã©", "bytes are read as the header says");
}

#[test]
#[cfg(feature = "content")]
fn the_main_content_is_without_what_is_around_it() {
    let words = "Many words, as an article has them, and then some more. ".repeat(20);
    let html = format!("<nav>menu</nav><article><p>{words}<a href=next>on</a></article>");
    let content = page(&[], &html, Nofollow::Obey).content().unwrap();
    assert!(content.markdown.ends_with("[on](http://h.test/next)"), "{}", content.markdown);
    assert!(!content.text.contains("menu"));
    assert!(page(&[], "", Nofollow::Obey).content().is_err());
}
