//! The thread that owns the tables: gathers changes into commits, syncs them, and reads what is asked.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::disk::Durability;
use crate::disk::changes::Changes;
use crate::disk::poison::Poison;
use crate::disk::tables::{Table, Tables};
use crate::store::OutputFile;

/// A commit is closed when it has this many URLs.
pub(super) const COMMIT_URLS: usize = 4096;
/// A commit is closed this long after its first change.
const COMMIT_TIME: Duration = Duration::from_millis(10);
/// With [`Durability::Relaxed`], commits are synced this often.
const RELAXED_TIME: Duration = Duration::from_secs(1);
/// Commits and fingerprints after which the rows of fingerprints become one.
const SEEN_COMMITS: u64 = 1024;
const SEEN_FINGERPRINTS: usize = 8192;

/// What the thread is asked to do, in this order.
pub(super) enum Message {
    /// To make these changes. The permit is room for them in the queue.
    Commit(Changes, OwnedSemaphorePermit),
    /// To read, after all changes before it; the reader sends its own answer.
    Read(Read),
    /// To make sure of all changes before it.
    Flush(oneshot::Sender<()>),
}

/// Something to read.
pub(super) type Read = Box<dyn FnOnce(&Tables) -> Result<(), Failure> + Send>;

/// Why a table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Tables(#[from] fjall::Error),
    #[error("a row is damaged: {0}")]
    Row(#[from] postcard::Error),
    #[error("a row is damaged: {0}")]
    Layout(&'static str),
    #[error("the output could not be synced: {0}")]
    Output(std::io::Error),
    #[error("{0}")]
    File(#[from] std::io::Error),
}

/// The rows of fingerprints that are not yet joined into one.
#[derive(Debug, Default)]
pub(super) struct SeenTail {
    /// The first commit of the tail.
    pub(super) first: u64,
    pub(super) fingerprints: Vec<u64>,
}

/// The thread's state.
pub(super) struct Writer {
    pub(super) tables: Tables,
    pub(super) durability: Durability,
    pub(super) poison: Arc<Poison>,
    /// The number of the last commit.
    pub(super) commit: u64,
    pub(super) tail: SeenTail,
    /// Where the number of the last commit that is sure is kept.
    pub(super) mark: File,
    pub(super) gathered: Gathered,
    /// When what was applied has to be sure.
    pub(super) sync_due: Option<Instant>,
}

/// What the next commit will hold.
#[derive(Default)]
pub(super) struct Gathered {
    changes: Changes,
    // Given back when the changes are applied.
    permits: Vec<OwnedSemaphorePermit>,
    waiters: Vec<oneshot::Sender<()>>,
    /// When the commit is closed.
    due: Option<Instant>,
}

/// What the thread has to do by itself next.
#[derive(Clone, Copy, Debug)]
enum Due {
    Never,
    /// To make sure of what is written; the next change cannot wait for that.
    Sync(Instant),
    /// To close a commit, which further changes wait for.
    Commit(Instant),
}

impl Writer {
    /// Runs until nobody can ask for anything any more, or until the first failure.
    pub(super) fn run(mut self, messages: &Receiver<Message>) {
        if let Err(failure) = self.serve(messages) {
            // Before what waits for an answer is dropped, which is what tells the callers.
            self.poison.fail(&failure);
        }
    }

    fn serve(&mut self, messages: &Receiver<Message>) -> Result<(), Failure> {
        loop {
            match next(messages, self.due()) {
                Ok(Message::Commit(changes, permit)) => self.gather(changes, permit)?,
                Ok(Message::Read(read)) => {
                    self.apply()?;
                    read(&self.tables)?;
                }
                Ok(Message::Flush(done)) => {
                    self.gathered.waiters.push(done);
                    self.close()?;
                }
                Err(RecvTimeoutError::Timeout) => self.tick()?,
                Err(RecvTimeoutError::Disconnected) => {
                    self.apply()?;
                    return self.sync();
                }
            }
        }
    }

    fn gather(&mut self, changes: Changes, permit: OwnedSemaphorePermit) -> Result<(), Failure> {
        if self.gathered.changes.is_undone_by(&changes) {
            self.apply()?;
        }
        self.gathered.changes.append(changes);
        self.gathered.permits.push(permit);
        if self.gathered.changes.urls >= COMMIT_URLS {
            return self.close();
        }
        self.gathered.due.get_or_insert_with(|| Instant::now() + COMMIT_TIME);
        Ok(())
    }

    /// Does what is due.
    fn tick(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        if self.gathered.due.is_some_and(|due| due <= now) {
            self.close()?;
        }
        if self.sync_due.is_some_and(|due| due <= now) {
            self.sync()?;
        }
        Ok(())
    }

    fn due(&self) -> Due {
        match (self.gathered.due, self.sync_due) {
            (Some(commit), Some(sync)) => Due::Commit(commit.min(sync)),
            (Some(commit), None) => Due::Commit(commit),
            (None, Some(sync)) => Due::Sync(sync),
            (None, None) => Due::Never,
        }
    }

    /// Makes one commit of what was gathered, and makes sure of it as far as it is wanted.
    fn close(&mut self) -> Result<(), Failure> {
        self.gathered.due = None;
        self.apply()?;
        match self.durability {
            Durability::Full => self.sync()?,
            Durability::Relaxed => {
                self.tables.hand_over()?;
                self.acknowledge()?;
                self.sync_due.get_or_insert_with(|| Instant::now() + RELAXED_TIME);
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Failure> {
        self.sync_due = None;
        self.tables.sync()?;
        self.acknowledge()
    }

    /// Tells those who wait, and leaves a mark that shows at the next start what must be there.
    fn acknowledge(&mut self) -> Result<(), Failure> {
        self.mark.seek(SeekFrom::Start(0))?;
        self.mark.write_all(format!("{:020}\n", self.commit).as_bytes())?;
        for waiter in self.gathered.waiters.drain(..) {
            // Nobody waits any more: that is fine.
            let _ = waiter.send(());
        }
        Ok(())
    }

    /// Writes what was gathered as one commit.
    fn apply(&mut self) -> Result<(), Failure> {
        if self.gathered.changes.is_empty() {
            return Ok(());
        }
        let mut changes = std::mem::take(&mut self.gathered.changes);
        // Before the changes are written at all, since the system may make sure of them when it likes.
        if self.durability == Durability::Full {
            for OutputFile(file) in &changes.files {
                file.sync_data().map_err(Failure::Output)?;
            }
        }
        self.commit += 1;
        self.tail.write(self.commit, &mut changes);
        self.tables.apply(&changes)?;
        self.gathered.permits.clear();
        Ok(())
    }
}

impl SeenTail {
    /// Adds the row of one commit, or one row for the whole tail once that is long enough.
    pub(super) fn write(&mut self, commit: u64, changes: &mut Changes) {
        let fresh = std::mem::take(&mut changes.fingerprints);
        let joined = self.fingerprints.len() + fresh.len() >= SEEN_FINGERPRINTS
            || commit - self.first >= SEEN_COMMITS;
        self.fingerprints.extend(&fresh);
        let (first, row) = if joined { (self.first, &self.fingerprints) } else { (commit, &fresh) };
        changes.put(Table::Seen, &commit.to_be_bytes(), |mut out| {
            out.extend_from_slice(&first.to_be_bytes());
            for fingerprint in row {
                out.extend_from_slice(&fingerprint.to_be_bytes());
            }
            Ok(out)
        });
        if joined {
            for old in self.first..commit {
                changes.remove(Table::Seen, &old.to_be_bytes());
            }
            self.fingerprints.clear();
            self.first = commit + 1;
        }
    }
}

/// Waits for the next message, but not past the instant at which something is due.
///
/// While a commit gathers changes the thread sleeps until it closes, since waking for each page would cost
/// more than what the page changes; who cannot wait for that unparks it. What is there already comes
/// first: it is bounded by the room for unwritten URLs, and a full commit closes on the way.
fn next(messages: &Receiver<Message>, due: Due) -> Result<Message, RecvTimeoutError> {
    loop {
        match messages.try_recv() {
            Ok(message) => return Ok(message),
            Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
            Err(TryRecvError::Empty) => {}
        }
        let at = match due {
            Due::Never => return messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Due::Sync(at) | Due::Commit(at) => at,
        };
        let left = at.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(RecvTimeoutError::Timeout);
        }
        match due {
            Due::Commit(_) => std::thread::park_timeout(left),
            _ => return messages.recv_timeout(left),
        }
    }
}
