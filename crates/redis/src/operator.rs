//! Who operates a fleet from outside: sees how it is, and says what it is to do. Nothing is executed but typed commands.

use std::sync::Arc;

use dragline_frontier::{
    Admission, Completion, Directory, HostKey, HostLimit, Receipt, Scope, ScopeConfig, ScopeKind,
    Skip, Store, StoreError,
};
use url::Url;

use crate::address::Address;
use crate::error::OpenError;
use crate::fleet::{Control, Host};
use crate::joined::Joined;
use crate::options::RedisOptions;
use crate::orders::{Run, write_limit};
use crate::script::Script;
use crate::store::RedisStore;

/// Hosts that may have a limit of their own.
const LIMITS: u32 = 10_000;
/// Seeds that are offered at once.
const SEEDS: usize = 1024;

/// Operates a fleet that is there already.
#[derive(Debug)]
pub struct Operator {
    pub(crate) store: RedisStore,
    pub(crate) joined: Joined,
    admission: Admission,
    pub(crate) name: String,
}

/// What became of seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    /// Those that were new.
    pub new: u64,
    /// Those that were known already.
    pub known: u64,
    /// Those that were refused, and why.
    pub refused: Vec<(Url, Skip)>,
}

impl Operator {
    /// Finds a crawl.
    ///
    /// # Errors
    /// When the server cannot be reached, or has no crawl of this name, or one of another version.
    pub async fn open(address: &Address) -> Result<Self, OpenError> {
        let options = Self::options(address);
        let partitions = Joined::partitions(address.url(), &options).await?;
        let options = RedisOptions { partitions, ..options };
        Self::with(address, &options, Arc::new(Directory::default())).await
    }

    /// Joins a crawl that is there.
    pub(crate) async fn with(
        address: &Address,
        options: &RedisOptions,
        directory: Arc<Directory>,
    ) -> Result<Self, OpenError> {
        let (store, joined) = RedisStore::open(address.url(), options, directory.clone()).await?;
        let scope = ScopeConfig { kind: ScopeKind::Any, ..ScopeConfig::default() };
        let scope = Scope::new(&scope, []).expect("a scope without patterns can be set up");
        let admission = Admission::new(scope, directory, joined.key, None);
        Ok(Self { store, joined, admission, name: address.name().to_owned() })
    }

    pub(crate) fn options(address: &Address) -> RedisOptions {
        RedisOptions {
            name: address.name().to_owned(),
            worker: "operator".to_owned(),
            server: address.server(),
            // Somebody waits for the answer.
            tries: 3,
            ..RedisOptions::default()
        }
    }

    /// Says what all workers are to do. With [`Run::Pause`] and [`Run::Stop`] no host is handed out from now on, and
    /// those that are held are given back when their leases are to be renewed.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn order(&mut self, run: Run) -> Result<(), StoreError> {
        let mut call = self.store.call_of_fleet(Script::Order);
        call.push(run.letter());
        self.store.call(call).await?;
        let mut calls = Vec::new();
        for partition in 0..self.store.partitions {
            let mut call = self.store.call_to(Script::Halt, partition);
            call.number(u8::from(run != Run::Go));
            calls.push(call);
        }
        self.store.call_all(&calls).await?;
        Ok(())
    }

    /// Limits a host, or takes its limit away. Workers that hold it learn of it when they check in.
    ///
    /// # Errors
    /// When the server fails, or 10,000 hosts have one.
    pub async fn limit(
        &mut self,
        host: &HostKey,
        limit: Option<HostLimit>,
    ) -> Result<(), StoreError> {
        let mut call = self.store.call_of_fleet(Script::Limit);
        call.number(LIMITS);
        call.push(host.as_str());
        call.push(limit.map_or(String::new(), write_limit));
        match self.store.call(call).await?.text().as_deref() {
            Some("k") => Ok(()),
            Some("f") => Err(StoreError::new(
                format!(
                    "{LIMITS} hosts have a limit of their own; take some away, or set the delay of the crawl"
                ),
                None,
            )),
            _ => Err(self.store.damaged(Script::Limit)),
        }
    }

    /// Says for how long a host is left alone by all workers, and tells where it is now.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn control(&mut self, host: &HostKey, what: Control) -> Result<Host, StoreError> {
        self.store.control(host, what).await
    }

    /// Adds seeds. They bring their scope: workers that check in learn of them.
    ///
    /// # Errors
    /// When the server fails; some may have been taken then, and giving them again is safe.
    pub async fn seeds(&mut self, urls: Vec<Url>) -> Result<Seeded, StoreError> {
        let mut seeded = Seeded::default();
        let mut urls = urls.into_iter();
        loop {
            let (mut found, mut seeds) = (Vec::new(), Vec::new());
            for url in urls.by_ref().take(SEEDS) {
                let text = url.as_str().into();
                match self.admission.seed(url.clone(), None) {
                    Ok(pending) => {
                        found.push(pending);
                        seeds.push(text);
                    }
                    Err(skip) => seeded.refused.push((url, skip)),
                }
            }
            if found.is_empty() && urls.len() == 0 {
                return Ok(seeded);
            }
            let completion = Completion { found, seeds, ..Completion::default() };
            let Receipt { new, duplicates, .. } = self.store.complete(completion).await?;
            seeded.new += new;
            seeded.known += duplicates;
        }
    }
}
