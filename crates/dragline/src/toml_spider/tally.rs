//! Counts of what a spider found and what it left out, field by field, while a crawl runs.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use dragline_parse::{ExtractError, FieldError, FieldErrorKind};

use super::field::{Field, Kind};
use super::item_rule::ItemRule;
use crate::health::without_indexes;
use crate::plural::Plural;

/// The counts of a spider, which go on while it runs.
#[derive(Clone, Debug)]
pub struct Tally {
    counters: Arc<Counters>,
}

/// What became of one kind of item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemTally {
    /// Its name, or the selector of one.
    pub name: String,
    /// Items that were good.
    pub found: u64,
    /// Items that were left out because of a field.
    pub left_out: u64,
    /// The fields because of which items were left out.
    pub fields: Vec<FieldTally>,
}

/// Why items were left out because of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldTally {
    /// The path of the field, such as `reviews.score`.
    pub field: String,
    /// How often it could not be read.
    pub count: u64,
    /// The page where it could not be read first.
    pub url: String,
    /// Why it could not be read there.
    pub reason: String,
}

impl Tally {
    pub(super) fn new(counters: Arc<Counters>) -> Self {
        Self { counters }
    }

    /// Returns the counts of now, one entry for each kind of item in the order of the file.
    pub fn items(&self) -> Vec<ItemTally> {
        self.counters.items.iter().map(Counter::read).collect()
    }
}

impl fmt::Display for Tally {
    /// Writes a line for each kind of item, and one for each field that could not be read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for item in self.items() {
            write!(f, "{separator}{}: {}", item.name, Plural(item.found, "item"))?;
            separator = "\n";
            if item.left_out > 0 {
                write!(f, ", {} left out", item.left_out)?;
            }
            for FieldTally { count, url, reason, .. } in item.fields {
                write!(f, "\n  {} {reason} (first on {url})", Plural(count, "time"))?;
            }
        }
        Ok(())
    }
}

/// The counters of all kinds of items; their number is that of the fields in the file.
#[derive(Debug)]
pub(super) struct Counters {
    items: Vec<Counter>,
}

#[derive(Debug)]
struct Counter {
    name: String,
    found: AtomicU64,
    left_out: AtomicU64,
    fields: Vec<FieldCounter>,
}

#[derive(Debug)]
struct FieldCounter {
    path: String,
    count: AtomicU64,
    /// The URL, and the reason.
    first: OnceLock<(String, String)>,
}

impl Counters {
    pub(super) fn new(items: &[ItemRule]) -> Self {
        let items = items.iter().map(|item| {
            let mut fields = Vec::new();
            counters(&item.fields, "", &mut fields);
            let (found, left_out) = (AtomicU64::new(0), AtomicU64::new(0));
            Counter { name: item.shown().to_owned(), found, left_out, fields }
        });
        Self { items: items.collect() }
    }

    pub(super) fn found(&self, item: usize) {
        self.items[item].found.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn left_out(&self, item: usize, error: &ExtractError) {
        let counter = &self.items[item];
        counter.left_out.fetch_add(1, Ordering::Relaxed);
        for fault in error.fields() {
            let path = without_indexes(fault.path());
            let Some(field) = counter.fields.iter().find(|field| field.path == path) else {
                continue;
            };
            field.count.fetch_add(1, Ordering::Relaxed);
            field.first.get_or_init(|| (error.url().to_string(), described(fault)));
        }
    }
}

impl Counter {
    fn read(&self) -> ItemTally {
        let fields = self.fields.iter().filter_map(|field| {
            let (url, reason) = field.first.get()?.clone();
            let count = field.count.load(Ordering::Relaxed);
            Some(FieldTally { field: field.path.clone(), count, url, reason })
        });
        ItemTally {
            name: self.name.clone(),
            found: self.found.load(Ordering::Relaxed),
            left_out: self.left_out.load(Ordering::Relaxed),
            fields: fields.collect(),
        }
    }
}

fn counters(fields: &[Field], before: &str, counters_out: &mut Vec<FieldCounter>) {
    for field in fields {
        let path = format!("{before}{}", field.name);
        if let Kind::Fields(inner) = &field.kind {
            counters(inner, &format!("{path}."), counters_out);
        }
        counters_out.push(FieldCounter { path, count: AtomicU64::new(0), first: OnceLock::new() });
    }
}

/// Says what is wrong with a field in the words of a file.
pub(super) fn described(fault: &FieldError) -> String {
    match fault.kind() {
        FieldErrorKind::Missing => {
            let missing = "nothing matches; write optional = true if it may be absent";
            format!("field `{}` (`{}`): {missing}", fault.path(), fault.selector())
        }
        _ => fault.to_string(),
    }
}
