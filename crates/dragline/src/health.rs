//! Extraction health: what a crawl takes for a sign that a site has changed and its spider has not, and what it
//! does then. Plain data; `health/watch.rs` judges.

mod bodies;
mod counts;
mod expected;
mod fault;
mod fields;
mod file;
mod observer;
mod report;
mod seen;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::Error;

pub(crate) use self::bodies::{Bodies, Suspect};
pub use self::counts::{FieldCounts, PageCounts};
pub(crate) use self::expected::Expected;
pub use self::fault::HealthFault;
pub(crate) use self::fields::note;
pub(crate) use self::file::{read, write};
pub(crate) use self::observer::{Note, Observation, Observer, Reading, route_name};
pub use self::report::{HealthReport, RouteHealth};
pub(crate) use self::seen::Faults;
#[cfg(feature = "toml")]
pub(crate) use self::seen::without_indexes;
pub(crate) use self::watch::Watch;

/// The most pages that are judged together.
const MAX_PAGES: u64 = 10_000;

/// What is expected of the pages of each route, and what is done when it does not hold.
///
/// It is judged when [`Crawler::health`](crate::Crawler::health) asks for it, page by page, over the last 200
/// pages of a route (`after_pages`, if that is more).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Health {
    /// The least share of items that must have each field, from 0 to 1. Default 0: any.
    ///
    /// A field is missing when it is absent, null, a text of white space, or an empty list, and in items that
    /// could not be extracted because of it. Fields that fewer than 10 of the items are to have are not judged.
    pub min_fill: f64,
    /// The same for single fields, by name, in place of `min_fill`.
    pub fill: BTreeMap<String, f64>,
    /// The largest share of pages that the spider may fail to read, from 0 to 1. Default 0.1.
    pub max_failed_pages: f64,
    /// The least items per page. Default 0: any.
    pub min_items_per_page: f64,
    /// How far the share of a field may be below that of the crawl before, and by which part there may be fewer
    /// items per page, from 0 to 1. Default 0.2, so that after 0.95 a field may be in 0.75 of the items.
    pub max_drop: f64,
    /// The least pages of a route that are judged, from 1 to 10,000. Default 50.
    pub after_pages: u64,
    /// What is done when something does not hold. Default: it is told.
    pub action: HealthAction,
    /// A directory for the bodies of pages that lack something, kept when their route is found at fault: up to 1 MiB
    /// each, the last 100 that came before and 32 MiB of them, and the first 100 after it. Default: none.
    pub keep: Option<PathBuf>,
    /// A file with what the last crawl that finished gave, to compare with; replaced when the crawl finishes.
    /// Default: none; a crawl with a state compares a refresh with what it refreshes.
    pub baseline: Option<PathBuf>,
}

/// What a crawl does when the pages of a route are not what is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HealthAction {
    /// It goes on; the fault is an [event](crate::Event::Health) and in the summary.
    #[default]
    Warn,
    /// It pauses, until its [`Handle`](crate::Handle) resumes or stops it.
    Pause,
    /// It ends after the pages in flight, with [`Ended::Health`](crate::Ended::Health).
    Stop,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            min_fill: 0.0,
            fill: BTreeMap::new(),
            max_failed_pages: 0.1,
            min_items_per_page: 0.0,
            max_drop: 0.2,
            after_pages: 50,
            action: HealthAction::default(),
            keep: None,
            baseline: None,
        }
    }
}

impl Health {
    /// Tells what cannot be, before anything is started.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let shares = [
            ("min_fill", self.min_fill),
            ("max_failed_pages", self.max_failed_pages),
            ("max_drop", self.max_drop),
        ];
        let fields = self.fill.iter().map(|(field, share)| (field.as_str(), *share));
        for (name, share) in shares.into_iter().chain(fields) {
            if !(0.0..=1.0).contains(&share) {
                let place = if self.fill.contains_key(name) { "health.fill" } else { "health" };
                return Err(Error::config(format!(
                    "{place}.{name} is {share}, which is no share; write one from 0 to 1"
                )));
            }
        }
        if !(0.0..f64::INFINITY).contains(&self.min_items_per_page) {
            return Err(Error::config(format!(
                "health.min_items_per_page is {}; write a number that is not negative",
                self.min_items_per_page
            )));
        }
        if !(1..=MAX_PAGES).contains(&self.after_pages) {
            return Err(Error::config(format!(
                "health.after_pages is {}; write a number from 1 to {MAX_PAGES}",
                self.after_pages
            )));
        }
        Ok(())
    }
}
