//! A spider as read from its file: starts, items and rules, checked against one another.

use std::ops::Range;

use dragline_parse::Selector;
use regex::Regex;
use url::Url;

use super::compiled::{Pointer, pointer, selector};
use super::field::{Field, Source};
use super::follow_rule::FollowRule;
use super::item_rule::ItemRule;
use super::keys::Keys;
use super::names::Names;
use super::problem::Problems;
use super::route::Listing;
use super::start::{Start, starts_of};
use crate::columns::{ColumnKind, Columns, Scalar};

/// What a file says, compiled.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) starts: Vec<Start>,
    pub(super) items: Vec<ItemRule>,
    pub(super) follows: Vec<FollowRule>,
}

/// Which pages something is for.
#[derive(Debug)]
pub(super) enum Pages {
    Route(Option<String>),
    Pattern(Regex),
    All,
}

/// What stands for one item.
#[derive(Debug)]
pub(super) enum Each {
    Css(Selector, String),
    Pointer(Pointer),
}

/// What a page must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Html,
    Json,
    /// Nothing is looked at, as with carried values alone.
    Any,
}

impl Each {
    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Css(_, shown) => shown,
            Self::Pointer(pointer) => &pointer.text,
        }
    }
}

impl Pages {
    pub(super) fn take_in(&self, route: Option<&str>, url: &Url) -> bool {
        match self {
            Self::Route(name) => name.as_deref() == route,
            Self::Pattern(pattern) => pattern.is_match(url.as_str()),
            Self::All => true,
        }
    }
}

impl Definition {
    /// Returns the columns of all items.
    pub(super) fn columns(&self) -> Columns {
        let mut columns: Vec<(&str, ColumnKind)> = Vec::new();
        if self.items.iter().any(|item| item.name.is_some()) {
            columns.push(("type", ColumnKind::One(Scalar::Text)));
        }
        for field in self.items.iter().flat_map(|item| &item.fields) {
            let kind = field.column();
            match columns.iter_mut().find(|(name, _)| *name == &*field.name) {
                Some((_, known)) => *known = known.or(kind),
                None => columns.push((&field.name, kind)),
            }
        }
        let add = |columns: Columns, (name, kind)| columns.column(name, kind);
        columns.into_iter().fold(Columns::new(), add)
    }

    /// Reads all of the file but the settings.
    pub(super) fn read(keys: &mut Keys<'_, '_>, problems: &mut Problems<'_>) -> Self {
        let mut names = Names::default();
        let mut starts = Vec::new();
        let lists =
            [("start", None), ("sitemaps", Some(Listing::Sitemap)), ("feeds", Some(Listing::Feed))];
        for (key, list) in lists {
            let Some(entry) = keys.take(key) else { continue };
            starts_of(key, list, entry, &mut names, problems, &mut starts);
        }
        if starts.is_empty() && problems.len() == 0 {
            let message =
                "nothing says where to start; add start = [\"https://..\"], sitemaps or feeds";
            problems.add(0..0, message);
        }
        let items = keys.tables("item", problems);
        let items = items.into_iter().filter_map(|(table, span)| {
            ItemRule::read(Keys::new("[[item]]", table), &span, &mut names, problems)
        });
        let items: Vec<ItemRule> = items.collect();
        let follows = keys.tables("follow", problems);
        let follows = follows.into_iter().filter_map(|(table, span)| {
            FollowRule::read(Keys::new("[[follow]]", table), &span, &mut names, problems)
        });
        let follows: Vec<FollowRule> = follows.collect();
        if items.is_empty() && keys.span("item").is_none() && problems.len() == 0 {
            problems.add(
                0..0,
                "there is no [[item]], so nothing would be taken from any page; add one",
            );
        }
        if problems.len() == 0 {
            names.check(problems);
        }
        Self { starts, items, follows }
    }
}

/// Reads what stands for one item: a selector, or a pointer, which begins with a slash.
pub(super) fn each(keys: &mut Keys<'_, '_>, problems: &mut Problems<'_>) -> Option<Each> {
    let text = keys.text("each", problems)?;
    if text.value.starts_with('/') {
        return pointer(&text, problems).map(Each::Pointer);
    }
    selector(&text, problems).map(|css| Each::Css(css, text.value.to_owned()))
}

/// Tells what a page must be for all of this to be found on it.
pub(super) fn format<'f>(
    each: Option<&Each>,
    fields: impl IntoIterator<Item = &'f Field>,
    span: &Range<usize>,
    problems: &mut Problems<'_>,
) -> Format {
    let mut format = match each {
        Some(Each::Css(..)) => Format::Html,
        Some(Each::Pointer(_)) => Format::Json,
        None => Format::Any,
    };
    for field in fields {
        let of_field = match field.source {
            Source::Element(..) => Format::Html,
            Source::Pointer(_) => Format::Json,
            Source::Carried(_) => continue,
        };
        match format {
            Format::Any => format = of_field,
            known if known != of_field => {
                let message = format!(
                    "`{}` reads {}, and what stands before it the other; a page is one of HTML and \
                     JSON (JSON inside HTML is read with css and pointer together)",
                    field.name,
                    if of_field == Format::Json { "JSON" } else { "HTML" }
                );
                problems.add(span.clone(), message);
                return format;
            }
            _ => {}
        }
    }
    format
}
