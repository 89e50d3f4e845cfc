//! The watch: sums what pages showed, judges the last of each route, and says when a page is out of doubt. Owned by
//! the engine; pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::HealthFault;
use super::counts::PageCounts;
use super::expected::{Doubt, Expected};
use super::report::{HealthReport, RouteHealth};
use super::seen::PageSeen;

/// Routes that are watched, at most; pages of further ones are counted and no more.
const MAX_ROUTES: usize = 64;
/// Pages of a route that are judged together, unless more are asked for.
const WINDOW: u64 = 200;
/// URLs that a fault names, at most.
const MAX_URLS: usize = 5;

/// Watches the routes of a crawl.
#[derive(Debug)]
pub(crate) struct Watch {
    expected: Arc<Expected>,
    routes: BTreeMap<String, Route>,
    /// What was told already: route, field and code.
    told: BTreeSet<(String, Option<String>, &'static str)>,
    faults: Vec<HealthFault>,
    unwatched_pages: u64,
    unwatched_fields: u64,
    next: u64,
}

/// One route.
#[derive(Debug, Default)]
struct Route {
    /// All pages whose result counts, those of earlier runs included.
    total: PageCounts,
    /// The pages of the window, and their sum.
    window: VecDeque<Looked>,
    recent: PageCounts,
}

/// A page of a window.
#[derive(Debug)]
struct Looked {
    number: u64,
    seen: PageSeen,
    /// Why it is in doubt, and its URL.
    doubt: Option<(Doubt, String)>,
}

/// What came of looking at a page.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// The number of the page.
    pub(crate) number: u64,
    /// The number of a page that left the window.
    pub(crate) passed: Option<u64>,
    /// What was found at fault for the first time.
    pub(crate) faults: Vec<HealthFault>,
}

impl Watch {
    pub(crate) fn new(expected: Arc<Expected>) -> Self {
        Self {
            expected,
            routes: BTreeMap::new(),
            told: BTreeSet::new(),
            faults: Vec::new(),
            unwatched_pages: 0,
            unwatched_fields: 0,
            next: 0,
        }
    }

    /// Takes up what earlier runs of the same crawl gave.
    pub(crate) fn restore(&mut self, totals: BTreeMap<String, PageCounts>) {
        let routes = totals.into_iter().take(MAX_ROUTES);
        self.routes =
            routes.map(|(name, total)| (name, Route { total, ..Route::default() })).collect();
    }

    /// Looks at a page; its URL is kept if it is in doubt.
    pub(crate) fn look(&mut self, mut seen: PageSeen, doubt: Option<&Doubt>, url: &str) -> Verdict {
        let number = self.next;
        self.next += 1;
        let mut verdict = Verdict { number, ..Verdict::default() };
        let full = self.routes.len() >= MAX_ROUTES;
        if full && !self.routes.contains_key(&seen.route) {
            verdict.passed = Some(number);
            return verdict;
        }
        let route = self.routes.entry(seen.route.clone()).or_default();
        route.recent.add(&mut seen);
        self.unwatched_fields += seen.unwatched;
        let doubt = doubt.map(|doubt| (doubt.clone(), url.to_owned()));
        let name = seen.route.clone();
        route.window.push_back(Looked { number, seen, doubt });
        if route.window.len() as u64 > self.expected.health.after_pages.max(WINDOW)
            && let Some(oldest) = route.window.pop_front()
        {
            route.recent.take(&oldest.seen);
            verdict.passed = Some(oldest.number);
        }
        for mut fault in self.expected.judge(&name, &route.recent) {
            let key = (name.clone(), fault.field.clone(), fault.code);
            if self.told.insert(key) {
                fault.urls = route.showing(&fault);
                self.faults.push(fault.clone());
                verdict.faults.push(fault);
            }
        }
        verdict
    }

    /// Counts a page whose result counts, once it is known that it does.
    pub(crate) fn count(&mut self, mut seen: PageSeen) {
        if self.routes.len() >= MAX_ROUTES && !self.routes.contains_key(&seen.route) {
            self.unwatched_pages += 1;
            return;
        }
        self.routes.entry(seen.route.clone()).or_default().total.add(&mut seen);
    }

    /// Returns what the pages of each route gave, those of earlier runs included.
    pub(crate) fn totals(&self) -> BTreeMap<String, PageCounts> {
        let routes = self.routes.iter();
        routes.map(|(name, route)| (name.clone(), route.total.clone())).collect()
    }

    /// Returns what was found at fault so far.
    pub(crate) fn faults(&self) -> &[HealthFault] {
        &self.faults
    }

    /// Returns what was found so far; `waiting` pages wait to be read again.
    pub(crate) fn report(&self, waiting: u64) -> HealthReport {
        let routes = self.routes.iter().map(|(name, route)| {
            let before = self.expected.before.get(name).cloned();
            let (total, recent) = (route.total.clone(), route.recent.clone());
            (name.clone(), RouteHealth { total, recent, before })
        });
        HealthReport {
            routes: routes.collect(),
            faults: self.faults.clone(),
            waiting,
            unwatched_pages: self.unwatched_pages,
            unwatched_fields: self.unwatched_fields,
        }
    }
}

impl Route {
    /// Returns pages that show a fault.
    fn showing(&self, fault: &HealthFault) -> Vec<String> {
        let doubted = self.window.iter().rev().filter_map(|page| page.doubt.as_ref());
        let showing = doubted.filter(|(doubt, _)| doubt.is_of(fault));
        showing.map(|(_, url)| url.clone()).take(MAX_URLS).collect()
    }
}
