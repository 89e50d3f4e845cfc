//! One Parquet file, row group by row group: its keys, and its rows copied to another.

use std::fs::File;
use std::path::{Path, PathBuf};

use ::parquet::basic::Type as Physical;
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::column::writer::{ColumnCloseResult, ColumnWriter, ColumnWriterImpl};
use ::parquet::data_type::DataType;
use ::parquet::errors::{ParquetError, Result as Copied};
use ::parquet::file::metadata::ParquetMetaData;
use ::parquet::file::reader::FileReader;
use ::parquet::file::serialized_reader::SerializedFileReader;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::TypePtr;
use anyhow::{Context, Error, anyhow};

use super::super::part::{KEY, KEYLESS};
use super::super::target::Target;
use crate::Exit;
use crate::commands::usage;

/// Rows of a column that are in memory at once.
const ROWS: usize = 4096;

/// A file that is read.
pub(super) struct Part {
    path: PathBuf,
    /// For what is copied as it is.
    bytes: File,
    reader: SerializedFileReader<File>,
    /// The rows of each row group.
    rows: Vec<u64>,
    /// The place of the key among the columns.
    key: usize,
}

impl Part {
    /// Opens a file, and reads what stands at its end.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let shown = || format!("failed to open {}", path.display());
        let bytes = File::open(path).with_context(shown)?;
        let file = bytes.try_clone().with_context(shown)?;
        let reader = SerializedFileReader::new(file).with_context(shown)?;
        let groups = reader.metadata().row_groups().iter();
        let rows = groups.map(|group| u64::try_from(group.num_rows()));
        let rows = rows.collect::<Result<_, _>>().with_context(shown)?;
        let columns = reader.metadata().file_metadata().schema_descr().columns();
        let key = columns.iter().position(|column| {
            column.path().parts() == [KEY]
                && column.physical_type() == Physical::BYTE_ARRAY
                && column.max_rep_level() == 0
        });
        let key = key.ok_or_else(|| anyhow!("{}: the table {KEYLESS}", path.display()))?;
        Ok(Self { path: path.to_owned(), bytes, reader, rows, key })
    }

    pub(super) fn schema(&self) -> TypePtr {
        self.metadata().file_metadata().schema_descr().root_schema_ptr()
    }

    pub(super) fn groups(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows.iter().sum()
    }

    pub(super) fn rows_of(&self, group: usize) -> u64 {
        self.rows[group]
    }

    /// Hands over the key of each row of a row group.
    pub(super) fn keys(
        &self,
        group: usize,
        mut note: impl FnMut(&[u8]),
    ) -> Result<(), (Exit, Error)> {
        let failed = |error: ParquetError| {
            let text = format!("failed to read {}", self.path.display());
            (Exit::Failure, Error::new(error).context(text))
        };
        let reader = self.reader.get_row_group(group).map_err(failed)?;
        let ColumnReader::ByteArrayColumnReader(mut column) =
            reader.get_column_reader(self.key).map_err(failed)?
        else {
            unreachable!("the key is looked for among such columns")
        };
        let (mut definitions, mut values, mut row) = (Vec::new(), Vec::new(), 0);
        loop {
            definitions.clear();
            values.clear();
            let read = column.read_records(ROWS, Some(&mut definitions), None, &mut values);
            let (rows, there, _) = read.map_err(failed)?;
            if rows == 0 {
                break;
            }
            if there < rows || values.iter().any(|key| key.is_empty()) {
                // Which of them is no matter: a crawl writes all or none.
                let path = self.path.display();
                return Err(usage(anyhow!("{path}: a row {KEYLESS}")));
            }
            values.iter().for_each(|key| note(key.data()));
            row += rows as u64;
        }
        if row != self.rows[group] {
            return Err(failed(ParquetError::General(format!("row group {group} is not whole"))));
        }
        Ok(())
    }

    /// Copies a row group as it is.
    pub(super) fn copy(&self, group: usize, to: &mut SerializedFileWriter<Target>) -> Copied<()> {
        let mut copied = to.next_row_group()?;
        for metadata in self.metadata().row_group(group).columns() {
            let close = ColumnCloseResult {
                bytes_written: metadata.byte_range().1,
                rows_written: self.rows[group],
                metadata: metadata.clone(),
                bloom_filter: None,
                column_index: None,
                offset_index: None,
            };
            copied.append_column(&self.bytes, close)?;
        }
        copied.close().map(drop)
    }

    /// Copies those rows of a row group that are to be kept, column by column.
    pub(super) fn copy_rows(
        &self,
        group: usize,
        keep: impl Fn(u64) -> bool,
        to: &mut SerializedFileWriter<Target>,
    ) -> Copied<()> {
        let reader = self.reader.get_row_group(group)?;
        let mut copied = to.next_row_group()?;
        let mut column = 0;
        while let Some(mut to) = copied.next_column()? {
            macro_rules! sift {
                ($($reader:ident $writer:ident,)*) => {
                    match (reader.get_column_reader(column)?, to.untyped()) {
                        $((ColumnReader::$reader(from), ColumnWriter::$writer(to)) => sift(from, to, &keep)?,)*
                        _ => unreachable!("both have one schema"),
                    }
                };
            }
            sift! {
                BoolColumnReader BoolColumnWriter,
                Int32ColumnReader Int32ColumnWriter,
                Int64ColumnReader Int64ColumnWriter,
                Int96ColumnReader Int96ColumnWriter,
                FloatColumnReader FloatColumnWriter,
                DoubleColumnReader DoubleColumnWriter,
                ByteArrayColumnReader ByteArrayColumnWriter,
                FixedLenByteArrayColumnReader FixedLenByteArrayColumnWriter,
            }
            to.close()?;
            column += 1;
        }
        copied.close().map(drop)
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.reader.metadata()
    }
}

/// Copies the values of rows that are to be kept, with their levels: a row begins where the repetition is 0, and a value
/// is there where the definition is the greatest.
fn sift<T: DataType>(
    mut from: ColumnReaderImpl<T>,
    to: &mut ColumnWriterImpl<'_, T>,
    keep: impl Fn(u64) -> bool,
) -> Copied<()> {
    let column = to.get_descriptor().clone();
    let (nullable, repeated) = (column.max_def_level() > 0, column.max_rep_level() > 0);
    let (mut definitions, mut repetitions, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let (mut kept_definitions, mut kept_repetitions, mut kept) =
        (Vec::new(), Vec::new(), Vec::new());
    let (mut row, mut keeping) = (0, false);
    loop {
        let (rows, _, levels) =
            from.read_records(ROWS, Some(&mut definitions), Some(&mut repetitions), &mut values)?;
        if rows == 0 {
            return Ok(());
        }
        let mut there = values.drain(..);
        for level in 0..levels {
            if !repeated || repetitions[level] == 0 {
                keeping = keep(row);
                row += 1;
            }
            let filled = !nullable || definitions[level] == column.max_def_level();
            let value = if filled { there.next() } else { None };
            if keeping {
                kept.extend(value);
                kept_definitions.extend(definitions.get(level));
                kept_repetitions.extend(repetitions.get(level));
            }
        }
        drop(there);
        let definitions_of = nullable.then_some(&kept_definitions[..]);
        to.write_batch(&kept, definitions_of, repeated.then_some(&kept_repetitions[..]))?;
        definitions.clear();
        repetitions.clear();
        kept_definitions.clear();
        kept_repetitions.clear();
        kept.clear();
    }
}
