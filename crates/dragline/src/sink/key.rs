//! The key of an item: what lets a sink write it once, however often it comes.

use std::fmt;

/// What tells an item from every other one.
///
/// A page that is fetched again, after a kill or in a refresh, gives its items the keys that they had, as long as
/// the spider gives them in the same order. As text it is the four parts with `-` between them: the first two as
/// 16 hexadecimal digits, the number in decimal ones.
///
/// ```
/// # use dragline::ItemKey;
/// assert_eq!(ItemKey::default().to_string(), "0000000000000000-0000000000000000-item-0");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ItemKey {
    /// The crawl: a random number that it keeps for as long as its state is there.
    pub crawl: u64,
    /// The request that gave the item, as a fingerprint that only this crawl makes.
    pub url: u64,
    /// What the item is.
    pub schema: Schema,
    /// Its place among those of its page, from 0. For a URL that never was a request, such as one that cannot be
    /// read, the place among all of those.
    pub ordinal: u64,
}

/// What an entry of the output is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Schema {
    /// An item that a spider made.
    #[default]
    Item,
    /// The record of a URL.
    Page,
    /// An event. Its `url` is the time at which the run began, in milliseconds since 1970, and its ordinal the
    /// place among the events of that run.
    Event,
}

impl fmt::Display for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { crawl, url, schema, ordinal } = self;
        let schema = match schema {
            Schema::Item => "item",
            Schema::Page => "page",
            Schema::Event => "event",
        };
        write!(f, "{crawl:016x}-{url:016x}-{schema}-{ordinal}")
    }
}
