//! Where a value stands and what is taken there: what the keys of `#[extract(..)]` say, made at run time. The
//! derived code reads by it too, so that both find the same.

use std::borrow::Cow;

use regex::Regex;
use url::Url;

use crate::element::Element;
use crate::extract_error::{FieldErrorKind, excerpt};
use crate::selector::Selector;

/// Where the values of one field stand, built once for many pages.
///
/// As it is created, it gives the text of the element itself.
///
/// # Examples
///
/// ```
/// use dragline_parse::{Document, Rule, Selector};
/// use url::Url;
///
/// let rule = Rule::default().css(Selector::parse(".price")?).regex(r"[\d.]+")?;
/// let page = Url::parse("http://h.example/")?;
/// let document = Document::parse("<p class=price>£12.50<p class=price>£3", &page);
/// let prices: Result<Vec<_>, _> = rule.find(document.root()).map(|found| found.value()).collect();
/// assert_eq!(prices?, ["12.50", "3"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Rule {
    css: Option<Selector>,
    beside: Beside,
    take: Take,
    regex: Option<Regex>,
    joined: bool,
}

/// Where the search begins.
#[derive(Debug, Clone, Default)]
enum Beside {
    #[default]
    Here,
    Next(Selector),
    Until(Selector),
}

/// What an element gives.
#[derive(Debug, Clone, Default)]
enum Take {
    #[default]
    Text,
    Source,
    Html,
    Attr(Cow<'static, str>),
}

impl Rule {
    /// Looks for what a selector matches inside the element.
    #[must_use]
    pub fn css(self, css: Selector) -> Self {
        Self { css: Some(css), ..self }
    }

    /// Goes to the first following sibling that matches before it looks inside.
    #[must_use]
    pub fn next(self, next: Selector) -> Self {
        Self { beside: Beside::Next(next), ..self }
    }

    /// Takes in the following siblings, up to the next that matches.
    #[must_use]
    pub fn until(self, end: Selector) -> Self {
        Self { beside: Beside::Until(end), ..self }
    }

    /// Takes an attribute instead of the text; an element without it does not match.
    #[must_use]
    pub fn attr(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { take: Take::Attr(name.into()), ..self }
    }

    /// Takes the text with all its whitespace, as it is in the source, instead of in one line.
    #[must_use]
    pub fn source(self) -> Self {
        Self { take: Take::Source, ..self }
    }

    /// Takes the HTML inside instead of the text.
    #[must_use]
    pub fn html(self) -> Self {
        Self { take: Take::Html, ..self }
    }

    /// Cuts the value: to the first group of the regex, else to the whole match.
    ///
    /// # Errors
    ///
    /// Fails if it is no regex.
    pub fn regex(self, regex: &str) -> Result<Self, FieldErrorKind> {
        match Regex::new(regex) {
            Ok(regex) => Ok(Self { regex: Some(regex), ..self }),
            Err(error) => Err(FieldErrorKind::parse(regex, error)),
        }
    }

    /// Resolves the value against the document's base.
    #[must_use]
    pub fn joined(self) -> Self {
        Self { joined: true, ..self }
    }

    /// Returns what matches, in document order.
    pub fn find<'a>(&'a self, element: Element<'a>) -> impl Iterator<Item = Found<'a>> + use<'a> {
        self.elements(element).filter_map(move |element| {
            let attr = match &self.take {
                Take::Attr(name) => Some(element.attr(name)?),
                Take::Text | Take::Source | Take::Html => None,
            };
            Some(Found { element, attr, rule: self })
        })
    }

    /// Returns the elements that are candidates, in document order.
    fn elements<'a>(&'a self, element: Element<'a>) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let css = self.css.as_ref();
        let (start, end) = match &self.beside {
            Beside::Here => (Some(element), None),
            Beside::Next(next) => (element.next_matching(next), None),
            Beside::Until(end) => (Some(element), Some(end)),
        };
        // Without a selector, a group is its siblings: the element itself is named without it.
        let itself = start.filter(|_| css.is_none() && end.is_none());
        let inside = start.zip(css).into_iter().flat_map(|(start, css)| start.matching(css));
        let group = start.zip(end).into_iter().flat_map(|(start, end)| start.group(end));
        let beside = group.flat_map(move |sibling| {
            let itself = css.is_none_or(|css| sibling.matches(css)).then_some(sibling);
            itself.into_iter().chain(css.into_iter().flat_map(move |css| sibling.matching(css)))
        });
        itself.into_iter().chain(inside).chain(beside)
    }
}

/// One match of a [`Rule`]: an element, and its attribute if the rule takes one.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    element: Element<'a>,
    attr: Option<&'a str>,
    rule: &'a Rule,
}

impl<'a> Found<'a> {
    /// Returns the element.
    #[must_use]
    pub fn element(&self) -> Element<'a> {
        self.element
    }

    /// Returns the value, cut by the regex and resolved if the rule says so.
    ///
    /// # Errors
    ///
    /// Fails if the regex matches nothing or the value cannot be resolved.
    pub fn value(&self) -> Result<Cow<'a, str>, FieldErrorKind> {
        if self.rule.joined { Ok(Cow::Owned(self.url()?.into())) } else { self.cut() }
    }

    /// Returns the value as a URL, cut by the regex and resolved against the document's base.
    ///
    /// # Errors
    ///
    /// Fails if the regex matches nothing or the value is no URL reference.
    pub fn url(&self) -> Result<Url, FieldErrorKind> {
        let value = self.cut()?;
        let joiner = self.element.document().joiner();
        joiner.url(&value).map_err(|error| FieldErrorKind::Url {
            value: excerpt(&value),
            reason: error.to_string(),
        })
    }

    /// Returns what the element gives, cut by the regex.
    fn cut(&self) -> Result<Cow<'a, str>, FieldErrorKind> {
        let value = match (self.attr, &self.rule.take) {
            (Some(attr), _) => Cow::Borrowed(attr),
            (None, Take::Html) => Cow::Owned(self.element.html()),
            (None, Take::Source) => Cow::Owned(self.element.raw_text()),
            (None, _) => Cow::Owned(self.element.text()),
        };
        let Some(regex) = &self.rule.regex else { return Ok(value) };
        let cut = regex.captures(&value).and_then(|captures| {
            let group = if captures.len() > 1 { captures.get(1) } else { captures.get(0) };
            group.map(|group| group.as_str().to_owned())
        });
        match cut {
            Some(cut) => Ok(Cow::Owned(cut)),
            None => Err(FieldErrorKind::Regex {
                value: excerpt(&value),
                regex: regex.as_str().to_owned(),
            }),
        }
    }
}
