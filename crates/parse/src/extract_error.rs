//! Why an item could not be extracted: every field that failed, with the place to look.

use std::error::Error;
use std::fmt;

use url::Url;

use crate::selector::SelectorError;

/// The most field errors one item keeps; the rest are counted.
const MAX_FIELDS: usize = 64;

/// The most characters of a page's value that an error repeats.
const MAX_EXCERPT: usize = 80;

/// The error of an item that could not be extracted, with all its field errors (at most 64).
///
/// Prints on one line for one field, else on one more line for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractError {
    url: Url,
    fields: Vec<FieldError>,
    omitted: usize,
}

impl ExtractError {
    /// Makes an error without any field yet, for the item of the page at `url`.
    #[must_use]
    pub fn new(url: &Url) -> Self {
        Self { url: url.clone(), fields: Vec::new(), omitted: 0 }
    }

    /// Adds the error of one field. After the 64th they are only counted.
    #[must_use]
    pub fn field(mut self, field: FieldError) -> Self {
        self.push(field);
        self
    }

    /// Returns the URL of the page.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the errors of the fields in the order they were found.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// Returns how many more field errors there were than are kept.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// Adds the errors of an item inside this one, their paths below `path`: `score` of the item
    /// at `reviews[2]` becomes `reviews[2].score`. Counts what is beyond 64.
    ///
    /// # Examples
    ///
    /// ```
    /// use dragline_parse::{ExtractError, FieldError, FieldErrorKind};
    /// use url::Url;
    ///
    /// let url = Url::parse("http://h.example/")?;
    /// let missing = FieldError::new("score", "b", FieldErrorKind::Missing);
    /// let review = ExtractError::new(&url).field(missing);
    /// let error = ExtractError::new(&url).nested("reviews[2]", review);
    /// assert_eq!(error.fields()[0].path(), "reviews[2].score");
    /// # Ok::<(), url::ParseError>(())
    /// ```
    #[must_use]
    pub fn nested(mut self, path: &str, inner: Self) -> Self {
        self.push_nested(path, inner);
        self
    }

    pub(crate) fn push(&mut self, field: FieldError) {
        if self.fields.len() < MAX_FIELDS {
            self.fields.push(field);
        } else {
            self.omitted += 1;
        }
    }

    pub(crate) fn push_nested(&mut self, path: &str, inner: Self) {
        let room = MAX_FIELDS - self.fields.len();
        self.omitted += inner.omitted + inner.fields.len().saturating_sub(room);
        for mut field in inner.fields.into_iter().take(room) {
            let joint = if field.path.is_empty() || field.path.starts_with('[') { "" } else { "." };
            field.path = format!("{path}{joint}{}", field.path);
            self.fields.push(field);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.omitted == 0
    }
}

impl fmt::Display for ExtractError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "failed to extract an item from {}:", self.url)?;
        if let [field] = self.fields.as_slice() {
            return write!(formatter, " {field}");
        }
        for field in &self.fields {
            write!(formatter, "\n  {field}")?;
        }
        if self.omitted > 0 {
            write!(formatter, "\n  and {} more", self.omitted)?;
        }
        Ok(())
    }
}

impl Error for ExtractError {}

/// The error of one field of an item.
///
/// Prints as ``field `price` (`.price`): cannot read "soon": invalid float literal``.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    path: String,
    selector: String,
    kind: FieldErrorKind,
}

impl FieldError {
    /// Makes an error of the field at `path`, such as `price` or `tags[2]`.
    ///
    /// `selector` says where the value was looked for; empty for the element itself.
    pub fn new(path: impl Into<String>, selector: impl Into<String>, kind: FieldErrorKind) -> Self {
        Self { path: path.into(), selector: selector.into(), kind }
    }

    /// Returns the path of the field within the item, such as `price`, `tags[2]` or
    /// `reviews[2].score`; indexes count from zero.
    ///
    /// In the error of many items each path begins with the item's index: `[3].price`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns where the value was looked for: the selector and the attribute, as in
    /// `a.more[href]`; empty for the text of the element itself. `next(dd) b` is a `b` in the next
    /// sibling `dd`, `until(h2) p` a `p` before the next sibling `h2`.
    #[must_use]
    pub fn selector(&self) -> &str {
        &self.selector
    }

    /// Returns what went wrong.
    #[must_use]
    pub fn kind(&self) -> &FieldErrorKind {
        &self.kind
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "field `{}`", self.path)?;
        if !self.selector.is_empty() {
            write!(formatter, " (`{}`)", self.selector)?;
        }
        write!(formatter, ": {}", self.kind)
    }
}

/// What went wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldErrorKind {
    /// Nothing matches, or what matches does not have the attribute.
    Missing,
    /// A value was found that is not of the field's type.
    Parse {
        /// The value, cut after 80 characters.
        value: String,
        /// The type's own reason.
        reason: String,
    },
    /// A value was found in which the field's regex matches nothing.
    Regex {
        /// The value, cut after 80 characters.
        value: String,
        /// The regex.
        regex: String,
    },
    /// A value was found that cannot be resolved to a URL.
    Url {
        /// The value, cut after 80 characters.
        value: String,
        /// Why not.
        reason: String,
    },
    /// Items within items go more than 128 levels deep, or number more than 100,000 within one.
    Nesting,
    /// The selector of the field is not valid; this fails for every page.
    Selector(SelectorError),
}

impl FieldErrorKind {
    /// Makes the kind of a `value` that does not parse, cut after 80 characters.
    pub fn parse(value: &str, reason: impl fmt::Display) -> Self {
        Self::Parse { value: excerpt(value), reason: reason.to_string() }
    }

    /// Returns a stable name: `missing`, `parse`, `regex`, `url`, `nesting` or `selector`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Parse { .. } => "parse",
            Self::Regex { .. } => "regex",
            Self::Url { .. } => "url",
            Self::Nesting => "nesting",
            Self::Selector(_) => "selector",
        }
    }
}

impl Error for FieldErrorKind {}

impl fmt::Display for FieldErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => {
                formatter.write_str("nothing matches; make it an Option if it may be absent")
            }
            Self::Parse { value, reason } => write!(formatter, "cannot read {value:?}: {reason}"),
            Self::Regex { value, regex } => {
                write!(formatter, "regex {regex:?} matches nothing in {value:?}")
            }
            Self::Url { value, reason } => write!(formatter, "{value:?} is no URL: {reason}"),
            Self::Nesting => formatter.write_str("items are nested too deep or too many"),
            Self::Selector(error) => error.fmt(formatter),
        }
    }
}

pub(crate) fn excerpt(value: &str) -> String {
    match value.char_indices().nth(MAX_EXCERPT) {
        Some((end, _)) => format!("{}\u{2026}", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{ExtractError, FieldError, FieldErrorKind};

    #[test]
    fn one_field_prints_on_one_line_and_more_on_one_each() {
        let url = Url::parse("http://h.example/p").unwrap();
        let missing = FieldError::new("title", "h1", FieldErrorKind::Missing);
        let error = ExtractError::new(&url).field(missing);
        assert_eq!(
            error.to_string(),
            "failed to extract an item from http://h.example/p: field `title` (`h1`): nothing \
             matches; make it an Option if it may be absent"
        );
        let parse = FieldErrorKind::parse("x", "invalid digit");
        let error = error.field(FieldError::new("tags[2]", "", parse));
        assert!(
            error.to_string().ends_with("\n  field `tags[2]`: cannot read \"x\": invalid digit")
        );
    }

    #[test]
    fn long_values_and_many_fields_are_cut() {
        let url = Url::parse("http://h.example/").unwrap();
        let field = || FieldError::new("f", "", FieldErrorKind::parse(&"é".repeat(500), "no"));
        let error = (0..1000).fold(ExtractError::new(&url), |error, _| error.field(field()));
        assert_eq!((error.fields().len(), error.omitted()), (64, 936));
        assert!(error.to_string().len() < 20_000);
        assert!(error.to_string().ends_with("and 936 more"));
    }
}
