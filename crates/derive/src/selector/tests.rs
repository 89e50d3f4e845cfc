//! What is accepted here is what is accepted when the program runs.

use dragline_parse::Selector;
use proptest::prelude::{Strategy, prop_oneof};
use proptest::{proptest, sample};

use super::check;

/// Good and bad, by what a user may try; each is judged by both sides.
const SELECTORS: [&str; 96] = [
    "",
    " ",
    "a",
    "A",
    "*",
    "a b",
    "a>b",
    "a > b",
    "a + b",
    "a~b",
    "a >",
    "> a",
    "+ a",
    "~ a",
    "a,",
    ",a",
    "a,,b",
    "a, b",
    ".a",
    ".",
    "..a",
    ".1",
    ".\\31 ",
    "#a",
    "#",
    "#1",
    "##",
    "a#b.c",
    "a.b#c",
    "[a]",
    "[a=b]",
    "[a='b']",
    "[a=\"b\"]",
    "[a~=b]",
    "[a|=b]",
    "[a^=b]",
    "[a$=b]",
    "[a*=b]",
    "[a!=b]",
    "[=b]",
    "[a=]",
    "[a=1]",
    "[a='b' i]",
    "[a=b s]",
    "[a=b x]",
    "[",
    "[a",
    "[a=b",
    "]",
    "a[href",
    "a[href^='http",
    ":is(a)",
    ":is()",
    ":is(a,)",
    ":where(a b)",
    ":not(a)",
    ":not()",
    ":not(:not(a))",
    ":has(a)",
    ":has(> a)",
    ":has(+ a)",
    ":has()",
    ":has(:has(a))",
    ":scope",
    ":scope > a",
    ":scope + a",
    ":scope~a",
    "a, :Scope + b",
    ":root",
    ":empty",
    ":first-child",
    ":last-of-type",
    ":only-child",
    ":nth-child(2)",
    ":nth-child(2n+1)",
    ":nth-child(odd)",
    ":nth-child(2 of a)",
    ":nth-child()",
    ":nth-last-of-type(-n+3)",
    ":hover",
    ":checked",
    ":contains(a)",
    ":first",
    ":lang(en)",
    ":host",
    "::before",
    "::text",
    "a::attr(href)",
    "::",
    ":",
    "&",
    "svg|a",
    "*|a",
    "|a",
    "a /* c */ b",
    "a { }",
];

#[test]
fn both_sides_agree_on_what_users_try() {
    for css in SELECTORS {
        assert_eq!(check(css).is_ok(), Selector::parse(css).is_ok(), "{css:?}");
    }
    let accepted = SELECTORS.iter().filter(|css| check(css).is_ok()).count();
    assert!((30..70).contains(&accepted), "{accepted} accepted");
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => sample::select(&SELECTORS[..]).prop_map(str::to_owned),
        1 => sample::select(&[" ", ">", "+", ",", "(", ")", "\\", "\"", "'", "\0", "/*", "|", "-", "@"][..])
            .prop_map(str::to_owned),
        1 => "[ -~]{0,4}",
        1 => "\\PC{0,2}",
    ]
}

proptest! {
    #[test]
    fn both_sides_agree_on_anything(pieces in proptest::collection::vec(piece(), 0..6)) {
        let css = pieces.concat();
        assert_eq!(check(&css).is_ok(), Selector::parse(&css).is_ok(), "{css:?}");
    }
}

#[test]
fn long_and_deep_ones_are_judged_alike() {
    for css in [":not(".repeat(800), "a ".repeat(5_000), "a".repeat(4_096), ":is(".repeat(9)] {
        assert_eq!(check(&css).is_ok(), Selector::parse(&css).is_ok(), "{}", &css[..4]);
    }
}

#[test]
fn messages_name_the_fault_and_the_remedy() {
    let wrong = [
        ("a,", "empty part"),
        ("a >", "ends with a combinator"),
        ("p::text", "the key `attr`"),
        ("a:contains(x)", "pseudo-class"),
        ("a[=x]", "attribute test"),
        ("a[href=", "too early"),
        (":scope + dd", "`next`"),
        ("a, :SCOPE~dd", "`until`"),
    ];
    for (css, expected) in wrong {
        let found = check(css).unwrap_err();
        assert!(found.contains(expected), "{css}: {found}");
    }
}
