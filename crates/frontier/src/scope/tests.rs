//! Which URLs each kind of scope takes in, and what is said of those it does not.

use proptest::prelude::{prop, prop_assert_eq, proptest};
use url::Url;

use super::{InScope, Scope, ScopeConfig, ScopeError, ScopeKind};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn scope(kind: ScopeKind, seeds: &[&str]) -> Scope {
    let seeds: Vec<_> = seeds.iter().map(|seed| url(seed)).collect();
    Scope::new(&ScopeConfig { kind, ..ScopeConfig::default() }, &seeds).unwrap()
}

#[track_caller]
fn check(scope: &Scope, inside: &[&str], outside: &[&str]) {
    for text in inside {
        assert_eq!(scope.decide(&url(text)), InScope::Inside, "{text}");
    }
    for text in outside {
        assert_eq!(scope.decide(&url(text)), InScope::Outside, "{text}");
    }
}

#[test]
fn host_scope_joins_the_default_ports_and_no_others() {
    check(
        &scope(ScopeKind::Host, &["https://www.example.org/a/"]),
        &["http://www.example.org/", "https://www.example.org/b?c", "http://WWW.example.org:80/"],
        &[
            "https://example.org/",
            "https://www.example.org:8443/",
            "https://www.example.org:80/",
            "mailto:a@www.example.org",
        ],
    );
    check(
        &scope(ScopeKind::Host, &["http://localhost:8080/", "http://[::1]/"]),
        &["http://localhost:8080/a", "https://[::1]/"],
        &["http://localhost/", "http://localhost:8081/", "http://[::2]/"],
    );
}

#[test]
fn domain_scope_is_the_registrable_domain() {
    for (seed, inside, outside) in [
        ("https://www.example.com/", "http://a.b.example.com:81/", "http://example.org/"),
        ("https://shop.example.co.uk/", "https://example.co.uk/", "https://other.co.uk/"),
        ("https://b.c.kobe.jp/", "https://a.b.c.kobe.jp/", "https://x.d.kobe.jp/"),
        ("https://jane.github.io/", "https://jane.github.io./", "https://john.github.io/"),
        ("https://食狮.公司.cn/", "https://www.食狮.公司.cn/", "https://公司.cn/"),
        ("http://localhost/", "http://localhost:81/", "http://a.localhost/"),
        ("http://192.0.2.1/", "http://192.0.2.1:81/", "http://198.51.2.1/"),
    ] {
        check(&scope(ScopeKind::Domain, &[seed]), &[inside], &[outside]);
    }
}

#[test]
fn prefix_scope_is_the_folder_of_the_seed() {
    check(
        &scope(ScopeKind::Prefix, &["https://a.example/docs/index.html?x/y"]),
        &["https://a.example/docs/", "http://a.example/docs/b/c?d"],
        &["https://a.example/docs", "https://a.example/docs2/", "https://b.example/docs/"],
    );
    check(&scope(ScopeKind::Prefix, &["https://a.example/docs"]), &["https://a.example/x"], &[]);
    check(
        &scope(
            ScopeKind::Prefix,
            &["https://a.example/b/c/", "https://a.example/b/", "https://a.example/d/"],
        ),
        &["https://a.example/b/x", "https://a.example/b/c/x", "https://a.example/d/x"],
        &["https://a.example/", "https://a.example/c/"],
    );
}

#[test]
fn any_scope_needs_no_seed_and_the_others_do() {
    check(&scope(ScopeKind::Any, &[]), &["https://a.example/"], &[]);
    check(&scope(ScopeKind::Host, &[]), &[], &["https://a.example/"]);
    let mut scope = scope(ScopeKind::Host, &["https://a.example/"]);
    scope.add_seed(&url("https://b.example/"));
    check(&scope, &["https://a.example/x", "https://b.example/x"], &["https://c.example/"]);
}

#[test]
fn reasons_name_the_first_thing_that_speaks_against() {
    let config = ScopeConfig {
        kind: ScopeKind::Host,
        include: vec!["/blog/".to_owned(), "^https://a.example/news".to_owned()],
        exclude: vec![r"\.pdf$".to_owned(), "[?&]page=".to_owned()],
    };
    let scope = Scope::new(&config, [&url("https://a.example/")]).unwrap();
    for (text, answer) in [
        ("https://a.example/blog/1", InScope::Inside),
        ("https://a.example/news", InScope::Inside),
        ("https://a.example/shop", InScope::NotIncluded),
        ("https://a.example/blog/1?page=2", InScope::Excluded { pattern: 1 }),
        ("https://a.example/shop.pdf", InScope::Excluded { pattern: 0 }),
        ("https://b.example/blog/1.pdf", InScope::Excluded { pattern: 0 }),
        ("https://b.example/shop", InScope::Outside),
    ] {
        assert_eq!(scope.decide(&url(text)), answer, "{text}");
    }
}

#[test]
fn bad_patterns_are_named_in_one_line() {
    let error = |pattern: &str| {
        let exclude = vec!["fine".to_owned(), pattern.to_owned()];
        Scope::new(&ScopeConfig { exclude, ..ScopeConfig::default() }, []).unwrap_err()
    };
    assert_eq!(
        error("/a(b").to_string(),
        r"exclude pattern `/a(b` is not a regular expression: unclosed group (write `\` before a sign that is meant literally)"
    );
    let too_large =
        ScopeError::PatternTooLarge { list: "exclude", pattern: r"\w{9999}".to_owned() };
    assert_eq!(error(r"\w{9999}"), too_large);
}

#[test]
fn kinds_are_one_word_in_text_and_in_configuration() {
    for word in ["host", "domain", "prefix", "any"] {
        let kind: ScopeKind = word.parse().unwrap();
        assert_eq!(kind.to_string(), word);
        let config: ScopeConfig = serde_json::from_str(&format!(r#"{{"kind":"{word}"}}"#)).unwrap();
        assert_eq!(config, ScopeConfig { kind, ..ScopeConfig::default() });
    }
    assert_eq!(ScopeConfig::default().kind, ScopeKind::Host);
    assert!(serde_json::from_str::<ScopeConfig>(r#"{"knid":"any"}"#).is_err());
    let message = "Any".parse::<ScopeKind>().unwrap_err().to_string();
    assert_eq!(message, "unknown scope `Any`, use host, domain, prefix or any");
}

proptest! {
    #[test]
    fn prefix_scope_equals_a_comparison_with_every_seed(
        seeds in prop::collection::vec("[ab/!]{0,6}", 0..6),
        path in "[ab/!]{0,8}",
    ) {
        let seeds: Vec<_> = seeds.iter().map(|path| url(&format!("http://a.example/{path}"))).collect();
        let target = url(&format!("http://a.example/{path}"));
        let config = ScopeConfig { kind: ScopeKind::Prefix, ..ScopeConfig::default() };
        let expected = seeds.iter().any(|seed| {
            let end = seed.path().rfind('/').unwrap();
            target.path().starts_with(&seed.path()[..=end])
        });
        let decided = Scope::new(&config, &seeds).unwrap().decide(&target);
        prop_assert_eq!(decided == InScope::Inside, expected);
    }
}
