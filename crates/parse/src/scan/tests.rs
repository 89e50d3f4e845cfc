//! The scan agrees with the reference walk: on hand-made traps, and on random documents from a grammar
//! of everything that is awkward.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::scan;
use crate::facts::Facts;
use crate::reference::reference;

/// What must agree: links as a set, base, title.
fn essence(facts: &Facts) -> (BTreeSet<String>, Option<String>, Option<String>) {
    let links =
        facts.links.iter().map(|link| format!("{} {} {}", link.kind, link.nofollow, link.href));
    (links.collect(), facts.base.clone(), facts.title.clone())
}

fn agrees(text: &str) -> Result<(), String> {
    let Ok(scanned) = scan(text) else { return Ok(()) };
    let (scanned, expected) = (essence(&scanned), essence(&reference(text)));
    if scanned == expected {
        return Ok(());
    }
    Err(format!("scan {scanned:?}\ntree {expected:?}\nof {text:?}"))
}

#[test]
fn hand_made_traps_agree() {
    for text in [
        "<a href=x>1</a><A HREF='y'>2</A><a\nhref = \"z\" >3</a><a href=>4</a><a href>5</a>",
        "<!--><a href=1>--><!-- <a href=2> --!><a href=3><!-- <a href=4>",
        "<script>'<a href=no>'</script><a href=1><script><!-- <script> </script> <a href=no> --></script><a href=2>",
        "<style><a href=no></style><textarea><a href=no></textarea><title><a href=no></title><a href=1>",
        "<title>a &amp; b &notit; &#x41;</title><a href='?a&amp;b&lt=c&copy=d&copy;e&#38;f'>",
        "<svg><title>no</title><a href=1><path d='>'/></a><style>a{}</style></svg><a href=2>",
        "<math><mi>x</mi><mo>&lt;</mo></math><a href=1>",
        "<p title=a\"b><a href=1><p 'x'><a href=2><p x=\"a'b\"y='c\"d'><a href=3>",
        "<a href=1 href=2><a =x href=3><a / href=4 /><a x==\"> href=5\" href=6>",
        "<base href=/a/><base target=b><a href=1><meta http-equiv=refresh content='1;url=r'>",
        "</ bogus <a href=1>><a href=2></><a href=3><?php <a href=4>?><a href=5><!x <a href=6>>",
        "<select><option>1<option>2</select><a href=1>",
        "<noscript><a href=1></noscript><iframe src=2><a href=no></iframe><image src=3>",
        "<a href=1><a href=2",
        "<frame src=no><a href=1>",
    ] {
        assert!(scan(text).is_ok(), "a bail on {text:?}");
        agrees(text).unwrap();
    }
}

/// Random documents in the usual run; `DRAGLINE_SCAN_CASES` asks for a longer one.
fn cases() -> u32 {
    std::env::var("DRAGLINE_SCAN_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000)
}

fn piece() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "a",
        "A",
        "area",
        "b",
        "base",
        "body",
        "br",
        "caption",
        "col",
        "colgroup",
        "div",
        "em",
        "embed",
        "font",
        "form",
        "frame",
        "h1",
        "head",
        "hr",
        "html",
        "i",
        "iframe",
        "image",
        "img",
        "input",
        "li",
        "link",
        "math",
        "meta",
        "mi",
        "mtext",
        "nobr",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "optgroup",
        "option",
        "p",
        "path",
        "pre",
        "script",
        "select",
        "source",
        "span",
        "style",
        "svg",
        "table",
        "tbody",
        "td",
        "textarea",
        "th",
        "title",
        "tr",
        "track",
        "u",
        "ul",
        "video",
        "xmp",
        "desc",
        "foreignObject",
        "template",
        "button",
        "dd",
        "dt",
        "g",
    ]);
    let attribute = prop::sample::select(vec![
        "",
        " href=x",
        " href='y'",
        " href=\"z\"",
        " HREF=w",
        " src=s",
        " href=a&amp;b",
        " href='&lt;&x'",
        " rel=nofollow",
        " rel=canonical",
        " rel=next",
        " xlink:href=l",
        " name=robots content=nofollow",
        " http-equiv=refresh content='0;url=r'",
        " href",
        " href=",
        " =",
        " '",
        " \"",
        " x='>'",
        " x=\">\"",
        " x=a'b",
        "/",
        " /",
        " type=image",
        " data=d",
        "\n",
        " href = q",
        " x = '>'",
        " x=='\"'",
        " href=a/",
    ]);
    let tag = (name.clone(), prop::collection::vec(attribute, 0..3), any::<bool>()).prop_map(
        |(name, attributes, close)| {
            let slash = if close { "/" } else { "" };
            format!("<{name}{}{slash}>", attributes.concat())
        },
    );
    let end = name.prop_map(|name| format!("</{name}>"));
    let other = prop::sample::select(vec![
        "text",
        " ",
        "<!--",
        "-->",
        "--!>",
        "<!-->",
        "<!--->",
        "<!doctype html>",
        "<![CDATA[",
        "]]>",
        "<?x>",
        "</>",
        "</ x>",
        "<",
        "</",
        "&amp;",
        "&lt;",
        ">",
        "\"",
        "'",
        "<!-- x -->",
        "<a href=e",
        "<script><!--",
        "<!--<script>",
        "</script >",
        "</title/>",
        "\r\n",
        "\0",
        "<a href='",
        "--",
        "é",
    ])
    .prop_map(str::to_owned);
    prop_oneof![6 => tag, 4 => end, 3 => other]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn random_documents_agree(pieces in prop::collection::vec(piece(), 0..14)) {
        let text = pieces.concat();
        prop_assert!(agrees(&text).is_ok(), "{}", agrees(&text).unwrap_err());
    }

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        let _ = scan(&text);
    }
}
