//! Parquet: a file of columns, written when the crawl ends from a journal that is written meanwhile.

mod file;
mod journal;
mod row_group;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dragline_fetch::BoxFuture;
use serde::{Deserialize, Serialize};

use self::file::Plan;
use self::journal::LineWriter;
use crate::columns::{Columns, Table};
use crate::sink::output_file::OutputFile;
use crate::sink::{Entry, Position, Rotation, Sink, SinkError, Wants};

/// Writes values into a Parquet file, compressed with Zstandard. Needs the feature `parquet`.
///
/// A Parquet file cannot be read before its end is written. So values go as JSON lines into a journal beside it,
/// `NAME.parquet.journal`, and when the crawl ends the file is made of that and the journal is removed. After a
/// kill the journal is there, and can be read as JSON lines; a crawl with a state goes on with it. A crawl that
/// goes on after it had ended adds to the file.
///
/// Texts, numbers and truth values are columns of these types, lists of them are lists, and all else is JSON as
/// text; each value may be null. A value that does not fit its column is an error. While the file is made, one row
/// group is in memory: 65,536 rows or 32 MiB of values and one more, whichever is less, and as much again while
/// it is encoded.
pub struct Parquet<T> {
    path: PathBuf,
    name: String,
    journal_path: PathBuf,
    journal: OutputFile,
    table: Table,
    line: LineWriter,
    /// Row groups of the file that count, from earlier runs.
    groups: usize,
    /// Whether the file is whole, and the journal of no use.
    finished: bool,
    // `fn(&T)` so that the sink is `Send` whatever `T` is.
    values: PhantomData<fn(&T)>,
}

/// Where a commit ended.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// A checksum of the columns.
    columns: u32,
    /// Row groups of the file that count.
    groups: usize,
    /// Where the journal ended; absent when all of it is in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    journal: Option<serde_json::Value>,
}

impl<T: Serialize> Parquet<T> {
    /// Writes to a file, with these columns. When the crawl starts, one that is there already is removed; a crawl
    /// with a state continues its own.
    ///
    /// # Errors
    /// When the journal cannot be opened or created, or two columns have one name.
    pub fn create(path: impl AsRef<Path>, columns: Columns) -> Result<Self, SinkError> {
        let path = path.as_ref().to_owned();
        let failed = |error| SinkError::new(format!("failed to create {}", path.display()), error);
        let table = Table::new(columns, Wants::Values)
            .map_err(|error| SinkError::columns(path.display(), &error))?;
        let name = std::path::absolute(&path).map_err(failed)?.to_string_lossy().into_owned();
        let journal_path = beside(&path, ".journal");
        let journal = OutputFile::open(&journal_path, Rotation::default())?;
        let line = LineWriter::new(table.columns());
        let (groups, finished, values) = (0, false, PhantomData);
        Ok(Self { path, name, journal_path, journal, table, line, groups, finished, values })
    }

    /// Adds columns that say where a value comes from: `_key`, `_url`, `_fetched_at`, `_status`, `_sha256` and
    /// `_preferences`.
    ///
    /// # Errors
    /// When the value has a column of such a name.
    pub fn with_provenance(self) -> Result<Self, SinkError> {
        let table = self
            .table
            .with_provenance()
            .map_err(|error| SinkError::columns(self.path.display(), &error))?;
        let line = LineWriter::new(table.columns());
        Ok(Self { table, line, ..self })
    }

    fn take_up(&mut self, place: Option<Place>) -> Result<(), SinkError> {
        let _ = fs::remove_file(beside(&self.path, ".partial"));
        let Some(place) = place else {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(SinkError::new(format!("failed to replace {}", self.path.display()), error))
                }
                _ => self.journal.begin(None),
            };
        };
        let other = |what: &str, remedy: &str| {
            let message = format!("{} {what}; {remedy}, or restart the crawl", self.path.display());
            Err(SinkError::new(message, io::ErrorKind::InvalidData.into()))
        };
        if place.columns != self.line.checksum() {
            return other("was begun with other columns", "go on with those, choose another file");
        }
        if place.groups > 0 && self.plan(0).groups_there(place.groups).is_err() {
            return other("is not the file that the crawl wrote", "bring it back");
        }
        self.groups = place.groups;
        let journal = place.journal.map(|journal| Position::new(&journal)).transpose()?;
        self.journal.begin(journal.as_ref())
    }

    fn place(&mut self) -> Result<(Position, u64), SinkError> {
        let position = self.journal.commit()?;
        let place = Place {
            columns: self.line.checksum(),
            groups: self.groups,
            journal: Some(position.read()?),
        };
        Ok((Position::new(&place)?, self.journal.bytes()))
    }

    async fn complete(&mut self) -> Result<Position, SinkError> {
        let (_, bytes) = self.place()?;
        let plan = self.plan(bytes);
        let path = self.path.display();
        let failed = |error| SinkError::new(format!("failed to write {path}"), error);
        let written = tokio::task::spawn_blocking(move || plan.write()).await;
        self.groups = written.map_err(|error| failed(io::Error::other(error)))?.map_err(failed)?;
        self.finished = true;
        Position::new(&Place { columns: self.line.checksum(), groups: self.groups, journal: None })
    }

    fn plan(&self, bytes: u64) -> Plan {
        Plan {
            path: self.path.clone(),
            partial: beside(&self.path, ".partial"),
            columns: self.table.columns().clone(),
            keep: self.groups,
            journal: self.journal_path.clone(),
            bytes,
        }
    }
}

impl<T: Serialize + 'static> Sink<T> for Parquet<T> {
    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn wants(&self) -> Wants {
        self.table.wants()
    }

    fn begin(&mut self, position: Option<&Position>) -> Result<(), SinkError> {
        self.take_up(position.map(Position::read).transpose()?)
    }

    fn write(&mut self, entry: &Entry<'_, T>) -> Result<(), SinkError> {
        let name = self.path.display();
        let cells = self.table.row(entry).map_err(|error| SinkError::columns(&name, &error))?;
        // All that could go wrong is found now, and not when the crawl is over.
        let line = self.line.line(cells).map_err(|error| SinkError::columns(&name, &error))?;
        self.journal.item(|buffer| {
            buffer.extend_from_slice(line);
            Ok::<(), io::Error>(())
        })
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(std::future::ready(self.place().map(|(position, _)| position)))
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(self.complete())
    }

    fn file(&self) -> Option<Arc<File>> {
        // The file itself was synced before it got its name.
        if self.finished { None } else { self.journal.file() }
    }

    fn settled(&mut self) -> BoxFuture<'_, Result<(), SinkError>> {
        // Only the state's position was in need of it.
        let removed = if self.finished { fs::remove_file(&self.journal_path) } else { Ok(()) };
        let path = self.journal_path.display();
        let removed =
            removed.map_err(|error| SinkError::new(format!("failed to remove {path}"), error));
        Box::pin(std::future::ready(removed))
    }
}

impl<T> fmt::Debug for Parquet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Parquet");
        out.field("path", &self.path).field("table", &self.table).finish_non_exhaustive()
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    name.into()
}
