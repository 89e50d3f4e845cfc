//! Tests that hostile pages cost little and that the limits change nothing else.

use html5ever::TokenizerResult;
use html5ever::driver::{ParseOpts, parse_document};
use html5ever::tendril::TendrilSink;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::TreeBuilderOpts;
use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};
use scraper::{Html, HtmlTreeSink};

use super::{Bounded, CHUNK, MAX_DEPTH, in_chunks, tree};
use crate::reference::walk;

fn unbounded(text: &str) -> Html {
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..Default::default() };
    let options = ParseOpts { tree_builder, ..Default::default() };
    parse_document(HtmlTreeSink::new(Html::new_document()), options).one(text)
}

/// The same bounds, but all tokens are the tokenizer's.
fn tokenized(text: &str) -> Html {
    let options = TokenizerOpts { discard_bom: false, ..Default::default() };
    let tokenizer = Tokenizer::new(Bounded::new(text.len()), options);
    let queue = BufferQueue::default();
    queue.push_back(text.strip_prefix('\u{feff}').unwrap_or(text).into());
    while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.builder.sink.0.into_inner()
}

fn depth(html: &Html) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for edge in html.tree.root().traverse() {
        match edge {
            ego_tree::iter::Edge::Open(_) => depth += 1,
            ego_tree::iter::Edge::Close(_) => depth -= 1,
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[test]
fn deep_nesting_of_any_kind_is_flattened_and_keeps_its_links() {
    for nest in
        ["<div>", "<ul><li>", "<table><tr><td>", "<b>", "<svg>", "<applet><b>", "<math><mi>"]
    {
        let html = tree(&format!("{nest}<a href=x>").repeat(3_000));
        assert!(depth(&html) <= MAX_DEPTH + 8, "{nest}: {}", depth(&html));
        assert!(walk(&html).links_found() >= 3_000, "{nest}");
    }
    assert!(depth(&tree(&"<template>".repeat(3_000))) <= MAX_DEPTH + 8);
}

#[test]
fn formatting_that_multiplies_is_cut_at_the_size_of_the_page() {
    let text: String = (0..5_000).map(|index| format!("<p><b id={index}></p>")).collect();
    assert!(tree(&text).tree.values().len() < text.len() + 2_048);
}

#[test]
fn flood_of_attributes_ends_and_the_page_goes_on() {
    let flood: String = (0..300_000).map(|index| format!("a{index}=\">\" ")).collect();
    let html = tree(&format!("<p {flood}><a href=after>x</a>"));
    let attributes = html.tree.values().filter_map(|node| node.as_element());
    assert!(attributes.map(|element| element.attrs.len()).max() < Some(80_000));
    assert_eq!(walk(&html).links().next().unwrap().href, "after");
}

#[test]
fn long_values_and_comments_are_kept_whole() {
    let long = "AbC+".repeat(4 * CHUNK);
    let html =
        tree(&format!("<!-- {} --><img src='data:,{long}'><a href=after>", "a b ".repeat(50_000)));
    let image = html.tree.values().filter_map(|node| node.as_element()?.attr("src")).next();
    assert_eq!(image.unwrap().len(), long.len() + "data:,".len());
    assert_eq!(walk(&html).links().next().unwrap().href, "after");
}

#[test]
fn page_in_several_chunks_is_the_same_tree() {
    let text =
        "<p title='é&amp;\r\n'>žluť &copy; <a href=/x?a&b>𝒳</a>\r\n<!-- é --><table>x<td>y</table>"
            .repeat(4_000);
    assert!(text.len() > 3 * CHUNK);
    assert!(tree(&text).html() == unbounded(&text).html());
}

proptest! {
    #[test]
    fn ordinary_pages_are_not_changed_by_the_limits(pieces in prop::collection::vec(
        prop::sample::select(vec![
            "<a href=x>", "</a>", "<b>", "</b>", "<p>", "</p>", "<table>", "<tr>", "<td>", "</table>",
            "<div>", "</div>", "<template>", "</template>", "<svg>", "</svg>", "<title>", "</title>",
            "<select>", "<option>", "<br>", "text", "&amp;", "<!--", "-->", "<script>", "</script>",
            "<frameset>", "<frame src=f>", "<base href=b>", "<noscript>", "</noscript>", "<li>",
            "<foreignObject>", "<math>", "<mi>", "<form>", "</form>", "<button>", "\u{0}", "<",
            "<plaintext>", "<textarea>", "</textarea>", "<object>", "</object>", "<caption>", "<col>",
        ]),
        0..60,
    )) {
        let text = pieces.concat();
        prop_assert_eq!(tree(&text).html(), unbounded(&text).html());
    }

    #[test]
    fn any_text_is_some_tree(text in "(<|>|/|=|\"|'|a|!|-|&|;|\\?|\\[|\\PC){0,200}") {
        prop_assert_eq!(tree(&text).html(), unbounded(&text).html());
    }

    #[test]
    fn plain_tokens_are_those_of_the_tokenizer(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40),
        chunk in 4_usize..200,
    ) {
        let text = pieces.concat();
        let expected = tokenized(&text);
        prop_assert!(tree(&text).tree == expected.tree, "{}", tree(&text).html());
        prop_assert!(in_chunks(&text, chunk).tree == expected.tree, "in pieces of {}", chunk);
    }

    #[test]
    fn plain_tags_are_those_of_the_tokenizer(
        text in "(</?[a-cA-Z-]{0,9}([ \n/]{1,2}[a-bA-Z_:é]{0,3}( ?=[ \"']?(x|&amp;|&lt|&|<|>|/|\r|é){0,4}[\"']?)?){0,4} ?/?>(x|&gt;|&gt|\n){0,3}){0,6}",
    ) {
        prop_assert!(tree(&text).tree == tokenized(&text).tree, "{}", tree(&text).html());
    }
}

/// Whole and broken pieces of markup, those that are read at once and those that are not.
const PIECES: &[&str] = &[
    "<a href=\"x?a&amp;b\" class=b>",
    "<A HREF='Q'>",
    "<a href=x&y>",
    "<a b=c/>",
    "<a b = c>",
    "<a b c>",
    "<a b=1 b=2>",
    "<a b=\"\">",
    "<a b=>",
    "<a b=\"c\"d=e>",
    "<a\rb>",
    "<a\tb\n=c>",
    "<a b=\"&lt;&lt&amp;amp;\">",
    "<a b='x>y'>",
    "<a b=\"",
    "<a b='",
    "<a ",
    "<br/>",
    "<br />",
    "<br / >",
    "<p/x>",
    "</a>",
    "</a >",
    "</a b=c>",
    "</a/>",
    "</>",
    "</",
    "<",
    ">",
    "\"",
    "'",
    "=",
    "/",
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    "<pre>",
    "\n",
    "\r\n",
    "\r",
    " ",
    "x",
    "\u{0}",
    "\u{feff}",
    "é",
    "<é>",
    "<a é=1>",
    "&amp;",
    "&amp",
    "&lt;",
    "&ltx;",
    "&gt;",
    "&nbsp;",
    "&nbsp",
    "&#39;",
    "&#3",
    "9;",
    "&#x27;",
    "&copy;",
    "&copy=",
    "&",
    "&bogus;",
    "<!-- > -->",
    "<!-->",
    "<!--",
    "-->",
    "<!x>",
    "<!doctype html>",
    "<?x?>",
    "<![CDATA[x>]]>",
    "]]>",
    "<script>",
    "<script src=\"x\">",
    "</script>",
    "</script",
    "<style>",
    "</style>",
    "<title>",
    "</title>",
    "<textarea>",
    "</textarea>",
    "<xmp>",
    "</xmp>",
    "<plaintext>",
    "<noscript>",
    "</noscript>",
    "<iframe>",
    "</iframe>",
    "<svg>",
    "</svg>",
    "<title/>",
    "<math>",
    "<mi>",
    "<table>",
    "<tr>",
    "<td>",
    "</table>",
    "<select>",
    "<option>",
    "<template>",
    "</template>",
    "<frameset>",
    "<meta charset=x>",
    "<form>",
    "<input type=hidden>",
    "<x-y z_w:v=1>",
    "<h1>",
    "<html lang=x>",
    "<body class=y>",
];
