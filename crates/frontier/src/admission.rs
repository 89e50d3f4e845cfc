//! Admission: the only way into the frontier. Called by workers, off the engine's task; pure but for the
//! host directory it numbers hosts in.

mod known;
mod sitemap;
mod skip;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use url::Url;

use crate::canonical::{
    Canonical, Fingerprint, FingerprintKey, HostKey, MAX_URL, Parts, fingerprint,
};
use crate::directory::{Directory, HostId};
use crate::pending::{LAST_BAND, Pending};
use crate::scope::{InScope, Scope};
use crate::trap::{Place, TrapConfig, Traps};

use self::known::Known;

pub use skip::Skip;

/// Most redirects in a row that are followed, as browsers and the fetch standard do.
pub const MAX_REDIRECTS: u8 = 20;

/// Decides which URLs may enter the frontier, and gives those their canonical form and fingerprint.
///
/// Whether a URL is new is decided after it, by the store, which knows all others. What it has to remember
/// to tell traps is kept in memory and begins anew with each process: at most some 34 MiB, and 60 bytes for
/// each domain.
#[derive(Debug)]
pub struct Admission {
    scope: RwLock<Scope>,
    directory: Arc<Directory>,
    key: FingerprintKey,
    max_depth: Option<u16>,
    traps: Traps,
    known: Known,
    /// The first URL that was skipped for each reason.
    samples: [OnceLock<Box<str>>; Skip::NAMES.len()],
}

/// What an admitted URL has beside its text.
struct Admitted {
    host: HostId,
    fingerprint: Fingerprint,
    band: u8,
}

impl Admission {
    /// Creates the admission of one crawl, with default settings for traps. `max_depth` counts links from a
    /// seed; `None` is no limit.
    pub fn new(
        scope: Scope,
        directory: Arc<Directory>,
        key: FingerprintKey,
        max_depth: Option<u16>,
    ) -> Self {
        let traps = Traps::new(TrapConfig::default(), key.bits());
        let samples = [const { OnceLock::new() }; Skip::NAMES.len()];
        let known = Known::new(key);
        Self { scope: RwLock::new(scope), directory, key, max_depth, traps, known, samples }
    }

    /// Uses these settings for traps. `since_epoch` is the time since 1970; until it is known, no date lies
    /// too far ahead.
    pub fn traps(mut self, config: TrapConfig, since_epoch: Duration) -> Self {
        self.traps.configure(config, since_epoch);
        self
    }

    /// Admits a seed, and from now on the URLs that are in scope because of it.
    ///
    /// # Errors
    /// The reason why it is skipped: an exclusion, or a URL that cannot be crawled.
    pub fn seed(&self, url: Url, payload: Option<Box<[u8]>>) -> Result<Pending, Skip> {
        let canonical = Canonical::new(url).map_err(Skip::NotCrawlable)?;
        let mut scope = self.scope.write().unwrap_or_else(PoisonError::into_inner);
        if let InScope::Excluded { .. } = scope.decide(canonical.url()) {
            return Err(self.note(Skip::Excluded, canonical.url().as_str()));
        }
        scope.add_seed(canonical.url());
        drop(scope);
        let parts = Parts::of(canonical.url());
        let fingerprint = fingerprint(&parts, self.key);
        let host = self.directory.id(&canonical.host_key());
        self.traps.named(host);
        Ok(Pending {
            url: String::from(canonical.into_url()).into_boxed_str(),
            referrer: None,
            payload,
            fingerprint,
            host,
            depth: 0,
            redirects: 0,
            band: 0,
        })
    }

    /// Admits what a page led to: one of its links, or the target of its redirect.
    ///
    /// # Errors
    /// The reason why it is skipped.
    pub fn link(
        &self,
        url: Url,
        from: &Pending,
        referrer: &Arc<str>,
        step: Step,
        payload: Option<Box<[u8]>>,
    ) -> Result<Pending, Skip> {
        let (depth, redirects) = self.count(url.as_str(), from, step)?;
        let canonical = Canonical::new(url).map_err(Skip::NotCrawlable)?;
        let parts = Parts::of(canonical.url());
        let Admitted { host, fingerprint, band } = self.admit(&parts, from, step, depth)?;
        let url = String::from(canonical.into_url()).into_boxed_str();
        let referrer = Some(referrer.clone());
        Ok(Pending { url, referrer, payload, fingerprint, host, depth, redirects, band })
    }

    /// Admits what a page led to, given as text. It answers what [`link`](Self::link) answers for the
    /// parsed text, and need not parse one that is canonical already, as most links are once they are
    /// resolved.
    ///
    /// # Errors
    /// The reason why it is skipped.
    pub fn link_str(
        &self,
        url: &str,
        from: &Pending,
        referrer: &Arc<str>,
        step: Step,
        payload: Option<Box<[u8]>>,
    ) -> Result<Pending, Skip> {
        let root = Parts::root(url);
        if root.is_some_and(|root| self.is_elsewhere(&root, url)) {
            self.count(url, from, step)?;
            return Err(self.note(Skip::OutOfScope, url));
        }
        let Some(parts) = root.and_then(|root| root.on(url)) else {
            let canonical = Canonical::parse(url).map_err(Skip::NotCrawlable)?;
            return self.link(canonical.into_url(), from, referrer, step, payload);
        };
        let (depth, redirects) = self.count(parts.text, from, step)?;
        let Admitted { host, fingerprint, band } = self.admit(&parts, from, step, depth)?;
        let (url, referrer) = (parts.text.into(), Some(referrer.clone()));
        Ok(Pending { url, referrer, payload, fingerprint, host, depth, redirects, band })
    }

    /// Tells whether a URL is out of scope by its root alone. Much of what leads elsewhere is long, and need not be
    /// read for that.
    fn is_elsewhere(&self, root: &Parts<'_>, url: &str) -> bool {
        // A parser would write at most three bytes for one, so that it is not too long to be crawled either.
        let scope = || self.scope.read().unwrap_or_else(PoisonError::into_inner);
        url.len() <= MAX_URL / 3 && scope().is_elsewhere(root)
    }

    /// Tells whether a link certainly leads to a URL that is with the store, so that admitting it would end
    /// in a duplicate. The last 65,536 or so are remembered; `false` says nothing.
    pub fn knows(&self, url: &str, from: &Pending) -> bool {
        // What could be refused today is for the traps to count.
        let deeper = self.max_depth.is_some_and(|most| from.depth >= most);
        !deeper && !self.traps.may_refuse() && self.known.has(url)
    }

    /// Takes note that URLs are about to be handed to the store, whatever becomes of them there.
    ///
    /// A crawl must not go on when the store then does not take them: [`knows`](Self::knows) would lose
    /// links to them.
    pub fn handing_over(&self, found: &[Pending]) {
        for pending in found {
            // A seed may be where no link may lead, and where queries or dates are, each link is counted.
            let plain = Parts::plain(&pending.url).filter(|_| pending.referrer.is_some());
            if plain.is_some_and(|url| !Traps::counts(&url)) {
                self.known.add(&pending.url);
            }
        }
    }

    /// Decides once more about a URL whose turn comes, by what was learned since it was admitted.
    ///
    /// # Errors
    /// The reason why it is skipped now: a trap, a mirror, or a full host or domain. A seed never is.
    pub fn reconsider(&self, pending: &Pending) -> Result<(), Skip> {
        let Some(referrer) = pending.referrer() else { return Ok(()) };
        if !self.traps.may_refuse() {
            return Ok(());
        }
        let decide = |url: &Parts<'_>| {
            let (host, from) = (pending.host, Some(&**referrer));
            self.traps.check_pages(url, host, pending.fingerprint, &self.directory, from)
        };
        let decision = match Parts::plain(&pending.url) {
            Some(parts) => decide(&parts),
            None => {
                Url::parse(&pending.url).map_or(Ok(Place::Usual), |url| decide(&Parts::of(&url)))
            }
        };
        decision.map(drop).map_err(|skip| self.note(skip, &pending.url))
    }

    /// Takes note of a page that was fetched. `text` gives a sample of what it says; it is asked for only
    /// when pages like it are many, and gives `None` for what is no text.
    pub fn visited(
        &self,
        page: &Pending,
        body: &[u8],
        text: impl FnOnce() -> Option<String>,
    ) -> Visited {
        match Parts::plain(&page.url) {
            Some(parts) => self.traps.page(&parts, page.host, body, text),
            // What is pending was parsed once, so there always is one.
            None => Url::parse(&page.url)
                .map_or(Visited { content: Content::New, hash: 0 }, |url| {
                    self.traps.page(&Parts::of(&url), page.host, body, text)
                }),
        }
    }

    /// Returns what the URLs have in common that are skipped as traps now, such as
    /// `http://a.example/day/{n}`, sorted.
    pub fn paused(&self) -> Vec<Arc<str>> {
        self.traps.paused()
    }

    /// Returns the first URL that was skipped for each reason, by the [reason's name](Skip::name); none
    /// for URLs that cannot be crawled.
    pub fn samples(&self) -> BTreeMap<&'static str, &str> {
        let samples = Skip::NAMES.into_iter().zip(&self.samples);
        samples.filter_map(|(name, sample)| Some((name, &**sample.get()?))).collect()
    }

    /// Returns the fingerprint under which this crawl knows a URL.
    pub fn key(&self) -> FingerprintKey {
        self.key
    }

    /// Counts the links and redirects that lead to a URL.
    fn count(&self, url: &str, from: &Pending, step: Step) -> Result<(u16, u8), Skip> {
        let (depth, redirects) = match step {
            Step::Link => (from.depth.saturating_add(1), 0),
            Step::Listed => (from.depth, 0),
            Step::Redirect => (from.depth, from.redirects.saturating_add(1)),
        };
        if self.max_depth.is_some_and(|most| depth > most) {
            return Err(self.note(Skip::TooDeep, url));
        }
        if redirects > MAX_REDIRECTS {
            return Err(self.note(Skip::TooManyRedirects { url: url.to_owned() }, url));
        }
        Ok((depth, redirects))
    }

    fn admit(
        &self,
        url: &Parts<'_>,
        from: &Pending,
        step: Step,
        depth: u16,
    ) -> Result<Admitted, Skip> {
        self.decide(url, from, step, depth).map_err(|skip| self.note(skip, url.text))
    }

    fn decide(
        &self,
        url: &Parts<'_>,
        from: &Pending,
        step: Step,
        depth: u16,
    ) -> Result<Admitted, Skip> {
        let scope = self.scope.read().unwrap_or_else(PoisonError::into_inner);
        match scope.decide_parts(url) {
            InScope::Inside => {}
            InScope::Outside => return Err(Skip::OutOfScope),
            InScope::Excluded { .. } => return Err(Skip::Excluded),
            InScope::NotIncluded => return Err(Skip::NotIncluded),
        }
        drop(scope);
        self.traps.check_shape(url)?;
        let host = self.host(url, from)?;
        let fingerprint = fingerprint(url, self.key);
        self.traps.check_counts(url)?;
        let from_url = Some(&*from.url);
        let place = self.traps.check_pages(url, host, fingerprint, &self.directory, from_url)?;
        let band = match (place, step) {
            (Place::Last, _) => LAST_BAND,
            (Place::Usual, Step::Redirect) => from.band,
            (Place::Usual, Step::Link | Step::Listed) => band(depth),
        };
        Ok(Admitted { host, fingerprint, band })
    }

    fn host(&self, url: &Parts<'_>, from: &Pending) -> Result<HostId, Skip> {
        // Most links stay on the host of their page, and need not be looked up.
        if from.url.strip_prefix(url.origin).is_some_and(|rest| rest.starts_with('/')) {
            return Ok(from.host);
        }
        self.host_of(url)
    }

    fn host_of(&self, url: &Parts<'_>) -> Result<HostId, Skip> {
        let key = HostKey::of(url);
        if let Some(host) = self.directory.known(&key) {
            return Ok(host);
        }
        self.traps.check_host(url, || self.directory.known(&key).is_none())?;
        Ok(self.directory.id(&key))
    }

    fn note(&self, skip: Skip, url: &str) -> Skip {
        self.samples[skip.index()].get_or_init(|| url.into());
        skip
    }
}

/// The band of a URL by its depth: seeds, then what is one or two links away, three to five, the rest.
fn band(depth: u16) -> u8 {
    match depth {
        0 => 0,
        1..=2 => 1,
        3..=5 => 2,
        _ => LAST_BAND,
    }
}

/// What was told of a page that was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visited {
    /// Whether it says something new.
    pub content: Content,
    /// A hash of its body (XXH3 of 64 bits), which is another one in each crawl.
    pub hash: u64,
}

/// Whether a page says something that no page before it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// No page that is remembered has this body.
    New,
    /// A page before it has the same body, byte for byte. The last 131,072 bodies or so are remembered.
    Repeated,
}

/// How a page led to a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A link: one deeper than the page.
    Link,
    /// A redirect: as deep as the page, one more in a row.
    Redirect,
    /// A line of a sitemap: as deep as the sitemap.
    Listed,
}
