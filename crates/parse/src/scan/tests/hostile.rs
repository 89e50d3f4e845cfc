//! Pages that try to make a scan slow or large: what it says of them. How long it takes is measured by the
//! benchmark; what is quadratic in one of these would not end here.

use super::agrees;
use crate::scan::{Bail, scan};

fn links(page: &str) -> Result<(usize, usize), Bail> {
    scan(page).map(|facts| (facts.links().count(), facts.links_found()))
}

#[test]
fn many_links_are_all_found() {
    let page: String = (0..100_000).map(|index| format!("<a href=/{}>x</a>", index / 2)).collect();
    assert_eq!(links(&page), Ok((50_000, 100_000)));
}

#[test]
fn deep_nesting_keeps_its_links() {
    let nested = "<div>".repeat(100_000);
    assert_eq!(links(&format!("{nested}<a href=x>")), Ok((1, 1)));
    assert_eq!(links(&format!("{nested}<svg></svg>")), Err(Bail::Depth));
}

#[test]
fn long_values_cost_nothing_else() {
    let long = "x".repeat(10_000_000);
    assert_eq!(links(&format!("<a href='{long}'><a href=y>")), Ok((1, 2)));
    assert_eq!(links(&format!("<p title='{long}'><!-- {long} --><a href=y>")), Ok((1, 1)));
    assert!(scan(&format!("<title>{long}&amp;</title>")).unwrap().title().unwrap().len() <= 4096);
}

#[test]
fn flood_of_attributes_is_left_to_the_tree() {
    let flood: String = (0..100_000).map(|index| format!(" a{index}=1")).collect();
    assert_eq!(links(&format!("<a{flood} href=x>")), Err(Bail::Size));
    assert_eq!(links(&format!("</a{flood}>")), Err(Bail::Size));
    assert_eq!(links(&format!("<!x {flood}>")), Err(Bail::Size));
    assert_eq!(links(&format!("<svg><g{flood}>")), Err(Bail::Size));
}

#[test]
fn formatting_that_multiplies_is_left_to_the_tree() {
    let page: String = (0..5_000).map(|index| format!("<p><b id={index}></p>")).collect();
    assert_eq!(links(&page), Err(Bail::Size));
}

#[test]
fn what_is_never_closed_is_searched_once() {
    for page in ["<!--", "<script>", "<title>", "<textarea>", "<![CDATA[", "<svg><![CDATA["] {
        assert_eq!(links(&page.repeat(300_000)), Ok((0, 0)), "{page}");
    }
    assert_eq!(links(&"<a b='".repeat(10_000)), Ok((0, 0)));
    let hidden = format!("<script>{}</script><a href=x>", "<!--<script>--".repeat(100_000));
    assert_eq!(links(&hidden), Ok((0, 0)));
    assert_eq!(links(&format!("<!--{}", "-".repeat(3_000_000))), Ok((0, 0)));
}

#[test]
fn long_constructs_agree_with_the_tree() {
    let separators = "/ ".repeat(40_000);
    for page in [
        format!("<p title='{separators}'><a href=1>"),
        format!("<p {separators}"),
        format!("<!x '{separators}><a href=1>"),
        format!("<!-- {separators} --><a href=1>"),
        format!("<title>{separators}</title><a href=1>"),
    ] {
        agrees(&page).unwrap();
    }
}
