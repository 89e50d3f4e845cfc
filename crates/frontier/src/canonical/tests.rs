//! What the normal form keeps, what it drops, and which URLs count as one.

use proptest::prelude::{any, prop_assert_eq, prop_assume, proptest};
use url::Url;

use super::{Canonical, Fingerprint, FingerprintKey, MAX_URL, NotCrawlable};

const KEY: FingerprintKey = FingerprintKey::from_bits(42);

fn normal(text: &str) -> String {
    Canonical::parse(text).unwrap().into_url().into()
}

fn fingerprint(text: &str) -> Fingerprint {
    Canonical::parse(text).unwrap().fingerprint(KEY)
}

#[test]
fn fragment_credentials_and_default_port_are_dropped() {
    assert_eq!(normal("http://jane:secret@Example.ORG:80#top"), "http://example.org/");
    assert_eq!(normal("https://:secret@example.org:443/a"), "https://example.org/a");
    assert_eq!(normal("https://example.org:80/a"), "https://example.org:80/a");
}

#[test]
fn escapes_have_one_spelling() {
    assert_eq!(normal("http://a.example/%7ejane?q=%c3%a9%41"), "http://a.example/~jane?q=%C3%A9A");
    assert_eq!(normal("http://a.example/a%2fb"), "http://a.example/a%2Fb");
    assert_eq!(normal("http://a.example/100%"), "http://a.example/100%");
}

#[test]
fn escaped_dots_do_not_climb() {
    assert_eq!(normal("http://a.example/b/%2e%2E/c"), "http://a.example/c");
    assert_eq!(normal("http://a.example/b/%252e%252e/c"), "http://a.example/b/%252e%252e/c");
    assert_eq!(normal("http://a.example/b/..%2e/c%2ehtml"), "http://a.example/b/.../c.html");
}

#[test]
fn case_order_and_slashes_of_the_path_are_kept() {
    for text in
        ["http://a.example/A//b/?b=2&a=1&a=0", "http://a.example/a+b?c+d", "http://a.example/?"]
    {
        assert_eq!(normal(text), text);
    }
}

#[test]
fn spellings_of_one_target_share_a_fingerprint() {
    for (one, other) in [
        ("http://a.example", "HTTP://A.example:80/?#x"),
        ("http://a.example/a|b", "http://a.example/a%7cb"),
        ("http://a.example/a<b", "http://a.example/a%3Cb"),
        ("http://a.example/a^b?{x}|`", "http://a.example/a%5Eb?%7Bx%7D%7C%60"),
        ("http://a.example/é", "http://a.example/%c3%A9"),
    ] {
        assert_eq!(fingerprint(one), fingerprint(other), "{one} {other}");
    }
}

#[test]
fn different_targets_have_different_fingerprints() {
    let urls = [
        "http://a.example/",
        "https://a.example/",
        "http://a.example:8080/",
        "http://a.example/a/b",
        "http://a.example/a%2Fb",
        "http://a.example/a/b/",
        "http://a.example/A/b",
        "http://a.example/a?b",
        "http://a.example/a%3Fb",
        "http://a.example/?a=1&b=2",
        "http://a.example/?a=2&b=1",
        "http://a.example/a+b",
        "http://a.example/a%20b",
        "http://a.example/a%2Bb",
    ];
    let mut fingerprints: Vec<_> = urls.iter().map(|text| fingerprint(text)).collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), urls.len());
}

#[test]
fn another_key_gives_another_fingerprint() {
    let url = Canonical::parse("http://a.example/").unwrap();
    assert_ne!(url.fingerprint(KEY), url.fingerprint(FingerprintKey::from_bits(43)));
}

#[test]
fn stored_fingerprints_stay_valid() {
    // The seen-set of a stopped crawl holds these numbers: another value here loses its memory.
    assert_eq!(fingerprint("http://a.example/x?y").bits(), 8_834_591_765_302_391_105);
}

#[test]
fn host_key_always_names_the_port() {
    let key = |text| Canonical::parse(text).unwrap().host_key().as_str().to_owned();
    assert_eq!(key("https://me@Example.org/a?b"), "https://example.org:443");
    assert_eq!(key("http://example.org:8080/"), "http://example.org:8080");
    assert_eq!(key("http://[::1]/"), "http://[::1]:80");
}

#[test]
fn what_cannot_be_fetched_is_refused_with_a_reason() {
    assert_eq!(
        Canonical::parse("mailto:jane@example.org").unwrap_err(),
        NotCrawlable::Scheme("mailto".to_owned())
    );
    let message = Canonical::parse("/relative").unwrap_err().to_string();
    assert_eq!(message, "not an absolute URL: relative URL without a base");
    let scheme = "x".repeat(5_000);
    assert!(Canonical::parse(&format!("{scheme}:")).unwrap_err().to_string().len() < 100);
}

#[test]
fn length_is_measured_on_the_normal_form() {
    let path = "a".repeat(MAX_URL - "http://a.example/".len());
    assert!(Canonical::parse(&format!("http://a.example/{path}#{path}")).is_ok());
    for text in
        [format!("http://a.example/{path}b"), format!("http://a.example/#{}", path.repeat(5))]
    {
        assert_eq!(Canonical::parse(&text), Err(NotCrawlable::TooLong));
        assert_eq!(Canonical::new(Url::parse(&text).unwrap()), Err(NotCrawlable::TooLong));
    }
}

proptest! {
    #[test]
    fn normal_form_is_stable(tail in r#"[a-c%0-9EeFf./\\?&=|<>{}*$;@:# é']{0,40}"#) {
        let once = normal(&format!("http://a.example/{tail}"));
        prop_assert_eq!(&normal(&once), &once);
        let query_normal = format!("http://a.example/?{tail}");
        prop_assert_eq!(normal(&normal(&query_normal)), normal(&query_normal));
    }

    #[test]
    fn normal_form_changes_nothing_a_server_decodes(tail in r#"[a-c%0-9EeFf./?&=| é]{0,40}"#) {
        let url = Url::parse(&format!("http://a.example/{tail}")).unwrap();
        // A dangling escape sign has no agreed meaning, so it cannot be decoded for comparison.
        prop_assume!(!dangling(url.path()) && !dangling(url.query().unwrap_or("")));
        let canonical = Canonical::new(url.clone()).unwrap();
        prop_assert_eq!(decode(canonical.url().path()), decode(url.path()));
        prop_assert_eq!(canonical.url().query().map(decode), url.query().map(decode));
    }

    #[test]
    fn fingerprint_ignores_how_unreserved_and_forbidden_bytes_are_written(
        text in "[a-z~|^]{1,12}",
        escape in any::<u16>(),
        lower in any::<u16>(),
    ) {
        let spelled: String = text
            .bytes()
            .enumerate()
            .map(|(index, byte)| match (escape >> index & 1, lower >> index & 1) {
                (0, _) => char::from(byte).to_string(),
                (_, 0) => format!("%{byte:02X}"),
                (_, _) => format!("%{byte:02x}"),
            })
            .collect();
        prop_assert_eq!(
            fingerprint(&format!("http://a.example/{text}?{text}")),
            fingerprint(&format!("http://a.example/{spelled}?{spelled}"))
        );
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let _ = Canonical::parse(&text).map(|url| (url.fingerprint(KEY), url.host_key()));
        let _ = Canonical::parse(&format!("http://{text}"));
    }
}

fn dangling(text: &str) -> bool {
    let mut pieces = text.split('%');
    pieces.next();
    pieces.any(|piece| !piece.bytes().take(2).filter(u8::is_ascii_hexdigit).count().eq(&2))
}

/// Every byte that the escapes stand for, with escaped reserved bytes marked as such.
fn decode(text: &str) -> Vec<(u8, bool)> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let escaped = first == b'%';
        let value = if escaped { u8::from_str_radix(&rest[1..3], 16).unwrap() } else { first };
        bytes.push((value, escaped && b":/?#[]@!$&'()*+,;=%".contains(&value)));
        rest = &rest[if escaped { 3 } else { 1 }..];
    }
    bytes
}
