//! One rule of links: on which pages, where they stand, what they lead to and what goes along.

use std::ops::Range;

use dragline_parse::Rule;
use regex::Regex;

use super::compiled::{Pointer, pointer, regex, selector};
use super::definition::{Each, Format, Pages, each, format};
use super::field::{Field, fields};
use super::keys::Keys;
use super::names::Names;
use super::problem::Problems;

/// Which links are followed, and what they lead to.
#[derive(Debug)]
pub(super) struct FollowRule {
    pub(super) on: Pages,
    pub(super) each: Option<Each>,
    pub(super) links: Links,
    /// What the URL must match.
    pub(super) pattern: Option<Regex>,
    pub(super) route: Option<String>,
    pub(super) carry: Vec<Field>,
    /// How it is called in reports.
    pub(super) shown: String,
    pub(super) format: Format,
}

/// Where links stand.
#[derive(Debug)]
pub(super) enum Links {
    /// All that the page has.
    All,
    Css(Box<Rule>),
    Pointer(Pointer),
}

impl FollowRule {
    /// Reads one `[[follow]]`, whose header is at `span`.
    pub(super) fn read(
        mut keys: Keys<'_, '_>,
        span: &Range<usize>,
        names: &mut Names,
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        let before = problems.len();
        let css = keys.text("css", problems);
        let at = keys.text("pointer", problems);
        let each = each(&mut keys, problems);
        let attr = keys.text("attr", problems);
        let pattern = keys.text("pattern", problems);
        if let (Some(_), Some(at)) = (&css, &at) {
            problems.add(at.span.clone(), "`css` and `pointer` exclude each other; leave one");
        }
        if css.is_none() && at.is_none() && each.is_some() {
            let message = "`each` needs `css` or `pointer`, which say where its links stand";
            problems.add(keys.span("each").unwrap_or_default(), message);
        }
        if let (None, Some(attr)) = (&css, &attr) {
            problems.add(attr.span.clone(), "`attr` needs `css`, which says of what");
        }
        let mut shown = match (&css, &at, &pattern) {
            (Some(css), _, _) => css.value.to_owned(),
            (_, Some(at), _) => at.value.to_owned(),
            (_, _, Some(_)) => "all links".to_owned(),
            _ => {
                let message = "a rule says which links; add css, pattern or pointer";
                problems.add(span.clone(), message);
                String::new()
            }
        };
        if let Some(pattern) = &pattern {
            shown.push_str(&format!(" matching {}", pattern.value));
        }
        let links = match (css, at) {
            (Some(css), _) => selector(&css, problems).map(|css| {
                let attr = attr.map_or("href", |attr| attr.value).to_owned();
                Links::Css(Box::new(Rule::default().css(css).attr(attr)))
            }),
            (None, Some(at)) => pointer(&at, problems).map(Links::Pointer),
            (None, None) => Some(Links::All),
        };
        let pattern = pattern.and_then(|pattern| regex(&pattern, problems));
        let on = keys.text("on", problems);
        if on.is_some() {
            names.take(span, on.as_ref());
        }
        let route = keys.text("route", problems);
        names.lead(route.as_ref());
        let carry = keys.table("carry", problems);
        let carry = carry.map_or_else(Vec::new, |carry| fields(carry, problems));
        keys.finish(problems);
        let format = match (format(each.as_ref(), &carry, span, problems), &links) {
            (Format::Any, Some(Links::Pointer(_))) => Format::Json,
            (Format::Any, _) => Format::Html,
            (Format::Html, Some(Links::Pointer(_))) | (Format::Json, Some(Links::Css(_))) => {
                let message = "a page is one of HTML and JSON, and this rule reads both";
                problems.add(span.clone(), message);
                Format::Any
            }
            (format, _) => format,
        };
        (problems.len() == before).then_some(())?;
        let on = on.map_or(Pages::All, |on| Pages::Route(Some(on.value.to_owned())));
        let route = route.map(|route| route.value.to_owned());
        Some(Self { on, each, links: links?, pattern, route, carry, shown, format })
    }
}
