//! Tests of what facts hold: each value from its element, each once, and no more than the bounds.

use std::time::Duration;

use crate::facts::{Alternate, Collapsed, MAX_TEXT, Refresh};
use crate::kind::LinkKind;
use crate::reference::reference;

#[test]
fn every_fact_is_read_from_its_element() {
    let facts = reference(
        "<html lang=' de-AT '><title> A\n&amp; B</title><base href=/b/>\
         <meta name=Description content=''><meta name=description content=' of\n it '>\
         <link rel=canonical href=c><link rel=next href=n><link rel=Prev href=p>\
         <link rel=alternate hreflang=fr href=f><link rel='alternate stylesheet' href=no>\
         <link rel=alternate type=application/atom+xml href=feed>\
         <meta http-equiv=refresh content='x'><meta http-equiv=refresh content='7.5; url=r'>",
    );
    assert_eq!(facts.lang(), Some("de-AT"));
    assert_eq!(facts.title(), Some("A & B"));
    assert_eq!(facts.base(), Some("/b/"));
    assert_eq!(facts.description(), Some("of it"));
    assert_eq!(facts.canonical(), Some("c"));
    assert_eq!((facts.next(), facts.previous()), (Some("n"), Some("p")));
    let refresh = Refresh { delay: Duration::from_secs(7), target: Some("r") };
    assert_eq!(facts.refresh(), Some(refresh));
    let french = Alternate { href: "f", hreflang: Some("fr"), media_type: None };
    let feed = Alternate { href: "feed", hreflang: None, media_type: Some("application/atom+xml") };
    assert_eq!(facts.alternates().collect::<Vec<_>>(), [french, feed]);
}

#[test]
fn robots_are_handed_out_for_every_name_that_could_be_a_crawler() {
    let facts = reference(
        "<meta name=robots content='noindex, max-snippet:5'><meta name=GoogleBot content=none>\
         <meta name=viewport content=no><meta name=description content=no><meta name=a.b content=no>\
         <meta name=dragline content=' all '><meta property=robots content=no><meta name=robots>",
    );
    let expected =
        [("robots", "noindex, max-snippet:5"), ("GoogleBot", "none"), ("dragline", "all")];
    assert_eq!(facts.robots().collect::<Vec<_>>(), expected);
}

#[test]
fn links_into_the_page_itself_are_one_and_counted_each_time() {
    let facts = reference(
        "<a href=#a></a><a href=#b></a><map><area href=#c><area href=#d></map>\
         <a rel=next href=#e></a><a href=x#a></a><a href=x#b></a><a href='#'></a>",
    );
    let links: Vec<_> = facts.links().map(|link| (link.href, link.kind)).collect();
    let anchors = ["#e", "x#a", "x#b"].map(|href| (href, LinkKind::Anchor));
    let first = [("#", LinkKind::Anchor), ("#", LinkKind::Area)];
    assert_eq!(links, [&first[..], &anchors].concat());
    assert_eq!((facts.links_found(), facts.next()), (8, Some("#e")));
}

#[test]
fn repeated_link_is_listed_once_for_each_rel_and_counted_each_time() {
    let facts = reference(
        "<a href=x></a><a href=y></a><a href=x></a><a rel='UGC sponsored' href=x></a><iframe src=x>",
    );
    let links: Vec<_> =
        facts.links().map(|link| (link.href, link.kind, link.ugc && link.sponsored)).collect();
    let expected = [
        ("x", LinkKind::Anchor, false),
        ("y", LinkKind::Anchor, false),
        ("x", LinkKind::Anchor, true),
        ("x", LinkKind::Iframe, false),
    ];
    assert_eq!(links, expected);
    assert_eq!(facts.links_found(), 5);
}

#[test]
fn nofollow_of_the_page_makes_repeats_of_its_links_one() {
    let facts =
        reference("<a href=x></a><a rel=nofollow href=x></a><meta name=robots content=none>");
    assert_eq!(facts.links().map(|link| link.nofollow).collect::<Vec<_>>(), [true]);
    assert_eq!(facts.links_found(), 2);
}

#[test]
fn facts_are_equal_whatever_the_order_of_links() {
    let (one, other) =
        (reference("<a href=x><a href=y>"), reference("<a href=y><a href=x><a href=y>"));
    assert_eq!(one, other);
    assert_ne!(one, reference("<a href=x><a href=z>"));
    assert_ne!(one, reference("<a href=x><a href=y><title>t"));
}

#[test]
fn long_values_are_cut_or_left_out() {
    let long = "é".repeat(40_000);
    let html = format!(
        "<title>{long}</title><meta name=robots content='{long}'><html lang='{long}'>\
         <a href='{long}'>1</a><base href='{long}'><base href=/b/>"
    );
    let facts = reference(&html);
    let title = facts.title().unwrap();
    assert!((4_090..=4_096).contains(&title.len()) && long.starts_with(title));
    assert_eq!(facts.robots().next().unwrap().1.len(), 4_096);
    assert_eq!((facts.lang(), facts.base()), (None, Some("/b/")));
    assert_eq!((facts.links().count(), facts.links_found()), (0, 1));
}

#[test]
fn text_is_cut_at_the_same_place_in_whatever_pieces_it_comes() {
    let text = "a é 𝒳  wörd\n".repeat(500);
    let mut whole = Collapsed::default();
    whole.push(&text);
    for length in 1..9 {
        let mut pieces = Collapsed::default();
        for piece in text.chars().collect::<Vec<char>>().chunks(length) {
            pieces.push(&piece.iter().collect::<String>());
        }
        assert_eq!(pieces.text, whole.text);
    }
    assert!(whole.text.len() <= MAX_TEXT);
}
