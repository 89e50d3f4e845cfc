//! `#[derive(Extract)]` as its users see it: what each type reads, and what errors say.

extern crate dragline_parse as dragline;

use std::net::IpAddr;
use std::str::FromStr;

use dragline::{Document, Extract, ExtractError, FieldErrorKind};
use dragline_derive::Extract;
use url::Url;

const PAGE: &str = "<base href=/shop/>
    <article id=' 7 '><h1> Red\n <i>shoe</i></h1><span class=price> 12.5 </span>
    <a class=more>no address</a><a class=more href='item?id=7'>more</a>
    <b class=tag>new</b><b class=tag>sale</b><i class=size>41</i><i class=size>42</i></article>";

fn document(html: &str) -> Document {
    Document::parse(html, &Url::parse("http://h.test/d/p").expect("the test URL is valid"))
}

fn extract<T: Extract>(html: &str, css: &str) -> Result<T, ExtractError> {
    let document = document(html);
    T::extract(document.select(css).expect("the test selector is valid")[0])
}

#[derive(Debug, Extract)]
struct Product {
    #[extract(css = "h1")]
    name: String,
    #[extract(css = ".price")]
    price: f64,
    #[extract(css = "a.more", attr = "href")]
    link: Url,
    #[extract(css = "b.tag")]
    tags: Vec<String>,
    #[extract(css = ".size")]
    sizes: Vec<u8>,
    #[extract(attr = "id")]
    id: u32,
    #[extract(css = "", attr = "id")]
    raw_id: String,
    #[extract(css = ".absent")]
    absent: Option<String>,
    #[extract(css = "h1", attr = "title")]
    without_attribute: Option<Url>,
    #[extract(css = ".absent")]
    none: Vec<IpAddr>,
}

#[test]
fn type_decides_how_often_and_what() {
    let product: Product = extract(PAGE, "article").unwrap();
    assert_eq!(product.name, "Red shoe");
    assert_eq!(product.price.to_string(), "12.5");
    assert_eq!(product.link.as_str(), "http://h.test/shop/item?id=7");
    assert_eq!(product.tags, ["new", "sale"]);
    assert_eq!(product.sizes, [41, 42]);
    assert_eq!((product.id, product.raw_id.as_str()), (7, " 7 "));
    assert_eq!((product.absent, product.without_attribute), (None, None));
    assert!(product.none.is_empty());
}

#[test]
fn every_failed_field_is_named_with_its_selector() {
    let html = "<article><span class=price>soon</span><a class=more href='http://['>x</a>\
        <i class=size>41</i><i class=size>300</i><i class=size>x</i></article>";
    let error = extract::<Product>(html, "article").unwrap_err();
    let places: Vec<(&str, &str)> =
        error.fields().iter().map(|field| (field.path(), field.selector())).collect();
    assert_eq!(
        places,
        [
            ("name", "h1"),
            ("price", ".price"),
            ("link", "a.more[href]"),
            ("sizes[1]", ".size"),
            ("sizes[2]", ".size"),
            ("id", "[id]"),
            ("raw_id", "[id]"),
        ]
    );
    assert_eq!(error.fields()[0].kind(), &FieldErrorKind::Missing);
    assert_eq!(error.url().as_str(), "http://h.test/d/p");
    assert_eq!(
        error.fields()[1].to_string(),
        "field `price` (`.price`): cannot read \"soon\": invalid float literal"
    );
}

#[derive(Debug, Extract)]
struct Strict {
    #[extract(css = "p")]
    number: Option<u8>,
}

#[test]
fn value_that_does_not_parse_is_an_error_even_if_optional() {
    assert_eq!(extract::<Strict>("<div></div>", "div").unwrap().number, None);
    assert_eq!(extract::<Strict>("<div><p>&nbsp;8\n", "div").unwrap().number, Some(8));
    let error = extract::<Strict>("<div><p>eight</p><p>8", "div").unwrap_err();
    assert_eq!(error.fields()[0].path(), "number");
}

#[derive(Debug, Extract)]
struct Generic<'n, T, const N: usize>
where
    T: Clone,
{
    #[extract(css = "i")]
    r#type: Vec<T>,
    #[extract(css = "b")]
    list: List<N>,
    #[extract(css = "i")]
    element: Marked<'n>,
}

#[derive(Debug)]
struct List<const N: usize>(Vec<String>);

impl<const N: usize> FromStr for List<N> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        if words.len() == N { Ok(Self(words)) } else { Err(format!("not {N} words")) }
    }
}

#[derive(Debug)]
struct Marked<'n>(std::marker::PhantomData<&'n ()>);

impl FromStr for Marked<'_> {
    type Err = std::convert::Infallible;

    fn from_str(_: &str) -> Result<Self, Self::Err> {
        Ok(Self(std::marker::PhantomData))
    }
}

#[test]
fn generic_structs_and_types_of_ones_own_are_read() {
    let html = "<div><i>1</i><i>2</i><b>x y</b></div>";
    let value: Generic<'_, u8, 2> = extract(html, "div").unwrap();
    assert_eq!((value.r#type, value.list.0.len()), (vec![1, 2], 2));
    let _ = value.element.0;
    let error = extract::<Generic<'_, u8, 3>>(html, "div").unwrap_err();
    assert!(error.to_string().ends_with("cannot read \"x y\": not 3 words"), "{error}");
}

#[test]
fn one_struct_reads_many_elements() {
    #[derive(Debug, Extract)]
    struct Row {
        #[extract]
        cell: String,
        #[extract(attr = "id")]
        element: Option<u8>,
    }
    let document = document("<p id=1>a</p><p>b</p>");
    let rows = document.select("p").unwrap();
    let rows: Result<Vec<Row>, ExtractError> = rows.into_iter().map(Row::extract).collect();
    let rows: Vec<_> = rows.unwrap().into_iter().map(|row| (row.cell, row.element)).collect();
    assert_eq!(rows, [("a".to_owned(), Some(1)), ("b".to_owned(), None)]);
}
