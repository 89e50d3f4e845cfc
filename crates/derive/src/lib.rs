//! The derive macro of dragline, `#[derive(Extract)]`. Use it through the `dragline` crate, whose
//! paths its code names.
//!
//! Each named field of a struct says what to read: `css` is a selector below the element (absent
//! or empty: the element itself), `attr` an attribute (absent: the text). The type says how
//! often: `Option<T>` is none when nothing matches, `Vec<T>` all that match, anything else is
//! required. `T` is a `String`, a `Url`, or any type that parses from text.
//!
//! ```text
//! #[derive(Extract)]
//! struct Product {
//!     #[extract(css = "h1")]
//!     name: String,
//!     #[extract(css = ".price")]
//!     price: f64,
//!     #[extract(css = "a.more", attr = "href")]
//!     link: Option<Url>,
//!     #[extract(css = ".tag")]
//!     tags: Vec<String>,
//! }
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
