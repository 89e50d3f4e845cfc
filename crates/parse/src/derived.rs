//! What code written by `#[derive(Extract)]` calls. Not for anybody else: it changes with the
//! derive and without notice.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use url::Url;

use crate::element::Element;
use crate::extract_error::{ExtractError, FieldError, FieldErrorKind};
use crate::selector::{Selector, SelectorError};

/// Where the value of one field stands; a static of the derived code.
#[derive(Debug)]
pub struct Field {
    name: &'static str,
    css: Option<&'static str>,
    attr: Option<&'static str>,
    selector: OnceLock<Result<Selector, SelectorError>>,
}

impl Field {
    /// Makes a field; without `css` it is read from the element itself, without `attr` its text.
    #[must_use]
    pub const fn new(
        name: &'static str,
        css: Option<&'static str>,
        attr: Option<&'static str>,
    ) -> Self {
        Self { name, css, attr, selector: OnceLock::new() }
    }

    fn error(&self, index: Option<usize>, kind: FieldErrorKind) -> FieldError {
        let path = match index {
            Some(index) => format!("{}[{index}]", self.name),
            None => self.name.to_owned(),
        };
        let css = self.css.unwrap_or_default();
        let place = match self.attr {
            Some(attr) => format!("{css}[{attr}]"),
            None => css.to_owned(),
        };
        FieldError::new(path, place, kind)
    }
}

/// One candidate for a field: an element, and its attribute if the field is one.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    element: Element<'a>,
    attr: Option<&'a str>,
}

/// How a field's type is read; [`text`], [`url`] and [`parse`] are the ways there are.
pub type Read<T> = fn(Found<'_>) -> Result<T, FieldErrorKind>;

/// Says that a field failed and its error is recorded.
#[derive(Debug, Clone, Copy)]
pub struct Recorded;

/// The extraction of one item: reads field after field and keeps every error.
#[derive(Debug)]
pub struct Extraction<'a> {
    element: Element<'a>,
    error: ExtractError,
}

impl<'a> Extraction<'a> {
    /// Starts the extraction of an item from an element.
    #[must_use]
    pub fn new(element: Element<'a>) -> Self {
        Self { element, error: ExtractError::new(element.document().url()) }
    }

    /// Reads a required field.
    ///
    /// # Errors
    ///
    /// Fails if nothing matches or the first match does not parse.
    pub fn one<T>(&mut self, field: &'static Field, read: Read<T>) -> Result<T, Recorded> {
        match self.optional(field, read)? {
            Some(value) => Ok(value),
            None => Err(self.record(field.error(None, FieldErrorKind::Missing))),
        }
    }

    /// Reads an optional field.
    ///
    /// # Errors
    ///
    /// Fails if the first match does not parse.
    pub fn optional<T>(
        &mut self,
        field: &'static Field,
        read: Read<T>,
    ) -> Result<Option<T>, Recorded> {
        let first = self.candidates(field)?.next();
        let value = first.map(read).transpose();
        value.map_err(|kind| self.record(field.error(None, kind)))
    }

    /// Reads a field that takes all matches.
    ///
    /// # Errors
    ///
    /// Fails if any match does not parse; each that does not is recorded.
    pub fn all<T>(&mut self, field: &'static Field, read: Read<T>) -> Result<Vec<T>, Recorded> {
        let mut values = Vec::new();
        let mut failed = None;
        for (index, found) in self.candidates(field)?.enumerate() {
            match read(found) {
                Ok(value) => values.push(value),
                Err(kind) => failed = Some(self.record(field.error(Some(index), kind))),
            }
        }
        failed.map_or(Ok(values), Err)
    }

    /// Returns the error of the item, after a field failed.
    #[must_use]
    pub fn into_error(self) -> ExtractError {
        self.error
    }

    fn record(&mut self, field: FieldError) -> Recorded {
        self.error.push(field);
        Recorded
    }

    /// Returns the matches of a field; one that lacks the wanted attribute is none.
    fn candidates(
        &mut self,
        field: &'static Field,
    ) -> Result<impl Iterator<Item = Found<'a>> + use<'a>, Recorded> {
        let selector = match field.css {
            Some(css) => match field.selector.get_or_init(|| Selector::parse(css)) {
                Ok(selector) => Some(selector),
                Err(error) => {
                    let kind = FieldErrorKind::Selector(error.clone());
                    return Err(self.record(field.error(None, kind)));
                }
            },
            None => None,
        };
        let itself = if selector.is_none() { Some(self.element) } else { None };
        let inside = selector.into_iter().flat_map({
            let element = self.element;
            move |selector| element.matching(selector)
        });
        Ok(itself.into_iter().chain(inside).filter_map(|element| match field.attr {
            Some(name) => element.attr(name).map(|attr| Found { element, attr: Some(attr) }),
            None => Some(Found { element, attr: None }),
        }))
    }
}

/// Reads a `String`: the attribute as written, or the normalised text.
///
/// # Errors
///
/// Never fails.
pub fn text(found: Found<'_>) -> Result<String, FieldErrorKind> {
    Ok(found.attr.map_or_else(|| found.element.text(), str::to_owned))
}

/// Reads a `Url`, resolved against the document's base.
///
/// # Errors
///
/// Fails if the value is not a URL reference.
pub fn url(found: Found<'_>) -> Result<Url, FieldErrorKind> {
    let value = text(found)?;
    let joiner = found.element.document().joiner();
    joiner.url(&value).map_err(|error| FieldErrorKind::parse(&value, error))
}

/// Reads anything that parses from trimmed text.
///
/// # Errors
///
/// Fails if the value does not parse.
pub fn parse<T>(found: Found<'_>) -> Result<T, FieldErrorKind>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    let value = text(found)?;
    value.trim().parse().map_err(|error| FieldErrorKind::parse(&value, error))
}
