//! A fetcher that answers from web archives, and sends nothing.

mod index;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use dragline_fetch::{BoxFuture, Error, ErrorKind, Request, Response};
use dragline_frontier::{Canonical, HostDown, Politeness};
use dragline_warc::{Answer, Damage, Place, Reader, Record};
use http::{HeaderMap, Method, StatusCode};
use tokio::time::{Instant, sleep_until};

use crate::archive::original;
use crate::config::Config;
use crate::fetcher::Fetcher;

use self::index::{Found, Index};

/// The longest body that is read, in bytes, unless the request says less.
const MAX_BODY: u64 = 64 * 1024 * 1024;
/// Bytes of a record beside its body, at most.
const HEAD: u64 = 64 * 1024;
/// Requests that wait for their turn, at most.
const WAITING: usize = 4096;

/// Answers requests from web archives (WARC), and sends nothing.
///
/// A GET is answered with the record of its URL; any other request with that of the same method, URL and body. When the
/// archive has several, they are given one after the other, and the last one again; but what only had the crawl try
/// again (408, 425, 429 and 5xx with another answer behind it) is left out. Revisits are resolved, codings undone. A
/// robots.txt that is not in the archive counts as one that is not there (404). Whatever else is not there fails with
/// the code `not_archived`.
///
/// ```no_run
/// # use dragline::{BoxError, Config, Crawler, Replay, Spider};
/// # async fn run(spider: impl Spider) -> Result<(), BoxError> {
/// let replay = Replay::open(["site.warc.gz"])?;
/// let config = replay.config(&Config::default());
/// let summary = Crawler::new(spider).config(config).fetcher(replay).run().await?;
/// # Ok(())
/// # }
/// ```
///
/// Archives are read once when they are opened, and hold 48 bytes of memory for each answer then (some 200 while they
/// are read). An archive in which all records are one gzip stream must be unpacked first. Of a damaged one, what is in
/// front of the damage is used.
#[derive(Clone)]
pub struct Replay {
    shared: Arc<Shared>,
    order: Order,
}

struct Shared {
    archives: Vec<PathBuf>,
    index: Index,
    damages: Vec<(PathBuf, Damage)>,
    /// When the first answer in the order of the recording was asked for.
    started: OnceLock<Instant>,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Asked,
    Recorded,
}

impl Replay {
    /// Reads archives. Several are read as if one stood behind the other.
    ///
    /// # Errors
    /// When one cannot be opened, or holds no answer that can be used.
    pub fn open<P: AsRef<Path>>(
        archives: impl IntoIterator<Item = P>,
    ) -> Result<Self, ReplayError> {
        let archives: Vec<PathBuf> =
            archives.into_iter().map(|path| path.as_ref().to_owned()).collect();
        let (index, damages) = Index::read(&archives)?;
        let started = OnceLock::new();
        let shared = Arc::new(Shared { archives, index, damages, started });
        Ok(Self { shared, order: Order::Asked })
    }

    /// Has answers come in the order of the recording, one at a time, whatever the order in which they are asked for:
    /// each is given so many milliseconds after the first request as there are answers in front of it in the archive.
    ///
    /// This is for tokio's paused clock, where it takes no time, and makes the items of a crawl come in the order in
    /// which they came when it was recorded.
    #[must_use]
    pub fn in_recorded_order(self) -> Self {
        Self { order: Order::Recorded, ..self }
    }

    /// Returns settings with which nothing waits and nothing but the end of the archive ends the crawl: no delays, no
    /// further tries, no limits of pages, time and memory, and up to 4,096 requests at once. Scope, traps, depth and
    /// whether robots.txt is obeyed stay as they are.
    #[must_use]
    pub fn config(&self, config: &Config) -> Config {
        let mut config = config.clone();
        config.politeness = Politeness {
            per_host: WAITING,
            delay: Duration::ZERO,
            robots: config.politeness.robots,
            max_crawl_delay: Duration::ZERO,
            max_retry_after: Duration::ZERO,
            host_down: HostDown { faults: 0, ..HostDown::default() },
            ..Politeness::default()
        };
        let limits = &mut config.limits;
        (limits.concurrency, limits.retries) = (WAITING, 0);
        (limits.max_pages, limits.max_time, limits.memory) = (None, None, None);
        config
    }

    /// Returns how many answers there are.
    pub fn len(&self) -> usize {
        self.shared.index.len()
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns which archives are damaged, and how, in words; what is in front of the damage is used.
    pub fn damages(&self) -> impl Iterator<Item = (&Path, String)> {
        self.shared.damages.iter().map(|(path, damage)| (path.as_path(), damage.to_string()))
    }

    async fn answer(&self, request: Request) -> Result<Response<Bytes>, Error> {
        let missing =
            |reason: &str| Error::new(ErrorKind::NotArchived, reason).with_url(request.url.clone());
        let url = Canonical::new(request.url.clone()).map_err(|_| missing("it is no such URL"))?;
        let url = url.into_url();
        let Some(found) = self.shared.index.find(&request.method, &url, &request.body) else {
            if request.url.path() == "/robots.txt" && request.method == Method::GET {
                let (none, headers) = (StatusCode::NOT_FOUND, HeaderMap::new());
                return Ok(Response::new(request.url, none, headers, Bytes::new()).from_store());
            }
            return Err(missing("it is not in the archive"));
        };
        if let Order::Recorded = self.order {
            let start = *self.shared.started.get_or_init(Instant::now);
            // The first one waits too, so that none is given before all that can be are asked for.
            sleep_until(start + Duration::from_millis(u64::from(found.sequence) + 1)).await;
        }
        let max_body = request.max_body.unwrap_or(MAX_BODY);
        let shared = self.shared.clone();
        let read = tokio::task::spawn_blocking(move || shared.read(&found, max_body));
        let answer = match read.await {
            Ok(read) => read.map_err(|reason| missing(&reason))?,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Only a runtime that shuts down gives this, and it does not poll again.
            Err(_) => std::future::pending().await,
        };
        let (Answer { status, mut headers, body }, truncated) = answer;
        original(&mut headers);
        let response = Response::new(request.url.clone(), status, headers, body).from_store();
        let response = if truncated { response.cut_short() } else { response };
        let response = response.decode(max_body)?;
        if response.body().len() as u64 > max_body {
            let reason = format!("the body is larger than {max_body} bytes");
            return Err(Error::new(ErrorKind::TooLarge, reason).with_url(request.url));
        }
        Ok(response)
    }
}

impl Shared {
    /// Reads an answer and whether it is cut; a revisit has the body of what it refers to.
    fn read(&self, found: &Found, max_body: u64) -> Result<(Answer, bool), String> {
        let record = self.record(found.file, found.place, max_body)?;
        let same = record.target().and_then(index::same) == Some(found.url);
        let answer = record.answer().filter(|_| same);
        let mut answer = answer.ok_or("its record in the archive cannot be read")?;
        let mut truncated = record.field("WARC-Truncated").is_some();
        if let Some((file, place)) = found.original {
            let original = self.record(file, place, max_body)?;
            truncated |= original.field("WARC-Truncated").is_some();
            let original = original.answer().ok_or("what its record refers to cannot be read")?;
            if answer.status == StatusCode::NOT_MODIFIED {
                answer = original;
            } else {
                answer.body = original.body;
            }
        }
        Ok((answer, truncated))
    }

    fn record(&self, file: u16, place: Place, max_body: u64) -> Result<Record, String> {
        let path = &self.archives[usize::from(file)];
        let failed = |error: &dyn fmt::Display| format!("{}: {error}", path.display());
        let file = File::open(path).map_err(|error| failed(&error))?;
        // What is coded may be larger than what it decodes to, by a little.
        let record = Reader::read_at(file, place, max_body.saturating_add(HEAD + max_body / 8))
            .map_err(|error| failed(&error))?;
        if !record.is_whole() {
            return Err(format!("its record has {} bytes, more than are read", record.length));
        }
        Ok(record)
    }
}

impl Fetcher for Replay {
    fn fetch(&self, request: Request) -> BoxFuture<'_, Result<Response<Bytes>, Error>> {
        Box::pin(self.answer(request))
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("archives", &self.shared.archives)
            .field("answers", &self.len())
            .field("order", &self.order)
            .finish()
    }
}

/// An archive that cannot be replayed, in words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// It cannot be opened.
    #[error("failed to open {path}")]
    Open {
        /// The archive.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// There is no answer in any of the archives.
    #[error("{path} holds no answers{reason}")]
    Empty {
        /// The archives.
        path: String,
        /// What is wrong with them, if that is known, behind a separator.
        reason: String,
    },
    /// Its records are packed in one gzip stream, and cannot be read by their places.
    #[error("{path} is one gzip stream; unpack it with gunzip and replay what comes out")]
    OneStream {
        /// The archive.
        path: String,
    },
    /// There are more archives or answers than are told apart.
    #[error("there are more than 65,535 archives or 4,294,967,294 answers; replay a part of them")]
    TooMany,
}
