//! The table of answers on disk. Only this file knows that fjall keeps it; what is changed together is one batch,
//! which is there whole or not at all.
//!
//! | table | key | value |
//! |---|---|---|
//! | answers | key | the head, and behind it the body |
//! | known | key | when it was used, and its size |
//! | used | when it was used, key | nothing |

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

/// Blocks of tables that stay in memory, in bytes.
const MEMORY: u64 = 16 * 1024 * 1024;
/// Answers that were written and are sorted in memory before they reach a table, in bytes.
const FRESH: u64 = 16 * 1024 * 1024;
/// Journal that is kept before it has to reach tables, in bytes; the least that the library takes.
const JOURNAL: u64 = 64 * 1024 * 1024;
/// How exactly the time of use is kept, in seconds: a day of crawling writes it a few times, not each time.
const USED: u64 = 60 * 60;

/// Under what an answer is kept: the first half of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key([u8; 16]);

/// An answer that is kept, and what was asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    pub(super) at: SystemTime,
    pub(super) asked: HeaderMap,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The tables.
pub(super) struct Store {
    database: Database,
    answers: Keyspace,
    known: Keyspace,
    used: Keyspace,
    /// Bytes of all answers.
    size: AtomicU64,
}

/// A head as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    at: Duration,
    asked: Vec<(String, Vec<u8>)>,
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
}

impl Key {
    /// Makes the key of some texts.
    pub(super) fn of<const N: usize>(texts: [&[u8]; N]) -> Self {
        let mut context = Context::new(&SHA256);
        for text in texts {
            context.update(&(text.len() as u64).to_be_bytes());
            context.update(text);
        }
        let digest = context.finish();
        Self(*digest.as_ref().first_chunk().expect("a SHA-256 has 32 bytes"))
    }

    fn used_at(self, used: u64) -> [u8; 24] {
        let mut row = [0; 24];
        row[..8].copy_from_slice(&used.to_be_bytes());
        row[8..].copy_from_slice(&self.0);
        row
    }
}

impl Store {
    pub(super) fn open(path: &Path) -> Result<Self, CacheError> {
        let failed = |error: fjall::Error| CacheError {
            message: format!("failed to open the cache {}", path.display()),
            source: error,
        };
        let store = Self::tables(path).map_err(failed)?;
        let mut size = 0;
        for row in store.known.iter() {
            size += known(&row.value().map_err(failed)?).map_or(0, |(_, size)| size);
        }
        store.size.store(size, Ordering::Relaxed);
        Ok(store)
    }

    fn tables(path: &Path) -> fjall::Result<Self> {
        let database = Database::builder(path)
            .cache_size(MEMORY)
            .max_journaling_size(JOURNAL)
            .worker_threads(1)
            .open()?;
        let small = KeyspaceCreateOptions::default;
        let large = || {
            let separated = KvSeparationOptions::default();
            small().max_memtable_size(FRESH).with_kv_separation(Some(separated))
        };
        Ok(Self {
            answers: database.keyspace("answers", large)?,
            known: database.keyspace("known", small)?,
            used: database.keyspace("used", small)?,
            database,
            size: AtomicU64::new(0),
        })
    }

    /// Returns what is kept. What cannot be read is not kept.
    pub(super) fn get(&self, key: &Key) -> fjall::Result<Option<Kept>> {
        Ok(self.answers.get(key.0)?.and_then(|value| read(&value)))
    }

    /// Keeps an answer, in place of what was kept, and throws others away while there are more than `most` bytes.
    pub(super) fn put(&self, key: &Key, kept: &Kept, most: u64) -> fjall::Result<()> {
        let Some(value) = write(kept) else { return Ok(()) };
        let (size, used) = (value.len() as u64, seconds(kept.at));
        if size > most {
            return self.remove(key);
        }
        let mut batch = self.database.batch();
        let mut before = 0;
        if let Some((used, size)) = self.known_of(key)? {
            batch.remove(&self.used, key.used_at(used));
            before = size;
        }
        batch.insert(&self.answers, key.0, value);
        batch.insert(&self.known, key.0, [used.to_be_bytes(), size.to_be_bytes()].concat());
        batch.insert(&self.used, key.used_at(used), []);
        batch.commit()?;
        self.size.fetch_add(size, Ordering::Relaxed);
        self.shrink(before);
        if self.size.load(Ordering::Relaxed) > most { self.make_room(most) } else { Ok(()) }
    }

    /// Notes that an answer is used.
    pub(super) fn touch(&self, key: &Key, now: SystemTime) -> fjall::Result<()> {
        let now = seconds(now);
        let Some((used, size)) = self.known_of(key)? else { return Ok(()) };
        if now < used.saturating_add(USED) {
            return Ok(());
        }
        let mut batch = self.database.batch();
        batch.remove(&self.used, key.used_at(used));
        batch.insert(&self.used, key.used_at(now), []);
        batch.insert(&self.known, key.0, [now.to_be_bytes(), size.to_be_bytes()].concat());
        batch.commit()
    }

    /// Throws an answer away.
    pub(super) fn remove(&self, key: &Key) -> fjall::Result<()> {
        let Some((used, size)) = self.known_of(key)? else { return Ok(()) };
        let mut batch = self.database.batch();
        batch.remove(&self.answers, key.0);
        batch.remove(&self.known, key.0);
        batch.remove(&self.used, key.used_at(used));
        batch.commit()?;
        self.shrink(size);
        Ok(())
    }

    /// Throws away what was not used for longest, until there is a tenth of room.
    fn make_room(&self, most: u64) -> fjall::Result<()> {
        let enough = most - most / 10;
        for row in self.used.iter() {
            if self.size.load(Ordering::Relaxed) <= enough {
                break;
            }
            let row = row.key()?;
            let Some((used, key)) = row.split_first_chunk::<8>() else { continue };
            let Ok(key) = key.try_into().map(Key) else { continue };
            match self.known_of(&key)? {
                Some((last, _)) if last == u64::from_be_bytes(*used) => self.remove(&key)?,
                // Two requests at once left a row that says nothing any more.
                _ => self.used.remove(row)?,
            }
        }
        Ok(())
    }

    fn known_of(&self, key: &Key) -> fjall::Result<Option<(u64, u64)>> {
        Ok(self.known.get(key.0)?.and_then(|row| known(&row)))
    }

    fn shrink(&self, by: u64) {
        // Two requests at once may count one answer twice; the next opening counts anew.
        let less = |size: u64| Some(size.saturating_sub(by));
        let _ = self.size.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> u64 {
        self.size.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("size", &self.size).finish_non_exhaustive()
    }
}

fn known(row: &[u8]) -> Option<(u64, u64)> {
    let (used, size) = row.split_first_chunk()?;
    Some((u64::from_be_bytes(*used), u64::from_be_bytes(size.try_into().ok()?)))
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn write(kept: &Kept) -> Option<Vec<u8>> {
    let at = kept.at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (asked, headers) = (fields(&kept.asked), fields(&kept.headers));
    let written = Written { at, asked, status: kept.status.as_u16(), headers };
    let mut value = postcard::to_allocvec(&written).ok()?;
    value.extend_from_slice(&kept.body);
    Some(value)
}

fn read(value: &[u8]) -> Option<Kept> {
    let (written, body) = postcard::take_from_bytes::<Written>(value).ok()?;
    Some(Kept {
        at: UNIX_EPOCH.checked_add(written.at)?,
        asked: map(&written.asked)?,
        status: StatusCode::from_u16(written.status).ok()?,
        headers: map(&written.headers)?,
        body: Bytes::copy_from_slice(body),
    })
}

fn fields(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let field = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), value.as_bytes().to_owned())
    };
    headers.iter().map(field).collect()
}

fn map(fields: &[(String, Vec<u8>)]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(fields.len());
    for (name, value) in fields {
        headers.append(name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(value).ok()?);
    }
    Some(headers)
}

/// A cache that cannot be opened, in words.
#[derive(Debug)]
pub struct CacheError {
    message: String,
    source: fjall::Error,
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CacheError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
