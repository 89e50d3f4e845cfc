//! A crawl that writes a web archive (WARC 1.1, ISO 28500:2017).
//!
//! | file | what it does |
//! |---|---|
//! | `recorder` | makes the records of an exchange, in the worker |
//! | `head` | HTTP heads as they stand in records, there and back |
//! | `file` | appends them, in the engine, and cuts what a kill left over |
//! | `index` | writes the CDXJ file beside it |

mod file;
mod head;
mod index;
mod recorder;

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use dragline_warc::Packing;

use crate::sink::SinkError;

pub(crate) use self::file::ArchiveFile;
pub(crate) use self::head::original;
pub(crate) use self::recorder::{About, Recorder, Recording};

/// A web archive (WARC 1.1) of all that a crawl exchanges with servers, and an index (CDXJ) beside it.
///
/// For each answer there is a `response` record, or a `revisit` one when the crawl already has the same body or the
/// server answered 304; the `request`; and `metadata` with the milliseconds that it took (`fetchTimeMs`), the page that
/// led there (`via`), and the links to there from a seed (`depth`). Redirects, tries that failed with a status,
/// robots.txt and sitemaps are in it; what was not answered, and answers of a `Cache`, are not.
///
/// The payload of a record is the body as the spider sees it, without its codings, and its `content-length` is that of
/// this. What the server said of the bytes on the wire is kept as `x-crawler-content-encoding`,
/// `x-crawler-transfer-encoding` and `x-crawler-content-length`. A head is written as HTTP/1.1, whatever it came over.
/// Of requests the crawl's own headers are written, but for credentials: `authorization`, `proxy-authorization`, `cookie`
/// and what is marked as sensitive stay out. Answers are written as they are, with their `set-cookie`.
///
/// With a [`State`](crate::State), a crawl that goes on after a kill continues the archive, each answer that counts
/// once. A body is looked up among the first 100,000 different ones of a run, which takes up to some 30 MiB; those of
/// earlier runs are not known any more. While the index is made, at the end, its lines are in memory: some 350 bytes
/// for each answer.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    file: File,
}

impl Archive {
    /// Writes to a file, packed if its name ends in `.gz`: `site.warc.gz` with `site.cdxj`. When the crawl starts, one
    /// that is there already is replaced; a crawl with a state continues its own.
    ///
    /// # Errors
    /// When the file cannot be opened or created; the error names it.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, SinkError> {
        let path = path.as_ref();
        // Nothing of it is touched before the crawl starts, which may well fail to.
        let opened =
            OpenOptions::new().create(true).truncate(false).write(true).read(true).open(path);
        match std::path::absolute(path).and_then(|path| Ok((path, opened?))) {
            Ok((path, file)) => Ok(Self { path, file }),
            Err(error) => {
                Err(SinkError::new(format!("failed to create {}", path.display()), error))
            }
        }
    }

    fn packing(&self) -> Packing {
        match self.path.extension() {
            Some(ending) if ending == "gz" => Packing::Gzip,
            _ => Packing::Plain,
        }
    }
}
