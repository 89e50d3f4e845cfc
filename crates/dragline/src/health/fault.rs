//! A fault of extraction health: what does not hold any more, and on which pages to look.

use std::fmt;

use serde::Serialize;

/// Something that was expected of the pages of a route and does not hold; each is told once in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HealthFault {
    /// A stable code: `fill`, `failed_pages` or `items_per_page` for a setting, `fill_drop` or `items_drop` against
    /// the crawl before.
    pub code: &'static str,
    /// The route.
    pub route: String,
    /// The field, if it is about one.
    pub field: Option<String>,
    /// What was found and what was expected.
    pub message: String,
    /// Pages that show it, the latest first, at most five.
    pub urls: Vec<String>,
}

impl fmt::Display for HealthFault {
    /// Writes one line: route, field, what is wrong, and one page that shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.route.as_str() {
            "" => f.write_str("pages without a route")?,
            route => write!(f, "route `{route}`")?,
        }
        if let Some(field) = &self.field {
            write!(f, ", field `{field}`")?;
        }
        write!(f, ": {}", self.message)?;
        match self.urls.first() {
            Some(url) => write!(f, "; see {url}"),
            None => Ok(()),
        }
    }
}
