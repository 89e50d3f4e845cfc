//! The derive macro of dragline, `#[derive(Extract)]`. Use it through the `dragline` crate, whose
//! paths its code names.
//!
//! Each named field of a struct says with `#[extract(..)]` where its value stands, and its type says
//! how often: `Option<T>` is none when nothing matches, `Vec<T>` all that match, anything else is
//! required. `T` is a `String`, a `Url` (resolved against the document's base), or any type that
//! parses from trimmed text by `FromStr`.
//!
//! | key | reads |
//! |---|---|
//! | `css = "h1"` | what the selector matches inside the element; absent or empty: the element itself |
//! | `next = "dd"` | goes to the first following sibling that matches; `css` then looks inside that one |
//! | `until = "h2"` | takes in the following siblings up to the next that matches; `css` looks in the element and in these, without it they are the values |
//! | `attr = "href"` | the attribute; elements without it do not match |
//! | `text` | the text in one line (the default) |
//! | `html` | the HTML inside |
//! | `regex = r"(\d+) pages"` | of that, the first group, else the whole match; no match is an error |
//! | `url` | of that, the absolute URL; implied by the type `Url` |
//! | `parse = function` | the value by a function or closure from trimmed `&str` to `Result<T, E>`, `E: Display` |
//! | `default`, `default = 1` | stands in when nothing matches |
//! | `nested` | an item of its own: `T` implements `Extract`; at most 128 levels and 100,000 items |
//! | `lenient` | what cannot be read is passed over, as if it did not match, instead of an error |
//!
//! A value that is there but cannot be read is an error even of an `Option` or a field with a
//! default, unless it is `lenient`. Siblings *inside* the element need no key, since CSS has them:
//! `css = "dt.pages + dd"`.
//!
//! ```text
//! #[derive(Extract)]
//! struct Product {
//!     #[extract(css = "h1")]
//!     name: String,
//!     #[extract(css = ".price", regex = r"[\d.]+")]
//!     price: f64,
//!     #[extract(css = "a.more", attr = "href")]
//!     link: Option<Url>,
//!     #[extract(css = "time", attr = "datetime")]
//!     made: jiff::civil::Date,
//!     #[extract(css = ".sold", parse = |text| Date::strptime("%d %B %Y", text))]
//!     sold: Option<jiff::civil::Date>,
//!     #[extract(css = ".review", nested)]
//!     reviews: Vec<Review>,
//! }
//! ```
//!
//! Dates need no key and no date library in here: a type that parses from the form on the page does
//! so by itself, any other form goes through `parse`.
//!
//! A selector or regex that is wrong does not compile, and the error stands at it:
//!
//! ```text
//! error: selector "p.price::text" has `::text` or `::attr()`, which are not CSS; text is read by default, an attribute with the key `attr`
//!  --> src/main.rs:5:21
//!   |
//! 5 |     #[extract(css = "p.price::text")]
//!   |                     ^^^^^^^^^^^^^^^
//!
//! error: regex parse error:
//!            (\d+ sold
//!            ^
//!        error: unclosed group
//!  --> src/main.rs:7:38
//!   |
//! 7 |     #[extract(css = ".sold", regex = r"(\d+ sold")]
//!   |                                      ^^^^^^^^^^^^
//! ```

use proc_macro::TokenStream;

mod expand;
mod field;
mod keys;
mod regex;
mod selector;

/// Implements `Extract` for a struct with named fields.
#[proc_macro_derive(Extract, attributes(extract))]
pub fn derive_extract(input: TokenStream) -> TokenStream {
    expand::expand(input.into()).unwrap_or_else(|error| error.to_compile_error()).into()
}
