//! Selectors that are none: the message says why and points at each.

extern crate dragline_parse as dragline;

use dragline_derive::Extract;

#[derive(Extract)]
struct Product {
    #[extract(css = "h1 >")]
    name: String,
    #[extract(css = "p.price::text")]
    price: f64,
    #[extract(css = "dt", next = "dd:hover")]
    pages: Option<u32>,
}

fn main() {}
