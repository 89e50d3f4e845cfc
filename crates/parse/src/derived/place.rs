//! Where the value of one field stands, as derived code says it, and the selectors and regex of it,
//! each built once.

use std::sync::OnceLock;

use regex::Regex;

use crate::element::Element;
use crate::extract_error::FieldErrorKind;
use crate::selector::Selector;

/// One field of an item; a static of the derived code.
#[derive(Debug)]
pub struct Field {
    name: &'static str,
    place: Place,
    plan: OnceLock<Result<Plan, FieldErrorKind>>,
}

/// What the keys of a field say. Derived code names those that are given.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Selects below the element; without it, the element itself.
    pub css: Option<&'static str>,
    /// Goes to the next sibling that matches first.
    pub next: Option<&'static str>,
    /// Takes in the siblings before the next that matches.
    pub until: Option<&'static str>,
    /// What an element gives.
    pub take: Take,
    /// Cuts the value.
    pub regex: Option<&'static str>,
    /// Whether the value is resolved against the base.
    pub joined: bool,
    /// Whether what does not parse is passed over.
    pub lenient: bool,
}

/// What an element gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// Its normalised text.
    Text,
    /// The HTML inside it.
    Html,
    /// An attribute.
    Attr(&'static str),
}

/// A place whose selectors and regex are built.
#[derive(Debug)]
pub(super) struct Plan {
    place: Place,
    css: Option<Selector>,
    beside: Beside,
    regex: Option<Regex>,
}

/// Where the search begins.
#[derive(Debug)]
enum Beside {
    Here,
    Next(Selector),
    Until(Selector),
}

impl Field {
    /// Makes a field.
    #[must_use]
    pub const fn new(name: &'static str, place: Place) -> Self {
        Self { name, place, plan: OnceLock::new() }
    }

    pub(super) fn lenient(&self) -> bool {
        self.place.lenient
    }

    pub(super) fn plan(&'static self) -> Result<&'static Plan, &'static FieldErrorKind> {
        self.plan.get_or_init(|| Plan::build(self.place)).as_ref()
    }

    pub(super) fn path(&self, index: Option<usize>) -> String {
        match index {
            Some(index) => format!("{}[{index}]", self.name),
            None => self.name.to_owned(),
        }
    }

    /// Returns where the value was looked for, as `FieldError::selector` describes.
    pub(super) fn selector(&self) -> String {
        let Place { css, next, until, .. } = self.place;
        let mut selector = match (next, until) {
            (Some(next), _) => format!("next({next})"),
            (None, Some(until)) => format!("until({until})"),
            (None, None) => String::new(),
        };
        if let Some(css) = css {
            if !selector.is_empty() {
                selector.push(' ');
            }
            selector.push_str(css);
        }
        if let Take::Attr(name) = self.place.take {
            selector.push_str(&format!("[{name}]"));
        }
        selector
    }
}

impl Place {
    /// The text of the element itself.
    pub const HERE: Self = Self {
        css: None,
        next: None,
        until: None,
        take: Take::Text,
        regex: None,
        joined: false,
        lenient: false,
    };
}

impl Plan {
    fn build(place: Place) -> Result<Self, FieldErrorKind> {
        let selector = |css: &str| Selector::parse(css).map_err(FieldErrorKind::Selector);
        let beside = match (place.next, place.until) {
            (Some(next), _) => Beside::Next(selector(next)?),
            (None, Some(until)) => Beside::Until(selector(until)?),
            (None, None) => Beside::Here,
        };
        let css = place.css.map(selector).transpose()?;
        let regex = place.regex.map(|regex| {
            // Checked when the derived code was built, so this is for a mismatch of versions.
            Regex::new(regex).map_err(|error| FieldErrorKind::parse(regex, error))
        });
        Ok(Self { place, css, beside, regex: regex.transpose()? })
    }

    pub(super) fn take(&self) -> Take {
        self.place.take
    }

    pub(super) fn regex(&self) -> Option<&Regex> {
        self.regex.as_ref()
    }

    pub(super) fn is_joined(&self) -> bool {
        self.place.joined
    }

    /// Returns the elements that are candidates, in document order.
    pub(super) fn elements<'a>(
        &'static self,
        element: Element<'a>,
    ) -> impl Iterator<Item = Element<'a>> + use<'a> {
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
