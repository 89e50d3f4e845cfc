//! Lines of the journal: rows as JSON, written and read back as the values of their columns.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::Crc;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use crate::columns::{Cell, Column, Columns, ColumnsError, ReadValue, Value};

/// Makes lines of rows.
#[derive(Debug)]
pub(super) struct LineWriter {
    columns: Columns,
    /// Each name as JSON, with what is around it.
    names: Vec<Vec<u8>>,
    checksum: u32,
    line: Vec<u8>,
}

impl LineWriter {
    pub(super) fn new(columns: &Columns) -> Self {
        let mut checksum = Crc::new();
        let mut names = Vec::new();
        for Column { name, kind } in columns {
            let json = serde_json::to_string(name).expect("a text becomes JSON");
            checksum.update(format!("{json} {kind:?} ").as_bytes());
            names.push(format!("{json}:").into_bytes());
        }
        Self { columns: columns.clone(), names, checksum: checksum.sum(), line: Vec::new() }
    }

    /// Returns a checksum of the columns.
    pub(super) fn checksum(&self) -> u32 {
        self.checksum
    }

    /// Makes a line of a row that fits the columns.
    pub(super) fn line(&mut self, cells: &[Cell]) -> Result<&[u8], ColumnsError> {
        let line = &mut self.line;
        line.clear();
        line.push(b'{');
        for ((column, name), cell) in self.columns.iter().zip(&self.names).zip(cells) {
            let value = cell.fit(column)?;
            if value == Value::Null {
                continue;
            }
            if line.len() > 1 {
                line.push(b',');
            }
            line.extend_from_slice(name);
            match value {
                Value::Text(text) => {
                    serde_json::to_writer(&mut *line, &*text).expect("a text becomes JSON");
                }
                _ => {
                    let before = line.len();
                    cell.write(line);
                    // In JSON a line can end only where a space may be as well.
                    line[before..].iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| {
                        *byte = b' ';
                    });
                }
            }
        }
        line.extend_from_slice(b"}\n");
        Ok(line)
    }
}

/// Reads lines, one at a time.
pub(super) struct LineReader<'c, R> {
    columns: &'c Columns,
    lines: BufReader<R>,
    line: Vec<u8>,
}

impl<'c, R: Read> LineReader<'c, R> {
    pub(super) fn new(columns: &'c Columns, lines: R) -> Self {
        Self { columns, lines: BufReader::with_capacity(64 * 1024, lines), line: Vec::new() }
    }

    /// Reads the next row; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<Value<'_>>>> {
        self.line.clear();
        if self.lines.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        let mut from = serde_json::Deserializer::from_slice(&self.line);
        Ok(Some(from.deserialize_map(Row(self.columns))?))
    }
}

/// Reads the name of a field.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(name.into())
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Cow<'de, str>, E> {
        Ok(name.to_owned().into())
    }
}

/// Reads the fields of a row.
struct Row<'c>(&'c Columns);

impl<'de> Visitor<'de> for Row<'_> {
    type Value = Vec<Value<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let mut columns = self.0.iter();
        let mut row = Vec::with_capacity(columns.len());
        // Fields come in the order of columns, those that are null left out.
        while let Some(name) = fields.next_key_seed(Name)? {
            loop {
                let Some(column) = columns.next() else {
                    return Err(A::Error::custom(format!("`{name}` is no column of the journal")));
                };
                if column.name == *name {
                    row.push(fields.next_value_seed(ReadValue(column.kind))?);
                    break;
                }
                row.push(Value::Null);
            }
        }
        row.extend(columns.map(|_| Value::Null));
        Ok(row)
    }
}
