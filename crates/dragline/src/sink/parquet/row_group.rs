//! A row group: rows as columns in memory, until they are written.

use std::fs::File;
use std::io::{self, BufWriter};

use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::writer::SerializedFileWriter;

use crate::columns::{ColumnKind, Columns, Scalar, Value};

/// Rows of a row group, at most.
pub(super) const ROWS: usize = 64 * 1024;
/// Bytes of its values before one more row: 32 MiB.
const BYTES: usize = 32 * 1024 * 1024;

/// Rows that are in no row group yet.
#[derive(Debug)]
pub(super) struct RowGroup {
    columns: Vec<Column>,
    rows: usize,
    /// About how much memory they take.
    bytes: usize,
}

/// The values of a column, with its levels: how much of each is there, and what goes on with a list.
#[derive(Debug)]
struct Column {
    values: Values,
    /// For one value 0 when it is null, else 1. For a list 0 when it is null, 1 when it is empty, and for each of
    /// its values 2 when that is null, else 3.
    definitions: Vec<i16>,
    /// For a list 0 at its first value, 1 at each further one.
    repetitions: Option<Vec<i16>>,
}

/// Those that are not null.
#[derive(Debug)]
enum Values {
    Bools(Vec<bool>),
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
    Texts(Vec<ByteArray>),
}

impl RowGroup {
    pub(super) fn new(columns: &Columns) -> Self {
        let columns = columns.iter().map(|column| Column::new(column.kind)).collect();
        Self { columns, rows: 0, bytes: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows >= ROWS || self.bytes >= BYTES
    }

    pub(super) fn push(&mut self, row: Vec<Value<'_>>) {
        for (column, value) in self.columns.iter_mut().zip(row) {
            self.bytes += column.push(value);
        }
        self.rows += 1;
    }

    /// Writes all rows, and keeps none.
    pub(super) fn write(
        &mut self,
        to: &mut SerializedFileWriter<BufWriter<File>>,
    ) -> io::Result<()> {
        let mut group = to.next_row_group().map_err(io::Error::other)?;
        for column in &mut self.columns {
            let writer = group.next_column().map_err(io::Error::other)?;
            let mut writer = writer.expect("the schema has as many columns");
            column.write(writer.untyped()).map_err(io::Error::other)?;
            writer.close().map_err(io::Error::other)?;
        }
        group.close().map_err(io::Error::other)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl Column {
    fn new(kind: ColumnKind) -> Self {
        let (scalar, repetitions) = match kind {
            ColumnKind::One(scalar) => (scalar, None),
            ColumnKind::List(scalar) => (scalar, Some(Vec::new())),
            ColumnKind::Json => (Scalar::Text, None),
        };
        let values = match scalar {
            Scalar::Bool => Values::Bools(Vec::new()),
            Scalar::Integer => Values::Integers(Vec::new()),
            Scalar::Number => Values::Numbers(Vec::new()),
            Scalar::Text => Values::Texts(Vec::new()),
        };
        Self { values, definitions: Vec::new(), repetitions }
    }

    /// Takes a value of the column's kind, and returns about how much memory it takes.
    fn push(&mut self, value: Value<'_>) -> usize {
        let text = |text: &[u8]| ByteArray::from(text.to_vec());
        match (&mut self.values, value) {
            (Values::Bools(values), Value::Bool(value)) => values.push(value),
            (Values::Integers(values), Value::Integer(value)) => values.push(value),
            (Values::Numbers(values), Value::Number(value)) => values.push(value),
            (Values::Texts(values), Value::Text(value) | Value::Json(value)) => {
                values.push(text(value.as_bytes()));
                self.definitions.push(1);
                return size_of::<ByteArray>() + 16 + value.len();
            }
            (Values::Bools(values), Value::Bools(list)) => {
                return levels(&mut self.definitions, &mut self.repetitions, list, |value| {
                    values.push(value);
                    1
                });
            }
            (Values::Integers(values), Value::Integers(list)) => {
                return levels(&mut self.definitions, &mut self.repetitions, list, |value| {
                    values.push(value);
                    8
                });
            }
            (Values::Numbers(values), Value::Numbers(list)) => {
                return levels(&mut self.definitions, &mut self.repetitions, list, |value| {
                    values.push(value);
                    8
                });
            }
            (Values::Texts(values), Value::Texts(list)) => {
                return levels(&mut self.definitions, &mut self.repetitions, list, |value| {
                    values.push(text(value.as_bytes()));
                    size_of::<ByteArray>() + 16 + value.len()
                });
            }
            // What was read for the column can be nothing else.
            (_, _) => {
                self.definitions.push(0);
                self.repetitions.iter_mut().for_each(|repetitions| repetitions.push(0));
                return 4;
            }
        }
        self.definitions.push(1);
        10
    }

    fn write(&mut self, to: &mut ColumnWriter<'_>) -> parquet::errors::Result<()> {
        let definitions = Some(&self.definitions[..]);
        let repetitions = self.repetitions.as_deref();
        match (to, &mut self.values) {
            (ColumnWriter::BoolColumnWriter(to), Values::Bools(values)) => {
                to.write_batch(values, definitions, repetitions)?;
                values.clear();
            }
            (ColumnWriter::Int64ColumnWriter(to), Values::Integers(values)) => {
                to.write_batch(values, definitions, repetitions)?;
                values.clear();
            }
            (ColumnWriter::DoubleColumnWriter(to), Values::Numbers(values)) => {
                to.write_batch(values, definitions, repetitions)?;
                values.clear();
            }
            (ColumnWriter::ByteArrayColumnWriter(to), Values::Texts(values)) => {
                to.write_batch(values, definitions, repetitions)?;
                values.clear();
            }
            _ => unreachable!("the schema is made of the same columns"),
        }
        self.definitions.clear();
        self.repetitions.iter_mut().for_each(Vec::clear);
        Ok(())
    }
}

/// Adds the levels of a list, has its values added, and returns about how much memory they take.
fn levels<V>(
    definitions: &mut Vec<i16>,
    repetitions: &mut Option<Vec<i16>>,
    list: Vec<Option<V>>,
    mut push: impl FnMut(V) -> usize,
) -> usize {
    let repetitions = repetitions.get_or_insert_default();
    if list.is_empty() {
        definitions.push(1);
        repetitions.push(0);
        return 4;
    }
    let mut bytes = 0;
    for (index, value) in list.into_iter().enumerate() {
        repetitions.push(i16::from(index > 0));
        definitions.push(2 + i16::from(value.is_some()));
        bytes += 4 + value.map_or(0, &mut push);
    }
    bytes
}
