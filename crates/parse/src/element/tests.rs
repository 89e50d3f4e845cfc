//! What is beside, around and inside an element.

use url::Url;

use super::Element;
use crate::document::Document;

const PAGE: &str = "<h2>One</h2>text<p>a <b>x</b><div class=note><p>deep</div><p>b\
    <h2>Two</h2><!-- c --><p>c</p><template><p>hidden</template>";

fn document(html: &str) -> Document {
    Document::parse(html, &Url::parse("http://h.test/").unwrap())
}

fn texts<'a>(elements: impl IntoIterator<Item = Element<'a>>) -> Vec<String> {
    elements.into_iter().map(|element| element.text()).collect()
}

#[test]
fn siblings_are_elements_only_and_nearest_first() {
    let document = document(PAGE);
    let headings = document.select("h2").unwrap();
    assert_eq!(texts(headings[0].following()), ["a x", "deep", "b", "Two", "c", ""]);
    assert_eq!(texts(headings[1].preceding()), ["b", "deep", "a x", "One"]);
}

#[test]
fn group_ends_before_the_next_item_or_with_the_parent() {
    let document = document(PAGE);
    let headings = document.select("h2").unwrap();
    assert_eq!(texts(headings[0].following_until("h2").unwrap()), ["a x", "deep", "b"]);
    assert_eq!(headings[1].following_until("h2").unwrap().len(), 2);
    assert!(headings[0].following_until("*").unwrap().is_empty());
}

#[test]
fn next_skips_siblings_that_do_not_match() {
    let document = document(PAGE);
    let headings = document.select("h2").unwrap();
    assert_eq!(headings[0].next(".note").unwrap().unwrap().text(), "deep");
    assert!(headings[1].next(".note").unwrap().is_none());
    assert!(headings[0].next("p::text").is_err());
}

#[test]
fn ancestor_is_the_nearest_and_never_the_element_itself() {
    let document = document("<div id=a><div id=b><i><div id=c>");
    let inner = document.select("#c").unwrap()[0];
    assert_eq!(inner.ancestor("div").unwrap().unwrap().attr("id"), Some("b"));
    assert!(document.root().ancestor("html").unwrap().is_none());
}

#[test]
fn first_and_children_leave_out_templates() {
    let document = document("<div><template><p>inert</template><p>live");
    let block = document.select("div").unwrap()[0];
    assert_eq!(block.first("p").unwrap().unwrap().text(), "live");
    assert_eq!(block.children().map(|child| child.name()).collect::<Vec<_>>(), ["template", "p"]);
}
