//! Extract reads structs with named fields, and says so of others.

extern crate dragline_parse as dragline;

use dragline_derive::Extract;

#[derive(Extract)]
enum Product {
    Book,
    Record,
}

fn main() {}
