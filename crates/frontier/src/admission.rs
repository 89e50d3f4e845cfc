//! Admission: the only way into the frontier. Called by workers, off the engine's task; pure but for the
//! host directory it numbers hosts in.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use url::Url;

use crate::canonical::{Canonical, FingerprintKey, NotCrawlable};
use crate::directory::Directory;
use crate::pending::Pending;
use crate::scope::{InScope, Scope};

/// Most redirects in a row that are followed, as browsers and the fetch standard do.
pub const MAX_REDIRECTS: u8 = 20;

/// Decides which URLs may enter the frontier, and gives those their canonical form and fingerprint.
///
/// Whether a URL is new is decided after it, by the store, which knows all others.
#[derive(Debug)]
pub struct Admission {
    scope: RwLock<Scope>,
    directory: Arc<Directory>,
    key: FingerprintKey,
    max_depth: Option<u16>,
}

impl Admission {
    /// Creates the admission of one crawl. `max_depth` counts links from a seed; `None` is no limit.
    pub fn new(
        scope: Scope,
        directory: Arc<Directory>,
        key: FingerprintKey,
        max_depth: Option<u16>,
    ) -> Self {
        Self { scope: RwLock::new(scope), directory, key, max_depth }
    }

    /// Admits a seed, and from now on the URLs that are in scope because of it.
    ///
    /// # Errors
    /// The reason why it is skipped: an exclusion, or a URL that cannot be crawled.
    pub fn seed(&self, url: Url, payload: Option<Box<[u8]>>) -> Result<Pending, Skip> {
        let canonical = Canonical::new(url).map_err(Skip::NotCrawlable)?;
        let mut scope = self.scope.write().unwrap_or_else(PoisonError::into_inner);
        if let InScope::Excluded { .. } = scope.decide(canonical.url()) {
            return Err(Skip::Excluded);
        }
        scope.add_seed(canonical.url());
        drop(scope);
        Ok(self.pending(canonical, None, payload, 0, 0))
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
        let (depth, redirects) = match step {
            Step::Link => (from.depth.saturating_add(1), 0),
            Step::Redirect => (from.depth, from.redirects.saturating_add(1)),
        };
        if self.max_depth.is_some_and(|most| depth > most) {
            return Err(Skip::TooDeep);
        }
        if redirects > MAX_REDIRECTS {
            return Err(Skip::TooManyRedirects { url: url.into() });
        }
        let canonical = Canonical::new(url).map_err(Skip::NotCrawlable)?;
        let scope = self.scope.read().unwrap_or_else(PoisonError::into_inner);
        match scope.decide(canonical.url()) {
            InScope::Inside => {}
            InScope::Outside => return Err(Skip::OutOfScope),
            InScope::Excluded { .. } => return Err(Skip::Excluded),
            InScope::NotIncluded => return Err(Skip::NotIncluded),
        }
        drop(scope);
        Ok(self.pending(canonical, Some(referrer.clone()), payload, depth, redirects))
    }

    /// Returns the fingerprint under which this crawl knows a URL.
    pub fn key(&self) -> FingerprintKey {
        self.key
    }

    fn pending(
        &self,
        canonical: Canonical,
        referrer: Option<Arc<str>>,
        payload: Option<Box<[u8]>>,
        depth: u16,
        redirects: u8,
    ) -> Pending {
        let host = self.directory.id(&canonical.host_key());
        let fingerprint = canonical.fingerprint(self.key);
        let url = String::from(canonical.into_url()).into_boxed_str();
        Pending { url, referrer, payload, fingerprint, host, depth, redirects }
    }
}

/// How a page led to a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A link: one deeper than the page.
    Link,
    /// A redirect: as deep as the page, one more in a row.
    Redirect,
}

/// Why a URL was not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skip {
    /// It belongs to no seed's scope.
    OutOfScope,
    /// An exclude pattern matches it.
    Excluded,
    /// Include patterns are given and none matches it.
    NotIncluded,
    /// It is more links away from its seed than the limit.
    TooDeep,
    /// More than [`MAX_REDIRECTS`] redirects in a row lead to it.
    TooManyRedirects {
        /// Where the last of them leads.
        url: String,
    },
    /// It cannot be crawled at all.
    NotCrawlable(NotCrawlable),
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfScope => f.write_str("out of scope"),
            Self::Excluded => f.write_str("excluded by a pattern"),
            Self::NotIncluded => f.write_str("matched by no include pattern"),
            Self::TooDeep => f.write_str("deeper than the depth limit"),
            Self::TooManyRedirects { .. } => {
                write!(f, "more than {MAX_REDIRECTS} redirects in a row")
            }
            Self::NotCrawlable(reason) => reason.fmt(f),
        }
    }
}
