//! The URL Standard's own tests of references and of queries in legacy charsets.

use serde_json::Value;
use url::{Position, Url};

use crate::join::Joiner;

fn cases(json: &str) -> Vec<Value> {
    let cases: Value = serde_json::from_str(json).unwrap();
    cases.as_array().unwrap().iter().filter(|case| case.is_object()).cloned().collect()
}

#[test]
fn references_of_the_standard_are_joined_as_the_url_crate_does() {
    let mut joined = 0;
    let cases = cases(include_str!("../../../tests/data/urltestdata.json"));
    let web = "http://h.example/d/p?q";
    for case in &cases {
        let input = case["input"].as_str().unwrap();
        for base in [case["base"].as_str(), Some(web)].into_iter().flatten() {
            let Ok(base) = Url::parse(base) else { continue };
            let expected = super::differential::expected(&base, input);
            let mut joiner = Joiner::new(&base, None, "UTF-8");
            assert_eq!(joiner.join(input), expected.as_deref(), "{input:?} on {base}");
            joined += usize::from(expected.is_some());
        }
    }
    assert!(joined > 400, "only {joined} were http or https");
}

#[test]
fn query_is_written_in_the_charset_of_the_page() {
    let page = Url::parse("http://h.example/d/p").unwrap();
    for case in cases(include_str!("../../../tests/data/percent-encoding.json")) {
        let reference = format!("?{}#f", case["input"].as_str().unwrap());
        for (label, expected) in case["output"].as_object().unwrap() {
            let mut joiner = Joiner::new(&page, None, label);
            let url = joiner.join(&reference).map(|url| Url::parse(url).unwrap());
            assert_eq!(url.unwrap().query(), expected.as_str(), "{reference:?} in {label}");
            let url = joiner.url(&reference).unwrap();
            assert_eq!(url[Position::BeforeQuery..Position::AfterQuery], *expected, "{label}");
        }
    }
}

#[test]
fn only_the_query_is_written_in_the_charset() {
    let page = Url::parse("http://h.example/").unwrap();
    let mut joiner = Joiner::new(&page, Some("/é?é"), "iso-8859-1");
    assert_eq!(joiner.base().as_str(), "http://h.example/%C3%A9?%E9");
    assert_eq!(joiner.join("/é?é#é"), Some("http://h.example/%C3%A9?%E9"));
    for label in ["utf-16le", "utf-16be", "replacement", "nonsense"] {
        let mut joiner = Joiner::new(&page, None, label);
        assert_eq!(joiner.join("?é"), Some("http://h.example/?%C3%A9"), "{label}");
    }
}
