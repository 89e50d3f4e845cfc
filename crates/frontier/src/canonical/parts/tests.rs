//! A text that is taken without parsing is what a parser makes of it, part by part.

use proptest::prelude::{Strategy, any, prop_assert_eq, prop_oneof, proptest};
use url::Url;

use super::Parts;
use crate::canonical::Canonical;

/// Asserts that the parser agrees with every part; answers whether the text was taken.
fn agrees(text: &str) -> bool {
    let Some(plain) = Parts::plain(text) else { return false };
    let canonical = Canonical::parse(text).unwrap();
    let parsed = Parts::of(canonical.url());
    assert_eq!(plain.text, canonical.url().as_str());
    assert_eq!(
        (plain.origin, plain.host, plain.named, plain.port, plain.path, plain.query),
        (parsed.origin, parsed.host, parsed.named, parsed.port, parsed.path, parsed.query),
        "{text}"
    );
    true
}

#[test]
fn usual_links_need_no_parsing() {
    for text in [
        "https://doc.rust-lang.org/std/vec/struct.Vec.html#method.push",
        "http://a.example/",
        "http://a.example:8080/a/b.c/..d/...?e=f/../g&h=%C3%A9",
        "http://a-b.c1.example/~jane/(x);v=1,2?",
        "http://127.0.0.1:18090/std/index.html",
    ] {
        assert!(agrees(text), "{text}");
    }
}

#[test]
fn what_a_parser_would_change_or_refuse_is_left_to_it() {
    for text in [
        "HTTP://a.example/",
        "ftp://a.example/",
        "http://A.example/",
        "http://a.example",
        "http://a.example:80/",
        "https://a.example:443/",
        "http://a.example:080/",
        "http://a.example:99999/",
        "http://a.example:/",
        "http://me@a.example/",
        "http://127.1/",
        "http://127.0.0.01/",
        "http://127.0.0.256/",
        "http://127.0.0.1./",
        "http://1.0x7f/",
        "http://xn--a.example/",
        "http://a..example/",
        "http://a.example./",
        "http://-a.example/",
        "http://[::1]/",
        "http:///a",
        "http://a.example/a/../b",
        "http://a.example/a/./b",
        "http://a.example/..",
        "http://a.example/.#x",
        "http://a.example/%7e",
        "http://a.example/%7E",
        "http://a.example/%c3",
        "http://a.example/100%",
        "http://a.example/a b",
        "http://a.example/a\\b",
        "http://a.example/é",
        "http://a.example/?a='b'",
        " http://a.example/",
    ] {
        assert!(Parts::plain(text).is_none(), "{text}");
    }
}

fn url_like() -> impl Strategy<Value = String> {
    let scheme = prop_oneof!["http://", "https://", "http:/", "HTTP://"];
    let host = prop_oneof![
        "[a-z0-9.-]{1,12}",
        "a\\.example",
        "xn--[a-z0-9-]{1,6}",
        "[0-9.x]{1,9}",
        "([0-9]{1,3}\\.){3}[0-9]{1,3}"
    ];
    let rest = r#"(:[0-9]{0,5})?(/[a-cA-F%0-9./\\?&=#;:@!$'()*+,|^~ é-]{0,24})?"#;
    (scheme, host, rest).prop_map(|(scheme, host, rest)| scheme + &host + &rest)
}

proptest! {
    #[test]
    fn a_parser_agrees_with_what_is_taken(text in url_like()) {
        agrees(&text);
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        agrees(&text);
        agrees(&format!("http://a.example/{text}"));
    }

    #[test]
    fn a_normal_form_is_taken_unless_something_in_it_is_unusual(tail in "[a-z0-9/._=&?-]{0,24}") {
        let url = Url::parse(&format!("http://a.example/{tail}")).unwrap();
        let text = Canonical::new(url).unwrap().into_url();
        prop_assert_eq!(Parts::plain(text.as_str()).is_some(), true);
    }
}
