//! Elements into typed values: the trait that `#[derive(Extract)]` implements. The functions
//! that derived code calls are in `derived.rs`.

use crate::element::Element;
use crate::extract_error::ExtractError;

/// A value that can be read from one element.
///
/// Usually derived: each field names what to read with `#[extract(css = "..", ..)]`, and its type
/// says how often. `Option<T>` is none when nothing matches, `Vec<T>` takes all that match,
/// everything else is required. `T` is a `String` (the text, or the attribute as written), a `Url`
/// (resolved against the document's base) or anything that parses from trimmed text by `FromStr`.
/// The keys are listed at the derive macro of the same name. A field of another shape calls for an
/// implementation by hand.
///
/// An item that cannot be had says all that is wrong with it:
///
/// ```
/// # extern crate dragline_parse as dragline;
/// # use dragline_derive::Extract;
/// use dragline::{Document, Extract};
/// # use url::Url;
///
/// #[derive(Debug, Extract)]
/// struct Book {
///     #[extract(css = "h1.title")]
///     title: String,
///     #[extract(css = ".price")]
///     price: f64,
///     #[extract(css = "li.review", nested)]
///     reviews: Vec<Review>,
/// }
///
/// #[derive(Debug, Extract)]
/// struct Review {
///     #[extract(css = ".score", regex = r"(\d) of 5")]
///     score: u8,
/// }
///
/// let html = "<h1>On Bees</h1><p class=price>£12</p>
///     <ul><li class=review><b class=score>4 of 5</b><li class=review><b class=score>none</b></ul>";
/// let document = Document::parse(html, &Url::parse("http://books.example/book/7/")?);
/// let error = Book::extract(document.root()).unwrap_err();
/// # let _ = |book: Book| (book.title, book.price, book.reviews.into_iter().map(|review| review.score));
/// assert_eq!(
///     error.to_string(),
///     "\
/// failed to extract an item from http://books.example/book/7/:
///   field `title` (`h1.title`): nothing matches; make it an Option if it may be absent
///   field `price` (`.price`): cannot read \"£12\": invalid float literal
///   field `reviews[1].score` (`.score`): regex \"(\\\\d) of 5\" matches nothing in \"none\""
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Examples
///
/// ```
/// use dragline_parse::{Document, Element, Extract, ExtractError};
/// use url::Url;
///
/// struct Heading(String);
///
/// impl Extract for Heading {
///     fn extract(element: Element<'_>) -> Result<Self, ExtractError> {
///         Ok(Self(element.text()))
///     }
/// }
///
/// let document = Document::parse("<h1>News</h1>", &Url::parse("http://h.example/")?);
/// assert_eq!(Heading::extract(document.select("h1")?[0])?.0, "News");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Extract: Sized {
    /// Reads the value from `element` and what is inside it.
    ///
    /// # Errors
    ///
    /// Fails if a required field is missing or a value does not parse; the error names every
    /// field that failed, not the first alone.
    fn extract(element: Element<'_>) -> Result<Self, ExtractError>;
}
