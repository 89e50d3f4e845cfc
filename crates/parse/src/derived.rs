//! What code written by `#[derive(Extract)]` calls. Not for anybody else: it changes with the
//! derive and without notice.

mod place;

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::element::Element;
use crate::extract::Extract;
use crate::extract_error::{ExtractError, FieldError, FieldErrorKind};
use crate::rule::Found;

pub use self::place::{Field, Place, Take};

/// Why a candidate is no value of its field.
#[derive(Debug)]
pub enum Fault {
    /// The value itself is wrong.
    Value(FieldErrorKind),
    /// Fields of the item within are wrong.
    Nested(ExtractError),
}

impl From<FieldErrorKind> for Fault {
    fn from(kind: FieldErrorKind) -> Self {
        Self::Value(kind)
    }
}

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
        element.document().nesting().start();
        Self { element, error: ExtractError::new(element.document().url()) }
    }

    /// Reads a required field.
    ///
    /// # Errors
    ///
    /// Fails if nothing matches or the first match does not parse.
    pub fn one<T>(
        &mut self,
        field: &'static Field,
        read: impl Fn(Found<'_>) -> Result<T, Fault>,
    ) -> Result<T, Recorded> {
        match self.optional(field, read)? {
            Some(value) => Ok(value),
            None => Err(self.record(field, None, FieldErrorKind::Missing.into())),
        }
    }

    /// Reads a field that has a default when nothing matches.
    ///
    /// # Errors
    ///
    /// Fails if the first match does not parse.
    pub fn one_or<T>(
        &mut self,
        field: &'static Field,
        read: impl Fn(Found<'_>) -> Result<T, Fault>,
        default: impl FnOnce() -> T,
    ) -> Result<T, Recorded> {
        Ok(self.optional(field, read)?.unwrap_or_else(default))
    }

    /// Reads an optional field.
    ///
    /// # Errors
    ///
    /// Fails if the first match does not parse, unless the field is lenient.
    pub fn optional<T>(
        &mut self,
        field: &'static Field,
        read: impl Fn(Found<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Recorded> {
        for found in self.candidates(field)? {
            match read(found) {
                Ok(value) => return Ok(Some(value)),
                Err(_) if field.lenient() => {}
                Err(fault) => return Err(self.record(field, None, fault)),
            }
        }
        Ok(None)
    }

    /// Reads a field that takes all matches.
    ///
    /// # Errors
    ///
    /// Fails if any match does not parse, unless the field is lenient; each is recorded.
    pub fn all<T>(
        &mut self,
        field: &'static Field,
        read: impl Fn(Found<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Recorded> {
        let mut values = Vec::new();
        let mut failed = None;
        for (index, found) in self.candidates(field)?.enumerate() {
            match read(found) {
                Ok(value) => values.push(value),
                Err(_) if field.lenient() => {}
                Err(fault) => {
                    let ends = matches!(fault, Fault::Value(FieldErrorKind::Nesting));
                    failed = Some(self.record(field, Some(index), fault));
                    if ends {
                        break;
                    }
                }
            }
        }
        failed.map_or(Ok(values), Err)
    }

    /// Returns the error of the item, after a field failed.
    #[must_use]
    pub fn into_error(self) -> ExtractError {
        self.error
    }

    fn record(&mut self, field: &'static Field, index: Option<usize>, fault: Fault) -> Recorded {
        let path = field.path(index);
        match fault {
            Fault::Nested(inner) if !inner.is_empty() => self.error.push_nested(&path, inner),
            Fault::Nested(_) => {
                let kind = FieldErrorKind::parse("", "the item within names no field");
                self.error.push(FieldError::new(path, field.selector(), kind));
            }
            Fault::Value(kind) => self.error.push(FieldError::new(path, field.selector(), kind)),
        }
        Recorded
    }

    /// Returns the matches of a field; one that lacks the wanted attribute is none.
    fn candidates(
        &mut self,
        field: &'static Field,
    ) -> Result<Box<dyn Iterator<Item = Found<'a>> + 'a>, Recorded> {
        let rule = match field.rule() {
            Ok(rule) => rule,
            Err(kind) => return Err(self.record(field, None, kind.clone().into())),
        };
        // Boxed, since items within items would have one of these on the stack for each level.
        Ok(Box::new(rule.find(self.element)))
    }
}

/// Reads a `String`: the attribute as written, the normalised text, or the HTML inside.
///
/// # Errors
///
/// Fails if the field's regex matches nothing or its URL cannot be resolved.
pub fn text(found: Found<'_>) -> Result<String, Fault> {
    Ok(found.value()?.into_owned())
}

/// Reads a `Url`, resolved against the document's base.
///
/// # Errors
///
/// Fails if the value is not a URL reference.
pub fn url(found: Found<'_>) -> Result<Url, Fault> {
    Ok(found.url()?)
}

/// Reads anything that parses from trimmed text.
///
/// # Errors
///
/// Fails if the value does not parse.
pub fn parse<T>(found: Found<'_>) -> Result<T, Fault>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    with(found, T::from_str)
}

/// Reads trimmed text by a function.
///
/// # Errors
///
/// Fails if the function does.
pub fn with<T, E: fmt::Display>(
    found: Found<'_>,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Fault> {
    let value = found.value()?;
    read(value.trim()).map_err(|error| FieldErrorKind::parse(&value, error).into())
}

/// Reads an item within the item.
///
/// # Errors
///
/// Fails if the item within does, or items are nested too deep or too many.
pub fn nested<T: Extract>(found: Found<'_>) -> Result<T, Fault> {
    let level = found.element().document().nesting().enter();
    let _level = level.ok_or(FieldErrorKind::Nesting)?;
    T::extract(found.element()).map_err(Fault::Nested)
}
