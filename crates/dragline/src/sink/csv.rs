//! CSV (RFC 4180): a header with the names of columns, and a record for each value.

use std::fmt;
use std::fs::File;
use std::io;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use csv_core::{Terminator, WriteResult, Writer, WriterBuilder};
use dragline_fetch::BoxFuture;
use serde::Serialize;

use crate::columns::{Columns, ColumnsError, Table};
use crate::sink::output_file::OutputFile;
use crate::sink::{Entry, Position, Rotation, Sink, SinkError, Wants};

/// Writes each value as a record of CSV (RFC 4180), behind a header with the names of its columns.
///
/// Lists, and all else that has parts, are written as JSON; what is missing or null is empty. A value with a
/// field that is no column is an error, so that nothing is lost unseen. Compression, and what is in memory, are as
/// with [`JsonLines`](crate::JsonLines).
pub struct Csv<T> {
    file: OutputFile,
    table: Table,
    field: Vec<u8>,
    // `fn(&T)` so that the sink is `Send` whatever `T` is.
    values: PhantomData<fn(&T)>,
}

impl<T: Serialize> Csv<T> {
    /// Writes to a file, with these columns. When the crawl starts, one that is there already is replaced; a crawl
    /// with a state continues its own.
    ///
    /// # Errors
    /// When the file cannot be opened or created, or two columns have one name.
    pub fn create(path: impl AsRef<Path>, columns: Columns) -> Result<Self, SinkError> {
        Self::rotated(path, columns, Rotation::default())
    }

    /// Writes to several files, one after the other, as [`Rotation`] says and names them; each has a header. Those
    /// that are there already are replaced, as far as their numbers have no gap.
    ///
    /// # Errors
    /// When the first file cannot be opened or created, or two columns have one name.
    pub fn rotated(
        path: impl AsRef<Path>,
        columns: Columns,
        rotation: Rotation,
    ) -> Result<Self, SinkError> {
        let path = path.as_ref();
        let table = Table::new(columns, Wants::Values)
            .map_err(|error| SinkError::columns(path.display(), &error))?;
        let file = OutputFile::open(path, rotation)?;
        Ok(Self::new(file, table))
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
            .map_err(|error| SinkError::columns(self.file.name(), &error))?;
        Ok(Self::new(self.file, table))
    }

    fn new(mut file: OutputFile, table: Table) -> Self {
        let mut head = Vec::new();
        let names = table.columns().iter().map(|column| column.name.as_bytes());
        record(&mut head, names);
        file.head(head);
        Self { file, table, field: Vec::new(), values: PhantomData }
    }
}

impl<T: Serialize + 'static> Sink<T> for Csv<T> {
    fn name(&self) -> Option<&str> {
        Some(self.file.name())
    }

    fn wants(&self) -> Wants {
        self.table.wants()
    }

    fn begin(&mut self, position: Option<&Position>) -> Result<(), SinkError> {
        self.file.begin(position)
    }

    fn write(&mut self, entry: &Entry<'_, T>) -> Result<(), SinkError> {
        let cells =
            self.table.row(entry).map_err(|error| SinkError::columns(self.file.name(), &error))?;
        let field = &mut self.field;
        self.file.item(|buffer| {
            let mut record = Record::default();
            for cell in cells {
                field.clear();
                cell.write(field);
                record.field(buffer, field);
            }
            record.end(buffer);
            Ok::<(), io::Error>(())
        })
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(std::future::ready(self.file.commit()))
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(std::future::ready(self.file.finish()))
    }

    fn file(&self) -> Option<Arc<File>> {
        self.file.file()
    }
}

impl<T> fmt::Debug for Csv<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Csv").field("file", &self.file).field("table", &self.table).finish()
    }
}

impl SinkError {
    /// Says that a value, or its type, does not fit columns.
    pub(super) fn columns(name: impl fmt::Display, error: &ColumnsError) -> Self {
        let cause = io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
        Self::new(format!("failed to write a row to {name}"), cause)
    }
}

fn record<'a>(out: &mut Vec<u8>, fields: impl Iterator<Item = &'a [u8]>) {
    let mut record = Record::default();
    for field in fields {
        record.field(out, field);
    }
    record.end(out);
}

/// A record that is being written.
struct Record {
    writer: Writer,
    fields: usize,
}

impl Default for Record {
    fn default() -> Self {
        let writer = WriterBuilder::new().terminator(Terminator::CRLF).build();
        Self { writer, fields: 0 }
    }
}

impl Record {
    fn field(&mut self, out: &mut Vec<u8>, mut field: &[u8]) {
        if self.fields > 0 {
            append(out, 2, |room| self.writer.delimiter(room));
        }
        self.fields += 1;
        loop {
            let mut read = 0;
            // Room for all of it in quotes, most of which are doubled at worst.
            let result = append(out, field.len() * 2 + 2, |room| {
                let (result, bytes, written) = self.writer.field(field, room);
                read = bytes;
                (result, written)
            });
            field = &field[read..];
            if let WriteResult::InputEmpty = result {
                return;
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        append(out, 8, |room| self.writer.terminator(room));
    }
}

/// Has something written behind what is there.
fn append(
    out: &mut Vec<u8>,
    room: usize,
    write: impl FnOnce(&mut [u8]) -> (WriteResult, usize),
) -> WriteResult {
    let before = out.len();
    out.resize(before + room, 0);
    let (result, written) = write(&mut out[before..]);
    out.truncate(before + written);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_as_the_standard_says() {
        let mut out = Vec::new();
        record(&mut out, [&b"a"[..], b"", b"b,c", b"say \"x\"", b"two\nlines", b" d "].into_iter());
        record(&mut out, [&b""[..]].into_iter());
        record(&mut out, [&b"\"\"\"\""[..], b"\r"].into_iter());
        let expected = "a,,\"b,c\",\"say \"\"x\"\"\",\"two\nlines\", d \r\n\"\"\r\n\"\"\"\"\"\"\"\"\"\",\"\r\"\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn two_columns_of_one_name_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let error = Csv::<u8>::create(&path, Columns::new().text("a").json("a")).unwrap_err();
        assert!(error.to_string().starts_with("failed to write a row to"), "{error}");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(cause, "there are two columns `a`; each needs a name of its own");
        assert!(!path.exists());
    }
}
