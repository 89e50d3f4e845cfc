//! A generated web of many hosts: pages that link to others across all of them, some that are gone.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dragline_site::{Answer, Asked, Server, Site};
use tokio::sync::watch;

/// Links of a page to others, beside the two that make a tree of all pages.
const LINKS: u64 = 10;

/// The web while it is served.
pub(crate) struct Web {
    plan: Arc<Plan>,
    servers: Vec<Server>,
}

struct Plan {
    seed: u64,
    pages: u64,
    hosts: OnceLock<Vec<String>>,
    /// How many requests came, robots.txt left out.
    asked: watch::Sender<u64>,
}

impl Web {
    /// Starts a web of so many hosts and pages, drawn from a seed.
    pub(crate) async fn start(seed: u64, hosts: usize, pages: u64) -> Self {
        let asked = watch::Sender::new(0);
        let plan = Arc::new(Plan { seed, pages, hosts: OnceLock::new(), asked });
        let mut servers = Vec::new();
        for _ in 0..hosts {
            let plan = plan.clone();
            let site = Site::new().robots("").dynamic(move |asked| plan.answer(asked));
            servers.push(site.start().await.unwrap());
        }
        plan.hosts.set(servers.iter().map(|server| server.url("")).collect()).unwrap();
        Self { plan, servers }
    }

    /// Returns where the crawl begins.
    pub(crate) fn seed(&self) -> String {
        self.plan.url(0)
    }

    /// Returns the status of each URL that there is.
    pub(crate) fn expected(&self) -> HashMap<String, u64> {
        (0..self.plan.pages).map(|page| (self.plan.url(page), self.plan.status(page))).collect()
    }

    /// Returns how many requests came, robots.txt left out.
    pub(crate) fn asked(&self) -> u64 {
        *self.plan.asked.borrow()
    }

    /// Waits until so many requests came.
    pub(crate) async fn wait_for(&self, requests: u64) {
        self.plan.asked.subscribe().wait_for(|asked| *asked >= requests).await.unwrap();
    }

    /// Returns how often a robots.txt was asked for.
    pub(crate) fn robots(&self) -> usize {
        self.servers.iter().map(|server| server.hits_of("/robots.txt")).sum()
    }

    /// Returns in words where a host was asked twice at once, or before its delay was over.
    pub(crate) fn violations(&self, delay: Duration) -> Vec<String> {
        let mut found = Vec::new();
        for server in &self.servers {
            if server.most_in_flight() > 1 {
                found.push(format!("{} was asked twice at once", server.address()));
            }
            let hits = server.hits();
            for pair in hits.windows(2) {
                let gap = pair[1].at - pair[0].at;
                if gap < delay {
                    let (one, other) = (&pair[0].path, &pair[1].path);
                    let by = (pair[0].connection, pair[1].connection);
                    found.push(format!(
                        "{}: {one} then {other} after {gap:?}, {by:?}",
                        server.address()
                    ));
                }
            }
        }
        found
    }
}

impl Plan {
    fn url(&self, page: u64) -> String {
        let hosts = self.hosts.get().unwrap();
        let at = usize::try_from(page % hosts.len() as u64).unwrap();
        format!("{}/p/{page}", hosts[at])
    }

    /// Some of the pages that lead to no others are gone: a page that is gone leads nowhere, and all are to be reached.
    fn status(&self, page: u64) -> u64 {
        if page % 12 == 7 && 2 * page >= self.pages { 404 } else { 200 }
    }

    fn answer(&self, asked: &Asked) -> Option<Answer> {
        let page: u64 = asked.path.strip_prefix("/p/")?.parse().ok()?;
        self.asked.send_modify(|asked| *asked += 1);
        let mut random =
            fastrand::Rng::with_seed(self.seed ^ page.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut body = format!("<title>{page}</title>");
        let tree = [2 * page + 1, 2 * page + 2].into_iter();
        let others = (0..LINKS).map(|_| random.u64(..self.pages)).collect::<Vec<_>>();
        for to in tree.chain(others).filter(|to| *to < self.pages) {
            body += &format!("<a href=\"{}\">x</a>", self.url(to));
        }
        // Pages that were all alike would be taken for a trap.
        for _ in 0..60 {
            body += &format!("{:x} ", random.u32(..));
        }
        let pause = Duration::from_millis(random.u64(..4));
        let status = u16::try_from(self.status(page)).unwrap();
        Some(Answer::html(body).status(status).delay(pause))
    }
}
