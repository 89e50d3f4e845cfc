//! A key that does not exist, and two that exclude each other: known ones are named.

extern crate dragline_parse as dragline;

use dragline_derive::Extract;

#[derive(Extract)]
struct Product {
    #[extract(selector = "h1")]
    name: String,
    #[extract(css = ".price", attr = "content", text)]
    price: f64,
}

fn main() {}
