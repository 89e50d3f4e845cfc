//! An entry: a value on its way to a sink, with its key and where it comes from.

use crate::sink::{ItemKey, Provenance};

/// A value on its way to a sink.
#[derive(Debug)]
#[non_exhaustive]
pub struct Entry<'a, T> {
    /// The value.
    pub value: &'a T,
    /// What tells it from every other one: the same when the page is fetched again after a kill.
    pub key: ItemKey,
    provenance: Provenance<'a>,
}

impl<'a, T> Entry<'a, T> {
    pub(crate) fn new(value: &'a T, key: ItemKey, provenance: Provenance<'a>) -> Self {
        Self { value, key, provenance }
    }

    /// Returns where the value comes from.
    pub fn provenance(&self) -> &Provenance<'a> {
        &self.provenance
    }

    /// Makes an entry of no crawl, to try a sink with.
    pub fn sample(value: &'a T) -> Self {
        Self::new(value, ItemKey::default(), Provenance::default())
    }
}
