//! Elements into typed values: the trait that `#[derive(Extract)]` implements. The functions
//! that derived code calls are in `derived.rs`.

use crate::element::Element;
use crate::extract_error::ExtractError;

/// A value that can be read from one element.
///
/// Usually derived: each field names what to read with `#[extract(css = "..", attr = "..")]`, and
/// its type says how often. `Option<T>` is none when nothing matches, `Vec<T>` takes all that
/// match, everything else is required. `T` is a `String` (the text, or the attribute as
/// written), a `Url` (resolved against the document's base) or anything that parses from trimmed
/// text by `FromStr`. A field of another shape calls for an implementation by hand.
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
