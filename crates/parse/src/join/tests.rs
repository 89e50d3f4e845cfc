//! Tests of resolving links: against plain `Url::join`, and the cases where it differs.

use std::collections::BTreeSet;

use proptest::prelude::{any, prop, prop_assert_eq, proptest};
use url::Url;

use super::resolve;
use crate::kind::LinkKinds;
use crate::reference::reference;

fn urls(page: &str, html: &str, kinds: LinkKinds) -> Vec<String> {
    let page = Url::parse(page).unwrap();
    resolve(&page, &reference(html), kinds).map(|(url, _)| url.to_string()).collect()
}

#[test]
fn repeats_differ_by_more_than_the_fragment() {
    let html = "<a href=x#1><a href=x#2><a href=x><a href=./x>";
    assert_eq!(urls("http://h.test/d/", html, LinkKinds::default()), ["http://h.test/d/x"; 2]);
}

#[test]
fn repeat_that_may_be_followed_is_kept_beside_one_that_may_not() {
    let page = Url::parse("http://h.test/").unwrap();
    let facts = reference("<a rel=nofollow href=x><a href=x>");
    let found: Vec<bool> =
        resolve(&page, &facts, LinkKinds::default()).map(|(_, link)| link.nofollow).collect();
    assert_eq!(found, [true, false]);
}

#[test]
fn empty_reference_is_the_page_unless_it_has_another_base() {
    let html = "<a href=''><a href='#top'>";
    assert_eq!(urls("http://h.test/d/p?q#f", html, LinkKinds::default()), [""; 0]);
    let based = format!("<base href=/b/#x>{html}");
    assert_eq!(urls("http://h.test/d/p", &based, LinkKinds::default()), ["http://h.test/b/"]);
}

#[test]
fn unusable_base_leaves_the_page_as_base() {
    for base in ["data:,x", "javascript:x", "http://[", "", "#f", "file:///a/C:"] {
        let html = format!("<base href='{base}'><a href=../x>");
        assert_eq!(urls("http://h.test/d/p", &html, LinkKinds::default()), ["http://h.test/x"]);
    }
    assert_eq!(urls("http://h.test/", "<base href=mailto:x><a href=x>", LinkKinds::all()), [""; 0]);
}

#[test]
fn only_wanted_kinds_are_resolved() {
    let html = "<a href=a><img src=i><iframe src=f></iframe>";
    assert_eq!(urls("http://h.test/", html, LinkKinds::default()), ["http://h.test/a"]);
    assert_eq!(urls("http://h.test/", html, LinkKinds::all()).len(), 3);
    let none: LinkKinds = [].into_iter().collect();
    assert_eq!(urls("http://h.test/", html, none), [""; 0]);
}

proptest! {
    #[test]
    fn resolved_links_equal_a_naive_join(
        links in prop::collection::vec(
            (prop::sample::select(vec![
                "x", "/x", "../x", "?q", "#f", "", "//o.test/y", "http://h.test/d/p", "mailto:x",
                "HTTP://H.TEST:80/x#f", "x#a#b", "\tx\n/y", "http://[", ".", "%2e%2e/x", "\\x",
                "https:x", "http:x", "a b", "é?é", "x?#", "javascript:'#'",
            ]), "[a-z/?#.:]{0,4}", any::<bool>()),
            0..20,
        ),
        base in prop::option::of(prop::sample::select(vec!["/b/c", "http://o.test/", "s/", "data:,"])),
    ) {
        let page = Url::parse("http://h.test/d/p?q").unwrap();
        let mut html = base.map_or_else(String::new, |base| format!("<base href={base}>"));
        for (start, end, nofollow) in links {
            let rel = if nofollow { " rel=nofollow" } else { "" };
            html.push_str(&format!("<a href=\"{start}{end}\"{rel}>"));
        }
        let facts = reference(&html);

        let base = match base {
            Some(base) if base != "data:," => page.join(base).unwrap(),
            _ => page.clone(),
        };
        let naive: BTreeSet<(String, bool)> = facts.links().filter_map(|link| {
            let mut url = base.join(link.href).ok()?;
            url.set_fragment(None);
            let itself = link.href.split('#').next() == Some("") && base == page;
            let wanted = matches!(url.scheme(), "http" | "https") && !itself;
            wanted.then(|| (url.to_string(), link.nofollow))
        }).collect();
        let found: BTreeSet<(String, bool)> = resolve(&page, &facts, LinkKinds::all())
            .map(|(url, link)| (url.to_string(), link.nofollow))
            .collect();
        prop_assert_eq!(found, naive);
    }
}

mod differential;
mod standard;
