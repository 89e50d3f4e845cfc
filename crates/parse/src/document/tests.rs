//! Tests of documents and elements: what is selected, and what is read from it.

use url::Url;

use super::Document;
use crate::reference::reference;
use crate::selector::Selector;

fn document(html: &str) -> Document {
    Document::parse(html, &Url::parse("http://h.test/d/p").unwrap())
}

fn texts(html: &str, css: &str) -> Vec<String> {
    document(html).select(css).unwrap().iter().map(|element| element.text()).collect()
}

#[test]
fn template_contents_are_never_selected() {
    let html = "<p>1</p><template><p>no</p><div><p>no</p></div></template><div><p>2</p></div>";
    assert_eq!(texts(html, "p"), ["1", "2"]);
    assert_eq!(document(html).select("template").unwrap()[0].select("p").unwrap().len(), 0);
    assert_eq!(document(html).root().text(), "1 2");
}

#[test]
fn noscript_contents_are_selected() {
    assert_eq!(texts("<body><noscript><p>yes</p></noscript>", "noscript p"), ["yes"]);
}

#[test]
fn root_is_found_and_scope_is_the_element() {
    assert_eq!(document("").select("html, body").unwrap().len(), 2);
    let document = document("<div id=a><p>1</p><div><p>2</p></div></div>");
    let outer = document.select("#a").unwrap()[0];
    assert_eq!(outer.select(":scope > p").unwrap().len(), 1);
    assert_eq!(outer.select("div").unwrap().len(), 1);
    let selector = Selector::parse("p").unwrap();
    assert_eq!(document.find(&selector).len(), outer.find(&selector).len());
}

#[test]
fn text_reads_as_one_line() {
    let html = "<div> a\n <b>b</b>c&nbsp; d<script>no</script><style>no</style><br>e\
        <ul><li>f<li>g</ul><table><td>1<td>2</table></div>";
    assert_eq!(texts(html, "div"), ["a bc d e f g 1 2"]);
    assert_eq!(texts("<script>{\"a\": 1}</script>", "script"), ["{\"a\": 1}"]);
    assert_eq!(texts("<p> \n </p>", "p"), [""]);
}

#[test]
fn attributes_urls_and_parents_are_read() {
    let document =
        document("<base href=/b/><p id=x><a href=' y?z ' class=k>t</a><a href='http://['>");
    let links = document.select("a").unwrap();
    assert_eq!(links[0].attr("href"), Some(" y?z "));
    assert_eq!(links[0].attr("id"), None);
    assert_eq!(links[0].url("href").unwrap().as_str(), "http://h.test/b/y?z");
    assert_eq!(links[1].url("href"), None);
    let parent = links[0].parent().unwrap();
    assert_eq!((parent.name(), parent.attr("id")), ("p", Some("x")));
    assert!(parent.html().starts_with("<a "), "{}", parent.html());
    assert!(document.root().parent().is_none());
    assert_eq!(document.base().as_str(), "http://h.test/b/");
}

#[test]
fn facts_are_those_of_the_reference() {
    let html = "<base href=/b/><title>t</title><a href=x><template><a href=no>";
    assert_eq!(document(html).facts(), &reference(html));
}

#[test]
fn deep_documents_are_read_without_recursion() {
    let document = document(&"<div>x<a href=y>".repeat(100_000));
    assert_eq!(document.select("a[href]").unwrap().len(), document.facts().links_found());
    assert!(document.root().text().len() >= 200_000 - 1);
    assert!(document.root().html().len() > 1_000_000);
    assert_eq!(document.select("div div div p").unwrap().len(), 0);
}
