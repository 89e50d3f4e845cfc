//! Which URLs count as one page, and which never do.

use proptest::prelude::{prop, prop_assert_eq, proptest};
use url::Url;

use super::key;
use crate::canonical::{Canonical, Parts};

fn key_of(text: &str) -> String {
    let canonical = Canonical::parse(text).unwrap();
    key(&Parts::of(canonical.url())).into_owned()
}

#[test]
fn campaigns_clicks_and_sessions_do_not_make_a_page() {
    for (text, expected) in [
        ("/a?utm_source=x&UTM_Medium=y", "/a"),
        ("/a?gclid=1&id=7&fbclid=2&_ga=3&mc_eid=4&yclid=5&msclkid=6&dclid=7", "/a?id=7"),
        ("/a?PHPSESSID=abc&b=1", "/a?b=1"),
        ("/a?sid=0123456789abcdef0123456789ABCDEF", "/a"),
        ("/a;jsessionid=12.node/b;v=1;JSESSIONID=3?x", "/a/b;v=1?x"),
        ("/(S(lit3py55t21z5v55vlm25s55))/a.aspx", "/a.aspx"),
        ("/(S(lit3py55t21z5v55vlm25s55))", "/"),
        ("/a?mtm_campaign=x&pk_kwd=y&ASPSESSIONIDQWERTYUI=Z", "/a"),
        ("/a?&&", "/a"),
    ] {
        assert_eq!(
            key_of(&format!("http://a.example{text}")),
            format!("http://a.example{expected}")
        );
    }
}

#[test]
fn parameters_that_may_choose_a_page_stay() {
    for text in [
        "/a?session_id=42",
        "/a?sid=1234567",
        "/a?utm=1&utmost=2",
        "/a?pk_id=7",
        "/a?mtm_id=7",
        "/commit/0123456789abcdef0123456789abcdef01234567",
        "/a;v=1/(x)",
        "/a?id=1&id=0",
        "/a?b",
    ] {
        let text = format!("http://a.example{text}");
        assert_eq!(key_of(&text), text);
    }
}

#[test]
fn parameters_count_in_the_order_of_their_names_and_values_in_their_own() {
    assert_eq!(key_of("http://a.example/?b=2&a=1&a=0"), "http://a.example/?a=1&a=0&b=2");
    assert_ne!(key_of("http://a.example/?a=1&a=0"), key_of("http://a.example/?a=0&a=1"));
}

proptest! {
    #[test]
    fn the_key_of_a_key_is_itself(
        path in "(/[a-c;=()S.%|]{0,4}|/a;jsessionid=[a-c;]{0,2}|/\\(S\\([a-z]{24}\\)\\)){0,4}",
        query in "((a|b|utm_x|sid|gclid)(=[a-c%0-9|]{0,3})?&?){0,5}",
    ) {
        let once = key_of(&format!("http://a.example{path}?{query}"));
        prop_assert_eq!(&key_of(&once), &once);
        // A key is a URL of the same site.
        let url = Url::parse(&once).unwrap();
        prop_assert_eq!(url.host_str(), Some("a.example"));
    }

    #[test]
    fn text_that_needs_no_parsing_has_the_key_of_the_parsed_url(
        tail in "[a-cA-F%0-9./?&=;()_~'-]{0,24}",
        port in prop::option::of(0..100_000_u32),
    ) {
        let port = port.map_or_else(String::new, |port| format!(":{port}"));
        let text = format!("http://a-1.example{port}/{tail}");
        if let Some(parts) = Parts::plain(&text) {
            prop_assert_eq!(key(&parts).into_owned(), key_of(&text));
        }
    }
}
