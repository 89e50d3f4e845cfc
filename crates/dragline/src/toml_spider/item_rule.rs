//! One kind of item: on which pages, what stands for one, and its fields.

use std::ops::Range;
use std::sync::Arc;

use super::compiled::regex;
use super::definition::{Each, Format, Pages, each, format};
use super::field::{Field, fields};
use super::keys::Keys;
use super::names::Names;
use super::problem::Problems;

/// One kind of item.
#[derive(Debug)]
pub(super) struct ItemRule {
    pub(super) name: Option<Arc<str>>,
    pub(super) on: Pages,
    pub(super) each: Option<Each>,
    pub(super) fields: Vec<Field>,
    pub(super) format: Format,
}

impl ItemRule {
    /// Reads one `[[item]]`, whose header is at `span`.
    pub(super) fn read(
        mut keys: Keys<'_, '_>,
        span: &Range<usize>,
        names: &mut Names,
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        let before = problems.len();
        let name = keys.text("name", problems);
        let each = each(&mut keys, problems);
        let route = keys.text("route", problems);
        let pattern = keys.text("pattern", problems);
        if let (Some(_), Some(pattern)) = (&route, &pattern) {
            let message = "`route` and `pattern` exclude each other; leave one";
            problems.add(pattern.span.clone(), message);
        }
        let on = match pattern {
            Some(pattern) => {
                names.take_all();
                regex(&pattern, problems).map(Pages::Pattern)
            }
            None => {
                names.take(span, route.as_ref());
                Some(Pages::Route(route.map(|route| route.value.to_owned())))
            }
        };
        let table = keys.table("fields", problems);
        let fields = table.map_or_else(Vec::new, |table| fields(table, problems));
        if table.is_none_or(|table| table.is_empty()) {
            let message =
                "an item has fields; add [item.fields] with a line such as title = \"h1\"";
            problems.add(span.clone(), message);
        }
        if let Some(name) = &name
            && fields.iter().any(|field| &*field.name == "type")
        {
            let message = "the name of an item becomes its field `type`, which is there already";
            problems.add(name.span.clone(), message);
        }
        keys.finish(problems);
        let format = format(each.as_ref(), &fields, span, problems);
        let name = name.map(|name| name.value.into());
        (problems.len() == before).then_some(())?;
        Some(Self { name, on: on?, each, fields, format })
    }

    /// Returns how the item is called in reports.
    pub(super) fn shown(&self) -> &str {
        self.name.as_deref().or(self.each.as_ref().map(Each::shown)).unwrap_or("item")
    }
}
