//! A type that does not parse from text: the message points at the type.

extern crate dragline_parse as dragline;

use dragline_derive::Extract;

struct Price(f64);

#[derive(Extract)]
struct Product {
    #[extract(css = ".price")]
    price: Price,
    #[extract(css = ".was")]
    was: Option<Price>,
}

fn main() {}
