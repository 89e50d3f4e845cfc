//! Tests of what counts as a fact, on the traps of real and hostile pages.

use proptest::prelude::{prop, prop_assert_eq, proptest};

use super::reference;
use crate::facts::Facts;
use crate::kind::LinkKind;

fn links(html: &str) -> Vec<(LinkKind, String)> {
    reference(html).links().map(|link| (link.kind, link.href.to_owned())).collect()
}

fn hrefs(html: &str) -> Vec<String> {
    reference(html).links().map(|link| link.href.to_owned()).collect()
}

#[test]
fn every_kind_of_link_is_found_where_it_stands() {
    let html = "<meta http-equiv=Refresh content='5; URL=r'><link rel='Canonical' href=c>\
        <link rel='next prefetched' href=l><link rel='stylesheet' href=no><link href=no>\
        <link rel='shortcut icon' href=no><script src=s></script><a href=a>1</a><a name=no>2</a>\
        <map><area href=ar></map><iframe src=if></iframe><img src=i><input type=IMAGE src=b>\
        <video src=v><source src=so><track src=t></video><audio src=au></audio><embed src=e>\
        <object data=o></object>";
    let expected = [
        (LinkKind::Refresh, "r"),
        (LinkKind::Canonical, "c"),
        (LinkKind::Link, "l"),
        (LinkKind::Script, "s"),
        (LinkKind::Anchor, "a"),
        (LinkKind::Area, "ar"),
        (LinkKind::Iframe, "if"),
        (LinkKind::Image, "i"),
        (LinkKind::Image, "b"),
        (LinkKind::Media, "v"),
        (LinkKind::Media, "so"),
        (LinkKind::Media, "t"),
        (LinkKind::Media, "au"),
        (LinkKind::Media, "e"),
        (LinkKind::Media, "o"),
    ];
    assert_eq!(links(html), expected.map(|(kind, href)| (kind, href.to_owned())));
    let frames = "<frameset><frame src=f><noframes><a href=n></a></noframes></frameset>";
    assert_eq!(links(frames), [(LinkKind::Frame, "f".to_owned())]);
}

#[test]
fn noscript_counts_and_template_does_not() {
    assert_eq!(hrefs("<noscript><a href=yes>1</a></noscript>"), ["yes"]);
    assert_eq!(hrefs("<head><noscript><link rel=next href=yes></noscript>"), ["yes"]);
    assert_eq!(hrefs("<template><a href=no><template><a href=no></template></template>"), [""; 0]);
    let facts = reference("<template><base href=/no/><title>no</title></template><title>yes");
    assert_eq!((facts.base(), facts.title()), (None, Some("yes")));
}

#[test]
fn foreign_elements_count_only_as_svg_anchors() {
    assert_eq!(hrefs("<svg><a xlink:href=x><a href=h xlink:href=no></svg>"), ["x", "h"]);
    let foreign = "<svg><title>no</title><base href=/no/><area href=no><script src=no></script>\
        </svg><math><a href=no></a></math>";
    assert_eq!(reference(foreign), Facts::default());
    assert_eq!(hrefs("<svg><foreignObject><a href=yes>"), ["yes"]);
}

#[test]
fn first_base_with_href_and_first_title_win() {
    let facts = reference(
        "<base target=_top><base href=' /1/ '><base href=/2/><title> \n A &amp;\tB </title>\
         <body><title>C</title>",
    );
    assert_eq!(facts.base(), Some("/1/"));
    assert_eq!(facts.title(), Some("A & B"));
    assert_eq!(reference("<title> </title><title>late</title>").title(), None);
}

#[test]
fn nofollow_is_of_the_link_or_of_the_page() {
    let nofollow =
        |html: &str| -> Vec<bool> { reference(html).links().map(|link| link.nofollow).collect() };
    let link = "<a rel='noopener NoFollow' href=1></a><a rel=nofollows href=2></a>";
    assert_eq!(nofollow(link), [true, false]);
    assert_eq!(nofollow("<a href=1></a><meta name=ROBOTS content='noindex , NoFollow'>"), [true]);
    assert_eq!(nofollow("<meta name=robots content=none><a href=1></a>"), [true]);
    assert_eq!(nofollow("<meta name=googlebot content=none><a href=1></a>"), [false]);
}

#[test]
fn values_are_decoded_and_stripped_but_not_changed() {
    let html = "<a href=' &#x2F;a?b&amp;c=1&copy=2#d \n'>";
    assert_eq!(hrefs(html), ["/a?b&c=1&copy=2#d"]);
    assert_eq!(hrefs("<a href><a href='#'><a href='java script:x'>"), ["", "#", "java script:x"]);
}

proptest! {
    #[test]
    fn wrapping_does_not_change_the_facts(hrefs in prop::collection::vec("[a-z/?#.]{1,12}", 0..9)) {
        let inner: String =
            hrefs.iter().map(|href| format!("<p>x <a href=\"{href}\">y</a></p>")).collect();
        let plain = reference(&inner);
        let mut expected = Vec::new();
        for href in &hrefs {
            // All that lead into the page itself are one.
            let href = if href.starts_with('#') { "#" } else { href };
            if !expected.iter().any(|known| known == href) {
                expected.push(href.to_owned());
            }
        }
        let found: Vec<String> = plain.links().map(|link| link.href.to_owned()).collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(plain.links_found(), hrefs.len());
        for (start, end) in [
            ("<noscript>", "</noscript>"),
            ("<table><tr><td>", "</table>"),
            ("<svg><foreignObject>", "</foreignObject></svg>"),
            ("<!-- <a href=no> --><script>'<a href=no>'</script>", "<template><a href=no>"),
        ] {
            prop_assert_eq!(&reference(&format!("{start}{inner}{end}")), &plain);
        }
    }
}
