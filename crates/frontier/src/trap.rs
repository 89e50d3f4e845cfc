//! Traps: what makes a crawl endless, told by the URL, by counts, and by what pages say. Called by
//! admission alone; locks are short, and no table grows without a bound but those that say so.

mod bitmap;
mod caps;
mod census;
mod config;
mod date;
mod mirror;
mod novelty;
mod pattern;
mod shape;
mod simhash;

use std::sync::Arc;
use std::time::Duration;

use twox_hash::XxHash3_64;

use crate::admission::{Skip, Visited};
use crate::canonical::{Fingerprint, Parts};
use crate::directory::{Directory, HostId};
use crate::trap::caps::Caps;
use crate::trap::census::Census;
use crate::trap::date::{Date, Dating};
use crate::trap::mirror::Mirrors;
use crate::trap::novelty::{Novelty, Verdict};
use crate::trap::pattern::Pattern;
use crate::trap::simhash::Words;

pub use config::{Repetition, TrapConfig};

/// All that is known about traps in one crawl.
#[derive(Debug)]
pub(crate) struct Traps {
    config: TrapConfig,
    /// The last date that is not too far ahead; `None` while the time is not known.
    latest: Option<Date>,
    seed: u64,
    census: Census,
    novelty: Novelty,
    mirrors: Mirrors,
    caps: Caps,
}

/// How a URL that is no trap is to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// By its depth.
    Usual,
    /// After all others.
    Last,
}

impl Traps {
    /// Makes the tables of a crawl; `seed` is one that nobody who publishes pages knows.
    pub(crate) fn new(config: TrapConfig, seed: u64) -> Self {
        Self {
            config,
            latest: None,
            seed,
            census: Census::new(),
            novelty: Novelty::new(),
            mirrors: Mirrors::new(),
            caps: Caps::default(),
        }
    }

    pub(crate) fn configure(&mut self, config: TrapConfig, since_epoch: Duration) {
        self.config = config;
        self.latest = Some(Date::year_after(since_epoch));
    }

    /// Takes note of a host that a seed names.
    pub(crate) fn named(&self, host: HostId) {
        self.mirrors.name(host);
    }

    /// Checks what the URL alone tells.
    pub(crate) fn check_shape(&self, url: &Parts<'_>) -> Result<(), Skip> {
        shape::check(&self.config, url)
    }

    /// Counts the URL by its form, and checks the counts.
    pub(crate) fn check_counts(&self, url: &Parts<'_>) -> Result<(), Skip> {
        let dating = date::find(url);
        if url.query.is_none() && dating == Dating::Absent {
            return Ok(());
        }
        let pattern = Pattern::of(url);
        let standing = || self.novelty.standing(pattern.hash());
        let template = pattern.path_hash();
        self.census.check(&self.config, url, template, dating, self.latest, standing)
    }

    /// Tells whether [`check_counts`](Self::check_counts) counts a URL.
    pub(crate) fn counts(url: &Parts<'_>) -> bool {
        url.query.is_some() || date::find(url) != Dating::Absent
    }

    /// Checks a host that is perhaps new.
    pub(crate) fn check_host(
        &self,
        url: &Parts<'_>,
        is_new: impl FnOnce() -> bool,
    ) -> Result<(), Skip> {
        let Some(most) = self.config.max_hosts_per_domain else { return Ok(()) };
        self.caps.host(most, url, is_new)
    }

    /// Checks what pages of the host and of such URLs were like; `from` is where the URL was found.
    pub(crate) fn check_pages(
        &self,
        url: &Parts<'_>,
        host: HostId,
        fingerprint: Fingerprint,
        directory: &Directory,
        from: Option<&str>,
    ) -> Result<Place, Skip> {
        self.caps.check(&self.config, host, url)?;
        if let Some(of) = self.mirrors.original(host) {
            let of = directory.name(of).expect("only hosts of the directory are compared");
            return Err(Skip::Mirror { of });
        }
        if !self.novelty.any_stale() {
            return Ok(Place::Usual);
        }
        let from = || from.and_then(Parts::plain).map(|from| Pattern::of(&from).hash());
        match self.novelty.decide(Pattern::of(url).hash(), fingerprint, from) {
            Verdict::Usual => Ok(Place::Usual),
            Verdict::Last => Ok(Place::Last),
            Verdict::Skip(pattern) => Err(Skip::Trap { pattern }),
        }
    }

    /// Tells whether [`check_pages`](Self::check_pages) could refuse anything.
    pub(crate) fn may_refuse(&self) -> bool {
        self.novelty.any_stale()
            || self.mirrors.any()
            || self.config.max_pages_per_host.is_some()
            || self.config.max_pages_per_domain.is_some()
    }

    /// Takes note of a page that was answered.
    pub(crate) fn page(
        &self,
        url: &Parts<'_>,
        host: HostId,
        body: &[u8],
        text: impl FnOnce() -> Option<String>,
    ) -> Visited {
        self.caps.page(&self.config, host, url);
        let hash = XxHash3_64::oneshot_with_seed(self.seed, body);
        let content = self.novelty.body(hash);
        if self.config.repetition == Repetition::Ignore {
            return Visited { content, hash };
        }
        let target = &url.text[url.origin.len()..];
        let path = XxHash3_64::oneshot_with_seed(self.seed, target.as_bytes());
        self.mirrors.page(host, path, hash, body.len());
        let words = match date::find(url) {
            Dating::Date(_) => Words::NoNumbers,
            Dating::Absent | Dating::Numbers => Words::All,
        };
        self.novelty.page(&Pattern::of(url), content, words, text);
        Visited { content, hash }
    }

    /// Returns the forms of URLs that are skipped now.
    pub(crate) fn paused(&self) -> Vec<Arc<str>> {
        self.novelty.paused()
    }
}
