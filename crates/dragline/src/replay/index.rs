//! Which answers archives have, and where.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use dragline_frontier::Canonical;
use dragline_warc::{Damage, Kind, Place, Reader, Record};
use http::Method;
use url::Url;

use crate::replay::ReplayError;

/// What is read of a record, in bytes: more than the longest request that a crawl sends.
const READ: u64 = 2 * 1024 * 1024;

/// The answers of some archives.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By key, and of one key in the order of the recording.
    entries: Vec<Entry>,
    /// Where each answer stands, in the order of the recording.
    places: Vec<(u16, u64, u64)>,
}

/// An answer: 24 bytes, and 24 for its place.
#[derive(Debug)]
struct Entry {
    key: u64,
    /// Its place in the recording.
    sequence: u32,
    /// The place in the recording of the answer that has its body; its own when it has one.
    original: u32,
    /// Whether it was given already.
    given: AtomicBool,
}

/// An answer that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The hash of its URL.
    pub(super) url: u64,
    pub(super) sequence: u32,
    pub(super) file: u16,
    pub(super) place: Place,
    /// Where its body is, if that is elsewhere.
    pub(super) original: Option<(u16, Place)>,
}

impl Index {
    /// Reads archives to their ends, or as far as they go.
    pub(super) fn read(
        archives: &[PathBuf],
    ) -> Result<(Self, Vec<(PathBuf, Damage)>), ReplayError> {
        let (mut gathered, mut damages) = (Gathered::default(), Vec::new());
        for (number, path) in archives.iter().enumerate() {
            let shown = || path.display().to_string();
            let number = u16::try_from(number).map_err(|_| ReplayError::TooMany)?;
            let file =
                File::open(path).map_err(|source| ReplayError::Open { path: shown(), source })?;
            for record in Reader::new(file, READ) {
                match record {
                    Ok(record) if record.place == Place::Shared => {
                        return Err(ReplayError::OneStream { path: shown() });
                    }
                    Ok(record) => gathered.take(number, &record)?,
                    Err(damage) => damages.push((path.clone(), damage)),
                }
            }
        }
        let index = gathered.finish();
        if index.entries.is_empty() {
            let paths: Vec<_> = archives.iter().map(|path| path.display().to_string()).collect();
            let reason = damages.first().map(|(_, damage)| format!(": {damage}"));
            let (path, reason) = (paths.join(", "), reason.unwrap_or_default());
            return Err(ReplayError::Empty { path, reason });
        }
        Ok((index, damages))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Finds the next answer to a request; the last one is given again.
    pub(super) fn find(&self, method: &Method, url: &Url, body: &[u8]) -> Option<Found> {
        let url = hash(url.as_str());
        let key = key(url, asked(method, body));
        let from = self.entries.partition_point(|entry| entry.key < key);
        let known = self.entries[from..].iter().take_while(|entry| entry.key == key);
        let mut last = None;
        for entry in known {
            last = Some(entry);
            if !entry.given.swap(true, Ordering::Relaxed) {
                break;
            }
        }
        let Entry { sequence, original, .. } = *last?;
        let (file, place) = self.place(sequence);
        let original = (original != sequence).then(|| self.place(original));
        Some(Found { url, sequence, file, place, original })
    }

    fn place(&self, sequence: u32) -> (u16, Place) {
        let (file, offset, length) = self.places[sequence as usize];
        (file, Place::Alone { offset, length })
    }
}

/// What is gathered while archives are read.
#[derive(Default)]
struct Gathered {
    rows: Vec<Row>,
    places: Vec<(u16, u64, u64)>,
    /// What was asked, by the names of the request and of what it goes with; only what is no plain GET.
    asked: HashMap<u64, u64>,
    /// The answers with a body, by the digest that the archive gives it.
    bodies: HashMap<u64, u32>,
    /// The last answers with a body, by URL.
    pages: HashMap<u64, u32>,
}

struct Row {
    url: u64,
    id: u64,
    goes_with: u64,
    original: u32,
    /// Whether a crawl tries again after it.
    passing: bool,
}

impl Gathered {
    fn take(&mut self, file: u16, record: &Record) -> Result<(), ReplayError> {
        let name = |value: Option<&str>| value.map_or(0, hash);
        let (id, goes_with) = (name(record.id()), name(record.reference("WARC-Concurrent-To")));
        match record.kind {
            Kind::Request => {
                if let Some(request) = record.asked().filter(|_| record.is_whole()) {
                    let asked = asked(&request.method, &request.body);
                    let names = [id, goes_with].into_iter().filter(|name| asked != 0 && *name != 0);
                    self.asked.extend(names.map(|name| (name, asked)));
                }
            }
            Kind::Response | Kind::Revisit => {
                let Place::Alone { offset, length } = record.place else { return Ok(()) };
                let url = record.target().and_then(same);
                let (Some(url), Some(answer)) = (url, record.answer()) else { return Ok(()) };
                let status = answer.status.as_u16();
                let own = u32::try_from(self.places.len()).ok().filter(|own| *own < u32::MAX);
                let own = own.ok_or(ReplayError::TooMany)?;
                let digest = name(record.field("WARC-Payload-Digest"));
                let mut original = own;
                if record.kind == Kind::Revisit {
                    let target = record.reference("WARC-Refers-To-Target-URI").and_then(same);
                    let page = self.pages.get(&target.unwrap_or(url)).copied();
                    // A server that says that nothing changed has no body to give a digest of.
                    let known = self.bodies.get(&digest).copied().filter(|_| status != 304);
                    original = known.or(page).unwrap_or(own);
                } else {
                    if digest != 0 {
                        self.bodies.entry(digest).or_insert(own);
                    }
                    if (200..300).contains(&status) {
                        self.pages.insert(url, own);
                    }
                }
                let passing = matches!(status, 408 | 425 | 429 | 500..=599);
                self.rows.push(Row { url, id, goes_with, original, passing });
                self.places.push((file, offset, length));
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self) -> Index {
        let mut entries: Vec<(Entry, bool)> = Vec::with_capacity(self.rows.len());
        for (sequence, row) in (0..).zip(&self.rows) {
            let asked = [row.id, row.goes_with];
            let asked = asked.iter().find_map(|name| self.asked.get(name)).copied().unwrap_or(0);
            let key = key(row.url, asked);
            let given = AtomicBool::new(false);
            entries.push((Entry { key, sequence, original: row.original, given }, row.passing));
        }
        entries.sort_unstable_by_key(|(entry, _)| (entry.key, entry.sequence));
        let keys: Vec<u64> = entries.iter().map(|(entry, _)| entry.key).collect();
        let entries = entries.into_iter().enumerate().filter_map(|(at, (entry, passing))| {
            let another = keys.get(at + 1) == Some(&entry.key);
            (!(passing && another)).then_some(entry)
        });
        Index { entries: entries.collect(), places: self.places }
    }
}

/// Returns the hash of a URL as a crawl asks for it.
pub(super) fn same(url: &str) -> Option<u64> {
    Some(hash(Canonical::parse(url).ok()?.url().as_str()))
}

/// Tells apart what is asked beyond a GET of a URL; 0 for that.
fn asked(method: &Method, body: &[u8]) -> u64 {
    match *method == Method::GET && body.is_empty() {
        true => 0,
        false => hash((method.as_str(), body)).max(1),
    }
}

fn key(url: u64, asked: u64) -> u64 {
    if asked == 0 { url } else { hash((url, asked)) }
}

/// The same in each run, so that what an archive answers is too. Who would make two URLs with the same hash only
/// spoils the answers of an archive to oneself: its record is compared with what was asked.
fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
