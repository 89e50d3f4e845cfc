//! What one page showed of the health of its route: a small value that a worker makes and the engine sums.

use std::borrow::Cow;
use std::collections::BTreeSet;

use dragline_parse::ExtractError;

/// Fields of one route that are watched, at most; further ones are left out and counted.
pub(crate) const MAX_FIELDS: usize = 256;
/// The most bytes of a name; of a longer one the beginning stands for it.
pub(crate) const MAX_NAME: usize = 128;

/// What one page gave, and what was missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageSeen {
    /// The name of the kind of page.
    pub(crate) route: String,
    /// Whether the spider could not read it.
    pub(crate) failed: bool,
    pub(crate) items: u64,
    /// Items that could not be extracted.
    pub(crate) left_out: u64,
    pub(crate) fields: Vec<FieldSeen>,
    /// Fields that are not watched because there are too many.
    pub(crate) unwatched: u64,
}

/// What one page gave of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSeen {
    pub(crate) name: Cow<'static, str>,
    pub(crate) filled: u64,
    pub(crate) empty: u64,
    /// Why items could not be extracted, by the code of the field's error.
    pub(crate) faults: Vec<(&'static str, u64)>,
}

/// The errors that a page's extract functions gave: of at most 256 fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    seen: PageSeen,
}

impl PageSeen {
    /// Notes a field of an item.
    pub(crate) fn field(&mut self, name: Cow<'static, str>, filled: bool) {
        match (self.at(name), filled) {
            (Some(field), true) => field.filled += 1,
            (Some(field), false) => field.empty += 1,
            (None, _) => self.unwatched += 1,
        }
    }

    fn at(&mut self, name: Cow<'static, str>) -> Option<&mut FieldSeen> {
        let name = short(name);
        let known = self.fields.iter().position(|field| field.name == name);
        let place = match known {
            Some(place) => place,
            None if self.fields.len() >= MAX_FIELDS => return None,
            None => {
                self.fields.push(FieldSeen { name, ..FieldSeen::default() });
                self.fields.len() - 1
            }
        };
        self.fields.get_mut(place)
    }
}

impl FieldSeen {
    /// Tells whether it was missing anywhere on the page.
    pub(crate) fn is_missing(&self) -> bool {
        self.empty > 0 || !self.faults.is_empty()
    }
}

impl Faults {
    /// Notes an item that could not be extracted, each of its fields once.
    pub(crate) fn add(&mut self, error: &ExtractError) {
        self.seen.left_out += 1;
        let faults = error.fields().iter();
        let faults: BTreeSet<_> =
            faults.map(|fault| (without_indexes(fault.path()), fault.kind().code())).collect();
        for (path, code) in faults {
            let Some(field) = self.seen.at(Cow::Owned(path)) else {
                self.seen.unwatched += 1;
                continue;
            };
            match field.faults.iter_mut().find(|(known, _)| *known == code) {
                Some((_, count)) => *count += 1,
                None => field.faults.push((code, 1)),
            }
        }
    }

    /// Makes what a page showed of its faults.
    pub(crate) fn into_seen(self, route: String) -> PageSeen {
        PageSeen { route: short(Cow::Owned(route)).into_owned(), ..self.seen }
    }
}

/// Takes the indexes out of a path: `reviews[2].score` is one of `reviews.score`.
pub(crate) fn without_indexes(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| path + part.split_once(']').map_or(part, |(_, rest)| rest))
}

fn short(name: Cow<'static, str>) -> Cow<'static, str> {
    if name.len() <= MAX_NAME {
        return name;
    }
    let end = (0..=MAX_NAME).rev().find(|end| name.is_char_boundary(*end)).unwrap_or_default();
    Cow::Owned(name[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use dragline_parse::{FieldError, FieldErrorKind};
    use url::Url;

    use super::*;

    #[test]
    fn an_item_counts_once_for_each_field_that_it_lacks() {
        let url = Url::parse("http://a.example/").unwrap();
        let missing = |path: &str| FieldError::new(path, "b", FieldErrorKind::Missing);
        let error = ExtractError::new(&url)
            .field(missing("reviews[0].score"))
            .field(missing("reviews[1].score"))
            .field(FieldError::new("price", "b", FieldErrorKind::parse("x", "no")));
        let mut faults = Faults::default();
        faults.add(&error);
        faults.add(&error);
        let seen = faults.into_seen("book".to_owned());
        assert_eq!((seen.route.as_str(), seen.left_out), ("book", 2));
        let fields: Vec<_> =
            seen.fields.iter().map(|field| (&*field.name, field.faults.as_slice())).collect();
        assert_eq!(
            fields,
            [("price", &[("parse", 2)][..]), ("reviews.score", &[("missing", 2)][..])]
        );
    }

    #[test]
    fn names_and_fields_have_bounds() {
        let mut seen = PageSeen::default();
        for name in 0..MAX_FIELDS + 7 {
            seen.field(Cow::Owned(name.to_string()), true);
        }
        assert_eq!((seen.fields.len(), seen.unwatched), (MAX_FIELDS, 7));
        let long = short(Cow::Owned("é".repeat(MAX_NAME)));
        assert_eq!(long.len(), MAX_NAME);
        assert_eq!(short(Cow::Owned(format!("x{long}"))).len(), MAX_NAME - 1);
    }
}
