//! The scan agrees with the reference walk: on hand-made traps, and on random documents from a grammar
//! of everything that is awkward.

mod hostile;
mod html5lib;
mod mutation;

use proptest::prelude::*;

use super::{Bail, scan};
use crate::reference::reference;

/// Compares scan and walk, unless the scan bails.
fn agrees(text: &str) -> Result<(), String> {
    let Ok(scanned) = scan(text) else { return Ok(()) };
    let expected = reference(text);
    if scanned == expected {
        return Ok(());
    }
    Err(format!("scan {scanned:?}\ntree {expected:?}\nof {text:?}"))
}

/// How many cases to try: the usual number, or what an environment variable says.
fn cases(variable: &str, usual: u32) -> u32 {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

#[test]
fn a_language_too_long_is_none_and_the_first_all_the_same() {
    let text = format!("<html lang={}><html lang=b>", "x".repeat(65));
    assert_eq!(scan(&text).unwrap().lang(), None);
    agrees(&text).unwrap();
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
        "<template><a href=no><p title='</template>'></p><title>no</title></template><title>yes</title>",
        "<template><template><a href=no></template><svg><a href=no></a></svg></template><a href=yes>",
        "<template><tr><td>x</td></tr><script>'</template>'</script></template><a href=yes>",
        "<p><template><base href=no><meta name=robots content=none><a href=no>",
        "<base href=1><base href=2><title>1</title><table><tr><td></table><title>2</title>",
        // Regression: a mixture of many equal characters was the same as none.
        "<linkéééééééé rel=next href=no><linkxxxxxxxxxxxxxxxx rel=next href=no><a href=1>",
        "<html lang=a><html lang=b><p><html lang=c>",
    ] {
        assert_eq!(scan(text).err(), None, "a bail on {text:?}");
        agrees(text).unwrap();
    }
}

#[test]
fn what_only_the_tree_tells_is_left_to_it() {
    for (text, reason) in [
        ("<template><a href=x><object></template>text", Bail::Template),
        ("<template><col><textarea><a href=x></textarea></template>", Bail::Template),
        ("<frameset><frame src=x>", Bail::Frameset),
        ("<plaintext><a href=x>", Bail::Plaintext),
        ("<select><a href=x>", Bail::Select),
        ("<svg><p><a href=x>", Bail::Foreign),
        ("<table><base href=1><td><base href=2>", Bail::Order),
    ] {
        assert_eq!(scan(text), Err(reason), "{text:?}");
    }
    let deep = "<div>".repeat(600);
    assert_eq!(scan(&format!("{deep}<svg></svg>")), Err(Bail::Depth));
    assert_eq!(scan(&format!("{deep}<template></template>")), Err(Bail::Depth));
    assert!(scan(&format!("{deep}<a href=x>")).is_ok());
}

fn piece() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "a",
        "a",
        "A",
        "applet",
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
        "link",
        "marquee",
        "math",
        "meta",
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
        " rel='ugc prev'",
        " rel=alternate hreflang=fr",
        " rel=\"x Sponsored\" type=a/b",
        " lang=de",
        " lang",
        " name=robots content=nofollow",
        " name=dragline content=none",
        " name=description content=' a  b'",
        " name=description content=c",
        " http-equiv=refresh content=5",
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
    #![proptest_config(ProptestConfig::with_cases(cases("DRAGLINE_SCAN_CASES", 100_000)))]

    #[test]
    fn random_documents_agree(pieces in prop_oneof![
        19 => prop::collection::vec(piece(), 0..14),
        1 => prop::collection::vec(piece(), 14..60),
    ]) {
        let agrees = agrees(&pieces.concat());
        prop_assert!(agrees.is_ok(), "{}", agrees.unwrap_err());
    }
}

/// A document that is mostly templates and what they depend on.
fn templates() -> impl Strategy<Value = Vec<&'static str>> {
    let piece = prop::sample::select(vec![
        "<template>",
        "<template>",
        "</template>",
        "</template>",
        "<a href=x>",
        "<a href=y>",
        "</a>",
        "<b>",
        "</b>",
        "<p>",
        "</p>",
        "<table>",
        "</table>",
        "<tr>",
        "<td>",
        "</td>",
        "<caption>",
        "<col>",
        "<tbody>",
        "<object>",
        "</object>",
        "<button>",
        "<marquee>",
        "<svg>",
        "</svg>",
        "<title>",
        "</title>",
        "<textarea>",
        "</textarea>",
        "<select>",
        "<option>",
        "</select>",
        "<head>",
        "</head>",
        "<body>",
        "</body>",
        "</html>",
        "<html lang=a>",
        "<form>",
        "<noscript>",
        "</noscript>",
        "<script>",
        "</script>",
        "<base href=1>",
        "<div>",
        "</div>",
        "<br>",
        "text",
        " ",
    ]);
    prop::collection::vec(piece, 2..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases("DRAGLINE_SCAN_CASES", 100_000)))]

    #[test]
    fn random_templates_agree(pieces in templates()) {
        let agrees = agrees(&pieces.concat());
        prop_assert!(agrees.is_ok(), "{}", agrees.unwrap_err());
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        let _ = scan(&text);
    }
}
