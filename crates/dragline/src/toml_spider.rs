//! Spiders that are written as TOML files: read once, with all that is wrong named by its place, then run like
//! any other. What the keys mean is in `docs/toml-spiders.md`.

mod check;
mod compiled;
mod definition;
mod field;
mod follow_rule;
mod item;
mod item_rule;
mod keys;
mod names;
mod near;
mod node;
mod problem;
mod reading;
mod route;
mod settings;
mod start;
mod taking;
mod tally;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use toml::de::DeTable;
use url::Url;

use self::definition::Definition;
use self::keys::Keys;
use self::problem::Problems;
use self::route::Listing;
use self::settings::Settings;
use self::start::Start;
use self::tally::Counters;
use crate::columns::Columns;
use crate::config::Config;
use crate::error::BoxError;
use crate::output::Output;
use crate::page::Page;
use crate::request::Request;
use crate::spider::Spider;

pub use self::check::{
    Check, CheckedField, CheckedItem, CheckedLink, CheckedRule, Sample, UnknownRoute,
};
pub use self::item::{Item, Value};
pub use self::problem::{Problem, SpiderError};
pub use self::route::Route;
pub use self::tally::{FieldTally, ItemTally, Tally};

/// The largest file that is read, in bytes: 1 MiB.
const MAX_FILE: usize = 1024 * 1024;

/// A spider from a TOML file.
///
/// It gives each page's items and links as the file says. A page of which some items cannot be read gives the
/// others; what was left out is counted in [`tally`](Self::tally). A page fails, with the code `spider`, only if
/// none of its items can be read and it leads nowhere.
///
/// ```
/// use dragline::toml_spider::TomlSpider;
///
/// let spider: TomlSpider = r#"
///     start = ["https://quotes.example/"]
///
///     [[item]]
///     each = "div.quote"
///     [item.fields]
///     text = "span.text"
///     tags = { css = "a.tag", list = true }
///
///     [[follow]]
///     css = "li.next a"
/// "#.parse()?;
/// assert_eq!(spider.config().limits.concurrency, 64);
///
/// let error = "start = \"https://a.example/\"\n[[item]]\nfields = { name = \"h1\", x = { atr = \"id\" } }"
///     .parse::<TomlSpider>()
///     .unwrap_err();
/// assert_eq!(error.problems()[0].message(), "a field has no key `atr`; did you mean `attr`?");
/// assert_eq!(error.problems()[0].place(), Some((3, 31)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TomlSpider {
    definition: Definition,
    settings: Settings,
    counters: Arc<Counters>,
}

impl TomlSpider {
    /// Reads a file of at most 1 MiB.
    ///
    /// # Errors
    /// When the file cannot be read, or is no spider; all that is wrong with it, with line and column.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, SpiderError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| SpiderError::unread(format!("failed to read {name}: {error}")))?;
        Self::named(&name, &text)
    }

    /// Returns the settings of the file, those it does not have with their defaults.
    pub fn config(&self) -> Config {
        self.config_over(&Config::default())
    }

    /// Returns the settings of the file, those it does not have as they are in `base`.
    pub fn config_over(&self, base: &Config) -> Config {
        self.settings.over(base)
    }

    /// Returns where the crawl begins: pages, sitemaps and feeds.
    pub fn starts(&self) -> impl Iterator<Item = &Url> {
        self.definition.starts.iter().map(|start| &start.url)
    }

    /// Returns the columns of a table of all its items: those of each kind in the order of the file, behind `type`
    /// if a kind has a name. A field that kinds have in different ways is JSON.
    pub fn columns(&self) -> Columns {
        self.definition.columns()
    }

    /// Tells whether the file has a section `[health]`, so that whoever runs it is to call
    /// [`Crawler::health`](crate::Crawler::health).
    pub fn asks_for_health(&self) -> bool {
        self.settings.has("health")
    }

    /// Returns the counts of items, which go on while the spider runs elsewhere.
    pub fn tally(&self) -> Tally {
        Tally::new(self.counters.clone())
    }

    /// Says what the items and rules find on one page, fetching nothing and counting nothing.
    ///
    /// # Errors
    /// When the sample names a route that the file does not have.
    pub fn check(&self, sample: Sample) -> Result<Check, UnknownRoute> {
        check::check(self, sample)
    }

    fn named(name: &str, text: &str) -> Result<Self, SpiderError> {
        if text.len() > MAX_FILE {
            let message = format!("{name} is longer than 1 MiB, so it is no spider");
            return Err(SpiderError::unread(message));
        }
        let mut problems = Problems::new(name, text);
        let (table, faults) = DeTable::parse_recoverable(text);
        for fault in &faults {
            problems.add(fault.span().unwrap_or_default(), fault.message());
        }
        // What follows a slip of the pen is often read wrongly, and would be called wrong too.
        if !faults.is_empty() {
            problems.into_result()?;
            unreachable!("there was a problem");
        }
        let mut keys = Keys::new("a spider", table.get_ref());
        let settings = Settings::read(&mut keys, &mut problems);
        let definition = Definition::read(&mut keys, &mut problems);
        keys.finish(&mut problems);
        problems.into_result()?;
        let counters = Arc::new(Counters::new(&definition.items));
        Ok(Self { definition, settings, counters })
    }
}

impl FromStr for TomlSpider {
    type Err = SpiderError;

    fn from_str(text: &str) -> Result<Self, SpiderError> {
        Self::named("the spider", text)
    }
}

impl Spider for TomlSpider {
    type Item = Item;
    type Route = Route;

    fn start(&self) -> Result<Vec<Request<Route>>, BoxError> {
        Ok(self.definition.starts.iter().map(Start::to_request).collect())
    }

    fn route_name(&self, route: &Route) -> String {
        // A list of pages is no page of the kind that it lists.
        match route.list {
            Some(Listing::Sitemap) => "(sitemaps)".to_owned(),
            Some(Listing::Feed) => "(feeds)".to_owned(),
            None => route.name().unwrap_or_default().to_owned(),
        }
    }

    fn parse(&self, page: &Page<Route>, out: &mut Output<'_, Self>) -> Result<(), BoxError> {
        if let Some(list) = page.route().list {
            return taking::list(page, list, out);
        }
        taking::page(&self.definition, page, &self.counters, out)
    }
}
