//! A generated web of two hosts: pages that link to twenty others across both, some that are gone, and some
//! that only a redirect leads to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use dragline_site::{Answer, Asked, Server, Site};
use tokio::sync::watch;

/// Links of a page to others.
const LINKS: u64 = 20;

/// The web while it is served.
pub(crate) struct Web {
    plan: Arc<Plan>,
    _servers: [Server; 2],
}

/// What both hosts know.
struct Plan {
    seed: u64,
    pages: u64,
    hosts: OnceLock<[String; 2]>,
    /// The status of each URL.
    expected: OnceLock<HashMap<String, u64>>,
    /// How many requests for these came, robots.txt left out.
    asked: watch::Sender<u64>,
    unknown: Mutex<Vec<String>>,
}

impl Web {
    /// Starts a web of so many pages, drawn from a seed.
    pub(crate) async fn start(seed: u64, pages: u64) -> Self {
        let plan = Arc::new(Plan {
            seed,
            pages,
            hosts: OnceLock::new(),
            expected: OnceLock::new(),
            asked: watch::Sender::new(0),
            unknown: Mutex::default(),
        });
        let start = |host| {
            let plan = plan.clone();
            Site::new().robots("").dynamic(move |asked| plan.answer(host, asked)).start()
        };
        let servers = [start(0).await.unwrap(), start(1).await.unwrap()];
        plan.hosts.set(servers.each_ref().map(|server| server.url(""))).unwrap();
        plan.expected.set(plan.list()).unwrap();
        Self { plan, _servers: servers }
    }

    /// Returns where the crawl begins.
    pub(crate) fn seed(&self) -> String {
        self.plan.page(0)
    }

    /// Returns the status of each URL that there is.
    pub(crate) fn expected(&self) -> &HashMap<String, u64> {
        self.plan.expected.get().unwrap()
    }

    /// Returns how many requests came, robots.txt left out.
    pub(crate) fn asked(&self) -> u64 {
        let unknown = self.plan.unknown.lock().unwrap();
        assert!(unknown.is_empty(), "what is not there was asked for: {unknown:?}");
        *self.plan.asked.borrow()
    }

    /// Waits until so many further requests came.
    pub(crate) async fn asked_further(&self, requests: u64) {
        let mut asked = self.plan.asked.subscribe();
        let most = *asked.borrow() + requests;
        asked.wait_for(|asked| *asked >= most).await.unwrap();
    }
}

impl Plan {
    fn page(&self, number: u64) -> String {
        let host = &self.hosts.get().unwrap()[usize::from(number % 4 == 3)];
        format!("{host}/p/{number}")
    }

    fn is_gone(number: u64) -> bool {
        number % 25 == 1
    }

    fn is_moved(number: u64) -> bool {
        number % 25 == 13
    }

    fn list(&self) -> HashMap<String, u64> {
        let mut expected = HashMap::new();
        for number in 0..self.pages {
            let page = self.page(number);
            if Self::is_gone(number) {
                expected.insert(page.replace("/p/", "/gone/"), 404);
            }
            if Self::is_moved(number) {
                expected.insert(page.replace("/p/", "/old/"), 302);
                expected.insert(page.replace("/p/", "/new/"), 200);
            }
            expected.insert(page, 200);
        }
        expected
    }

    fn answer(&self, host: usize, asked: &Asked) -> Option<Answer> {
        if asked.path == "/robots.txt" {
            return None;
        }
        let url = format!("{}{}", self.hosts.get()?[host], asked.path);
        let Some(status) = self.expected.get()?.get(&url) else {
            self.unknown.lock().unwrap().push(url);
            return None;
        };
        self.asked.send_modify(|asked| *asked += 1);
        let mut random = self.random(&asked.path);
        let pause = Duration::from_millis(random.u64(..3));
        Some(match status {
            302 => Answer::new(302).header("location", asked.path.replace("/old/", "/new/")),
            404 => Answer::html("gone").status(404),
            _ => Answer::html(self.body(&asked.path, random)).delay(pause),
        })
    }

    /// Returns what is random about a path, the same each time.
    fn random(&self, path: &str) -> fastrand::Rng {
        let seed = path.bytes().fold(self.seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        fastrand::Rng::with_seed(seed)
    }

    fn body(&self, path: &str, mut random: fastrand::Rng) -> String {
        let number = path.strip_prefix("/p/").and_then(|number| number.parse::<u64>().ok());
        let mut body = format!("<title>{path}</title>");
        if let Some(number) = number {
            // The first two make a tree of all pages, so that each of them can be reached.
            let tree = [2 * number + 1, 2 * number + 2].into_iter().filter(|to| *to < self.pages);
            let others = (2..LINKS).map(|_| random.u64(..self.pages));
            for to in tree.chain(others) {
                body += &format!("<a href=\"{}\">x</a>", self.page(to));
            }
            let page = self.page(number);
            if Self::is_gone(number) {
                body += &format!("<a href=\"{}\">x</a>", page.replace("/p/", "/gone/"));
            }
            if Self::is_moved(number) {
                body += &format!("<a href=\"{}\">x</a>", page.replace("/p/", "/old/"));
            }
        }
        // Pages that were all alike would be taken for a trap.
        body += "<p>";
        for _ in 0..60 {
            body += &format!("{:x} ", random.u32(..));
        }
        body
    }
}
