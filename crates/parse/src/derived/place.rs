//! Where the value of one field stands, as derived code says it, and the rule made of it, once.

use std::sync::OnceLock;

use crate::extract_error::FieldErrorKind;
use crate::rule::Rule;
use crate::selector::Selector;

/// One field of an item; a static of the derived code.
#[derive(Debug)]
pub struct Field {
    name: &'static str,
    place: Place,
    rule: OnceLock<Result<Rule, FieldErrorKind>>,
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

impl Field {
    /// Makes a field.
    #[must_use]
    pub const fn new(name: &'static str, place: Place) -> Self {
        Self { name, place, rule: OnceLock::new() }
    }

    pub(super) fn lenient(&self) -> bool {
        self.place.lenient
    }

    pub(super) fn rule(&'static self) -> Result<&'static Rule, &'static FieldErrorKind> {
        self.rule.get_or_init(|| self.place.rule()).as_ref()
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

    fn rule(self) -> Result<Rule, FieldErrorKind> {
        let selector = |css: &str| Selector::parse(css).map_err(FieldErrorKind::Selector);
        let mut rule = Rule::default();
        rule = match (self.next, self.until) {
            (Some(next), _) => rule.next(selector(next)?),
            (None, Some(until)) => rule.until(selector(until)?),
            (None, None) => rule,
        };
        if let Some(css) = self.css {
            rule = rule.css(selector(css)?);
        }
        rule = match self.take {
            Take::Text => rule,
            Take::Html => rule.html(),
            Take::Attr(name) => rule.attr(name),
        };
        if let Some(regex) = self.regex {
            // Checked when the derived code was built, so this is for a mismatch of versions.
            rule = rule.regex(regex)?;
        }
        Ok(if self.joined { rule.joined() } else { rule })
    }
}
