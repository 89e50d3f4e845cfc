//! Sinks: where items and page records are written. Called by the engine, a batch at a time.

mod coding;
mod compressed_writer;
mod compression;
mod csv;
mod entry;
mod json_lines;
mod key;
#[cfg(feature = "object-store")]
mod objects;
mod output_file;
#[cfg(feature = "parquet")]
mod parquet;
mod position;
#[cfg(feature = "postgres")]
mod postgres;
mod provenance;
mod rotation;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Arc;

use dragline_fetch::BoxFuture;

pub use self::compressed_writer::CompressedWriter;
pub use self::compression::Compression;
pub use self::csv::Csv;
pub use self::entry::Entry;
pub use self::json_lines::JsonLines;
pub use self::key::{ItemKey, Schema};
#[cfg(feature = "object-store")]
pub use self::objects::Objects;
#[cfg(feature = "parquet")]
pub use self::parquet::Parquet;
pub use self::position::Position;
#[cfg(feature = "postgres")]
pub use self::postgres::Postgres;
pub use self::provenance::{Preferences, Provenance};
pub use self::rotation::Rotation;
#[cfg(feature = "sqlite")]
pub use self::sqlite::Sqlite;

/// Takes values of one kind and writes them somewhere.
///
/// A URL counts as done only after the values that came from it are committed. A sink that fails stops
/// the crawl; everything committed before is kept.
pub trait Sink<T>: Send + 'static {
    /// Returns the name under which a later run finds the output again, such as the path of its file; `None`
    /// when it cannot be continued, so that items of pages that were in flight may come twice after a kill.
    fn name(&self) -> Option<&str> {
        None
    }

    /// Says what the sink reads of an entry beside its value and its key, so that nothing is made for nobody.
    /// Asked once, before the crawl starts. Default: nothing.
    fn wants(&self) -> Wants {
        Wants::Values
    }

    /// Gets ready to write behind a position that an earlier run of the crawl committed; what follows it is not
    /// accounted for and goes. Without one the output begins anew. Called once, before anything else.
    ///
    /// # Errors
    /// When the output is not there any more, or cannot be cut.
    fn begin(&mut self, position: Option<&Position>) -> Result<(), SinkError> {
        let _ = position;
        Ok(())
    }

    /// Takes one value; it may wait in a buffer until the next [`commit`](Self::commit).
    ///
    /// # Errors
    /// When the value cannot be written.
    fn write(&mut self, entry: &Entry<'_, T>) -> Result<(), SinkError>;

    /// Writes out all that was taken, so that it survives the end of the process, and returns where the output
    /// ends now.
    ///
    /// Asked for after every batch of pages by a crawl with a state; without one, 20 ms after the first value that
    /// waits, or when there are values of 1,024 URLs.
    ///
    /// # Errors
    /// When not all of it could be written.
    fn commit(&mut self) -> BoxFuture<'_, Result<Position, SinkError>>;

    /// Does what [`commit`](Self::commit) does, and makes the output whole, with all that belongs at its end.
    ///
    /// Called once, when the crawl ends by itself, by a limit or because it is stopped; a later run may still
    /// begin at the position that this returns. Default: a commit.
    ///
    /// # Errors
    /// When the output could not be made whole.
    fn finish(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        self.commit()
    }

    /// Tells whether there is something to do once the state relies on what the last commit returned. Asked after
    /// each; if so, the engine waits for the state and calls [`settled`](Self::settled). Default: no.
    fn awaits_state(&self) -> bool {
        false
    }

    /// Does what must wait until the state relies on the position that was returned last: removes what only an
    /// earlier one needs, hands on what is final.
    ///
    /// Called behind [`finish`](Self::finish), and behind a commit after which a sink of the crawl
    /// [asked for it](Self::awaits_state); then for all sinks. Without a state there is nothing to wait for. Default:
    /// nothing.
    ///
    /// # Errors
    /// When it could not be done.
    fn settled(&mut self) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Returns the file that holds what the last commit wrote, if there is one.
    ///
    /// A crawl with a state that survives a [loss of power](crate::Durability::Full) has it synced, some commits
    /// together, before the state relies on it.
    fn file(&self) -> Option<Arc<File>> {
        None
    }
}

/// A sink that was chosen while the program ran.
impl<T: 'static> Sink<T> for Box<dyn Sink<T>> {
    fn name(&self) -> Option<&str> {
        (**self).name()
    }

    fn wants(&self) -> Wants {
        (**self).wants()
    }

    fn begin(&mut self, position: Option<&Position>) -> Result<(), SinkError> {
        (**self).begin(position)
    }

    fn write(&mut self, entry: &Entry<'_, T>) -> Result<(), SinkError> {
        (**self).write(entry)
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        (**self).commit()
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        (**self).finish()
    }

    fn awaits_state(&self) -> bool {
        (**self).awaits_state()
    }

    fn settled(&mut self) -> BoxFuture<'_, Result<(), SinkError>> {
        (**self).settled()
    }

    fn file(&self) -> Option<Arc<File>> {
        (**self).file()
    }
}

/// What a sink reads of an entry beside its value and its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wants {
    /// Nothing.
    #[default]
    Values,
    /// All of its [`Provenance`].
    Provenance,
}

/// A closure takes each value as it comes and has nothing to commit.
impl<T, F: FnMut(&T) + Send + 'static> Sink<T> for F {
    fn write(&mut self, entry: &Entry<'_, T>) -> Result<(), SinkError> {
        self(entry.value);
        Ok(())
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(std::future::ready(Ok(Position::default())))
    }
}

/// A sink that could not write, in words.
#[derive(Debug)]
pub struct SinkError {
    message: String,
    source: io::Error,
}

impl SinkError {
    /// Creates an error that says what failed, with its cause.
    pub fn new(message: impl Into<String>, source: io::Error) -> Self {
        Self { message: message.into(), source }
    }

    /// Returns the kind of the cause; a closed pipe is `BrokenPipe`.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SinkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
