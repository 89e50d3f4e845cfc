//! Reads the robots.txt and the sitemaps of the hosts of the seeds, one request after the other, each host at its
//! pace. What is listed passes the same admission as in a crawl.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Error;
use dragline::fetch::{Client, Request};
use dragline::{Config, RobotsPolicy};
use dragline_frontier::{
    Admission, Directory, Fingerprint, FingerprintKey, Pending, Scope, Skip, Step, product_token,
};
use dragline_parse::{Sitemap, SitemapEntry};
use http::Method;
use tokio::time::{Instant, sleep_until};
use url::{Position, Url};

use super::pace;
use crate::chain::chain;
use crate::robots_file::{RobotsFile, Standing};

/// Hosts that are asked, at most.
const MAX_HOSTS: usize = 100;
/// Sitemaps that are read, at most.
const MAX_SITEMAPS: usize = 100;
/// Pages that are told apart, at most; some 16 bytes each.
const MAX_PAGES: usize = 1_000_000;
/// The largest body of a sitemap in bytes, as the protocol says.
const MAX_BODY: u64 = 50 * 1024 * 1024;
/// Indexes one within the other that lead to a sitemap, at most.
const MAX_INDEXES: u8 = 3;

/// What was read.
pub(crate) struct Walk {
    client: Client,
    admission: Admission,
    agent: String,
    robots: RobotsPolicy,
    config: Config,
    /// Seeds that are not let in, and why.
    pub(crate) refused: BTreeMap<String, String>,
    pub(crate) hosts: BTreeMap<String, Host>,
    pub(crate) sitemaps: Vec<Listing>,
    /// Sitemaps that were named and not read.
    pub(crate) sitemaps_left: u64,
    /// Hosts that were listed and not asked.
    pub(crate) hosts_left: HashSet<String>,
    pub(crate) pages: Pages,
    seen: HashSet<Fingerprint>,
}

/// A host, as its robots.txt has it.
#[derive(Default)]
pub(crate) struct Host {
    pub(crate) robots: Option<RobotsFile>,
    /// Listed pages of it that may be crawled.
    pub(crate) pages: u64,
    next: Option<Instant>,
    /// It said that it has too much to do.
    busy: bool,
    answers: u32,
    waited: Duration,
}

impl Host {
    /// Returns how long its answers took, on average.
    pub(crate) fn latency(&self) -> Option<Duration> {
        (self.answers > 0).then(|| self.waited / self.answers)
    }
}

/// What came of one sitemap.
pub(crate) struct Listing {
    pub(crate) url: String,
    pub(crate) entries: u64,
    /// Why it was not read, or not to its end.
    pub(crate) fault: Option<String>,
}

/// What became of listed pages: of each reason how many there are, and the first.
#[derive(Default)]
pub(crate) struct Pages {
    pub(crate) listed: u64,
    pub(crate) repeated: u64,
    pub(crate) in_scope: u64,
    pub(crate) blocked: BTreeMap<String, (u64, String)>,
    pub(crate) skipped: BTreeMap<String, (u64, String)>,
    /// Pages beyond those that are told apart.
    pub(crate) uncounted: u64,
}

/// A sitemap that is to be read.
struct Errand {
    pending: Pending,
    indexes: u8,
    guessed: bool,
}

impl Walk {
    pub(crate) fn new(config: &Config, client: Client, seeds: &[Url]) -> Result<Self, Error> {
        let scope = Scope::new(&config.scope, seeds)?;
        let key = FingerprintKey::from_bits(1);
        let directory = Arc::new(Directory::default());
        let since_epoch = std::time::SystemTime::now();
        let since_epoch = since_epoch.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            client,
            admission: Admission::new(scope, directory, key, config.limits.max_depth)
                .traps(config.traps.clone(), since_epoch),
            agent: product_token(&config.fetch.user_agent).to_owned(),
            robots: config.politeness.robots,
            config: config.clone(),
            refused: BTreeMap::new(),
            hosts: BTreeMap::new(),
            sitemaps: Vec::new(),
            sitemaps_left: 0,
            hosts_left: HashSet::new(),
            pages: Pages::default(),
            seen: HashSet::new(),
        })
    }

    /// Reads what there is for these seeds.
    pub(crate) async fn run(&mut self, seeds: &[Url]) {
        let mut errands = VecDeque::new();
        for seed in seeds {
            // A seed is in the plan as itself; only what is listed beside it is counted.
            match self.admission.seed(seed.clone(), None) {
                Ok(seed) => _ = self.seen.insert(seed.fingerprint()),
                Err(skip) => {
                    self.refused.insert(seed.to_string(), skip.to_string());
                    continue;
                }
            }
            if !self.hosts.contains_key(origin(seed)) && self.ask(seed).await {
                self.name_sitemaps(seed, &mut errands);
            }
        }
        let mut known = HashSet::new();
        while let Some(errand) = errands.pop_front() {
            if !known.insert(errand.pending.fingerprint()) {
                continue;
            }
            if self.sitemaps.len() >= MAX_SITEMAPS {
                self.sitemaps_left += 1;
                continue;
            }
            self.read(&errand, &mut errands).await;
        }
    }

    /// Tells whether every host that was asked gave no answer.
    pub(crate) fn nothing_answered(&self) -> bool {
        let mut robots = self.hosts.values().filter_map(|host| host.robots.as_ref()).peekable();
        robots.peek().is_some()
            && robots.all(|robots| matches!(robots.standing, Standing::Unreachable(_)))
    }

    /// Asks a host for its robots.txt, unless there are too many hosts; tells whether it is known now.
    async fn ask(&mut self, url: &Url) -> bool {
        let name = origin(url).to_owned();
        if self.hosts.len() >= MAX_HOSTS {
            self.hosts_left.insert(name);
            return false;
        }
        let mut host = Host::default();
        if self.robots == RobotsPolicy::Obey {
            let started = Instant::now();
            let robots = RobotsFile::ask(&self.client, url, &self.agent).await;
            // Its redirects may have led to other hosts; the time is that of all.
            host.answers = u32::try_from(robots.asked.len()).unwrap_or(u32::MAX);
            host.waited = started.elapsed();
            host.next = Some(Instant::now() + pace::delay(&self.config, Some(&robots)));
            host.robots = Some(robots);
        }
        self.hosts.insert(name, host);
        true
    }

    /// Adds the sitemaps that the robots.txt of a host names; the usual one when it names none.
    fn name_sitemaps(&mut self, of: &Url, errands: &mut VecDeque<Errand>) {
        let robots = self.hosts[origin(of)].robots.as_ref();
        if robots.is_some_and(|robots| matches!(robots.standing, Standing::Unreachable(_))) {
            return;
        }
        let named = robots.map_or(&[][..], |robots| robots.rules.sitemaps());
        let guess = ["/sitemap.xml".to_owned()];
        let (guessed, named) = if named.is_empty() { (true, &guess[..]) } else { (false, named) };
        let base = of.join("/robots.txt").expect("the path fits any host");
        let referrer: Arc<str> = base.as_str().into();
        for name in named {
            let Ok(url) = base.join(name) else { continue };
            match self.admission.sitemap(url.clone(), &referrer, 0, None) {
                Ok(pending) => errands.push_back(Errand { pending, indexes: 0, guessed }),
                Err(skip) => self.sitemaps.push(left_out(&url, &skip)),
            }
        }
    }

    /// Reads a sitemap.
    async fn read(&mut self, errand: &Errand, errands: &mut VecDeque<Errand>) {
        let Ok(url) = Url::parse(errand.pending.url()) else { return };
        let mut listing = Listing { url: url.to_string(), entries: 0, fault: None };
        if !self.hosts.contains_key(origin(&url)) && !self.ask(&url).await {
            self.sitemaps_left += 1;
            return;
        }
        let host = self.hosts.get_mut(origin(&url)).expect("the host was asked");
        let verdict = host.robots.as_ref().map(|robots| robots.verdict(&url));
        if let Some(verdict) = verdict.filter(|verdict| !verdict.allowed) {
            if !errand.guessed {
                listing.fault = Some(format!("blocked by robots.txt, {}", verdict.reason));
                self.sitemaps.push(listing);
            }
            return;
        }
        if host.busy {
            listing.fault = Some("not read, since the host is busy".to_owned());
            self.sitemaps.push(listing);
            return;
        }
        if let Some(next) = host.next {
            sleep_until(next).await;
        }
        eprintln!("dragline: reading {url}");
        let started = Instant::now();
        let mut request = Request::new(Method::GET, url.clone());
        request.max_body = Some(MAX_BODY);
        let answer = match self.client.send(request).await {
            Ok(response) => response.collect().await,
            Err(error) => Err(error),
        };
        host.answers += 1;
        host.waited += started.elapsed();
        host.next = Some(Instant::now() + pace::delay(&self.config, host.robots.as_ref()));
        match answer {
            Err(error) => listing.fault = Some(chain(&error.into())),
            Ok(response) if !response.status().is_success() => {
                if errand.guessed && response.status().is_client_error() {
                    return;
                }
                host.busy = matches!(response.status().as_u16(), 429 | 503);
                listing.fault = Some(format!("answered with {}", response.status()));
            }
            Ok(response) => {
                let content_type = response.headers().get("content-type");
                let content_type = content_type.and_then(|value| value.to_str().ok());
                let sitemap = Sitemap::read(response.body(), content_type);
                for entry in sitemap.entries() {
                    match entry {
                        Ok(entry) => {
                            listing.entries += 1;
                            self.take(&url, &entry, errand, errands).await;
                        }
                        Err(error) => listing.fault = Some(error.to_string()),
                    }
                }
            }
        }
        self.sitemaps.push(listing);
    }

    /// Takes one entry of a sitemap.
    async fn take(
        &mut self,
        base: &Url,
        entry: &SitemapEntry,
        errand: &Errand,
        errands: &mut VecDeque<Errand>,
    ) {
        let Ok(url) = base.join(entry.location()) else { return };
        let referrer: Arc<str> = base.as_str().into();
        if let SitemapEntry::Sitemap { .. } = entry {
            match self.admission.sitemap(url.clone(), &referrer, 0, None) {
                Ok(_) if errand.indexes >= MAX_INDEXES => self.sitemaps_left += 1,
                Ok(pending) => {
                    let indexes = errand.indexes + 1;
                    errands.push_back(Errand { pending, indexes, guessed: false });
                }
                Err(skip) => self.sitemaps.push(left_out(&url, &skip)),
            }
            return;
        }
        if self.seen.len() >= MAX_PAGES {
            self.pages.uncounted += 1;
            return;
        }
        self.pages.listed += 1;
        match self.admission.link(url.clone(), &errand.pending, &referrer, Step::Listed, None) {
            Err(skip) => count(&mut self.pages.skipped, skip.name().to_owned(), &url),
            Ok(page) if !self.seen.insert(page.fingerprint()) => self.pages.repeated += 1,
            Ok(page) => {
                let Ok(url) = Url::parse(page.url()) else { return };
                self.judge(&url).await;
            }
        }
    }

    /// Counts a page that is in scope by what the robots.txt of its host says of it.
    async fn judge(&mut self, url: &Url) {
        if !self.hosts.contains_key(origin(url)) && !self.ask(url).await {
            // What its host says is not known, which is the case of a crawl that begins, too.
            self.pages.in_scope += 1;
            return;
        }
        let host = self.hosts.get_mut(origin(url)).expect("the host was asked");
        match host.robots.as_ref().map(|robots| robots.verdict(url)) {
            Some(verdict) if !verdict.allowed => {
                count(&mut self.pages.blocked, verdict.reason, url);
            }
            _ => {
                host.pages += 1;
                self.pages.in_scope += 1;
            }
        }
    }
}

pub(crate) fn origin(url: &Url) -> &str {
    &url[..Position::BeforePath]
}

fn left_out(url: &Url, skip: &Skip) -> Listing {
    Listing { url: url.to_string(), entries: 0, fault: Some(format!("not read: {skip}")) }
}

fn count(reasons: &mut BTreeMap<String, (u64, String)>, reason: String, url: &Url) {
    let (count, _) = reasons.entry(reason).or_insert_with(|| (0, url.to_string()));
    *count += 1;
}
