//! The tables on disk and how their keys are laid out. Only this folder knows that fjall keeps them.
//!
//! | table | key | value |
//! |---|---|---|
//! | queue | host, band, sequence | a run of URLs of one host and band |
//! | finished | fingerprint | how a URL ended, and what it takes to fetch it again |
//! | seen | commit | the fingerprints that were new in the commits up to this one |
//! | notes | kind, name | host names and notes, sink positions, counters |
//!
//! Numbers in keys are big-endian, so that their order is the order of the bytes.

use std::path::Path;

use fjall::config::{BlockSizePolicy, FilterPolicy};
use fjall::{Database, Guard, Keyspace, KeyspaceCreateOptions, PersistMode};

use crate::disk::changes::{Changes, Op};

const MEBIBYTE: u64 = 1024 * 1024;
/// What all of it takes in memory: a quarter are blocks of tables that stay there, an eighth each new rows of one
/// of the two large tables, sorted before they reach a file, and a sixteenth those of a small one; the rest is what
/// is on its way there.
const MEMORY: std::ops::RangeInclusive<u64> = 8 * MEBIBYTE..=64 * MEBIBYTE;
/// Journal that is kept before it has to reach tables, which bounds what opening replays.
const JOURNAL: u64 = 64 * MEBIBYTE;

/// Which table a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Queue,
    Finished,
    Seen,
    Notes,
}

/// The open tables.
pub(super) struct Tables {
    database: Database,
    queue: Keyspace,
    finished: Keyspace,
    seen: Keyspace,
    notes: Keyspace,
}

impl Tables {
    /// Opens the tables in a folder, making those that are not there, with this many bytes of memory.
    pub(super) fn open(path: &Path, memory: Option<u64>) -> fjall::Result<Self> {
        let memory = memory.unwrap_or(*MEMORY.end()).clamp(*MEMORY.start(), *MEMORY.end());
        let (large, small) = (memory * 3 / 32, memory / 16);
        let database = Database::builder(path)
            .cache_size(memory / 4)
            .max_journaling_size(JOURNAL)
            .manual_journal_persist(true)
            .worker_threads(2)
            .open()?;
        let table = |name, memory, block, filters| {
            database.keyspace(name, || {
                KeyspaceCreateOptions::default()
                    .manual_journal_persist(true)
                    .max_memtable_size(memory)
                    .data_block_size_policy(BlockSizePolicy::all(block))
                    .filter_policy(filters)
            })
        };
        // A filter only helps who asks for single rows that are not there; in the queue of a crawl that finds
        // few URLs a page it would take a byte or more for each of them.
        let unfiltered = FilterPolicy::disabled;
        let filtered = KeyspaceCreateOptions::default().filter_policy;
        Ok(Self {
            queue: table("queue", large, 16 * 1024, unfiltered())?,
            finished: table("finished", large, 8 * 1024, filtered)?,
            seen: table("seen", small, 64 * 1024, unfiltered())?,
            notes: table("notes", small, 4 * 1024, unfiltered())?,
            database,
        })
    }

    /// Applies changes, all or nothing; they are visible afterwards, and sure after [`sync`](Self::sync).
    pub(super) fn apply(&self, changes: &Changes) -> fjall::Result<()> {
        let mut batch = self.database.batch();
        for op in changes.ops() {
            match op {
                Op::Put(table, key, value) => batch.insert(self.table(table), key, value),
                Op::Remove(table, key) => batch.remove(self.table(table), key),
            }
        }
        batch.commit()
    }

    /// Hands what was applied to the operating system, where it survives the end of this process.
    pub(super) fn hand_over(&self) -> fjall::Result<()> {
        self.database.persist(PersistMode::Buffer)
    }

    /// Makes sure of what was applied, against a loss of power.
    pub(super) fn sync(&self) -> fjall::Result<()> {
        self.database.persist(PersistMode::SyncData)
    }

    /// Reads one row.
    pub(super) fn get(&self, table: Table, key: &[u8]) -> fjall::Result<Option<fjall::Slice>> {
        self.table(table).get(key)
    }

    /// Reads the rows with keys from `from` and below `to`, in order.
    pub(super) fn rows(
        &self,
        table: Table,
        from: &[u8],
        to: &[u8],
    ) -> impl Iterator<Item = fjall::Result<(fjall::Slice, fjall::Slice)>> + use<> {
        self.table(table).range(from..to).map(Guard::into_inner)
    }

    fn table(&self, table: Table) -> &Keyspace {
        match table {
            Table::Queue => &self.queue,
            Table::Finished => &self.finished,
            Table::Seen => &self.seen,
            Table::Notes => &self.notes,
        }
    }
}

/// Where a run of URLs stands in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RunKey {
    pub(super) host: u32,
    pub(super) band: u8,
    pub(super) sequence: u64,
}

impl RunKey {
    pub(super) fn new(host: u32, band: u8, sequence: u64) -> Self {
        Self { host, band, sequence }
    }

    pub(super) fn bytes(self) -> [u8; 13] {
        let mut bytes = [0; 13];
        bytes[..4].copy_from_slice(&self.host.to_be_bytes());
        bytes[4] = self.band;
        bytes[5..].copy_from_slice(&self.sequence.to_be_bytes());
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (host, rest) = bytes.split_first_chunk()?;
        let (band, sequence) = rest.split_first()?;
        Some(Self {
            host: u32::from_be_bytes(*host),
            band: *band,
            sequence: u64::from_be_bytes(sequence.try_into().ok()?),
        })
    }
}

/// A row of the table of notes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Note<'a> {
    /// Counters and numbers of the store itself.
    Ledger,
    /// What the caller keeps of the crawl.
    Stats,
    /// The last fingerprint that a refresh that is not over has queued again.
    Refresh,
    /// The position of a sink.
    Sink(&'a str),
    /// The name of a host.
    Name(u32),
    /// What the caller keeps of a host.
    Host(u32),
    /// A seed whose scope the caller keeps, by its place among them.
    Seed(u32),
}

impl Note<'_> {
    pub(super) fn key(self) -> Vec<u8> {
        match self {
            Self::Ledger => b"l".to_vec(),
            Self::Stats => b"s".to_vec(),
            Self::Refresh => b"r".to_vec(),
            Self::Sink(name) => [b"o", name.as_bytes()].concat(),
            Self::Name(host) => [b"n".as_slice(), &host.to_be_bytes()].concat(),
            Self::Host(host) => [b"h".as_slice(), &host.to_be_bytes()].concat(),
            Self::Seed(place) => [b"a".as_slice(), &place.to_be_bytes()].concat(),
        }
    }
}
