//! What a robots.txt means, by examples, by a naive model and by arbitrary bytes.

use std::time::Duration;

use proptest::prelude::{Strategy, any, prop, prop_assert_eq, proptest};
use regex::Regex;

use super::{Robots, Rule};

fn parse(text: &str) -> Robots {
    Robots::parse(text.as_bytes(), "FooBot")
}

fn allowed(robots: &Robots, path: &str) -> bool {
    matches!(robots.rule(path), Rule::Allowed { .. })
}

#[test]
fn the_deciding_line_is_named_whatever_ends_lines() {
    for end in ["\n", "\r\n", "\r"] {
        let lines =
            ["# hello", "", "User-agent: *", "Disallow: /a", "Allow: /a/b", "", "Disallow: /c"];
        let robots = parse(&lines.join(end));
        assert_eq!(robots.rule("/a"), Rule::Disallowed { line: Some(4) });
        assert_eq!(robots.rule("/a/b"), Rule::Allowed { line: Some(5) });
        assert_eq!(robots.rule("/c?d"), Rule::Disallowed { line: Some(7) });
        assert_eq!(robots.rule("/d"), Rule::Allowed { line: None });
    }
}

#[test]
fn of_two_equal_rules_the_upper_line_decides() {
    let robots = parse("User-agent: *\nDisallow: /a\nDisallow: /a\n");
    assert_eq!(robots.rule("/a"), Rule::Disallowed { line: Some(2) });
}

#[test]
fn fixed_answers_have_no_line() {
    assert_eq!(Robots::allow_all().rule("/a"), Rule::Allowed { line: None });
    assert_eq!(Robots::disallow_all().rule("/a"), Rule::Disallowed { line: None });
    assert_eq!(Robots::disallow_all().rule("/robots.txt"), Rule::Allowed { line: None });
    assert_eq!(parse(""), Robots::allow_all());
}

#[test]
fn an_own_group_replaces_the_general_one_whole() {
    let text = "User-agent: *\nDisallow: /\nCrawl-delay: 9\nUser-agent: foobot/2.1\nDisallow:\n";
    assert!(allowed(&parse(text), "/a"));
    assert_eq!(parse(text).crawl_delay(), None);
    assert!(!allowed(&Robots::parse(text.as_bytes(), "BarBot"), "/a"));
}

#[test]
fn a_whole_user_agent_finds_its_group() {
    let robots =
        Robots::parse(b"User-agent: FooBot\nDisallow: /\n", "FooBot/1.0 (+https://a.example)");
    assert!(!allowed(&robots, "/a"));
}

#[test]
fn stars_and_dollars_can_be_meant_literally() {
    let robots = parse("User-agent: *\nDisallow: /a%2a\nDisallow: /b%24\nDisallow: /c$d\n");
    for (path, expected) in [
        ("/a*", false),
        ("/a%2A", false),
        ("/ab", true),
        ("/b$", false),
        ("/b$c", false),
        ("/b", true),
        ("/c$d", false),
        ("/c%24d", false),
        ("/c", true),
    ] {
        assert_eq!(allowed(&robots, path), expected, "{path}");
    }
}

#[test]
fn spaces_in_a_rule_match_escaped_spaces() {
    let robots = parse("User-agent: *\nDisallow: /a b|c\n");
    for path in ["/a%20b%7cc", "/a%20b|c", "/a b%7Cc"] {
        assert!(!allowed(&robots, path), "{path}");
    }
}

#[test]
fn a_path_without_its_slash_is_the_root() {
    let robots = parse("User-agent: *\nDisallow: /?\nDisallow: /$\n");
    for path in ["", "/", "?a", "/?a"] {
        assert!(!allowed(&robots, path), "{path:?}");
    }
    assert!(allowed(&robots, "/a"));
}

#[test]
fn crawl_delay_is_for_the_agents_above_it() {
    let delay = |text| parse(text).crawl_delay().map(|delay| delay.as_millis());
    assert_eq!(
        delay("User-agent: FooBot\nCrawl-delay: 0.25\nUser-agent: *\nDisallow: /\n"),
        Some(250)
    );
    assert_eq!(
        delay("User-agent: BarBot\nCrawl-delay: 5\nUser-agent: FooBot\nDisallow: /\n"),
        None
    );
    assert_eq!(delay("User-agent: *\nDisallow: /\ncrawl-delay : 5 # s\n"), Some(5_000));
    assert_eq!(
        delay("User-agent: *\nCrawl-delay: 1\nCrawl-delay: 7\nCrawl-delay: 3\n"),
        Some(7_000)
    );
}

#[test]
fn absurd_crawl_delays_are_passed_over() {
    for value in ["-1", "NaN", "inf", "1e300", "86401", "soon", "1,5", ""] {
        let text = format!("User-agent: *\nCrawl-delay: 2\nCrawl-delay: {value}\n");
        assert_eq!(parse(&text).crawl_delay(), Some(Duration::from_secs(2)), "{value}");
    }
    assert_eq!(
        parse("User-agent: *\nCrawl-delay: 86400").crawl_delay(),
        Some(Duration::from_secs(86_400))
    );
}

#[test]
fn sitemaps_are_for_everyone_and_bounded() {
    let text = "Sitemap: https://a.example/1.xml\nUser-agent: BarBot\nDisallow: /\nSITEMAP:/2.xml # two\nSitemap:\n";
    assert_eq!(parse(text).sitemaps(), ["https://a.example/1.xml", "/2.xml"]);
    assert_eq!(parse(&"Sitemap: /s\n".repeat(1_001)).sitemaps().len(), 1_000);
    assert_eq!(parse(&format!("Sitemap: /{}\n", "s".repeat(2_048))).sitemaps().len(), 0);
}

#[test]
fn rules_that_begin_nowhere_are_passed_over() {
    let robots = parse("User-agent: *\nDisallow: a\nDisallow: $\nDisallow: https://a.example/a\n");
    assert!(allowed(&robots, "/a"));
}

#[test]
fn only_whole_lines_within_500_kib_are_read() {
    let head = "User-agent: *\nDisallow: /a\n";
    let fill = |length: usize| format!("#{}\n", "x".repeat(length - head.len() - 2));
    let inside = format!("{head}{}Disallow: /b", fill(512_000 - "Disallow: /b".len()));
    assert_eq!(inside.len(), 512_000);
    assert!(!allowed(&parse(&inside), "/b"));
    let cut = format!("{inside}cd\nDisallow: /e\n");
    assert!(!allowed(&parse(&cut), "/a"));
    assert!(allowed(&parse(&cut), "/b") && allowed(&parse(&cut), "/e"));
    assert!(!allowed(&parse(&format!("{inside}\nDisallow: /e\n")), "/b"));
}

#[test]
fn a_rule_that_is_too_long_never_allows_more() {
    let long = "a".repeat(2_047);
    let robots = parse(&format!("User-agent: *\nDisallow: /{long}%41$\n"));
    assert!(!allowed(&robots, &format!("/{long}%41")));
    assert!(!allowed(&robots, &format!("/{long}b")));
    let robots = parse(&format!("User-agent: *\nDisallow: /\nAllow: /{long}b\n"));
    assert!(!allowed(&robots, &format!("/{long}b")));
    let robots = parse(&format!("User-agent: *\nDisallow: /{}%E3\n", &long[..2_046]));
    assert!(!allowed(&robots, &format!("/{}%E3", &long[..2_046])));
}

#[test]
fn many_stars_against_a_long_path_take_no_time_to_speak_of() {
    // The count of steps would be about 8,000 to the power of 600 if pieces were tried twice.
    let robots = parse(&format!("User-agent: *\nDisallow: /{}b\n", "*aaa".repeat(500)));
    assert!(allowed(&robots, &format!("/{}", "a".repeat(8_000))));
    assert!(!allowed(&robots, &format!("/{}b", "a".repeat(8_000))));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(body in prop::collection::vec(any::<u8>(), 0..256), path in any::<String>()) {
        let robots = Robots::parse(&body, "FooBot");
        robots.rule(&path);
    }

    #[test]
    fn robots_like_bytes_are_answered(
        lines in prop::collection::vec("(user-agent|allow|disallow|crawl-delay|sitemap)?[: #*$/%aA1é\u{0}]{0,12}[\r\n]{0,2}", 0..24),
        path in "[/*$%aA1é]{0,12}",
    ) {
        let robots = Robots::parse(lines.concat().as_bytes(), "a");
        robots.rule(&path);
    }

    #[test]
    fn matching_equals_regular_expressions(
        patterns in prop::collection::vec((any::<bool>(), r"/[ab*]{0,6}\$?"), 1..5),
        path in "/[ab]{0,8}",
    ) {
        let text = patterns.iter().fold("User-agent: *\n".to_owned(), |text, (allow, pattern)| {
            text + if *allow { "Allow: " } else { "Disallow: " } + pattern + "\n"
        });
        prop_assert_eq!(parse(&text).rule(&path), model(&patterns, &path, 2));
    }

    #[test]
    fn spelling_of_the_file_changes_no_decision(
        patterns in prop::collection::vec((any::<bool>(), r"/[ab*]{0,4}\$?"), 1..5),
        style in style(),
        path in "/[ab]{0,6}",
    ) {
        let [agent, allow, disallow] = style.keywords;
        let Style { colon, tail, end, noise, .. } = style;
        let mut text = format!("{agent}{colon}FOOBOT{tail}{end}{noise}{end}");
        for (access, pattern) in &patterns {
            let keyword = if *access { allow } else { disallow };
            text += &format!("{keyword}{colon}{pattern}{tail}{end}{noise}{end}");
        }
        let plain = |robots: &Robots| allowed(robots, &path);
        let expected = matches!(model(&patterns, &path, 0), Rule::Allowed { .. });
        prop_assert_eq!(plain(&parse(&text)), expected, "{}", text);
    }
}

/// How a file is spelled.
#[derive(Clone, Debug)]
struct Style {
    keywords: [&'static str; 3],
    colon: &'static str,
    tail: &'static str,
    end: &'static str,
    noise: &'static str,
}

fn style() -> impl Strategy<Value = Style> {
    let keywords = prop::sample::select(vec![
        ["User-agent", "Allow", "Disallow"],
        ["USER-AGENT", "ALLOW", "DISALLOW"],
        [" \tuser-Agent", " aLLow", "\tdisallow"],
    ]);
    let colon = prop::sample::select(vec![":", ": ", " :\t", " "]);
    let tail = prop::sample::select(vec!["", "  ", "# note: /", "\t#"]);
    let end = prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n"]);
    let noise = prop::sample::select(vec![
        "",
        "#",
        "Host: a.example",
        "Crawl-delay: 1",
        "Sitemap: /s",
        "what",
    ]);
    (keywords, colon, tail, end, noise).prop_map(|(keywords, colon, tail, end, noise)| Style {
        keywords,
        colon,
        tail,
        end,
        noise,
    })
}

/// The rules as RFC 9309 section 2.2.2 tells them: every pattern is tried, the longest one decides.
fn model(patterns: &[(bool, String)], path: &str, first_line: u32) -> Rule {
    let mut best: Option<(usize, bool, u32)> = None;
    for ((allow, pattern), line) in patterns.iter().zip(first_line..) {
        let (body, end) = match pattern.strip_suffix('$') {
            Some(body) => (body, "$"),
            None => (pattern.as_str(), ""),
        };
        let regex = Regex::new(&format!("^{}{end}", body.replace('*', ".*"))).unwrap();
        let better =
            best.is_none_or(|(length, allows, _)| (pattern.len(), *allow) > (length, allows));
        if better && regex.is_match(path) {
            best = Some((pattern.len(), *allow, line));
        }
    }
    match best {
        None => Rule::Allowed { line: None },
        Some((_, true, line)) => Rule::Allowed { line: Some(line) },
        Some((_, false, line)) => Rule::Disallowed { line: Some(line) },
    }
}

#[test]
fn content_signals_are_those_of_the_group_that_counts() {
    let file = "User-agent: *\nContent-Signal: search=yes, ai-train=no # policy\nAllow: /\n\
                User-agent: otherbot\nContent-Signal: ai-train=yes\nDisallow: /x\n";
    assert_eq!(parse(file).content_signal(), Some("search=yes, ai-train=no"));
    let own = format!("{file}User-agent: foobot\nDisallow: /y\n");
    assert_eq!(parse(&own).content_signal(), None, "the group for * does not count");
    let two =
        format!("{own}CONTENT-SIGNAL: ai-input=no\nContent-Signal:\nContent-Signal: search=no\n");
    assert_eq!(parse(&two).content_signal(), Some("ai-input=no, search=no"));
    let long =
        format!("User-agent: *\nContent-Signal: a=no\nContent-Signal: {}\n", "x".repeat(1_024));
    assert_eq!(parse(&long).content_signal(), Some("a=no"));
}
