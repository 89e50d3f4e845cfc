//! Opens a state directory: checks what is there before touching it, then reads back what has to be in
//! memory: fingerprints, host names, and how far the crawl was.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::canonical::{Fingerprint, FingerprintKey, HostKey};
use crate::directory::{Directory, HostId};
use crate::disk::error::OpenError;
use crate::disk::label::{LABEL, Label, sync_directory};
use crate::disk::record::Ledger;
use crate::disk::refresh::refresh;
use crate::disk::tables::{Note, Table, Tables};
use crate::disk::writer::{Failure, SeenTail};
use crate::seen::Seen;
use crate::store::{HostNote, SinkPosition};

/// The lock that keeps two processes apart.
const LOCK: &str = "LOCK";
/// What outputs keep for themselves; nothing of it is read here, and it may be what is left of an earlier crawl.
const SPOOL: &str = "spool";
/// How often the lock is tried, and the pause after each try: two seconds in all.
const LOCK_TRIES: u32 = 40;
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// The folder of the tables, and its name until it is whole.
const TABLES: &str = "tables";
const NEW_TABLES: &str = "tables.new";
/// Holds the number of the last commit that was acknowledged.
const MARK: &str = "acknowledged";

/// How a state directory is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskOptions {
    /// What a commit survives. Default: [`Durability::Full`].
    pub durability: Durability,
    /// What becomes of finished URLs. Default: [`Resume::Continue`].
    pub resume: Resume,
    /// The number of a crawl that is new; one that is found keeps its own. Draw it at random.
    pub crawl: u64,
    /// The fingerprint key of a crawl that is new; one that is found keeps its own. Draw it at random.
    pub key: FingerprintKey,
    /// The settings of a crawl that is new, as text, to be shown and compared later.
    pub settings: String,
    /// A digest of those settings that must not change while the crawl lives.
    pub digest: u64,
    /// Bytes that caches and rows on their way to a file may take; what is given above 64 MiB is not used, and
    /// below 8 MiB counts as 8. Default 64 MiB.
    pub memory: Option<u64>,
}

/// What a commit survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A loss of power: each commit is synced, every 10 milliseconds or 4,096 URLs.
    #[default]
    Full,
    /// The end of the process; synced once a second, which is what a loss of power may cost.
    Relaxed,
}

/// What becomes of URLs that are finished already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// They stay finished.
    #[default]
    Continue,
    /// All of them are queued again, once, and the positions of sinks are forgotten. What is known of the URLs
    /// stays until they end anew. The crawl must be finished; if what is not is a refresh, it goes on.
    Refresh,
}

/// What was found in a state directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// How far the crawl was.
    pub progress: Progress,
    /// URLs by what became of them.
    pub counts: Counts,
    /// How often all URLs were queued again; 0 in the first crawl.
    pub round: u32,
    /// The number of the crawl.
    pub crawl: u64,
    /// The key of its fingerprints.
    pub key: FingerprintKey,
    /// The settings it was begun with, as text.
    pub settings: String,
    /// Their digest.
    pub digest: u64,
    /// Where the output of each sink ends; what follows is not accounted for and to be cut.
    pub sinks: Vec<SinkPosition>,
    /// What the caller kept of hosts.
    pub hosts: Vec<HostNote>,
    /// The seeds whose scope the caller kept, in the order in which they came.
    pub seeds: Vec<Box<str>>,
    /// What the caller kept of the crawl.
    pub stats: Option<Box<[u8]>>,
    /// Commits that were acknowledged once and are not there any more, because the disk lost or damaged the
    /// end of the journal. Everything else is as it was before them; 0 unless something is wrong.
    pub lost_commits: u64,
}

/// How far a crawl was when its state was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is known yet: the state is new, or no seed was ever offered.
    Fresh,
    /// URLs wait.
    Unfinished,
    /// All URLs are finished.
    Finished,
}

/// URLs by what became of them: `discovered = done + failed + skipped + waiting`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// URLs that were ever new.
    pub discovered: u64,
    /// URLs that were answered.
    pub done: u64,
    /// URLs that were not.
    pub failed: u64,
    /// URLs that were refused.
    pub skipped: u64,
    /// URLs that wait, those in flight included.
    pub waiting: u64,
}

impl Default for DiskOptions {
    fn default() -> Self {
        Self {
            durability: Durability::default(),
            resume: Resume::default(),
            crawl: 0,
            key: FingerprintKey::from_bits(0),
            settings: String::new(),
            digest: 0,
            memory: None,
        }
    }
}

impl From<Ledger> for Counts {
    fn from(ledger: Ledger) -> Self {
        let Ledger { discovered, done, failed, skipped, .. } = ledger;
        let waiting = discovered.saturating_sub(done + failed + skipped);
        Self { discovered, done, failed, skipped, waiting }
    }
}

/// A state directory that nobody else has open, and its label.
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) label: Label,
    /// Held until the store is gone.
    lock: File,
}

/// What is read back from the tables.
pub(super) struct Restored {
    pub(super) tables: Tables,
    pub(super) ledger: Ledger,
    pub(super) seen: Seen,
    pub(super) tail: SeenTail,
    pub(super) commit: u64,
    pub(super) mark: File,
    pub(super) lock: File,
    /// The lowest number that no host on disk has.
    pub(super) hosts: u32,
    pub(super) named: Vec<HostId>,
    pub(super) found: Found,
}

/// Tells whether a directory has a label.
pub(super) fn exists(path: &Path) -> Result<bool, OpenError> {
    Ok(Label::read(path)?.is_some())
}

/// Empties a state directory, whatever is wrong with it; one that is not there is fine.
pub(super) fn erase(path: &Path) -> Result<(), OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    if !path.try_exists().map_err(io)? {
        return Ok(());
    }
    let _lock = lock(path)?;
    // The label goes last, since without it the rest would be something that is not ours.
    for folder in [TABLES, NEW_TABLES] {
        gone(fs::remove_dir_all(path.join(folder))).map_err(io)?;
    }
    for file in [MARK, LABEL] {
        gone(fs::remove_file(path.join(file))).map_err(io)?;
    }
    Ok(())
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes sure that a directory is a state's or empty, and takes its lock.
fn lock(path: &Path) -> Result<File, OpenError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenError::Io { path, source }
    };
    let mut is_foreign = false;
    let mut has_label = false;
    for entry in fs::read_dir(path).map_err(io(path))? {
        let name = entry.map_err(io(path))?.file_name();
        has_label |= name == LABEL;
        let ours = [LOCK, LABEL, SPOOL].into_iter().any(|known| name == known);
        is_foreign |= !ours && name != *format!("{LABEL}.new");
    }
    if is_foreign && !has_label {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    let name = path.join(LOCK);
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(io(&name))?;
    for _ in 0..LOCK_TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            // A process that was killed while it synced keeps its locks until the disk answered.
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(source)) => return Err(OpenError::Io { path: name, source }),
        }
    }
    Err(OpenError::InUse { path: path.to_owned() })
}

impl Place {
    /// Locks a directory, making it if it is not there, and reads its label or gives it one.
    pub(super) fn take(path: &Path, options: &DiskOptions) -> Result<Self, OpenError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenError::Io { path, source }
        };
        fs::create_dir_all(path).map_err(io(path))?;
        let lock = lock(path)?;
        let label = match Label::read(path)? {
            Some(label) => label,
            None => {
                let settings = options.settings.clone();
                let label = Label::new(options.crawl, options.key.bits(), options.digest, settings);
                label.write(path).map_err(io(&path.join(LABEL)))?;
                label
            }
        };
        Ok(Self { path: path.to_owned(), label, lock })
    }

    /// Opens the tables and reads back what belongs into memory.
    pub(super) fn restore(
        self,
        options: &DiskOptions,
        directory: &Directory,
    ) -> Result<Restored, OpenError> {
        let folder = self.path.join(TABLES);
        let failed = |failure: Failure| match failure {
            Failure::File(source) => OpenError::Io { path: folder.clone(), source },
            Failure::Tables(fjall::Error::Io(source)) => {
                OpenError::Io { path: folder.clone(), source }
            }
            Failure::Tables(fjall::Error::Locked) => OpenError::InUse { path: self.path.clone() },
            other => OpenError::Damaged { path: folder.clone(), what: other.to_string() },
        };
        let damaged =
            |what: &str| OpenError::Damaged { path: folder.clone(), what: what.to_owned() };
        if !folder.try_exists().map_err(|error| failed(error.into()))? {
            create_tables(&self.path, &folder).map_err(failed)?;
        }
        // Without it the engine would take the folder for a new one.
        if !folder.join("version").is_file() {
            return Err(damaged("the tables have lost their `version` file"));
        }
        let mut mark = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(self.path.join(MARK))
            .map_err(|error| failed(error.into()))?;
        let marked = read_mark(&mut mark).map_err(|error| failed(error.into()))?;
        let tables = open_tables(folder.clone(), options.memory).map_err(failed)?;
        let (seen, tail, commit) = read_seen(&tables).map_err(failed)?;
        let mut ledger = read_ledger(&tables).map_err(failed)?;
        if ledger.discovered != seen.len() as u64 {
            return Err(damaged("it knows other URLs than it counted"));
        }
        let resume = match (options.resume, Counts::from(ledger)) {
            (Resume::Refresh, Counts { waiting: 1.., .. }) if ledger.round > 0 => Resume::Continue,
            (Resume::Refresh, Counts { discovered, waiting, .. })
                if discovered == 0 || waiting > 0 =>
            {
                return Err(OpenError::Unfinished { path: self.path, waiting });
            }
            (resume, _) => resume,
        };
        let mut commit = commit;
        let mut tail = tail;
        refresh(&tables, resume, &mut ledger, &mut commit, &mut tail).map_err(failed)?;
        let notes = Notes::read(&tables).map_err(failed)?;
        for (id, name) in &notes.names {
            if !directory.restore(*id, name) {
                return Err(OpenError::Hosts { path: self.path });
            }
        }
        let counts = Counts::from(ledger);
        let found = Found {
            progress: match counts {
                Counts { discovered: 0, .. } => Progress::Fresh,
                Counts { waiting: 0, .. } => Progress::Finished,
                _ => Progress::Unfinished,
            },
            counts,
            round: ledger.round,
            crawl: self.label.crawl,
            key: FingerprintKey::from_bits(self.label.key),
            settings: self.label.settings,
            digest: self.label.digest,
            sinks: notes.sinks,
            hosts: notes.hosts,
            seeds: notes.seeds,
            stats: notes.stats,
            lost_commits: marked.saturating_sub(commit),
        };
        Ok(Restored {
            tables,
            ledger,
            seen,
            tail,
            commit,
            mark,
            lock: self.lock,
            hosts: notes.names.iter().map(|(id, _)| id.0 + 1).max().unwrap_or(0),
            named: notes.names.into_iter().map(|(id, _)| id).collect(),
            found,
        })
    }
}

/// Opens the tables on a thread of its own, since the engine may panic over bytes that are damaged.
fn open_tables(folder: PathBuf, memory: Option<u64>) -> Result<Tables, Failure> {
    match std::thread::spawn(move || Tables::open(&folder, memory)).join() {
        Ok(tables) => Ok(tables?),
        Err(_) => Err(Failure::Layout("the journal or a table makes no sense")),
    }
}

/// Makes new tables under another name first, so that a folder with the right name is always whole.
fn create_tables(path: &Path, folder: &Path) -> Result<(), Failure> {
    let new = path.join(NEW_TABLES);
    match fs::remove_dir_all(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    drop(Tables::open(&new, None)?);
    fs::rename(&new, folder)?;
    sync_directory(path)?;
    Ok(())
}

/// Reads which commit must be there; a mark that was never written or only in part says nothing.
fn read_mark(mark: &mut File) -> io::Result<u64> {
    let mut text = String::new();
    match mark.take(64).read_to_string(&mut text) {
        Err(error) if error.kind() != io::ErrorKind::InvalidData => Err(error),
        _ => Ok(text.trim_end().parse().unwrap_or(0)),
    }
}

fn read_ledger(tables: &Tables) -> Result<Ledger, Failure> {
    match tables.get(Table::Notes, &Note::Ledger.key())? {
        Some(row) => Ok(postcard::from_bytes(&row)?),
        None => Ok(Ledger::default()),
    }
}

/// Reads all fingerprints, and checks that no commit is missing in between.
fn read_seen(tables: &Tables) -> Result<(Seen, SeenTail, u64), Failure> {
    let mut seen = Seen::new();
    let mut last = 0;
    let mut tail = SeenTail { first: 1, fingerprints: Vec::new() };
    for row in tables.rows(Table::Seen, &[], &[u8::MAX; 9]) {
        let (key, value) = row?;
        let commit = number(&key)?;
        let (first, fingerprints) =
            value.split_first_chunk().ok_or(Failure::Layout("fingerprints without a number"))?;
        let first = u64::from_be_bytes(*first);
        if first != last + 1 {
            return Err(Failure::Layout("a commit is missing among the fingerprints"));
        }
        last = commit;
        let fingerprints = fingerprints.chunks_exact(8).map(number);
        if first < commit {
            tail = SeenTail { first: commit + 1, fingerprints: Vec::new() };
        }
        for bits in fingerprints {
            let bits = bits?;
            seen.insert(Fingerprint::from_bits(bits));
            if first == commit {
                tail.fingerprints.push(bits);
            }
        }
    }
    Ok((seen, tail, last))
}

fn number(bytes: &[u8]) -> Result<u64, Failure> {
    let bytes = bytes.try_into().map_err(|_| Failure::Layout("a number is not 8 bytes long"))?;
    Ok(u64::from_be_bytes(bytes))
}

/// The rows of the table of notes.
#[derive(Default)]
struct Notes {
    names: Vec<(HostId, HostKey)>,
    sinks: Vec<SinkPosition>,
    hosts: Vec<HostNote>,
    seeds: Vec<Box<str>>,
    stats: Option<Box<[u8]>>,
}

impl Notes {
    fn read(tables: &Tables) -> Result<Self, Failure> {
        let mut notes = Self::default();
        for row in tables.rows(Table::Notes, &[], &[u8::MAX]) {
            let (key, value) = row?;
            let (kind, name) = key.split_first().ok_or(Failure::Layout("a note has no name"))?;
            let text = |bytes| {
                std::str::from_utf8(bytes).map_err(|_| Failure::Layout("a name is no text"))
            };
            let host = || match name.try_into() {
                Ok(id) => Ok(HostId(u32::from_be_bytes(id))),
                Err(_) => Err(Failure::Layout("the number of a host is not 4 bytes long")),
            };
            match kind {
                b'n' => notes.names.push((host()?, HostKey::from_text(text(&value)?))),
                b'h' => notes.hosts.push(HostNote { host: host()?, note: Box::from(&*value) }),
                b'a' => notes.seeds.push(text(&value)?.into()),
                b's' => notes.stats = Some(Box::from(&*value)),
                b'o' => {
                    let (name, position) = (text(name)?.into(), Box::from(&*value));
                    notes.sinks.push(SinkPosition { name, position });
                }
                _ => {}
            }
        }
        Ok(notes)
    }
}
