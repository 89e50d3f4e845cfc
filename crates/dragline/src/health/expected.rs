//! What is expected of pages: the settings, and what the crawl before gave. Workers ask it of single pages, the
//! watch of windows of them.

use std::collections::BTreeMap;

use super::counts::PageCounts;
use super::seen::PageSeen;
use super::{Health, HealthFault};

/// The fewest items of which the share of a field is judged.
const FEW: u64 = 10;

/// What is expected of the pages of each route.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    pub(crate) health: Health,
    /// What the crawl before gave, by route.
    pub(crate) before: BTreeMap<String, PageCounts>,
}

/// Why a page may be one of a template that the spider does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    Failed,
    NoItems,
    Missing(Vec<String>),
}

impl Expected {
    /// Tells what a single page lacks of what is judged.
    pub(crate) fn doubt(&self, seen: &PageSeen) -> Option<Doubt> {
        if seen.failed && self.health.max_failed_pages < 1.0 {
            return Some(Doubt::Failed);
        }
        let missing = seen.fields.iter().filter(|field| field.is_missing());
        let missing = missing.filter(|field| self.least(&seen.route, &field.name).is_some());
        let missing: Vec<_> = missing.map(|field| field.name.to_string()).collect();
        if !missing.is_empty() {
            return Some(Doubt::Missing(missing));
        }
        (seen.items == 0 && self.least_items(&seen.route).is_some()).then_some(Doubt::NoItems)
    }

    /// Judges the last pages of a route.
    pub(crate) fn judge(&self, route: &str, recent: &PageCounts) -> Vec<HealthFault> {
        let mut faults = Vec::new();
        if recent.pages < self.health.after_pages {
            return faults;
        }
        let mut fault = |code, field: Option<&str>, message| {
            let (route, field) = (route.to_owned(), field.map(str::to_owned));
            faults.push(HealthFault { code, route, field, message, urls: Vec::new() });
        };
        let pages = recent.pages;
        if let Some(share) = recent.failed_share()
            && share > self.health.max_failed_pages
        {
            let most = percent(self.health.max_failed_pages);
            let message = format!(
                "the spider cannot read {} of the last {pages} pages, and at most {most} were to fail",
                percent(share)
            );
            fault("failed_pages", None, message);
        }
        if let (Some(now), Some((code, least))) = (recent.items_per_page(), self.least_items(route))
            && now < least
        {
            let why = match code {
                "items_per_page" => format!("at least {least:.2} were to come"),
                _ => format!("there were {:.2} before", least / (1.0 - self.health.max_drop)),
            };
            fault(
                code,
                None,
                format!("{now:.2} items from each of the last {pages} pages, and {why}"),
            );
        }
        let few = FEW.min(self.health.after_pages);
        let known = self.before.get(route).into_iter().flat_map(|before| before.fields.keys());
        let gone = known.filter(|field| !recent.fields.contains_key(*field));
        for field in recent.fields.keys().chain(gone) {
            let Some((code, least)) = self.least(route, field) else { continue };
            let (now, sample) = match recent.fill(field) {
                Some(now) => (now, recent.sample(field)),
                // No item has it any more.
                None => (0.0, recent.items),
            };
            if now >= least || sample < few {
                continue;
            }
            let why = match code {
                "fill" => format!("at least {} were to have it", percent(least)),
                _ => format!("{} had it before", percent(least + self.health.max_drop)),
            };
            let now = percent(now);
            let message =
                format!("{now} of the items of the last {pages} pages have it, and {why}");
            fault(code, Some(field), message);
        }
        faults
    }

    /// Returns the least share of items that must have a field, and the code of the fault if fewer have.
    fn least(&self, route: &str, field: &str) -> Option<(&'static str, f64)> {
        let set = *self.health.fill.get(field).unwrap_or(&self.health.min_fill);
        let before = self.before(route).filter(|before| before.sample(field) >= FEW);
        let dropped =
            before.and_then(|before| before.fill(field)).unwrap_or_default() - self.health.max_drop;
        stricter(("fill", set), ("fill_drop", dropped))
    }

    /// Returns the least items per page, and the code of the fault if there are fewer.
    fn least_items(&self, route: &str) -> Option<(&'static str, f64)> {
        let before = self.before(route).and_then(PageCounts::items_per_page).unwrap_or_default();
        let dropped = before * (1.0 - self.health.max_drop);
        stricter(("items_per_page", self.health.min_items_per_page), ("items_drop", dropped))
    }

    fn before(&self, route: &str) -> Option<&PageCounts> {
        self.before.get(route).filter(|before| before.pages >= self.health.after_pages)
    }
}

impl Doubt {
    /// Tells whether a fault is about what such a page lacks.
    pub(crate) fn is_of(&self, fault: &HealthFault) -> bool {
        match (self, &fault.field) {
            (Self::Missing(fields), Some(field)) => fields.contains(field),
            (Self::Missing(_), None) => false,
            (Self::Failed, None) => fault.code == "failed_pages",
            (Self::NoItems, None) => fault.code != "failed_pages",
            (_, Some(_)) => false,
        }
    }

    /// Says in a few words what the page lacks.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Failed => "the spider cannot read it".to_owned(),
            Self::NoItems => "no items".to_owned(),
            Self::Missing(fields) => format!("no {}", fields.join(", ")),
        }
    }
}

/// Returns the larger of two bounds; none when neither bounds anything.
fn stricter(set: (&'static str, f64), dropped: (&'static str, f64)) -> Option<(&'static str, f64)> {
    let larger = if dropped.1 > set.1 { dropped } else { set };
    Some(larger).filter(|(_, least)| *least > 0.0)
}

/// Writes a share in percent, never rounded to all or nothing.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if (percent - percent.round()).abs() < 1e-9 {
        return format!("{percent:.0}%");
    }
    format!("{percent:.1}%")
}
