//! The state of a crawl that outlives its process: where it is kept, how it is opened, and what the engine
//! keeps there beside the URLs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dragline_frontier::{
    Counts, Directory, DiskOptions, DiskStore, Durability, FingerprintKey, Found, HostState,
    KEY_RULES, OpenError, Progress, Resume,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::budget::Budget;
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::health::PageCounts;
use crate::revisit::Memory;
use crate::stats::{Changes, Seeds, Stats};

/// The directory of a crawl that can be resumed.
///
/// Nothing in it is lost when the process is killed: what was in flight is fetched again, and what a file
/// output has beyond the last commit is cut off before it is continued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    path: PathBuf,
    begin: Begin,
    durability: Durability,
}

/// What becomes of what a state directory holds already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// The crawl goes on where it was; one that is finished ends at once, unless there are new seeds.
    #[default]
    Continue,
    /// It is thrown away, and the crawl begins anew.
    Restart,
    /// All URLs of a finished crawl are fetched again, with conditional requests where the server gave an
    /// `ETag` or `Last-Modified` (RFC 9110 section 13.1), and [`Stats::refresh`] counts what changed. A refresh
    /// that is not finished goes on; it does so with [`Continue`](Self::Continue) too.
    ///
    /// The output begins anew with it: file outputs are replaced. A page that is answered with 304 is not read
    /// again, so it gives no items.
    Refresh,
}

impl State {
    /// Keeps the crawl in this directory, which is made if it is not there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), begin: Begin::default(), durability: Durability::default() }
    }

    /// Says what becomes of what is there already. Default: the crawl goes on.
    #[must_use]
    pub fn begin(self, begin: Begin) -> Self {
        Self { begin, ..self }
    }

    /// Says what a commit survives. Default: a loss of power.
    #[must_use]
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// Opens the directory, and tells what is there.
    pub(crate) fn open(
        &self,
        config: &Config,
        directory: Arc<Directory>,
        random: &mut fastrand::Rng,
        budget: Option<&Budget>,
    ) -> Result<Opened, Error> {
        if self.begin == Begin::Restart {
            DiskStore::erase(&self.path).map_err(unusable)?;
        }
        let resume = match self.begin {
            Begin::Continue | Begin::Restart => Resume::Continue,
            Begin::Refresh => {
                self.must_exist(ErrorKind::Config)?;
                Resume::Refresh
            }
        };
        let settings = settings(config);
        let options = DiskOptions {
            durability: self.durability,
            resume,
            crawl: random.u64(..),
            key: FingerprintKey::from_bits(random.u64(..)),
            settings: settings.to_string(),
            digest: KEY_RULES.into(),
            memory: budget.map(Budget::tables),
        };
        let mut opened = self.read(&options, directory)?;
        let before: Value = serde_json::from_str(&opened.found.settings).unwrap_or_default();
        differences("", &before, &settings, &mut opened.resumed.changed);
        Ok(opened)
    }

    /// Opens a crawl that is there, to look at it.
    pub(crate) fn look(&self, directory: Arc<Directory>) -> Result<Opened, Error> {
        self.must_exist(ErrorKind::State)?;
        self.read(&DiskOptions::default(), directory)
    }

    fn must_exist(&self, kind: ErrorKind) -> Result<(), Error> {
        if DiskStore::exists(&self.path).map_err(unusable)? {
            return Ok(());
        }
        let path = self.path.display();
        Err(Error::new(kind, format!("{path} holds no crawl; begin one there first")))
    }

    fn read(&self, options: &DiskOptions, directory: Arc<Directory>) -> Result<Opened, Error> {
        let (store, found) = DiskStore::open(&self.path, options, directory).map_err(unusable)?;
        if found.digest != u64::from(KEY_RULES) {
            let message = format!(
                "the state in {} tells URLs apart by rules of number {}, and this version by those \
                 of number {}; finish it with the version that began it, or restart it",
                self.path.display(),
                found.digest,
                KEY_RULES
            );
            return Err(Error::new(ErrorKind::State, message));
        }
        let kept: Kept = match found.stats.as_deref().map(serde_json::from_slice::<Kept>) {
            None => Kept::default(),
            Some(Ok(kept)) => kept,
            Some(Err(error)) => {
                let path = self.path.display();
                let message = format!("the counters in {path} cannot be read; restart the crawl");
                return Err(Error::because(ErrorKind::State, message, error));
            }
        };
        let kept = if kept.round == found.round { kept } else { kept.anew(found.round) };
        let counts = kept.all(found.counts);
        let Found { progress, lost_commits, round, .. } = found;
        let changed = Vec::new();
        let resumed = Resumed { progress, counts, refreshes: round, changed, lost_commits };
        Ok(Opened { store, kept, found, resumed })
    }
}

impl From<&str> for State {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}

impl From<String> for State {
    fn from(path: String) -> Self {
        Self::new(path)
    }
}

impl From<&Path> for State {
    fn from(path: &Path) -> Self {
        Self::new(path)
    }
}

impl From<PathBuf> for State {
    fn from(path: PathBuf) -> Self {
        Self::new(path)
    }
}

/// What a crawl found in its state directory when it started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// How far the crawl was.
    pub progress: Progress,
    /// URLs by what became of them.
    pub counts: Counts,
    /// How often all URLs were queued again for a refresh, this time included; 0 in the first crawl.
    pub refreshes: u32,
    /// Settings that differ from those the crawl was begun with, as `politeness.delay was "1s" and is "2s" now`; what
    /// they are now holds. How pages are fetched is not compared, since it is not kept.
    pub changed: Vec<String>,
    /// Commits that the disk lost after they were acknowledged; 0 unless something is wrong with it.
    pub lost_commits: u64,
}

/// A state directory that is open.
pub(crate) struct Opened {
    pub(crate) store: DiskStore,
    pub(crate) kept: Kept,
    pub(crate) found: Found,
    pub(crate) resumed: Resumed,
}

impl Opened {
    /// Says what workers do with what a later crawl could need.
    pub(crate) fn memory(&self) -> Memory {
        if self.found.round == 0 { Memory::Keep } else { Memory::Compare }
    }
}

/// What the engine keeps beside the URLs, in the same commit as their ends.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    pub(crate) stats: Stats,
    /// How often all URLs had been queued again when this was kept.
    pub(crate) round: u32,
    /// URLs that ended without ever entering the store.
    pub(crate) failed_beside: u64,
    pub(crate) skipped_beside: u64,
    /// Seeds that were read from the stream of them, which a resumed crawl reads again for their scope. Those
    /// that were added to the running crawl are not among them.
    pub(crate) seeds_read: u64,
    /// What pages gave, by route, if that was watched: in this crawl, and in the one before a refresh.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) health: BTreeMap<String, PageCounts>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) health_before: BTreeMap<String, PageCounts>,
}

impl Kept {
    /// Returns what still holds when all URLs are queued again: how many seeds there were.
    fn anew(self, round: u32) -> Self {
        let seeds = Seeds { given: self.stats.seeds.given, fetched: 0 };
        let stats = Stats { seeds, refresh: Some(Changes::default()), ..Stats::default() };
        let health_before = if self.health.is_empty() { self.health_before } else { self.health };
        Self { stats, round, health_before, ..Self::default() }
    }

    /// Adds to the store's counts what never entered the store.
    pub(crate) fn all(&self, counts: Counts) -> Counts {
        let Counts { discovered, done, failed, skipped, waiting } = counts;
        Counts {
            discovered: discovered + self.failed_beside + self.skipped_beside,
            done,
            failed: failed + self.failed_beside,
            skipped: skipped + self.skipped_beside,
            waiting,
        }
    }
}

/// What is kept of a host that asked to be spared.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HostNoted {
    /// When, since 1970.
    at: Duration,
    state: HostState,
}

impl HostNoted {
    pub(crate) fn new(state: HostState, at: Duration) -> Self {
        Self { at, state }
    }

    /// Returns what is left of it.
    pub(crate) fn aged(self, now: Duration) -> HostState {
        self.state.aged(now.saturating_sub(self.at))
    }
}

fn unusable(error: OpenError) -> Error {
    if let OpenError::Unfinished { .. } = error {
        return Error::because(ErrorKind::Config, "the crawl cannot be refreshed", error);
    }
    Error::because(ErrorKind::State, "the state cannot be used", error)
}

/// The settings that are kept and compared: not those of the client, which may hold secrets.
pub(crate) fn settings(config: &Config) -> Value {
    let Config { politeness, scope, traps, discovery, limits, .. } = config;
    serde_json::json!({
        "politeness": politeness,
        "scope": scope,
        "traps": traps,
        "discovery": discovery,
        "limits": limits,
    })
}

/// Lists in which values two settings differ, by their paths.
pub(crate) fn differences(path: &str, before: &Value, now: &Value, changed: &mut Vec<String>) {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            for (key, value) in now {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                differences(&path, before.get(key).unwrap_or(&Value::Null), value, changed);
            }
        }
        (before, now) if before != now => {
            changed.push(format!("{path} was {} and is {} now", setting(before), setting(now)));
        }
        _ => {}
    }
}

/// Returns a setting as it is told.
fn setting(value: &Value) -> String {
    if value.is_null() { "not set".to_owned() } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_settings_are_named_with_both_values() {
        let before = settings(&Config::default());
        let mut config = Config::default();
        config.limits.max_pages = Some(7);
        config.politeness.delay = Duration::from_secs(2);
        let mut changed = Vec::new();
        differences("", &before, &settings(&config), &mut changed);
        changed.sort();
        assert_eq!(
            changed,
            [
                "limits.max_pages was not set and is 7 now",
                "politeness.delay was \"1s\" and is \"2s\" now"
            ]
        );
    }

    #[test]
    fn the_clients_settings_are_not_kept() {
        assert!(settings(&Config::default()).get("fetch").is_none());
    }
}
