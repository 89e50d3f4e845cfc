//! Any text as a page: an item with every key is read or says what is wrong, within bounds, never a panic.

#![no_main]
#![expect(dead_code, reason = "what was read is only printed")]

extern crate dragline_parse as dragline;

use std::fmt::Debug;
use std::num::ParseFloatError;

use dragline_derive::Extract;
use dragline_parse::{Document, Element, Extract};
use libfuzzer_sys::fuzz_target;
use url::Url;

/// Items within items may read a page once for each of its elements.
const LONGEST: usize = 2048;

const MAX_FIELDS: usize = 64;

#[derive(Debug, Extract)]
struct Product {
    #[extract(css = "h1, h2", text)]
    name: String,
    #[extract(css = ".body", html)]
    body: Option<String>,
    #[extract(css = ".price", regex = r"([\d,]+) \S", parse = price)]
    price: Option<f64>,
    #[extract(css = ".price", regex = "[A-Z]{3}", lenient)]
    currency: Option<String>,
    #[extract(css = "a", attr = "href")]
    link: Option<Url>,
    #[extract(css = "a", attr = "href", url)]
    addresses: Vec<String>,
    #[extract(css = "b", default)]
    stock: u32,
    #[extract(css = "i", lenient, default = 1.5)]
    weight: f64,
    #[extract(css = "li, td", lenient)]
    sizes: Vec<u8>,
    #[extract(css = "p", parse = |text| text.split_once('-').map(|(a, b)| (a.len(), b.len())).ok_or(text.to_owned()))]
    leads: Vec<(usize, usize)>,
    #[extract(css = "h2, dt", nested)]
    sections: Vec<Section>,
    #[extract(css = "tr", nested, lenient)]
    rows: Vec<Section>,
    #[extract(css = "div", nested)]
    best: Option<Comment>,
    #[extract(css = ":scope > *", nested)]
    doubling: Vec<Doubling>,
}

#[derive(Debug, Extract)]
struct Section {
    #[extract]
    title: String,
    #[extract(next = "p, dd, td")]
    lead: Option<u64>,
    #[extract(next = "ul", css = "li", html)]
    points: Vec<String>,
    #[extract(until = "h2, dt", css = "a", attr = "href")]
    links: Vec<Url>,
    #[extract(until = "h2, dt", regex = "(?i)a(.*)b")]
    blocks: Vec<String>,
}

#[derive(Debug, Extract)]
struct Comment {
    #[extract(css = ":scope > p")]
    text: Option<i16>,
    #[extract(css = ":scope > div", nested)]
    replies: Vec<Self>,
}

/// Reads what is deep once for each element above.
#[derive(Debug, Extract)]
struct Doubling {
    #[extract(css = "div, b", nested)]
    inner: Vec<Self>,
}

fn price(text: &str) -> Result<f64, ParseFloatError> {
    text.replace(',', ".").parse()
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(&data[..data.len().min(LONGEST)]);
    let url = Url::parse("http://h.example/d/p").expect("the URL is valid");
    let document = Document::parse(&text, &url);
    check::<Product>(document.root());
    for element in document.select("h2, dt, tr, div").expect("the selector is valid") {
        check::<Section>(element);
        check::<Comment>(element);
    }
});

/// Reads an item twice: what is found, and what is said of the rest, depends on nothing but the page.
fn check<T: Extract + Debug>(element: Element<'_>) {
    let first = T::extract(element);
    if let Err(error) = &first {
        assert!((1..=MAX_FIELDS).contains(&error.fields().len()));
        for field in error.fields() {
            assert!(!field.path().is_empty() && !field.kind().code().is_empty());
            // A level of a path is a name and an index; an excerpt may be 80 characters with escapes.
            assert!(field.path().len() < 128 * 16 && field.to_string().len() < 128 * 16 + 4_000);
        }
    }
    assert_eq!(format!("{first:?}"), format!("{:?}", T::extract(element)));
}
