//! The log of a simulated web: one small record for each request, and what it says in words.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use twox_hash::XxHash3_64;

use crate::place::Place;
use crate::world::World;

/// Records in a chunk, so that the log grows without being copied.
const CHUNK: usize = 1 << 14;
/// Most requests that are logged: 2 GiB of records.
pub(crate) const MAX_REQUESTS: usize = 1 << 26;
/// The number that says that there was no `Retry-After`.
const NONE: u32 = u32::MAX;

/// The requests that a simulated web saw, in the order in which they were sent.
///
/// It costs 32 bytes a request and holds up to 67 million; the web answers further ones with an error.
/// A clone shares the records.
#[derive(Clone)]
pub struct Log {
    pub(crate) world: Arc<World>,
    chunks: Vec<Arc<Vec<Entry>>>,
}

/// One request as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The URL; in parentheses, the path of one that belongs to no page, which is only hashed.
    pub url: String,
    /// When it was sent, since the web was built.
    pub at: Duration,
    /// When it ended; `None` while it is in flight.
    pub ended: Option<Duration>,
    /// How it ended.
    pub outcome: Outcome,
    /// The status of the answer; `None` when there was none.
    pub status: Option<u16>,
    /// The `Retry-After` of the answer, if it had one in seconds.
    pub retry_after: Option<Duration>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// It has not ended.
    InFlight,
    /// It was answered to the last byte.
    Answered,
    /// It was answered, but its body ended early.
    Truncated,
    /// It failed in a way that may pass, such as a reset.
    Passing,
    /// It failed in a way that stays.
    Failed,
    /// The client gave it up before it was answered.
    Dropped,
}

/// A request in 32 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Nanoseconds since the web was built.
    pub(crate) start: u64,
    place: u64,
    /// Microseconds, rounded up.
    took: u32,
    pub(crate) host: u32,
    retry_after: u32,
    pub(crate) status: u16,
    pub(crate) outcome: Outcome,
    /// The number of the host's fault that struck, counted from 1; 0 for none.
    pub(crate) fault: u8,
}

impl Entry {
    pub(crate) fn new(host: u32, place: Place, start: u64) -> Self {
        Self {
            start,
            place: place.bits(),
            took: 0,
            host,
            retry_after: NONE,
            status: 0,
            outcome: Outcome::InFlight,
            fault: 0,
        }
    }

    /// Fixes how it ended.
    pub(crate) fn end(&mut self, end: u64, outcome: Outcome) {
        let took = end.saturating_sub(self.start).div_ceil(1000);
        self.took = u32::try_from(took).unwrap_or(u32::MAX);
        self.outcome = outcome;
    }

    pub(crate) fn ask_to_wait(&mut self, seconds: Option<u32>) {
        self.retry_after = seconds.map_or(NONE, |seconds| seconds.min(NONE - 1));
    }

    pub(crate) fn place(&self) -> Place {
        Place::from_bits(self.place)
    }

    /// Returns when it ended, in nanoseconds since the web was built; never, while it is in flight.
    pub(crate) fn ended(&self) -> u64 {
        match self.outcome {
            Outcome::InFlight => u64::MAX,
            _ => self.start + u64::from(self.took) * 1000,
        }
    }

    /// Tells whether another try may change how it ended.
    pub(crate) fn may_pass(&self) -> bool {
        match self.outcome {
            Outcome::Truncated | Outcome::Passing => true,
            Outcome::Answered => {
                matches!(self.status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
            }
            Outcome::InFlight | Outcome::Failed | Outcome::Dropped => false,
        }
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        (self.retry_after != NONE).then(|| Duration::from_secs(u64::from(self.retry_after)))
    }
}

impl Log {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world, chunks: Vec::new() }
    }

    /// Returns how many requests there were.
    pub fn len(&self) -> usize {
        let full = self.chunks.len().saturating_sub(1) * CHUNK;
        full + self.chunks.last().map_or(0, |chunk| chunk.len())
    }

    /// Tells whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Returns the requests, in the order in which they were sent.
    pub fn requests(&self) -> impl Iterator<Item = Asked> + '_ {
        self.entries().map(|entry| self.asked(entry))
    }

    /// Returns when a URL was asked for, since the web was built.
    pub fn times(&self, url: &str) -> Vec<Duration> {
        let Some((host, place)) = self.world.find(url) else { return Vec::new() };
        let hits = self.entries().filter(|entry| entry.host == host && entry.place() == place);
        hits.map(|entry| Duration::from_nanos(entry.start)).collect()
    }

    /// Returns a number that two logs share only if they say the same: all of it, times included.
    pub fn fingerprint(&self) -> u64 {
        self.entries().fold(0, |sum, entry| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&entry.start.to_le_bytes());
            bytes[8..16].copy_from_slice(&entry.place.to_le_bytes());
            bytes[16..20].copy_from_slice(&entry.took.to_le_bytes());
            bytes[20..24].copy_from_slice(&entry.host.to_le_bytes());
            bytes[24..28].copy_from_slice(&entry.retry_after.to_le_bytes());
            bytes[28..30].copy_from_slice(&entry.status.to_le_bytes());
            bytes[30] = entry.outcome as u8;
            bytes[31] = entry.fault;
            XxHash3_64::oneshot_with_seed(sum, &bytes)
        })
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    pub(crate) fn entry(&self, index: usize) -> &Entry {
        &self.chunks[index / CHUNK][index % CHUNK]
    }

    /// Adds a request and returns its number.
    pub(crate) fn push(&mut self, entry: Entry) -> usize {
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Arc::new(Vec::with_capacity(CHUNK)));
        }
        let last = self.chunks.len() - 1;
        let chunk = Arc::make_mut(&mut self.chunks[last]);
        chunk.push(entry);
        last * CHUNK + chunk.len() - 1
    }

    pub(crate) fn entry_mut(&mut self, index: usize) -> &mut Entry {
        &mut Arc::make_mut(&mut self.chunks[index / CHUNK])[index % CHUNK]
    }

    pub(crate) fn asked(&self, entry: &Entry) -> Asked {
        Asked {
            url: self.world.url(entry.host, entry.place()),
            at: Duration::from_nanos(entry.start),
            ended: (entry.outcome != Outcome::InFlight)
                .then(|| Duration::from_nanos(entry.ended())),
            outcome: entry.outcome,
            status: (entry.status != 0).then_some(entry.status),
            retry_after: entry.retry_after(),
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl fmt::Display for Asked {
    /// Writes one line, such as `12.05 s..12.1 s http://a.example/p/3 429`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s..", self.at.as_secs_f64())?;
        if let Some(ended) = self.ended {
            write!(f, "{} s", ended.as_secs_f64())?;
        }
        write!(f, " {}", self.url)?;
        match (self.outcome, self.status) {
            (Outcome::Answered, Some(status)) => write!(f, " {status}")?,
            (outcome, _) => write!(f, " {outcome:?}")?,
        }
        match self.retry_after {
            Some(wait) => write!(f, " retry-after {} s", wait.as_secs()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_costs_what_the_documentation_says() {
        assert_eq!(size_of::<Entry>(), 32);
    }
}
