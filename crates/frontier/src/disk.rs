//! The store on disk: what outlives the process, a power cut included.
//!
//! A directory holds one crawl. Everything that was ever given is in its tables; in memory are the
//! fingerprints of all known URLs, the head of each host's queue, and what is claimed. What is in flight
//! is never written: a URL that is queued and did not end waits. A page's end, the URLs it led to and how
//! far the output is are one atomic change.

mod changes;
mod claiming;
mod error;
mod label;
mod lookup;
mod open;
mod poison;
mod queue;
mod reading;
mod record;
mod refresh;
mod tables;
#[cfg(test)]
mod tests;
mod transfer;
mod writer;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::fs::File;
use std::future::ready;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::canonical::Fingerprint;
use crate::completed::Completed;
use crate::directory::{Directory, HostId};
use crate::disk::changes::Changes;
use crate::disk::open::{Place, Restored};
use crate::disk::poison::Poison;
use crate::disk::queue::{Host, put_finished, put_runs};
use crate::disk::record::Ledger;
use crate::disk::tables::{Note, RunKey, Table, Tables};
use crate::disk::writer::{COMMIT_URLS, Failure, Gathered, Message, Writer};
use crate::pending::Pending;
use crate::seen::Seen;
use crate::store::{BoxFuture, Claim, Completion, Lease, Receipt, Revisits, Store, StoreError};

pub use error::OpenError;
pub use open::{Counts, DiskOptions, Durability, Found, Progress, Resume};

/// URLs that may wait to be written before callers have to wait.
const UNWRITTEN: u32 = 16_384;
/// URLs that wait in memory as well as on disk, at most, beside what is read for a claim.
const HEADS: usize = 16_384;
/// URLs of one host that are read ahead when there is room.
const READ_AHEAD: usize = 256;

/// Keeps the frontier in a directory.
///
/// In memory it costs 12 to 15 bytes for each URL ever known, 24 bytes for each host, and a fixed part of
/// some tens of megabytes: caches, unsorted tables, and the heads of queues, 16,384 URLs at most and 31
/// more for each leased host.
///
/// Dropping it makes sure of all that was given to it, and waits for that.
pub struct DiskStore {
    path: PathBuf,
    directory: Arc<Directory>,
    seen: Seen,
    ledger: Ledger,
    /// The first sequence number of this session: older runs may be finished in part.
    session: u64,
    hosts: Vec<Host>,
    // Invariant: holds each host whose lease is `Listed`, once.
    free: VecDeque<HostId>,
    /// Hosts from this number on may have URLs from earlier sessions and not be listed; `None` when all
    /// such hosts were found.
    unlisted: Option<u32>,
    claimed: HashMap<Fingerprint, RunKey>,
    /// URLs of each run that is in memory that did not end.
    runs: HashMap<RunKey, usize>,
    /// Seeds whose scope is kept.
    seeds: u32,
    /// URLs that wait in memory.
    heads: usize,
    /// [`HEADS`], but for tests.
    pub(crate) most_heads: usize,
    room: Arc<Semaphore>,
    writer: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
    poison: Arc<Poison>,
    _lock: File,
}

/// What the store knows of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrlState {
    /// It was never offered.
    Unknown,
    /// It waits, or it is in flight.
    Waiting {
        /// How it ended before it was queued again; `None` when it never ended.
        before: Option<Box<Completed>>,
    },
    /// It ended.
    Finished(Box<Completed>),
}

impl DiskStore {
    /// Opens the state in a directory, or begins one in a directory that is empty or not there, and tells
    /// what was found. Blocks while it reads; the numbers of hosts are taken up by `directory`.
    ///
    /// # Errors
    /// When the directory is in use, holds something else, was written by a newer version or is damaged;
    /// it is left as it is then.
    pub fn open(
        path: impl AsRef<Path>,
        options: &DiskOptions,
        directory: Arc<Directory>,
    ) -> Result<(Self, Found), OpenError> {
        let path = path.as_ref();
        let restored = Place::take(path, options)?.restore(options, &directory)?;
        let Restored { tables, ledger, seen, tail, commit, mark, lock, found, .. } = restored;
        let mut hosts = Vec::new();
        hosts.resize_with(restored.hosts as usize, Host::restored);
        for host in &restored.named {
            hosts[host.index()].named = true;
        }
        let poison = Arc::new(Poison::new(path.to_owned()));
        let writer = Writer {
            tables,
            durability: options.durability,
            poison: poison.clone(),
            commit,
            tail,
            mark,
            gathered: Gathered::default(),
            sync_due: None,
        };
        let (sender, receiver) = channel();
        let thread = Builder::new()
            .name("dragline-store".to_owned())
            .spawn(move || writer.run(&receiver))
            .map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        let store = Self {
            path: path.to_owned(),
            directory,
            seen,
            ledger,
            session: ledger.sequence,
            hosts,
            free: VecDeque::new(),
            unlisted: (restored.hosts > 0).then_some(0),
            claimed: HashMap::new(),
            runs: HashMap::new(),
            seeds: u32::try_from(found.seeds.len()).unwrap_or(u32::MAX),
            heads: 0,
            most_heads: HEADS,
            room: Arc::new(Semaphore::new(UNWRITTEN as usize)),
            writer: Some(sender),
            thread: Some(thread),
            poison,
            _lock: lock,
        };
        Ok((store, found))
    }

    /// Throws away the state in a directory, so that a crawl can begin anew there. Nothing else in it is
    /// touched; a directory that is not there is fine.
    ///
    /// # Errors
    /// When the directory is in use, holds something else, or cannot be emptied.
    pub fn erase(path: impl AsRef<Path>) -> Result<(), OpenError> {
        open::erase(path.as_ref())
    }

    /// Tells whether a directory holds the state of a crawl. Nothing is made or changed.
    ///
    /// # Errors
    /// When that state was written by a newer version, is damaged or cannot be read.
    pub fn exists(path: impl AsRef<Path>) -> Result<bool, OpenError> {
        open::exists(path.as_ref())
    }

    /// Returns how many URLs there are, by what became of them.
    pub fn counts(&self) -> Counts {
        self.ledger.into()
    }

    /// Looks up what became of a URL.
    pub fn state_of(
        &mut self,
        fingerprint: Fingerprint,
    ) -> BoxFuture<'_, Result<UrlState, StoreError>> {
        if !self.seen.contains(fingerprint) {
            return Box::pin(ready(self.poison.check().map(|()| UrlState::Unknown)));
        }
        let round = self.ledger.round;
        Box::pin(self.ask(move |tables| lookup::state(tables, fingerprint, round)))
    }

    /// Looks up how a URL that waits was found, in the queue of its host, which is read up to there; `None` when
    /// it does not wait.
    pub fn queued(
        &mut self,
        host: HostId,
        url: Fingerprint,
    ) -> BoxFuture<'_, Result<Option<Box<Pending>>, StoreError>> {
        Box::pin(self.ask(move |tables| lookup::queued(tables, host, url)))
    }

    fn host(&mut self, host: HostId) -> &mut Host {
        if self.hosts.len() <= host.index() {
            self.hosts.resize_with(host.index() + 1, Host::default);
        }
        &mut self.hosts[host.index()]
    }

    /// Adds the URLs that are new.
    fn add(&mut self, batch: Vec<Pending>, changes: &mut Changes) -> Receipt {
        let mut receipt = Receipt::default();
        let mut fresh = Vec::with_capacity(batch.len());
        for pending in batch {
            if !self.seen.insert(pending.fingerprint) {
                receipt.duplicates += 1;
                continue;
            }
            receipt.took(pending.host);
            changes.fingerprints.push(pending.fingerprint.bits());
            fresh.push(pending);
        }
        self.ledger.discovered += receipt.new;
        let runs = put_runs(changes, &mut fresh, &mut self.ledger);
        let mut fresh = fresh.into_iter();
        for (key, urls) in runs {
            let id = HostId(key.host);
            self.name(id, changes);
            let fits = self.heads + urls <= self.most_heads;
            let host = self.host(id);
            let run = fresh.by_ref().take(urls);
            let keeps = fits && !host.is_unread(key.band);
            if keeps {
                host.keep(key, run);
            } else {
                host.leave(key);
                run.for_each(drop);
            }
            self.list(id);
            if keeps {
                self.heads += urls;
                self.runs.insert(key, urls);
            }
        }
        receipt
    }

    fn list(&mut self, id: HostId) {
        let host = self.host(id);
        if host.lease == queue::Lease::Idle {
            host.lease = queue::Lease::Listed;
            self.free.push_back(id);
        }
    }

    /// Writes the name of a host that is new to the disk.
    fn name(&mut self, id: HostId, changes: &mut Changes) {
        if self.host(id).named {
            return;
        }
        if let Some(name) = self.directory.name(id) {
            changes.put(Table::Notes, &Note::Name(id.0).key(), |mut out| {
                out.extend_from_slice(name.as_str().as_bytes());
                Ok(out)
            });
            self.host(id).named = true;
        }
    }

    fn finish(&mut self, done: &[Completed], changes: &mut Changes) {
        for completed in done {
            let Some(run) = self.claimed.remove(&completed.pending.fingerprint) else { continue };
            put_finished(changes, completed, self.ledger.round);
            self.ledger.ended(completed.ending.end);
            if let Some(left) = self.runs.get_mut(&run) {
                *left -= 1;
                if *left == 0 {
                    self.runs.remove(&run);
                    changes.remove_run(run);
                }
            }
            let host = self.host(completed.pending.host);
            host.finish();
            host.release_if_idle();
        }
    }

    /// Waits for room in the queue to the thread.
    async fn room(&self, urls: usize) -> Result<OwnedSemaphorePermit, StoreError> {
        self.poison.check()?;
        let urls = u32::try_from(urls).unwrap_or(u32::MAX).clamp(1, UNWRITTEN);
        if self.room.available_permits() < urls as usize {
            self.wake();
        }
        match self.room.clone().acquire_many_owned(urls).await {
            Ok(permit) => Ok(permit),
            Err(_) => Err(self.poison.error()),
        }
    }

    fn commit(
        &self,
        mut changes: Changes,
        mut permit: OwnedSemaphorePermit,
    ) -> Result<(), StoreError> {
        // Links that were known take no room.
        let spare = permit.num_permits().saturating_sub(changes.urls.max(1));
        drop(permit.split(spare));
        let ledger = postcard::to_stdvec(&self.ledger)
            .expect("a growing vector takes any value that serde knows");
        changes.note(Note::Ledger.key(), ledger);
        self.send(Message::Commit(changes, permit))?;
        let unwritten = (UNWRITTEN as usize).saturating_sub(self.room.available_permits());
        if unwritten >= COMMIT_URLS {
            self.wake();
        }
        Ok(())
    }

    /// Has the thread read something, after all changes that were given before. The order is given at
    /// once, the answer comes with the future.
    fn ask<T, F>(&self, read: F) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&Tables) -> Result<T, Failure> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let poison = self.poison.clone();
        let sent = self.send(Message::Read(Box::new(move |tables| {
            match read(tables) {
                // Nobody waits any more: that is fine.
                Ok(answer) => drop(sender.send(answer)),
                Err(failure) => {
                    // Before the sender is dropped, which is what tells the caller.
                    poison.fail(&failure);
                    return Err(failure);
                }
            }
            Ok(())
        })));
        self.wake();
        let poison = self.poison.clone();
        async move {
            sent?;
            receiver.await.map_err(|_| poison.error())
        }
    }

    /// Has the thread look at what it was sent, rather than when the commit that it gathers is due.
    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    fn send(&self, message: Message) -> Result<(), StoreError> {
        let writer = self.writer.as_ref().expect("it is there until the store is dropped");
        writer.send(message).map_err(|_| self.poison.error())
    }
}

impl Store for DiskStore {
    fn offer(&mut self, batch: Vec<Pending>) -> BoxFuture<'_, Result<Receipt, StoreError>> {
        Box::pin(async move {
            let permit = self.room(batch.len()).await?;
            let mut changes = Changes::default();
            let receipt = self.add(batch, &mut changes);
            if receipt.new > 0 {
                self.commit(changes, permit)?;
            }
            Ok(receipt)
        })
    }

    fn claim(&mut self, claim: Claim) -> BoxFuture<'_, Result<Vec<Lease>, StoreError>> {
        Box::pin(async move {
            self.poison.check()?;
            self.list_restored(claim.hosts).await?;
            let mut ids = claim.refill;
            ids.extend(self.free.iter().take(claim.hosts));
            self.load(&ids, claim.chunk).await?;
            // Only now, so that a claim that is given up loses no host.
            self.free.drain(..claim.hosts.min(self.free.len()));
            Ok(ids.into_iter().map(|id| self.lease(id, claim.chunk)).collect())
        })
    }

    fn complete(&mut self, batch: Completion) -> BoxFuture<'_, Result<Receipt, StoreError>> {
        Box::pin(async move {
            let permit = self.room(batch.done.len() + batch.found.len()).await?;
            let mut changes = Changes::default();
            self.finish(&batch.done, &mut changes);
            let receipt = self.add(batch.found, &mut changes);
            for note in batch.hosts {
                self.name(note.host, &mut changes);
                changes.note(Note::Host(note.host.0).key(), note.note.into_vec());
            }
            for seed in batch.seeds {
                changes.note(Note::Seed(self.seeds).key(), Box::<[u8]>::from(seed).into_vec());
                self.seeds = self.seeds.saturating_add(1);
            }
            for sink in batch.sinks {
                changes.note(Note::Sink(&sink.name).key(), sink.position.into_vec());
            }
            changes.relies_on(batch.files);
            if let Some(stats) = batch.stats {
                changes.note(Note::Stats.key(), stats.into_vec());
            }
            self.commit(changes, permit)?;
            Ok(receipt)
        })
    }

    fn revisits(
        &mut self,
        claimed: Vec<Fingerprint>,
    ) -> BoxFuture<'_, Result<Revisits, StoreError>> {
        let round = self.ledger.round;
        Box::pin(self.ask(move |tables| lookup::revisits(tables, &claimed, round)))
    }

    fn flush(&mut self) -> BoxFuture<'static, Result<(), StoreError>> {
        let (sender, receiver) = oneshot::channel();
        let sent = self.poison.check().and_then(|()| self.send(Message::Flush(sender)));
        self.wake();
        let poison = self.poison.clone();
        Box::pin(async move {
            sent?;
            receiver.await.map_err(|_| poison.error())
        })
    }
}

impl Drop for DiskStore {
    fn drop(&mut self) {
        // The thread ends, and syncs, when nobody can send to it any more.
        self.writer = None;
        self.wake();
        if let Some(thread) = self.thread.take() {
            // What it could not write it said already to whoever asked.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for DiskStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskStore")
            .field("path", &self.path)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
