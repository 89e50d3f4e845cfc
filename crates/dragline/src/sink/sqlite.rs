//! SQLite: a table in a database, a row for each value.

use std::fmt;
use std::fs::File;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dragline_fetch::BoxFuture;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};
use serde::Serialize;

use crate::columns::{Cell, ColumnKind, Columns, KEY, Scalar, Table};
use crate::sink::{Entry, Position, Sink, SinkError, Wants};

/// Writes each value as a row of a table in an SQLite database. Needs the feature `sqlite`.
///
/// The table has the columns of the value and `_key`, which is unique: a value that comes again takes the place of
/// the one before. Lists, and all else that has parts, are written as JSON. Each commit is a transaction; the
/// database is in WAL mode, so that it can be read meanwhile. It belongs to one sink at a time.
///
/// In memory are 2 MiB of pages at most, beside what SQLite itself needs.
pub struct Sqlite<T> {
    path: PathBuf,
    name: String,
    rows: String,
    table: Table,
    connection: Connection,
    insert: String,
    begun: bool,
    in_transaction: bool,
    /// Holds what was committed until SQLite moves it into the database.
    journal: Option<Arc<File>>,
    // `fn(&T)` so that the sink is `Send` whatever `T` is.
    values: PhantomData<fn(&T)>,
}

impl<T: Serialize> Sqlite<T> {
    /// Writes to a table of a database, which is made if it is not there. When the crawl starts, the rows of a
    /// table that is there go; a crawl with a state continues its own.
    ///
    /// # Errors
    /// When the database cannot be opened or created, or two columns have one name. A table that is there with
    /// other columns is an error when the crawl starts.
    pub fn create(
        path: impl AsRef<Path>,
        table: impl Into<String>,
        columns: Columns,
    ) -> Result<Self, SinkError> {
        let (path, rows) = (path.as_ref().to_owned(), table.into());
        let table = Table::new(columns, Wants::Values)
            .map_err(|error| SinkError::columns(path.display(), &error))?;
        let absolute = std::path::absolute(&path)
            .map_err(|error| SinkError::new(format!("failed to open {}", path.display()), error))?;
        let connection = Connection::open(&path).map_err(|error| failure("open", &path, &error))?;
        let name = format!("{}#{rows}", absolute.display());
        let (begun, in_transaction, journal) = (false, false, None);
        let insert = String::new();
        let values = PhantomData;
        Ok(Self {
            path,
            name,
            rows,
            table,
            connection,
            insert,
            begun,
            in_transaction,
            journal,
            values,
        })
    }

    /// Adds columns that say where a value comes from: `_url`, `_fetched_at`, `_status`, `_sha256` and
    /// `_preferences`.
    ///
    /// # Errors
    /// When the value has a column of such a name.
    pub fn with_provenance(self) -> Result<Self, SinkError> {
        let table = self
            .table
            .with_provenance()
            .map_err(|error| SinkError::columns(self.path.display(), &error))?;
        Ok(Self { table, ..self })
    }

    /// Makes the table, unless it is there, and has it hold the rows up to a position.
    fn prepare(&mut self, position: i64) -> Result<(), SinkError> {
        let wanted = self.wanted();
        let there = self.there().map_err(|error| self.failed("read", &error))?;
        if !there.is_empty() && there != wanted {
            let list = |columns: &[(String, String)]| {
                let columns = columns.iter().map(|(name, kind)| format!("{name} {kind}"));
                columns.collect::<Vec<_>>().join(", ")
            };
            let message = format!(
                "the table {} in {} has the columns {}, and these are to be written: {}; choose \
                 another file, or remove the table",
                self.rows,
                self.path.display(),
                list(&there),
                list(&wanted)
            );
            return Err(SinkError::new(message, io::ErrorKind::AlreadyExists.into()));
        }
        self.make(&wanted, position).map_err(|error| self.failed("write to", &error))?;
        let last = self.last().map_err(|error| self.failed("read", &error))?;
        if last < position {
            let message = format!(
                "{} ends with row {last}, and the crawl wrote {position}; bring it back, or restart \
                 the crawl",
                self.path.display()
            );
            return Err(SinkError::new(message, io::ErrorKind::UnexpectedEof.into()));
        }
        let mut journal = self.path.clone().into_os_string();
        journal.push("-wal");
        // A database in memory has none.
        self.journal = File::options().write(true).open(journal).ok().map(Arc::new);
        self.begun = true;
        Ok(())
    }

    fn make(&mut self, columns: &[(String, String)], position: i64) -> rusqlite::Result<()> {
        self.connection.pragma_update(None, "journal_mode", "wal")?;
        // Whoever relies on the rows has the journal synced.
        self.connection.pragma_update(None, "synchronous", "normal")?;
        let rows = quoted(&self.rows);
        let declared = columns.iter().map(|(name, kind)| {
            let unique = if name == KEY { " NOT NULL UNIQUE" } else { "" };
            format!("{} {kind}{unique}", quoted(name))
        });
        let declared = declared.collect::<Vec<_>>().join(", ");
        // One transaction, so that the journal is there afterwards.
        self.connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS {rows} ({declared}); \
             DELETE FROM {rows} WHERE rowid > {position}; COMMIT"
        ))?;
        let names: Vec<String> = columns.iter().map(|(name, _)| quoted(name)).collect();
        let places: Vec<String> = (1..=names.len()).map(|place| format!("?{place}")).collect();
        let set: Vec<String> =
            names.iter().map(|name| format!("{name} = excluded.{name}")).collect();
        self.insert = format!(
            "INSERT INTO {rows} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}",
            names.join(", "),
            places.join(", "),
            quoted(KEY),
            set.join(", ")
        );
        Ok(())
    }

    /// Returns the columns that the table is to have, with their types.
    fn wanted(&self) -> Vec<(String, String)> {
        let columns = self.table.columns().iter();
        let columns = columns.map(|column| (column.name.clone(), declared(column.kind).to_owned()));
        // With provenance the key is one of them.
        let key =
            (self.table.wants() == Wants::Values).then(|| (KEY.to_owned(), "TEXT".to_owned()));
        columns.chain(key).collect()
    }

    /// Returns the columns of the table that is there; none when it is not.
    fn there(&self) -> rusqlite::Result<Vec<(String, String)>> {
        let mut columns =
            self.connection.prepare("SELECT name, type FROM pragma_table_info(?1)")?;
        let columns = columns.query_map([&self.rows], |row| Ok((row.get(0)?, row.get(1)?)))?;
        columns.collect()
    }

    fn last(&self) -> rusqlite::Result<i64> {
        let query = format!("SELECT coalesce(max(rowid), 0) FROM {}", quoted(&self.rows));
        self.connection.prepare_cached(&query)?.query_row([], |row| row.get(0))
    }

    fn insert(&mut self, entry: &Entry<'_, T>) -> Result<(), SinkError> {
        // With provenance the key is one of the cells.
        let key = match self.table.wants() {
            Wants::Values => Some(Cell::Text(entry.key.to_string())),
            Wants::Provenance => None,
        };
        let cells = self
            .table
            .row(entry)
            .map_err(|error| SinkError::columns(self.path.display(), &error))?;
        let mut write = || {
            if !self.in_transaction {
                self.connection.execute_batch("BEGIN IMMEDIATE")?;
                self.in_transaction = true;
            }
            let mut insert = self.connection.prepare_cached(&self.insert)?;
            insert.execute(params_from_iter(cells.iter().chain(&key)))
        };
        match write() {
            Ok(_) => Ok(()),
            Err(error) => Err(failure("write to", &self.path, &error)),
        }
    }

    fn end_transaction(&mut self) -> Result<Position, SinkError> {
        if !self.begun {
            self.prepare(0)?;
        }
        if std::mem::take(&mut self.in_transaction) {
            let committed = self.connection.execute_batch("COMMIT");
            committed.map_err(|error| self.failed("write to", &error))?;
        }
        let last = self.last().map_err(|error| self.failed("read", &error))?;
        Position::new(&last)
    }

    fn complete(&mut self) -> Result<Position, SinkError> {
        let position = self.end_transaction()?;
        // Whoever reads at this moment keeps some of it in the journal, which is no harm.
        let moved = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        moved.map_err(|error| self.failed("write to", &error))?;
        Ok(position)
    }

    fn failed(&self, what: &str, error: &rusqlite::Error) -> SinkError {
        failure(what, &self.path, error)
    }
}

impl<T: Serialize + 'static> Sink<T> for Sqlite<T> {
    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn wants(&self) -> Wants {
        self.table.wants()
    }

    fn begin(&mut self, position: Option<&Position>) -> Result<(), SinkError> {
        self.prepare(position.map_or(Ok(0), Position::read)?)
    }

    fn write(&mut self, entry: &Entry<'_, T>) -> Result<(), SinkError> {
        if !self.begun {
            self.prepare(0)?;
        }
        self.insert(entry)
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(std::future::ready(self.end_transaction()))
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(std::future::ready(self.complete()))
    }

    fn file(&self) -> Option<Arc<File>> {
        self.journal.clone()
    }
}

impl<T> fmt::Debug for Sqlite<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("name", &self.name).field("table", &self.table).finish()
    }
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Bool(value) => ValueRef::Integer((*value).into()),
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Unsigned(value) => {
                let message = format!("{value} is larger than a number in SQLite can be");
                return Err(rusqlite::Error::ToSqlConversionFailure(message.into()));
            }
            Self::Number(value) => ValueRef::Real(*value),
            Self::Text(text) | Self::Json(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// Returns the type that a column is declared with.
fn declared(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::One(Scalar::Integer) => "INTEGER",
        ColumnKind::One(Scalar::Number) => "REAL",
        ColumnKind::One(Scalar::Bool) => "BOOLEAN",
        ColumnKind::One(Scalar::Text) | ColumnKind::List(_) | ColumnKind::Json => "TEXT",
    }
}

/// Writes a name as SQL has it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn failure(what: &str, path: &Path, error: &rusqlite::Error) -> SinkError {
    let cause = io::Error::other(error.to_string());
    SinkError::new(format!("failed to {what} {}", path.display()), cause)
}

#[cfg(test)]
mod tests;
