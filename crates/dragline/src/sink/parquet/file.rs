//! The Parquet file: made of the row groups that are there and the rows of a journal, under another name until
//! it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read};
use std::path::PathBuf;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};

use super::journal::LineReader;
use super::row_group::RowGroup;
use crate::columns::{ColumnKind, Columns, Scalar};
use crate::sink::output_file::sync_folder;

/// What a file is made of.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) path: PathBuf,
    /// Where it is written before it takes the place of the one that is there.
    pub(super) partial: PathBuf,
    pub(super) columns: Columns,
    /// Row groups of the file that is there, which stay.
    pub(super) keep: usize,
    pub(super) journal: PathBuf,
    /// Bytes of the journal that count.
    pub(super) bytes: u64,
}

impl Plan {
    /// Writes the file, and returns how many row groups it has.
    pub(super) fn write(&self) -> io::Result<usize> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            // Those of pages are for all of the file in memory until its end.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .build();
        let file = BufWriter::new(File::create(&self.partial)?);
        let mut to = SerializedFileWriter::new(file, self.schema(), Arc::new(properties))
            .map_err(io::Error::other)?;
        if self.keep > 0 {
            self.copy(&mut to)?;
        }
        let mut groups = self.keep;
        let mut group = RowGroup::new(&self.columns);
        let mut lines = LineReader::new(&self.columns, File::open(&self.journal)?.take(self.bytes));
        while let Some(row) = lines.next()? {
            group.push(row);
            if group.is_full() {
                group.write(&mut to)?;
                groups += 1;
            }
        }
        if !group.is_empty() {
            group.write(&mut to)?;
            groups += 1;
        }
        let file = to.into_inner().map_err(io::Error::other)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&self.partial, &self.path)?;
        sync_folder(&self.path)?;
        Ok(groups)
    }

    /// Opens the file that is there, if it has so many row groups of these columns.
    pub(super) fn groups_there(&self, groups: usize) -> io::Result<SerializedFileReader<File>> {
        let there = SerializedFileReader::new(File::open(&self.path)?).map_err(io::Error::other)?;
        let metadata = there.metadata();
        let schema = metadata.file_metadata().schema_descr().root_schema();
        if metadata.num_row_groups() < groups || *schema != *self.schema() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(there)
    }

    /// Copies the row groups that stay, as they are.
    fn copy(&self, to: &mut SerializedFileWriter<BufWriter<File>>) -> io::Result<()> {
        let there = self.groups_there(self.keep)?;
        let bytes = File::open(&self.path)?;
        for group in there.metadata().row_groups().iter().take(self.keep) {
            let rows_written = u64::try_from(group.num_rows()).map_err(io::Error::other)?;
            let mut copied = to.next_row_group().map_err(io::Error::other)?;
            for metadata in group.columns() {
                let close = ColumnCloseResult {
                    bytes_written: metadata.byte_range().1,
                    rows_written,
                    metadata: metadata.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                copied.append_column(&bytes, close).map_err(io::Error::other)?;
            }
            copied.close().map_err(io::Error::other)?;
        }
        Ok(())
    }

    fn schema(&self) -> TypePtr {
        let fields = self.columns.iter().map(|column| field(&column.name, column.kind)).collect();
        let schema = Type::group_type_builder("item").with_fields(fields).build();
        Arc::new(schema.expect("a group takes any fields"))
    }
}

fn field(name: &str, kind: ColumnKind) -> TypePtr {
    match kind {
        ColumnKind::One(scalar) => value(name, scalar),
        ColumnKind::Json => value(name, Scalar::Text),
        ColumnKind::List(scalar) => {
            let repeated = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![value("element", scalar)])
                .build();
            let list = Type::group_type_builder(name)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(Some(LogicalType::List))
                .with_fields(vec![Arc::new(repeated.expect("a group takes any fields"))])
                .build();
            Arc::new(list.expect("a list is a group with a repeated group"))
        }
    }
}

fn value(name: &str, scalar: Scalar) -> TypePtr {
    let (physical, logical) = match scalar {
        Scalar::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Scalar::Integer => (Physical::INT64, None),
        Scalar::Number => (Physical::DOUBLE, None),
        Scalar::Bool => (Physical::BOOLEAN, None),
    };
    let value = Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build();
    Arc::new(value.expect("a text is an array of bytes"))
}
