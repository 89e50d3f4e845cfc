//! The store trait: where URLs wait between being admitted and being finished. Batches only, since one
//! call per URL would cost more than the URL; leases hosts, never single URLs.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::canonical::Fingerprint;
use crate::directory::HostId;
use crate::pending::Pending;

/// A boxed future, as the store's methods return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keeps the URLs that wait, by host, and remembers all that were ever offered.
///
/// The scheduler above decides *when*; the store only knows *what*. A URL is offered once, claimed with
/// its host, and completed. One that was claimed and never completed counts as waiting, so whatever was
/// in flight when a process died is fetched again.
pub trait Store: fmt::Debug + Send {
    /// Adds the URLs that are new to their hosts' queues.
    fn offer(&mut self, batch: Vec<Pending>) -> BoxFuture<'_, Result<Receipt, StoreError>>;

    /// Hands out chunks of queued URLs, in the order in which they came.
    ///
    /// A host is leased from its first chunk on until its queue is empty and all its claimed URLs are
    /// completed; nobody else is given it meanwhile.
    fn claim(&mut self, claim: Claim) -> BoxFuture<'_, Result<Vec<Lease>, StoreError>>;

    /// Takes URLs off, and adds what they led to, all or nothing.
    fn complete(&mut self, batch: Completion) -> BoxFuture<'_, Result<Receipt, StoreError>>;
}

/// What is asked of [`Store::claim`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// How many hosts that nobody holds may be leased.
    pub hosts: usize,
    /// Hosts already held whose next chunk is wanted.
    pub refill: Vec<HostId>,
    /// The most URLs of one host.
    pub chunk: usize,
}

/// A chunk of a host's URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The host they belong to.
    pub host: HostId,
    /// The URLs, in the order in which they came.
    pub urls: Vec<Pending>,
    /// Whether the host's queue holds more.
    pub more: More,
}

/// Whether something is left behind a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// The queue holds further URLs.
    Queued,
    /// The queue is empty.
    Empty,
}

/// What becomes true together: pages finished, and the URLs they led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The URLs that are finished.
    pub done: Vec<(HostId, Fingerprint)>,
    /// The URLs they led to; those already known are counted and dropped.
    pub found: Vec<Pending>,
}

/// What the store did with a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// URLs that were new.
    pub new: u64,
    /// URLs that were known already.
    pub duplicates: u64,
    /// The host of each new URL; neighbours are not repeated.
    pub grew: Vec<HostId>,
}

/// A store that could not do what it was asked, in words.
///
/// Nothing of the batch took effect. The crawl ends, and what was completed before is kept.
#[derive(Debug)]
pub struct StoreError {
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// Creates an error that says what failed, with its cause.
    pub fn new(
        message: impl Into<String>,
        source: impl Into<Option<Box<dyn Error + Send + Sync>>>,
    ) -> Self {
        Self { message: message.into(), source: source.into() }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
