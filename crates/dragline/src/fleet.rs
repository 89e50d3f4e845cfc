//! Taking part in a crawl that several workers share, on Redis or Valkey.

mod name;
mod store;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use dragline_frontier::{Counts, Directory, FingerprintKey, KEY_RULES, Progress};
use dragline_redis::{Address, OpenError, RedisOptions, RedisStore, Server, lease_time};
use serde_json::Value;

use crate::config::Config;
use crate::crawler::Crawler;
use crate::engine::{Keeps, Member};
use crate::error::{Error, ErrorKind};
use crate::joined::{Joined, check, common};
use crate::spider::Spider;
use crate::state::{Resumed, differences};

/// URLs of one host that are leased at once.
const CHUNK: usize = 32;
/// How often a call is sent while the worker joins: whoever starts it waits.
const TRIES_TO_JOIN: u32 = 5;
/// The same for a cluster that was reached, for some twenty seconds: unless told otherwise, a replica takes over from a
/// server that was silent for 15 s.
const TRIES_TO_JOIN_CLUSTER: u32 = 12;
/// How often a call is sent while it crawls: for some four minutes.
const TRIES: u32 = 64;
/// How long one answer may take, at least and at most.
const TIMEOUT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// How a worker takes part in a crawl that several share.
///
/// All are started with the same spider, seeds and settings, on any machines, at any time; the first one begins the
/// crawl. Each host is one worker's at a time, which keeps its delay, its `Retry-After` and its robots rules, so that
/// it is treated as by a crawl of one. A worker ends when no URL is left, also with the others. What one had in hand
/// that is killed goes to another one when its leases are over.
///
/// ```no_run
/// use dragline::{BoxError, Config, Crawler, Fleet, JsonLines, Spider, Summary};
///
/// async fn work<S: Spider>(spider: S, config: Config) -> Result<Summary, BoxError>
/// where
///     S::Item: serde::Serialize,
/// {
///     let fleet = Fleet::at("redis://127.0.0.1:6379/news")?;
///     let output = JsonLines::create(format!("items.{}.jsonl", fleet.name()))?.with_provenance();
///     let crawler = Crawler::new(spider).config(config).sink(output).join(fleet).await?;
///     Ok(crawler.run().await?)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Fleet {
    address: Address,
    name: String,
    named: Named,
    lease: Option<Duration>,
    spider: String,
}

/// Where a worker's name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    ByUser,
    AtRandom,
}

impl Fleet {
    /// Takes part in the crawl at this address, as in `redis://127.0.0.1:6379/news`: a server and a name. `rediss://`
    /// is with TLS, `redis-cluster://` and `rediss-cluster://` are for clusters; user and password stand before the
    /// host, as in `redis://user:password@host/news`.
    ///
    /// # Errors
    /// When the address cannot be; the message does not show it, since it may hold a password.
    pub fn at(address: &str) -> Result<Self, Error> {
        let address = address.parse().map_err(|error| {
            Error::because(ErrorKind::Config, "the frontier cannot be shared", WrongAddress(error))
        })?;
        let (named, spider) = (Named::AtRandom, String::new());
        Ok(Self { address, name: name::of_worker(), named, lease: None, spider })
    }

    /// Names the worker, with 1 to 64 letters, digits, `-`, `_` or `.`. Default: the machine, the process and a random
    /// number.
    ///
    /// A worker that is started again under the name that it was given continues its output files. No two that run
    /// may have the same name.
    #[must_use]
    pub fn worker(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), named: Named::ByUser, ..self }
    }

    /// Says after which time the hosts of a worker that is not heard of go to others. Default: twice what 32 pages
    /// take at `politeness.delay`, at least a minute. It is renewed at a third of it, and at four fifths a worker that
    /// could not renew it stops.
    #[must_use]
    pub fn lease(self, time: Duration) -> Self {
        Self { lease: Some(time), ..self }
    }

    /// Describes the spider, such as by a digest of its definition; a worker whose spider is described otherwise is
    /// not let in. Default: nothing, which is compared too.
    #[must_use]
    pub fn spider(self, description: impl Into<String>) -> Self {
        Self { spider: description.into(), ..self }
    }

    /// Returns the worker's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Joins the crawl, or begins it.
    async fn open(self, config: &Config, random: &mut fastrand::Rng) -> Result<Joined, Error> {
        check(config)?;
        let settings = common(config);
        let lease = self.lease.unwrap_or(lease_time(CHUNK, config.politeness.delay));
        let kept = serde_json::json!({ "spider": self.spider, "settings": settings });
        let options = RedisOptions {
            name: self.address.name().to_owned(),
            worker: self.name.clone(),
            crawl: random.u64(..),
            key: FingerprintKey::from_bits(random.u64(..)),
            settings: kept.to_string(),
            digest: KEY_RULES.into(),
            lease,
            rest: config.politeness.delay,
            server: self.address.server(),
            timeout: (lease / 4).clamp(TIMEOUT.0, TIMEOUT.1),
            tries: match self.address.server() {
                Server::Single => TRIES_TO_JOIN,
                Server::Cluster => TRIES_TO_JOIN_CLUSTER,
            },
            ..RedisOptions::default()
        };
        let directory = Arc::new(Directory::default());
        let opened = RedisStore::open(self.address.url(), &options, directory.clone()).await;
        let (mut store, joined) = opened.map_err(|error| self.unusable(error))?;
        if joined.digest != u64::from(KEY_RULES) {
            let message = format!(
                "{} tells URLs apart by rules of number {}, and this version by those of number {KEY_RULES}; join it \
                 with the version that began it",
                self.address, joined.digest
            );
            return Err(Error::new(ErrorKind::State, message));
        }
        self.compare(&kept, &joined.settings)?;
        let failed = |error| Error::because(ErrorKind::State, "the crawl cannot be joined", error);
        let counts = store.status().await.map_err(failed)?.counts;
        store.persevere(TRIES);
        let progress = match counts {
            Counts { discovered: 0, .. } => Progress::Fresh,
            Counts { waiting: 0, .. } => Progress::Finished,
            _ => Progress::Unfinished,
        };
        let resumed =
            Resumed { progress, counts, refreshes: 0, changed: Vec::new(), lost_commits: 0 };
        let agent = &config.fetch.user_agent;
        let keeps = match self.named {
            Named::ByUser => Keeps::Outputs,
            Named::AtRandom => Keeps::Nothing,
        };
        let member = Member::new(Box::new(store), &self.name, lease, agent, keeps);
        Ok(Joined {
            member,
            directory,
            key: joined.key,
            crawl: joined.crawl,
            seeds: joined.seeds,
            sinks: joined.sinks,
            resumed,
            settings,
        })
    }

    /// Compares how the crawl was begun with how it is joined.
    fn compare(&self, now: &Value, before: &str) -> Result<(), Error> {
        let before: Value = serde_json::from_str(before).unwrap_or_default();
        let address = &self.address;
        if before["spider"] != now["spider"] {
            return Err(Error::config(format!(
                "{address} is the crawl of another spider, or of another version of it; join it with the one that \
                 began it, or choose another name"
            )));
        }
        let mut changed = Vec::new();
        differences("", &before["settings"], &now["settings"], &mut changed);
        if changed.is_empty() {
            return Ok(());
        }
        Err(Error::config(format!(
            "{address} was begun with other settings: {}; join it with those it was begun with, or choose another name",
            changed.join(", ")
        )))
    }

    fn unusable(&self, error: OpenError) -> Error {
        let (kind, help) = match &error {
            OpenError::Options(_) => (ErrorKind::Config, ""),
            OpenError::Server { .. } => (
                ErrorKind::State,
                "; see that the server runs, and that address, user and password are right",
            ),
            _ => (ErrorKind::State, ""),
        };
        let message = format!("{} cannot be joined{help}", self.address);
        Error::because(kind, message, error)
    }
}

impl fmt::Display for Fleet {
    /// Writes the address, without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// A wrong address, in words that are ours.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct WrongAddress(dragline_redis::AddressError);

impl<S: Spider> Crawler<S> {
    /// Joins a crawl that several workers share, or begins it. Settings are to be set before.
    ///
    /// # Errors
    /// When the server cannot be reached or used, or the crawl was begun with another spider or other settings of
    /// politeness, scope, traps, discovery or depth.
    pub async fn join(mut self, fleet: Fleet) -> Result<Self, Error> {
        let (config, mut random) = self.before_joining();
        self.joined = Some(fleet.open(config, &mut random).await?);
        Ok(self)
    }
}
