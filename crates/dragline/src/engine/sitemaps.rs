//! Which sitemaps a crawl asks for: those of the hosts of its seeds, and what they lead to.

use std::collections::HashMap;

use dragline_frontier::{Admission, HostId, Pending, RobotsPolicy};
use url::Url;

use crate::discovery::Sitemaps;
use crate::engine::Engine;
use crate::message;
use crate::output::Found;
use crate::packed::Unsendable;
use crate::sitemap::{Errand, Origin};
use crate::spider::Spider;

/// Sitemaps that one run of a crawl asks for, at most.
const MAX_SITEMAPS: usize = 10_000;

/// The sitemaps of a crawl.
#[derive(Debug)]
pub(crate) struct SitemapPlan {
    sitemaps: Sitemaps,
    robots: RobotsPolicy,
    /// Hosts of seeds, with what pages have of the first of them, until their sitemaps are asked for; for ever
    /// when robots.txt is ignored. Grows by one small entry for each.
    wanted: HashMap<HostId, Option<Box<[u8]>>>,
    /// Sitemaps that may still be asked for.
    left: usize,
}

impl SitemapPlan {
    pub(crate) fn new(sitemaps: Sitemaps, robots: RobotsPolicy) -> Self {
        Self { sitemaps, robots, wanted: HashMap::new(), left: MAX_SITEMAPS }
    }
}

impl<S: Spider> Engine<S> {
    /// Takes note of a seed, whose host may have sitemaps.
    pub(super) fn want_sitemaps(&mut self, seed: &Pending) {
        let plan = &mut self.sitemaps;
        if plan.sitemaps == Sitemaps::Off || plan.wanted.contains_key(&seed.host()) {
            return;
        }
        plan.wanted.insert(seed.host(), message::inherited(seed.payload()));
        if plan.robots == RobotsPolicy::Ignore {
            self.ask_for_sitemaps(seed.host(), &[]);
        }
    }

    /// Asks for the sitemaps that the robots.txt of a host names, if they are wanted.
    pub(super) fn ask_for_sitemaps(&mut self, host: HostId, named: &[String]) {
        let plan = &mut self.sitemaps;
        let pages = match plan.robots {
            RobotsPolicy::Obey => plan.wanted.remove(&host),
            RobotsPolicy::Ignore => plan.wanted.get(&host).cloned(),
        };
        let Some(pages) = pages else { return };
        let name = self.directory.name(host).expect("the directory numbered the host");
        if let Ok(robots) = Url::parse(&format!("{name}/robots.txt")) {
            self.hand_on(sitemaps(&robots, named, pages.as_deref(), &self.shared.admission));
        }
    }

    /// Adds what was found to the next commit, of sitemaps as many as a crawl may ask for. Returns what
    /// never gets into the frontier.
    pub(super) fn hand_on(&mut self, found: Found) -> Vec<Unsendable> {
        let Found { pending, apart, mut sitemaps, mut links, unsent } = found;
        links.many_sitemaps += sitemaps.len().saturating_sub(self.sitemaps.left) as u64;
        sitemaps.truncate(self.sitemaps.left);
        self.sitemaps.left -= sitemaps.len();
        self.stats.links.add(links);
        self.batch.completion.found.extend(sitemaps);
        self.batch.completion.found.extend(apart);
        self.shared.admission.handing_over(&pending);
        self.batch.completion.found.extend(pending);
        unsent
    }
}

/// Admits the sitemaps that a robots.txt names; the usual one when it names none.
fn sitemaps(robots: &Url, named: &[String], pages: Option<&[u8]>, admission: &Admission) -> Found {
    let guess = ["/sitemap.xml".to_owned()];
    let (origin, named) = match named {
        [] => (Origin::Guessed, &guess[..]),
        named => (Origin::Named, named),
    };
    let referrer = robots.as_str().into();
    let mut found = Found::default();
    for name in named {
        let Ok(url) = robots.join(name) else {
            found.links.not_crawlable += 1;
            continue;
        };
        let payload = Some(Errand::new(origin, pages).write());
        found.take_sitemap(admission.sitemap(url, &referrer, 0, payload));
    }
    found
}
