//! The store trait: where URLs wait between being admitted and being finished. Batches only, since one
//! call per URL would cost more than the URL; leases hosts, never single URLs.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::canonical::Fingerprint;
use crate::completed::{Completed, Revisit};
use crate::directory::HostId;
use crate::pending::Pending;

/// A boxed future, as the store's methods return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keeps the URLs that wait, by host, and remembers all that were ever offered.
///
/// The scheduler above decides *when*; the store only knows *what*. A URL is offered once, claimed with
/// its host, and completed. One that was claimed and never completed counts as waiting, so whatever was
/// in flight when a process died is fetched again.
///
/// What is new is known in memory, so the answers to [`offer`](Self::offer) and
/// [`complete`](Self::complete) do not wait for a disk. What was given is sure to survive once a
/// [`flush`](Self::flush) that was asked for afterwards has resolved; batches reach the disk in the order
/// in which they were given, each all or nothing.
///
/// After the first error every call fails with it, and nothing given since the last flush is sure.
pub trait Store: fmt::Debug + Send {
    /// Adds the URLs that are new to their hosts' queues. It waits while too many wait to be written.
    fn offer(&mut self, batch: Vec<Pending>) -> BoxFuture<'_, Result<Receipt, StoreError>>;

    /// Hands out chunks of queued URLs: lower [bands](Pending::band) first, and within a band in the order
    /// in which they came.
    ///
    /// A host is leased from its first chunk on until its queue is empty and all its claimed URLs are
    /// completed; nobody else is given it meanwhile.
    fn claim(&mut self, claim: Claim) -> BoxFuture<'_, Result<Vec<Lease>, StoreError>>;

    /// Takes URLs off, and adds what they led to, all or nothing. A URL that is not claimed is left alone.
    fn complete(&mut self, batch: Completion) -> BoxFuture<'_, Result<Receipt, StoreError>>;

    /// Looks up, of claimed URLs that ended before they were queued again, what was kept of them for that.
    /// A store that queues nothing again has nothing, which is the default.
    fn revisits(
        &mut self,
        claimed: Vec<Fingerprint>,
    ) -> BoxFuture<'_, Result<Revisits, StoreError>> {
        drop(claimed);
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// Makes sure of everything given so far. The future holds on to nothing, so that the caller may go on
    /// meanwhile, and the order is given when this is called.
    fn flush(&mut self) -> BoxFuture<'static, Result<(), StoreError>>;
}

/// What [`Store::revisits`] found; URLs of which nothing is kept are left out.
pub type Revisits = Vec<(Fingerprint, Box<Revisit>)>;

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
    /// The URLs, lower bands first, then in the order in which they came.
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

/// What becomes true together: pages finished, the URLs they led to, and how far the output is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The URLs that are finished, and how they ended.
    pub done: Vec<Completed>,
    /// The URLs they led to; those already known are counted and dropped.
    pub found: Vec<Pending>,
    /// Hosts of which the caller wants something kept.
    pub hosts: Vec<HostNote>,
    /// Seeds, as text, whose scope the caller wants kept; they are added to those that are kept already.
    pub seeds: Vec<Box<str>>,
    /// Sinks that wrote something, and how far they are now.
    pub sinks: Vec<SinkPosition>,
    /// Files of those sinks, which a store that survives a loss of power syncs before this becomes true.
    pub files: Vec<OutputFile>,
    /// What the caller wants kept of the crawl as a whole, such as its counters, in the caller's own
    /// encoding; `None` leaves what is kept as it is.
    pub stats: Option<Box<[u8]>>,
}

/// What the caller wants kept of one host, in the caller's own encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostNote {
    /// The host.
    pub host: HostId,
    /// What is kept of it; replaces what was kept before.
    pub note: Box<[u8]>,
}

/// How far a sink's output belongs to pages that are finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkPosition {
    /// The sink's name, such as the path of its file.
    pub name: Box<str>,
    /// Where its output ends, in the sink's own encoding; what follows is cut when the crawl is resumed.
    pub position: Box<[u8]>,
}

/// A file of output that pages rely on. It equals itself alone.
#[derive(Clone, Debug)]
pub struct OutputFile(pub Arc<File>);

impl PartialEq for OutputFile {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for OutputFile {}

/// What the store did with a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// URLs that were new.
    pub new: u64,
    /// URLs that were known already.
    pub duplicates: u64,
    /// The host of each new URL; neighbours are not repeated but counted.
    pub grew: Vec<(HostId, u32)>,
}

impl Receipt {
    /// Counts a new URL of a host.
    pub fn took(&mut self, host: HostId) {
        self.new += 1;
        match self.grew.last_mut() {
            Some((last, urls)) if *last == host => *urls += 1,
            _ => self.grew.push((host, 1)),
        }
    }
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

#[cfg(test)]
mod tests;
