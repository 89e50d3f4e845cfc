//! The store on a server: what a worker holds, and how it speaks to the partitions.

use std::collections::HashMap;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use dragline_frontier::{
    BoxFuture, Claim, Completion, Directory, HostId, HostKey, Lease, Pending, Receipt, Store,
    StoreError,
};
use futures_util::future::try_join_all;
use twox_hash::XxHash3_64;

use crate::error::OpenError;
use crate::held::Held;
use crate::joined::Joined;
use crate::link::{Call, Link};
use crate::options::RedisOptions;
use crate::orders::Heard;
use crate::reply::Reply;
use crate::script::Script;

/// Keeps the frontier on a Redis or Valkey server, where several workers share it.
///
/// In the worker it costs what is claimed: a host and its claimed URLs. On the server it costs 11 to 15 bytes for
/// each URL ever known, hosts included, and some 65 bytes more for each that waits, where a URL has 45 characters
/// and a referrer of the same host. A claim that finds nothing asks each partition.
///
/// What is claimed by a call whose future was dropped waits until its lease ends.
///
/// A call that cannot be answered is tried again, as often as [`RedisOptions::tries`] says, and the server
/// knows a call that it did already by the worker and its number. After that the store fails for good.
#[derive(Debug)]
pub struct RedisStore {
    pub(crate) link: Link,
    pub(crate) directory: Arc<Directory>,
    name: String,
    worker: String,
    /// What tells this worker's leases and calls from those of others, itself before a restart included.
    session: String,
    pub(crate) partitions: u16,
    pub(crate) lease: Duration,
    pub(crate) rest: Duration,
    /// The number of the last call to each partition.
    numbers: Vec<u64>,
    pub(crate) held: HashMap<HostId, Held>,
    /// The partition where the next claim begins.
    pub(crate) turn: u16,
    failed: Option<String>,
    /// What was ordered, and is not told yet.
    pub(crate) heard: Heard,
}

impl RedisStore {
    /// Joins the crawl of a name on a server, or begins it, and tells what was found. The address is a URL such as
    /// `redis://:password@host:6379/0`, `rediss://` for TLS or `redis+unix:///path`.
    ///
    /// # Errors
    /// When the server cannot be reached or drops keys when its memory is full, or the crawl was made by another
    /// version or with other partitions.
    pub async fn open(
        address: &str,
        options: &RedisOptions,
        directory: Arc<Directory>,
    ) -> Result<(Self, Joined), OpenError> {
        check(options)?;
        let mut link = Link::open(address, options).await?;
        if let Some(policy) = link.eviction().await {
            return Err(OpenError::Evicts { place: link.place().to_owned(), policy });
        }
        let (joined, session) = Joined::open(&link, options).await?;
        link.session = session;
        let store = Self {
            link,
            directory,
            name: options.name.clone(),
            worker: options.worker.clone(),
            session: format!("{}-{session}", options.worker),
            partitions: options.partitions,
            lease: options.lease,
            rest: options.rest,
            numbers: vec![0; options.partitions.into()],
            held: HashMap::new(),
            // Workers begin to look at different places.
            turn: u16::try_from(session.wrapping_mul(37) % u64::from(options.partitions))
                .expect("a remainder is less than what is divided by"),
            failed: None,
            heard: Heard::new(joined.seeds.len()),
        };
        Ok((store, joined))
    }

    /// Has calls sent this often from now on, whatever [`RedisOptions::tries`] says: who joins waits less long than
    /// who has begun.
    pub fn persevere(&mut self, tries: u32) {
        self.link.tries = tries.max(1);
    }

    /// Returns what was kept of a host that the worker holds, in the caller's own encoding.
    pub fn note(&self, host: HostId) -> Option<&[u8]> {
        self.held.get(&host).map(|held| &*held.note).filter(|note| !note.is_empty())
    }

    /// Returns the partition of a host. Fingerprints are kept there too: one is that of a URL of one host.
    pub(crate) fn partition(&self, host: &HostKey) -> u16 {
        let hash = XxHash3_64::oneshot(host.as_str().as_bytes());
        u16::try_from(hash % u64::from(self.partitions)).expect("there are as many partitions")
    }

    /// Returns a host's name.
    pub(crate) fn host_name(&self, host: HostId) -> Result<HostKey, StoreError> {
        self.directory.name(host).ok_or_else(|| {
            StoreError::new("a host has no name; give the store the directory of the crawl", None)
        })
    }

    /// Begins a call to a partition.
    pub(crate) fn call_to(&mut self, script: Script, partition: u16) -> Call {
        let number = &mut self.numbers[usize::from(partition)];
        *number += 1;
        let mut call = Call::new(script, format!("{{{}:{partition}}}", self.name));
        call.push(self.session.as_str());
        call.number(*number);
        call
    }

    /// Begins a call about the crawl as a whole, for this worker.
    pub(crate) fn call_of_crawl(&self, script: Script) -> Call {
        let mut call = self.call_of_fleet(script);
        call.push(self.worker.as_str());
        call
    }

    /// Begins a call about the crawl as a whole.
    pub(crate) fn call_of_fleet(&self, script: Script) -> Call {
        Call::new(script, format!("{{{}}}", self.name))
    }

    /// Returns the name under which the worker holds hosts.
    pub(crate) fn session(&self) -> &str {
        &self.session
    }

    /// Makes calls at once, one for each partition at most, and returns their answers in the same order.
    pub(crate) async fn call_all(&mut self, calls: &[Call]) -> Result<Vec<Reply>, StoreError> {
        if let Some(message) = &self.failed {
            return Err(StoreError::new(message.clone(), None));
        }
        let answers = try_join_all(calls.iter().map(|call| self.link.call(call))).await;
        answers.inspect_err(|error| self.failed = Some(error.to_string()))
    }

    /// Makes one call.
    pub(crate) async fn call(&mut self, call: Call) -> Result<Reply, StoreError> {
        let mut replies = self.call_all(&[call]).await?;
        Ok(replies.pop().expect("each call is answered"))
    }

    /// Fails for good, because of an answer that cannot be read.
    pub(crate) fn damaged(&mut self, script: Script) -> StoreError {
        let message = format!(
            "the answer to {script:?} from {} cannot be read; its keys were changed by something else",
            self.link.place()
        );
        self.failed = Some(message.clone());
        StoreError::new(message, None)
    }
}

impl Store for RedisStore {
    fn offer(&mut self, batch: Vec<Pending>) -> BoxFuture<'_, Result<Receipt, StoreError>> {
        Box::pin(async move {
            let receipt = self.add(&batch).await?;
            self.grew(&receipt);
            Ok(receipt)
        })
    }

    fn claim(&mut self, claim: Claim) -> BoxFuture<'_, Result<Vec<Lease>, StoreError>> {
        Box::pin(async move {
            self.check_in_if_due().await?;
            self.take(claim).await
        })
    }

    fn complete(&mut self, batch: Completion) -> BoxFuture<'_, Result<Receipt, StoreError>> {
        Box::pin(async move { Ok(self.settle(batch).await?.receipt) })
    }

    /// Resolves at once: what was answered is with the server, and as safe as the server makes it.
    fn flush(&mut self) -> BoxFuture<'static, Result<(), StoreError>> {
        let failed = self.failed.clone();
        Box::pin(ready(failed.map_or(Ok(()), |message| Err(StoreError::new(message, None)))))
    }
}

fn check(options: &RedisOptions) -> Result<(), OpenError> {
    for (what, name) in [("crawl", &options.name), ("worker", &options.worker)] {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(good) {
            let text = format!("the {what}'s name is not 1 to 64 letters, digits, - _ or .");
            return Err(OpenError::Options(text));
        }
    }
    if options.partitions == 0 || options.lease.is_zero() {
        let text = "there must be a partition, and a lease must last; leave out what is 0";
        return Err(OpenError::Options(text.to_owned()));
    }
    Ok(())
}
