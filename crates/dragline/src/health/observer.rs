//! The worker's part: what one page showed, made of its items and of what its extract functions gave.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::bodies::MAX_BODY;
use super::expected::{Doubt, Expected};
use super::seen::{Faults, PageSeen};

/// Notes an item.
pub(crate) type Note<I> = fn(&I, &mut PageSeen);

/// Looks at pages for the watch. All workers share it.
#[derive(Debug)]
pub(crate) struct Observer<I> {
    note: Note<I>,
    expected: Arc<Expected>,
}

/// What one page showed.
#[derive(Debug)]
pub(crate) struct Observation {
    pub(crate) seen: PageSeen,
    /// What it lacks of what is judged.
    pub(crate) doubt: Option<Doubt>,
    /// A copy of the body of a page in doubt, if such are kept.
    pub(crate) body: Option<Bytes>,
}

/// What became of a page.
pub(crate) enum Reading<'a, I> {
    Items(&'a [I]),
    Failed,
}

impl<I> Observer<I> {
    pub(crate) fn new(note: Note<I>, expected: Arc<Expected>) -> Self {
        Self { note, expected }
    }

    /// Makes what a page showed.
    pub(crate) fn observe(
        &self,
        route: String,
        faults: Faults,
        reading: &Reading<'_, I>,
        body: &Bytes,
    ) -> Box<Observation> {
        let mut seen = faults.into_seen(route);
        match reading {
            Reading::Items(items) => items.iter().for_each(|item| (self.note)(item, &mut seen)),
            Reading::Failed => seen.failed = true,
        }
        let doubt = self.expected.doubt(&seen);
        // A copy, since the body itself holds a place in memory that others wait for.
        let wanted = doubt.is_some() && self.expected.health.keep.is_some();
        let body = (wanted && body.len() <= MAX_BODY).then(|| Bytes::copy_from_slice(body));
        Box::new(Observation { seen, doubt, body })
    }
}

/// Names the kind of page of a route: by its variant, as serde writes it; a route without variants has no name.
pub(crate) fn route_name<R: Serialize>(route: &R) -> String {
    if size_of::<R>() == 0 {
        return String::new();
    }
    match serde_json::to_value(route) {
        Ok(Value::String(variant)) => variant,
        Ok(Value::Object(fields)) if fields.len() == 1 => {
            fields.into_iter().map(|(variant, _)| variant).next().unwrap_or_default()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    enum Route {
        List,
        Detail { category: u8 },
        Page(u8),
    }

    #[test]
    fn a_route_is_named_by_its_variant() {
        assert_eq!(route_name(&Route::List), "List");
        assert_eq!(route_name(&Route::Detail { category: 1 }), "Detail");
        assert_eq!(route_name(&Route::Page(1)), "Page");
        assert_eq!(route_name(&()), "");
        assert_eq!(route_name(&7), "");
    }
}
