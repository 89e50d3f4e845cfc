//! What a crawl tells of its health at its end, as data and as a few lines.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::HealthFault;
use super::counts::PageCounts;
use super::expected::percent;

/// Routes that are written, at most, those with most pages first.
const ROUTES: usize = 10;
/// Fields of a route that are written, at most, the worst first.
const FIELDS: usize = 5;

/// How well the pages of a crawl were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HealthReport {
    /// The routes, by name, at most 64; the one of pages without a route has no name.
    pub routes: BTreeMap<String, RouteHealth>,
    /// What was found at fault in this run, in order.
    pub faults: Vec<HealthFault>,
    /// Pages that wait to be read again because their route was at fault; nothing of them was written.
    pub waiting: u64,
    /// Pages that were not watched because there are more routes than 64.
    pub unwatched_pages: u64,
    /// Fields of pages that were not watched because their route has more than 256.
    pub unwatched_fields: u64,
}

/// How well the pages of one route were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RouteHealth {
    /// All pages, those of earlier runs of the crawl included, but for those that wait to be read again.
    pub total: PageCounts,
    /// The last pages of this run, those that wait included.
    pub recent: PageCounts,
    /// The pages of the crawl before.
    pub before: Option<PageCounts>,
}

impl RouteHealth {
    /// Returns the fields with their shares (of all pages, of the last ones, and before), the one that lost most
    /// first, then the one that most items lack.
    fn worst(&self) -> Vec<(&str, [Option<f64>; 3])> {
        let columns = [Some(&self.total), Some(&self.recent), self.before.as_ref()];
        let fields = columns.iter().flatten().flat_map(|counts| counts.fields.keys());
        let mut names: Vec<&str> = fields.map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        let shares = |field| columns.map(|counts| counts.and_then(|counts| counts.fill(field)));
        let mut fields: Vec<_> = names.into_iter().map(|field| (field, shares(field))).collect();
        let badness = |[total, recent, before]: [Option<f64>; 3]| {
            let now = recent.or(total).unwrap_or_default();
            (before.unwrap_or(now) - now).max(0.0) + 1.0 - now
        };
        fields.sort_by(|(_, a), (_, b)| badness(*b).total_cmp(&badness(*a)));
        fields
    }
}

impl fmt::Display for HealthReport {
    /// Writes a table of the routes and their worst fields, then the faults, a line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut routes: Vec<_> = self.routes.iter().collect();
        routes.sort_by_key(|(name, route)| {
            (std::cmp::Reverse(route.total.pages + route.recent.pages), (*name).clone())
        });
        writeln!(f, "{:<34} {:>9} {:>9} {:>9}", "extraction health", "all", "last", "before")?;
        for (name, route) in routes.iter().take(ROUTES) {
            let RouteHealth { total, recent, before } = route;
            let name = if name.is_empty() { "pages without a route" } else { name.as_str() };
            let columns = [Some(total), Some(recent), before.as_ref()];
            line(f, &format!("  {name}: pages"), columns.map(|counts| count(counts?.pages)))?;
            line(f, "    items", columns.map(|counts| count(counts?.items)))?;
            let failed = columns.map(|counts| count(counts?.failed).filter(|failed| failed != "0"));
            if failed.iter().any(Option::is_some) {
                line(f, "    pages the spider could not read", failed)?;
            }
            let without =
                columns.map(|counts| count(counts?.without_items).filter(|count| count != "0"));
            if without.iter().any(Option::is_some) {
                line(f, "    pages without items", without)?;
            }
            let worst = route.worst();
            for (field, shares) in worst.iter().take(FIELDS) {
                line(f, &format!("    {field}"), shares.map(|share| share.map(percent)))?;
            }
            if worst.len() > FIELDS {
                writeln!(f, "    and {} fuller fields", worst.len() - FIELDS)?;
            }
        }
        if routes.len() > ROUTES {
            writeln!(f, "  and {} routes with fewer pages", routes.len() - ROUTES)?;
        }
        if self.unwatched_pages > 0 {
            writeln!(f, "  {} pages of further routes are not watched", self.unwatched_pages)?;
        }
        for fault in &self.faults {
            writeln!(f, "fault: {fault}")?;
        }
        if self.waiting > 0 {
            writeln!(f, "{} pages wait to be read again", self.waiting)?;
        }
        Ok(())
    }
}

fn count(count: u64) -> Option<String> {
    Some(count.to_string())
}

/// Writes a name and what stands in its columns.
fn line(f: &mut fmt::Formatter<'_>, name: &str, columns: [Option<String>; 3]) -> fmt::Result {
    let [all, last, before] = columns.map(Option::unwrap_or_default);
    let line = format!("{name:<34} {all:>9} {last:>9} {before:>9}");
    writeln!(f, "{}", line.trim_end())
}
