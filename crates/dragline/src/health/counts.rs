//! What the pages of one route gave, counted: of a whole crawl, or of the last pages.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::seen::{FieldSeen, MAX_FIELDS, PageSeen};

/// What the pages of one route gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PageCounts {
    /// Pages that the spider was given.
    pub pages: u64,
    /// Pages that it could not read.
    pub failed: u64,
    /// Pages, failed ones included, that gave no item.
    pub without_items: u64,
    /// Items that the pages gave.
    pub items: u64,
    /// Items that could not be extracted.
    pub left_out: u64,
    /// The fields of items, at most 256. One inside another is named by its path, such as `reviews.score`, and
    /// only there if an item could not be extracted because of it.
    pub fields: BTreeMap<String, FieldCounts>,
}

/// What became of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldCounts {
    /// Items that have it.
    pub filled: u64,
    /// Items in which it is absent, null, a text of white space, or an empty list.
    pub empty: u64,
    /// Items that could not be extracted because of it, by the
    /// [code](crate::FieldErrorKind::code) of its error.
    pub faults: BTreeMap<Cow<'static, str>, u64>,
}

impl PageCounts {
    /// Returns the share of items that have a field, those that could not be extracted because of it counted as
    /// without; `None` when no item was to have it.
    pub fn fill(&self, field: &str) -> Option<f64> {
        let counts = self.fields.get(field)?;
        let faults = counts.faulty();
        match counts.filled + counts.empty {
            // It is known from its faults alone: the items that are there had it.
            0 => share((self.items + self.left_out).saturating_sub(faults), self.sample(field)),
            known => share(counts.filled, known + faults),
        }
    }

    /// Returns items per page; `None` without pages.
    pub fn items_per_page(&self) -> Option<f64> {
        share(self.items, self.pages)
    }

    /// Returns the share of pages that the spider could not read; `None` without pages.
    pub fn failed_share(&self) -> Option<f64> {
        share(self.failed, self.pages)
    }

    /// Returns of how many items the share of a field is.
    pub(crate) fn sample(&self, field: &str) -> u64 {
        let Some(counts) = self.fields.get(field) else { return 0 };
        match counts.filled + counts.empty {
            0 => (self.items + self.left_out).max(counts.faulty()),
            known => known + counts.faulty(),
        }
    }

    /// Adds a page. What of it is not watched, since there are too many fields, is taken out of it and counted.
    pub(crate) fn add(&mut self, seen: &mut PageSeen) {
        self.pages += 1;
        self.failed += u64::from(seen.failed);
        self.without_items += u64::from(seen.items == 0);
        self.items += seen.items;
        self.left_out += seen.left_out;
        let known = seen.fields.len();
        let room = MAX_FIELDS.saturating_sub(self.fields.len());
        let mut new = 0;
        seen.fields.retain(|field| {
            if let Some(counts) = self.fields.get_mut(&*field.name) {
                counts.add(field);
                return true;
            }
            if new < room {
                new += 1;
                self.fields.entry(field.name.to_string()).or_default().add(field);
                return true;
            }
            false
        });
        seen.unwatched += (known - seen.fields.len()) as u64;
    }

    /// Takes a page off again that was added.
    pub(crate) fn take(&mut self, seen: &PageSeen) {
        self.pages -= 1;
        self.failed -= u64::from(seen.failed);
        self.without_items -= u64::from(seen.items == 0);
        self.items -= seen.items;
        self.left_out -= seen.left_out;
        for field in &seen.fields {
            let Some(counts) = self.fields.get_mut(&*field.name) else { continue };
            counts.take(field);
            if *counts == FieldCounts::default() {
                self.fields.remove(&*field.name);
            }
        }
    }
}

impl FieldCounts {
    /// Returns how many items could not be extracted because of the field.
    fn faulty(&self) -> u64 {
        self.faults.values().sum()
    }

    fn add(&mut self, seen: &FieldSeen) {
        self.filled += seen.filled;
        self.empty += seen.empty;
        for (code, count) in &seen.faults {
            *self.faults.entry(Cow::Borrowed(code)).or_default() += count;
        }
    }

    fn take(&mut self, seen: &FieldSeen) {
        self.filled -= seen.filled;
        self.empty -= seen.empty;
        for (code, count) in &seen.faults {
            if let Some(counted) = self.faults.get_mut(*code) {
                *counted -= count;
            }
        }
        self.faults.retain(|_, count| *count > 0);
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}
