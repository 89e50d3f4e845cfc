//! What is in memory of each host's queue: the head of it, and from where on it is only on disk.

use crate::bands::Bands;
use crate::completed::Completed;
use crate::directory::HostId;
use crate::disk::changes::Changes;
use crate::disk::reading::{Loaded, Unread, Wanted};
use crate::disk::record::{Ledger, write_finished, write_run};
use crate::disk::tables::{RunKey, Table};
use crate::pending::{BANDS, Pending};

/// URLs in one row of the queue, at most.
const RUN: usize = 32;

/// One host's queue. 24 bytes for a host of which nothing is in memory.
#[derive(Debug, Default)]
pub(super) struct Host {
    head: Option<Box<Head>>,
    /// While there is no head: the lowest sequence number that is not read.
    from: u64,
    /// While there is no head: the bands that may have something on disk.
    bands: u8,
    pub(super) lease: Lease,
    /// Whether its name is on disk.
    pub(super) named: bool,
}

/// Whether a host is handed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Lease {
    /// Nothing is known to wait.
    #[default]
    Idle,
    /// It waits to be handed out.
    Listed,
    /// It is handed out.
    Held,
}

/// The part of a host's queue that is in memory.
#[derive(Debug)]
struct Head {
    urls: Bands<(RunKey, Pending)>,
    claimed: usize,
    unread: Unread,
}

impl Host {
    /// A host that was known before this session, of which anything may be on disk.
    pub(super) fn restored() -> Self {
        Self { bands: Unread::ANYTHING.bands, ..Self::default() }
    }

    /// Tells whether a band has runs that are not in memory, so that later ones must not be either.
    pub(super) fn is_unread(&self, band: u8) -> bool {
        self.unread().has(band)
    }

    /// Notes a new run that stays on disk.
    pub(super) fn leave(&mut self, key: RunKey) {
        let bit = 1 << key.band;
        if let Some(head) = &mut self.head {
            if !head.unread.has(key.band) {
                head.unread.from[key.band as usize] = key.sequence;
                head.unread.bands |= bit;
            }
            return;
        }
        if self.bands == 0 {
            self.from = key.sequence;
        }
        self.bands |= bit;
    }

    /// Takes a run into memory. All runs of its band before it must be there, or gone.
    pub(super) fn keep(&mut self, key: RunKey, urls: impl Iterator<Item = Pending>) {
        let head = self.head();
        for url in urls {
            head.urls.push(key.band, (key, url));
        }
    }

    /// Says what has to be read before `chunk` URLs can be taken; `None` when that is nothing.
    pub(super) fn wanted(&self, host: HostId, chunk: usize, most: usize) -> Option<Wanted> {
        let unread = self.unread();
        let mut waiting = 0;
        for band in 0..BANDS {
            waiting += self.head.as_ref().map_or(0, |head| head.urls.len_of(band));
            if waiting >= chunk {
                return None;
            }
            if unread.has(band) {
                return Some(Wanted { host, unread, urls: most });
            }
        }
        None
    }

    pub(super) fn load(&mut self, loaded: Loaded) {
        self.head().unread = loaded.unread;
        for (key, urls) in loaded.runs {
            self.keep(key, urls.into_iter());
        }
    }

    /// Takes up to `chunk` URLs, each with the run it is from.
    pub(super) fn take(&mut self, chunk: usize) -> Vec<(RunKey, Pending)> {
        let head = self.head();
        let urls: Vec<_> =
            std::iter::from_fn(|| head.urls.pop()).take(chunk).map(|(_, url)| url).collect();
        head.claimed += urls.len();
        urls
    }

    /// Ends a claimed URL.
    pub(super) fn finish(&mut self) {
        let head = self.head();
        head.claimed = head.claimed.saturating_sub(1);
    }

    /// Tells whether anything waits.
    pub(super) fn has_more(&self) -> bool {
        !self.unread().is_empty() || self.head.as_ref().is_some_and(|head| !head.urls.is_empty())
    }

    /// Gives back the lease if nothing waits and nothing is claimed.
    pub(super) fn release_if_idle(&mut self) {
        let claimed = self.head.as_ref().map_or(0, |head| head.claimed);
        if self.lease == Lease::Held && claimed == 0 && !self.has_more() {
            *self = Self { named: self.named, ..Self::default() };
        }
    }

    fn unread(&self) -> Unread {
        match &self.head {
            Some(head) => head.unread,
            None if self.bands == 0 => Unread::NOTHING,
            None => Unread { bands: self.bands, from: [self.from; BANDS as usize] },
        }
    }

    fn head(&mut self) -> &mut Head {
        let unread = self.unread();
        self.head
            .get_or_insert_with(|| Box::new(Head { urls: Bands::default(), claimed: 0, unread }))
    }
}

/// Puts new URLs into the queue on disk, sorted by host and band, and returns the runs they became.
pub(super) fn put_runs(
    changes: &mut Changes,
    urls: &mut [Pending],
    ledger: &mut Ledger,
) -> Vec<(RunKey, usize)> {
    let place = |url: &Pending| (url.host, url.band);
    // Stable, so that each host and band keeps its order.
    urls.sort_by_key(place);
    let mut runs = Vec::new();
    for same in urls.chunk_by(|left, right| place(left) == place(right)) {
        for run in same.chunks(RUN) {
            let (host, band) = place(&run[0]);
            let key = RunKey::new(host.0, band, ledger.sequence);
            ledger.sequence += 1;
            changes.put(Table::Queue, &key.bytes(), |out| write_run(run, ledger.round, out));
            changes.puts_run(key);
            runs.push((key, run.len()));
        }
    }
    changes.urls += urls.len();
    runs
}

/// Puts how a URL ended.
pub(super) fn put_finished(changes: &mut Changes, completed: &Completed, round: u32) {
    let key = completed.pending.fingerprint.bits().to_be_bytes();
    changes.put(Table::Finished, &key, |out| write_finished(completed, round, out));
    changes.urls += 1;
}
