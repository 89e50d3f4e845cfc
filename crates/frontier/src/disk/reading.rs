//! Reads waiting URLs back from the queue: which hosts have any, and the next of a host. Runs on the
//! thread that owns the tables.

use std::ops::ControlFlow;

use crate::canonical::Fingerprint;
use crate::directory::HostId;
use crate::disk::record::{read_round, read_run};
use crate::disk::tables::{RunKey, Table, Tables};
use crate::disk::writer::Failure;
use crate::pending::{BANDS, Pending};

/// Which of a host's bands may have runs that are only on disk, and from where on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unread {
    /// One bit for each band.
    pub(super) bands: u8,
    /// The lowest sequence number that is not read, for each band whose bit is set.
    pub(super) from: [u64; BANDS as usize],
}

/// What is wanted of one host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) host: HostId,
    pub(super) unread: Unread,
    /// URLs after which reading stops, at the end of their run.
    pub(super) urls: usize,
}

/// What was read of one host.
pub(super) struct Loaded {
    pub(super) host: HostId,
    pub(super) runs: Vec<(RunKey, Vec<Pending>)>,
    /// What is left. It is exact: if a bit is set, there is a run in a band whose bit is set.
    pub(super) unread: Unread,
}

impl Unread {
    pub(super) const NOTHING: Self = Self { bands: 0, from: [0; BANDS as usize] };
    /// Of a host that was known before this session: anything.
    pub(super) const ANYTHING: Self = Self { bands: (1 << BANDS) - 1, from: [0; BANDS as usize] };

    pub(super) fn has(self, band: u8) -> bool {
        self.bands & (1 << band) != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.bands == 0
    }
}

/// Finds up to `most` hosts with waiting URLs, in the order of their numbers, from `from` on.
pub(super) fn hosts(tables: &Tables, from: u32, most: usize) -> Result<Vec<HostId>, Failure> {
    let mut hosts = Vec::new();
    let mut next = Some(from);
    while let Some(from) = next.filter(|_| hosts.len() < most) {
        let Some(row) = tables.rows(Table::Queue, &from.to_be_bytes(), &[u8::MAX; 14]).next()
        else {
            break;
        };
        let key = run_key(&row?.0)?;
        hosts.push(HostId(key.host));
        next = key.host.checked_add(1);
    }
    Ok(hosts)
}

/// Reads the next URLs of a host, lower bands first. Runs with lower sequence numbers than that of the
/// `session` may be finished in part.
pub(super) fn load(tables: &Tables, wanted: Wanted, session: u64) -> Result<Loaded, Failure> {
    let mut loaded = Loaded { host: wanted.host, runs: Vec::new(), unread: wanted.unread };
    let mut left = wanted.urls;
    for band in (0..BANDS).filter(|band| wanted.unread.has(*band)) {
        let read = load_band(tables, band, session, &mut left, &mut loaded)?;
        if read.is_break() {
            break;
        }
        loaded.unread.bands &= !(1 << band);
    }
    Ok(loaded)
}

/// Reads a band to its end, or until there is one run more than is wanted.
fn load_band(
    tables: &Tables,
    band: u8,
    session: u64,
    left: &mut usize,
    loaded: &mut Loaded,
) -> Result<ControlFlow<()>, Failure> {
    let host = loaded.host;
    let from = RunKey::new(host.0, band, loaded.unread.from[band as usize]);
    let to = RunKey::new(host.0, band + 1, 0);
    for row in tables.rows(Table::Queue, &from.bytes(), &to.bytes()) {
        let (key, value) = row?;
        let key = run_key(&key)?;
        if *left == 0 {
            loaded.unread.from[band as usize] = key.sequence;
            return Ok(ControlFlow::Break(()));
        }
        let (round, mut urls) = read_run(host, band, &value)?;
        if key.sequence < session {
            urls = unfinished(tables, urls, round)?;
        }
        *left = left.saturating_sub(urls.len());
        if !urls.is_empty() {
            loaded.runs.push((key, urls));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Keeps the URLs of a run that did not end since it was queued.
fn unfinished(tables: &Tables, urls: Vec<Pending>, round: u32) -> Result<Vec<Pending>, Failure> {
    let mut kept = Vec::new();
    for url in urls {
        if !is_finished(tables, url.fingerprint, round)? {
            kept.push(url);
        }
    }
    Ok(kept)
}

fn is_finished(tables: &Tables, fingerprint: Fingerprint, round: u32) -> Result<bool, Failure> {
    match tables.get(Table::Finished, &fingerprint.bits().to_be_bytes())? {
        Some(row) => Ok(read_round(&row)? >= round),
        None => Ok(false),
    }
}

fn run_key(bytes: &[u8]) -> Result<RunKey, Failure> {
    RunKey::read(bytes).ok_or(Failure::Layout("a key of the queue is not 13 bytes long"))
}
