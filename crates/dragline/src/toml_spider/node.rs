//! What a page is read as: its document or its JSON, and one place in either.

use std::borrow::Cow;

use dragline_parse::{Document, Element, FieldErrorKind, MediaType};

use super::definition::{Each, Format};
use super::item::Value;
use super::route::Route;
use crate::error::BoxError;
use crate::page::Page;

/// A page as its format reads it.
#[derive(Debug)]
pub(super) enum Body<'p> {
    Html(&'p Document),
    Json(Value),
    /// Neither: an image, say.
    Other,
}

/// One place on a page.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node<'a> {
    Element(Element<'a>),
    Json(&'a Value),
    /// Of a page that is neither HTML nor JSON.
    Nothing,
}

impl<'p> Body<'p> {
    /// Reads a page.
    pub(super) fn read(page: &'p Page<Route>) -> Result<Self, BoxError> {
        let media_type = page.content_type().and_then(|value| MediaType::extract(&value));
        let json = match media_type {
            Some(media_type) if media_type.is_json() => true,
            // Many services say text/plain or nothing.
            _ if page.is_html() => false,
            _ => {
                page.body().trim_ascii_start().starts_with(b"{")
                    || page.body().trim_ascii_start().starts_with(b"[")
            }
        };
        if json {
            return Ok(Self::Json(page.json()?));
        }
        if page.is_html() { Ok(Self::Html(page.document()?)) } else { Ok(Self::Other) }
    }

    /// Tells whether something of this format may be found here.
    pub(super) fn fits(&self, format: Format) -> bool {
        match self {
            Self::Html(_) => format != Format::Json,
            Self::Json(_) => format != Format::Html,
            Self::Other => format == Format::Any,
        }
    }

    /// Returns the whole page.
    pub(super) fn whole(&self) -> Node<'_> {
        match self {
            Self::Html(document) => Node::Element(document.root()),
            Self::Json(value) => Node::Json(value),
            Self::Other => Node::Nothing,
        }
    }

    /// Returns the places that stand for one item each; the whole page if nothing says what does.
    pub(super) fn each(&self, each: Option<&Each>) -> Vec<Node<'_>> {
        match (self, each) {
            (Self::Html(document), Some(Each::Css(css, _))) => {
                document.find(css).into_iter().map(Node::Element).collect()
            }
            (Self::Json(value), Some(Each::Pointer(pointer))) => match value.at(&pointer.tokens) {
                Some(Value::List(values)) => values.iter().map(Node::Json).collect(),
                None | Some(Value::Null) => Vec::new(),
                Some(value) => vec![Node::Json(value)],
            },
            (_, None) => vec![self.whole()],
            _ => Vec::new(),
        }
    }
}

/// Reads a number as people write it: digits, perhaps in groups of three between commas, spaces or apostrophes.
pub(super) fn number(text: &str) -> Result<Cow<'_, str>, FieldErrorKind> {
    let trimmed = text.trim();
    let separator = |character: char| {
        matches!(character, ',' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | '\u{2019}')
    };
    if !trimmed.contains(separator) {
        return Ok(Cow::Borrowed(trimmed));
    }
    let (whole, fraction) = match trimmed.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (trimmed, None),
    };
    let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let mut groups = digits.split(separator);
    let first = groups.next().unwrap_or_default();
    let plain = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let good = (1..=3).contains(&first.len())
        && plain(first)
        && groups.all(|group| group.len() == 3 && plain(group))
        && fraction.is_none_or(|fraction| !fraction.contains(separator));
    if !good {
        let reason = "not a number such as 1234.5 or 1,234.5; cut it out with `regex`";
        return Err(FieldErrorKind::parse(text, reason));
    }
    Ok(Cow::Owned(trimmed.replace(separator, "")))
}
