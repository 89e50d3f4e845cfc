//! Objects: an output in parts, each written into a file first and then put into an object store.

mod bucket;
mod http;
mod spool;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use dragline_fetch::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::task::{JoinError, JoinSet};
use url::Url;

use self::bucket::Bucket;
use self::spool::Spool;
use crate::sink::{Entry, Position, Rotation, Sink, SinkError, Wants};

/// How large a part is if nothing is said, in bytes of its file: 64 MiB.
const PART: u64 = 64 * 1024 * 1024;
/// Parts that are put at once, at most.
const AT_ONCE: usize = 2;

/// Makes the sink that writes the file of one part.
type Open<T> = Box<dyn FnMut(&Path) -> Result<Box<dyn Sink<T>>, SinkError> + Send>;

/// Puts values into an object store, as parts that other sinks write. Needs the feature `object-store`.
///
/// `s3://BUCKET/PREFIX/items.jsonl.gz` is for Amazon S3 and what speaks as it does, `file:///FOLDER/items.jsonl.gz` for
/// a folder that stands in for it. The parts are `PREFIX/items/CRAWL/00001.jsonl.gz` and so on, where `CRAWL` is the
/// number that the keys of the crawl's items begin with, as 16 hexadecimal digits. A part is written as a file in a
/// folder of this machine, the spool; it is put when it is whole and the state relies on that, so that an object never
/// changes, and then its file is removed. At most three parts are in the spool. Objects of other crawls stay; those of
/// the same crawl go when its output begins anew.
///
/// A request to the store takes at most a minute and is tried up to ten times within three; when that is no use the
/// crawl ends with the error, and its parts stay in the spool until it goes on. In memory are up to 16 MiB of parts.
///
/// Credentials and places come from the environment, as for other programs: `AWS_ACCESS_KEY_ID`,
/// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, and `AWS_ENDPOINT` for other stores than Amazon's.
/// Without keys, the roles of containers and instances are asked for.
pub struct Objects<T> {
    bucket: Arc<Bucket>,
    spool: Spool,
    rotation: Rotation,
    wants: Wants,
    open: Open<T>,
    /// What writes the present part; `None` before the begin and behind the end.
    part: Option<Box<dyn Sink<T>>>,
    place: Place,
    /// The number of the crawl, as the keys of values have it.
    crawl: Option<u64>,
    /// Whether nothing more is written.
    finished: bool,
    /// Parts whose files are whole, and which are put once the state relies on that.
    whole: VecDeque<u32>,
    putting: JoinSet<(u32, Result<(), SinkError>)>,
    /// The numbers of those.
    in_flight: BTreeSet<u32>,
}

/// Where a commit ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// The number of the crawl, once it is known; then nothing is in the store that is not of these parts.
    crawl: Option<u64>,
    /// The number of the present part, from 1.
    part: u32,
    /// Values in it.
    items: u64,
    /// The first part that is not known to be in the store.
    put: u32,
    /// Where its file ended; absent for a part that is not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<serde_json::Value>,
}

impl<T: 'static> Objects<T> {
    /// Reaches for an object store, to write parts under a URL, `s3://BUCKET/PREFIX/NAME` or `file:///FOLDER/NAME`.
    ///
    /// `open` makes the sink of a part, given the path of its file, whose name ends as that of the URL does:
    /// `JsonLines`, `Csv` or `Parquet`. `wants` is what these sinks want. A part ends with the commit with which it
    /// is as large as `rotation` says, by default 64 MiB; what it says of bytes is of the file that is written
    /// meanwhile, which for Parquet is its journal. The spool is a folder that a crawl with a state must find again, and that
    /// several outputs may share; it is made when the crawl starts, and removed at its end if it is empty.
    ///
    /// # Errors
    /// When the URL is not of such a kind, a variable of the environment cannot be read, or the store cannot be
    /// reached or does not let the folder be listed.
    pub async fn connect(
        url: &Url,
        spool: impl AsRef<Path>,
        rotation: Rotation,
        wants: Wants,
        open: impl FnMut(&Path) -> Result<Box<dyn Sink<T>>, SinkError> + Send + 'static,
    ) -> Result<Self, SinkError> {
        let bucket = Bucket::open(url)?;
        bucket.check().await?;
        Ok(Self::new(bucket, spool.as_ref(), rotation, wants, Box::new(open)))
    }

    fn new(bucket: Bucket, spool: &Path, rotation: Rotation, wants: Wants, open: Open<T>) -> Self {
        let limited = rotation != Rotation::default();
        Self {
            spool: Spool::new(spool, bucket.url(), bucket.ending()),
            bucket: Arc::new(bucket),
            rotation: if limited { rotation } else { Rotation { bytes: Some(PART), items: None } },
            wants,
            open,
            part: None,
            place: Place::default(),
            crawl: None,
            finished: false,
            whole: VecDeque::new(),
            putting: JoinSet::new(),
            in_flight: BTreeSet::new(),
        }
    }

    /// Begins the present part, or goes on with it.
    fn begin_part(
        &mut self,
        position: Option<&Position>,
    ) -> Result<&mut Box<dyn Sink<T>>, SinkError> {
        let mut part = (self.open)(&self.spool.path(self.place.part))?;
        part.begin(position)?;
        Ok(self.part.insert(part))
    }

    async fn write_out(&mut self) -> Result<Position, SinkError> {
        if self.place.part == 0 {
            self.begin(None)?;
        }
        while let Some(put) = self.putting.try_join_next() {
            self.note(put)?;
        }
        if let (None, Some(crawl)) = (self.place.crawl, self.crawl) {
            self.bucket.clear(crawl).await?;
            self.place.crawl = Some(crawl);
        }
        let Some(part) = &mut self.part else { return self.position() };
        let position = part.commit().await?;
        self.place.file = Some(position.read()?);
        let length = |file: Arc<File>| file.metadata().map_or(0, |metadata| metadata.len());
        if self.rotation.is_full(part.file().map_or(0, length), self.place.items) {
            self.complete().await?;
        }
        self.position()
    }

    /// Makes the file of the present part whole.
    async fn complete(&mut self) -> Result<(), SinkError> {
        let Some(mut part) = self.part.take() else { return Ok(()) };
        part.finish().await?;
        if let Some(file) = part.file() {
            let path = self.spool.path(self.place.part);
            let failed =
                |error| SinkError::new(format!("failed to write to {}", path.display()), error);
            file.sync_data().map_err(failed)?;
        }
        if self.place.items > 0 {
            self.whole.push_back(self.place.part);
            self.place.part += 1;
        }
        (self.place.items, self.place.file) = (0, None);
        Ok(())
    }

    fn position(&mut self) -> Result<Position, SinkError> {
        let waiting = self.whole.iter().chain(&self.in_flight).min();
        self.place.put = waiting.copied().unwrap_or(self.place.part);
        Position::new(&self.place)
    }

    /// Puts parts that the state relies on, some at once; behind the end it waits for all of them.
    async fn put(&mut self) -> Result<(), SinkError> {
        while let Some(number) = self.whole.pop_front() {
            if self.putting.len() >= AT_ONCE
                && let Some(put) = self.putting.join_next().await
            {
                self.note(put)?;
            }
            let crawl = self.place.crawl.expect("a part has values, and those have keys");
            let (bucket, spool) = (self.bucket.clone(), self.spool.clone());
            self.in_flight.insert(number);
            self.putting.spawn(async move {
                let put = bucket.put(crawl, number, &spool.path(number)).await;
                (number, put.and_then(|()| spool.remove(number)))
            });
        }
        while self.finished
            && let Some(put) = self.putting.join_next().await
        {
            self.note(put)?;
        }
        if self.finished { self.spool.close() } else { Ok(()) }
    }

    fn note(
        &mut self,
        put: Result<(u32, Result<(), SinkError>), JoinError>,
    ) -> Result<(), SinkError> {
        match put {
            Ok((number, put)) => {
                self.in_flight.remove(&number);
                put
            }
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Nothing but this sink ends them.
            Err(_) => Ok(()),
        }
    }
}

impl<T: 'static> Sink<T> for Objects<T> {
    fn name(&self) -> Option<&str> {
        Some(self.bucket.url())
    }

    fn wants(&self) -> Wants {
        self.wants
    }

    fn begin(&mut self, position: Option<&Position>) -> Result<(), SinkError> {
        let fresh = Place { part: 1, put: 1, ..Place::default() };
        self.place = position.map_or(Ok(fresh), Position::read)?;
        self.spool.keep(self.place.put..=self.place.part)?;
        self.whole = (self.place.put..self.place.part).collect();
        let position = self.place.file.take().map(|file| Position::new(&file)).transpose()?;
        let wants = self.begin_part(position.as_ref())?.wants();
        debug_assert_eq!(wants, self.wants, "the sinks of parts want something else");
        Ok(())
    }

    fn write(&mut self, entry: &Entry<'_, T>) -> Result<(), SinkError> {
        if self.place.part == 0 {
            self.begin(None)?;
        }
        match &mut self.part {
            Some(part) => part.write(entry)?,
            // Behind a part that ended.
            None => self.begin_part(None)?.write(entry)?,
        }
        self.place.items += 1;
        self.crawl = Some(entry.key.crawl);
        Ok(())
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(self.write_out())
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(async {
            self.write_out().await?;
            self.complete().await?;
            self.finished = true;
            self.position()
        })
    }

    fn awaits_state(&self) -> bool {
        !self.whole.is_empty()
    }

    fn settled(&mut self) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(self.put())
    }

    fn file(&self) -> Option<Arc<File>> {
        self.part.as_ref().and_then(|part| part.file())
    }
}

impl<T> fmt::Debug for Objects<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Objects");
        out.field("url", &self.bucket.url()).field("place", &self.place).finish_non_exhaustive()
    }
}
