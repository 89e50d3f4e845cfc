//! A regex that is none: the message is that of the regex crate, at the literal.

extern crate dragline_parse as dragline;

use dragline_derive::Extract;

#[derive(Extract)]
struct Product {
    #[extract(css = ".sold", regex = r"(\d+ sold")]
    sold: u32,
}

fn main() {}
