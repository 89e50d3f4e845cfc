//! Every key of `#[extract(..)]`: what it reads, and what its errors say of missing and wrong values.

extern crate dragline_parse as dragline;

use std::num::ParseFloatError;

use dragline::{Document, Extract, ExtractError};
use dragline_derive::Extract;
use proptest::prelude::any;
use proptest::{prop_assert, proptest};
use url::Url;

fn document(html: &str) -> Document {
    Document::parse(html, &Url::parse("http://h.test/d/p").expect("the test URL is valid"))
}

fn extract<T: Extract>(html: &str) -> Result<T, ExtractError> {
    T::extract(document(html).root())
}

/// The errors as `path code selector`.
fn faults<T: Extract>(html: &str) -> Vec<String> {
    let error = extract::<T>(html).err().expect("the page is wrong");
    let line = |field: &dragline::FieldError| {
        format!("{} {} {}", field.path(), field.kind().code(), field.selector())
    };
    error.fields().iter().map(line).collect()
}

fn price(text: &str) -> Result<f64, ParseFloatError> {
    text.replace(',', ".").parse()
}

#[derive(Debug, Extract)]
struct Product {
    #[extract(css = "h1", text)]
    name: String,
    #[extract(css = ".body", html)]
    body: String,
    #[extract(css = ".price", regex = r"([\d,]+) \S", parse = price)]
    price: f64,
    #[extract(css = ".price", regex = "[A-Z]{3}")]
    currency: Option<String>,
    #[extract(css = "a", attr = "href")]
    link: Url,
    #[extract(css = "a", attr = "href", url)]
    address: String,
    #[extract(css = ".stock", default)]
    stock: u32,
    #[extract(css = ".weight", default = 1.5)]
    weight: f64,
    #[extract(css = ".rating", lenient)]
    rating: Option<u8>,
    #[extract(css = ".size", lenient)]
    sizes: Vec<u8>,
    #[extract(css = ".lead", parse = |text| text.split_once('-').map(|(a, b)| (a.len(), b.len())).ok_or("no dash"))]
    lead: Option<(usize, usize)>,
    #[extract(css = ".review", nested)]
    reviews: Vec<Review>,
    #[extract(css = ".best", nested)]
    best: Option<Review>,
}

#[derive(Debug, PartialEq, Extract)]
struct Review {
    #[extract(css = "b")]
    score: u8,
    #[extract(css = "i")]
    by: Option<String>,
}

const GOOD: &str = "<h1> Red\n shoe</h1><div class=body>A <b>fine</b> one</div>
    <p class=price>only 12,50 EUR</p><a href='?x'>x</a>
    <i class=rating>good</i><i class=rating>4</i><i class=size>41</i><i class=size>-</i>
    <p class=lead>ab-c</p>
    <div class=review><b>4</b><i>Ann</i></div><div class=review><b> 5 </b></div>";

#[test]
fn each_key_reads_what_it_says() {
    let product: Product = extract(GOOD).unwrap();
    assert_eq!(product.name, "Red shoe");
    assert_eq!(product.body, "A <b>fine</b> one");
    assert_eq!(product.price.to_string(), "12.5");
    assert_eq!(product.currency.as_deref(), Some("EUR"));
    assert_eq!(product.link.as_str(), "http://h.test/d/p?x");
    assert_eq!(product.address, "http://h.test/d/p?x");
    assert_eq!((product.stock, product.weight.to_string()), (0, "1.5".to_owned()));
    assert_eq!((product.rating, product.sizes), (Some(4), vec![41]));
    assert_eq!(product.lead, Some((2, 1)));
    let reviews = [Review { score: 4, by: Some("Ann".to_owned()) }, Review { score: 5, by: None }];
    assert_eq!(product.reviews, reviews);
    assert_eq!(product.best, None);
}

#[test]
fn each_missing_or_wrong_value_is_named_with_its_path() {
    assert_eq!(
        faults::<Product>(""),
        [
            "name missing h1",
            "body missing .body",
            "price missing .price",
            "link missing a[href]",
            "address missing a[href]",
        ]
    );
    let html = "<h1>n</h1><p class=body>b</p><p class=price>on request</p><a href='http://['>x</a>
        <p class=stock>many</p><p class=weight>x</p><p class=rating>x</p><p class=size>x</p>
        <p class=lead>abc</p><p class=review><b>4</b></p><p class=review>none</p>
        <p class=review><b>300</b></p><p class=best><b>x</b></p>";
    assert_eq!(
        faults::<Product>(html),
        [
            "price regex .price",
            "currency regex .price",
            "link url a[href]",
            "address url a[href]",
            "stock parse .stock",
            "weight parse .weight",
            "lead parse .lead",
            "reviews[1].score missing b",
            "reviews[2].score parse b",
            "best.score parse b",
        ]
    );
    let error = extract::<Product>(html).unwrap_err();
    assert_eq!(
        error.fields()[0].to_string(),
        "field `price` (`.price`): regex \"([\\\\d,]+) \\\\S\" matches nothing in \"on request\""
    );
    assert!(
        error.to_string().contains("`lead` (`.lead`): cannot read \"abc\": no dash"),
        "{error}"
    );
}

#[derive(Debug, PartialEq, Extract)]
struct Section {
    #[extract]
    title: String,
    #[extract(next = "p")]
    lead: Option<String>,
    #[extract(next = "ul", css = "li")]
    points: Vec<String>,
    #[extract(until = "h2", css = "a", attr = "href")]
    links: Vec<Url>,
    #[extract(until = "h2")]
    blocks: Vec<String>,
}

#[test]
fn values_beside_an_element_are_reached() {
    let page = document(
        "<h2>One <a href=/self>#</a></h2><p>a <a href=/a>x</a><p>b<ul><li>c<li>d</ul>
         <h2>Two</h2><div>e <a href=/e>x</a></div>",
    );
    let headings = page.select("h2").unwrap();
    let one = Section::extract(headings[0]).unwrap();
    assert_eq!((one.title.as_str(), one.lead.as_deref()), ("One #", Some("a x")));
    assert_eq!(one.points, ["c", "d"]);
    assert_eq!(one.blocks, ["a x", "b", "c d"]);
    let links: Vec<&str> = one.links.iter().map(Url::path).collect();
    assert_eq!(links, ["/self", "/a"]);
    let two = Section::extract(headings[1]).unwrap();
    assert_eq!((two.lead, two.points.len(), two.blocks), (None, 0, vec!["e x".to_owned()]));
    assert_eq!(two.links.len(), 1);
}

#[derive(Debug, Extract)]
struct Row {
    #[extract(css = "th")]
    name: String,
    #[extract(until = "tr:has(th)", css = "td")]
    cells: Vec<u8>,
    #[extract(css = "th", next = "td")]
    #[expect(dead_code, reason = "only its error is asked for")]
    first: u8,
}

#[test]
fn rows_that_span_are_one_item_and_errors_say_where_they_looked() {
    let page =
        document("<table><tr><th rowspan=2>a</th><td>1<td>2<tr><td>3<tr><th>b</th><td>x</table>");
    let rows: Vec<_> = page.select("tr:has(th)").unwrap().into_iter().map(Row::extract).collect();
    let errors: Vec<String> =
        rows.iter().map(|row| row.as_ref().unwrap_err().to_string()).collect();
    // A row has no sibling that is a cell: `next` looks beside the row, not beside its heading.
    assert!(
        errors[0].ends_with(
            "field `first` (`next(td) th`): nothing matches; make it an Option if it may be absent"
        ),
        "{}",
        errors[0]
    );
    assert!(
        errors[1].contains("field `cells[0]` (`until(tr:has(th)) td`): cannot read \"x\""),
        "{}",
        errors[1]
    );
    let _ = |row: Row| (row.name, row.cells);
}

#[derive(Debug, Extract)]
struct Comment {
    #[extract(css = ":scope > p")]
    text: String,
    #[extract(css = ":scope > div", nested)]
    replies: Vec<Self>,
}

#[derive(Debug, Extract)]
struct Endless {
    #[extract(nested)]
    inner: Vec<Self>,
}

#[derive(Debug, Extract)]
struct Doubling {
    #[extract(css = "div", nested)]
    inner: Vec<Self>,
}

#[test]
fn recursive_items_are_read_and_bounded() {
    let page = document("<div><p>a</p><div><p>b</p></div><div><p>c</p><div><p>d</p></div></div>");
    let thread = Comment::extract(page.select("div").unwrap()[0]).unwrap();
    assert_eq!((thread.text.as_str(), thread.replies.len()), ("a", 2));
    assert_eq!(thread.replies[1].replies[0].text, "d");

    let page = document(&"<div>".repeat(300));
    let error = Endless::extract(page.root()).unwrap_err();
    assert_eq!(error.fields()[0].kind().code(), "nesting");
    let error = Doubling::extract(page.root()).unwrap_err();
    assert_eq!(error.fields()[0].kind().code(), "nesting");
    // The bound is of one item, not of the page.
    let page = document("<div><p>a");
    assert!(Comment::extract(page.select("div").unwrap()[0]).is_ok());
    let _ = |endless: Endless, doubling: Doubling| (endless.inner, doubling.inner);
}

#[test]
fn lenient_items_are_dropped_and_defaults_stand_in() {
    #[derive(Debug, Extract)]
    struct Kind {
        #[extract(css = "div", nested, lenient)]
        reviews: Vec<Review>,
        #[extract(css = "u", lenient, default = 7)]
        count: u8,
        #[extract(css = "s", lenient)]
        needed: u8,
    }
    let kind: Kind = extract("<div><b>4</b></div><div><b>x</b></div><u>x</u><s>x</s><s>9").unwrap();
    assert_eq!((kind.reviews.len(), kind.count, kind.needed), (1, 7, 9));
    assert_eq!(faults::<Kind>("<s>x"), ["needed missing s"]);
}

#[test]
fn generic_items_demand_what_their_fields_need() {
    #[derive(Debug, Extract)]
    struct Two<T, U> {
        #[extract(css = "div", nested)]
        first: T,
        #[extract(css = "b", default)]
        second: U,
        #[extract(css = "i")]
        third: Vec<U>,
    }
    let two: Two<Review, u8> = extract("<div><b>4</b></div><i>5").unwrap();
    assert_eq!((two.first.score, two.second, two.third), (4, 4, vec![5]));
}

proptest! {
    #[test]
    fn no_page_makes_it_panic(html in any::<String>(), cuts in proptest::collection::vec(0..GOOD.len(), 0..6)) {
        let mut page = html;
        for cut in cuts {
            page.push_str(&GOOD[cut..]);
            page.push_str("<h2>");
        }
        let page = document(&page);
        for element in page.select("*").expect("the selector is valid").into_iter().take(50) {
            let _ = Section::extract(element);
            if let Err(error) = Product::extract(element) {
                prop_assert!(!error.fields().is_empty());
            }
        }
    }
}
