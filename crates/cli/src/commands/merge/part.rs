//! One part file of lines, record by record, each as it stands there and with its key.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, anyhow};
use csv_core::{ReadRecordResult, Reader};
use dragline::Compression;
use serde::Deserialize;

use super::changed;
use super::format::Format;

/// The field that holds the key of an item.
pub(super) const KEY: &str = "_key";
/// What is said of what has none.
pub(super) const KEYLESS: &str = "has no _key, by which doubles are told; crawl with --provenance";
/// The longest record, in bytes.
const LONGEST: u64 = 1 << 30;

/// A part that is read.
pub(super) struct Part {
    path: PathBuf,
    format: Format,
    file: BufReader<Box<dyn Read>>,
    /// The line at which the record begins, from 1.
    line: u64,
    lines: u64,
    record: Vec<u8>,
    key: Vec<u8>,
    /// Of a table: its first record, and which column holds the key.
    head: Option<(Vec<u8>, usize)>,
    /// A record that was read to see what the file is.
    ahead: Option<Next>,
}

/// What comes next in a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Record,
    End,
    /// The file ends in the middle of this.
    Cut(&'static str),
}

#[derive(Deserialize)]
struct Keyed<'a> {
    #[serde(rename = "_key", borrow)]
    key: Option<Cow<'a, str>>,
}

impl Part {
    /// Opens a part, and reads the names of the columns if it is a table.
    pub(super) fn open(path: &Path, format: Format) -> Result<Self, Error> {
        let reader = File::open(path).and_then(|file| Compression::of(path).reader(file));
        let reader = reader.with_context(|| format!("failed to open {}", path.display()))?;
        let mut part = Self {
            path: path.to_owned(),
            format,
            file: BufReader::with_capacity(256 * 1024, reader),
            line: 1,
            lines: 0,
            record: Vec::new(),
            key: Vec::new(),
            head: None,
            ahead: None,
        };
        if format == Format::Csv {
            match part.next()? {
                Next::Record => {
                    let columns = fields(&part.record);
                    let key = columns.iter().position(|column| column == KEY.as_bytes());
                    let key = key.ok_or_else(|| part.keyless())?;
                    part.head = Some((part.record.clone(), key));
                }
                other => part.ahead = Some(other),
            }
        }
        Ok(part)
    }

    /// Returns the names of the columns, as they stand in the file.
    pub(super) fn head(&self) -> Option<&[u8]> {
        self.head.as_ref().map(|(record, _)| &**record)
    }

    /// Reads the next record.
    pub(super) fn next(&mut self) -> Result<Next, Error> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(ahead);
        }
        self.record.clear();
        self.line = self.lines + 1;
        loop {
            let room = LONGEST.saturating_sub(self.record.len() as u64);
            match (&mut self.file).take(room).read_until(b'\n', &mut self.record) {
                Ok(0) if room == 0 => return Err(self.at("is longer than 1 GiB")),
                Ok(0) if self.record.is_empty() => return Ok(Next::End),
                // A line is written together with its end, so what has none is not whole.
                Ok(0) => return Ok(Next::Cut("an item")),
                Ok(_) => {}
                // A worker that was killed leaves the last member open.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(Next::Cut("what is compressed"));
                }
                Err(error) => {
                    let path = self.path.display();
                    return Err(Error::new(error).context(format!("failed to read {path}")));
                }
            }
            if self.record.last() == Some(&b'\n') {
                self.lines += 1;
                // Quotes within a field are doubled, so an odd number of them is an open field (RFC 4180 section 2).
                if self.format == Format::JsonLines || quotes(&self.record).is_multiple_of(2) {
                    return Ok(Next::Record);
                }
            }
        }
    }

    /// Reads the next record, which was there when the part was read before.
    pub(super) fn again(&mut self) -> Result<(), Error> {
        match self.next()? {
            Next::Record => Ok(()),
            Next::End | Next::Cut(_) => Err(changed(&self.path)),
        }
    }

    /// Returns the record as it stands in the file, its end included.
    pub(super) fn record(&self) -> &[u8] {
        &self.record
    }

    /// Returns the key of the record.
    pub(super) fn key(&mut self) -> Result<&[u8], Error> {
        self.key.clear();
        match &self.head {
            Some((_, column)) => {
                let key = fields(&self.record).into_iter().nth(*column);
                self.key = key.filter(|key| !key.is_empty()).ok_or_else(|| self.keyless())?;
            }
            None => {
                let keyed = serde_json::from_slice::<Keyed<'_>>(&self.record);
                let keyed =
                    keyed.map_err(|error| self.at(&format!("is no JSON object: {error}")))?;
                let key = keyed.key.ok_or_else(|| self.keyless())?;
                self.key.extend_from_slice(key.as_bytes());
            }
        }
        Ok(&self.key)
    }

    fn keyless(&self) -> Error {
        self.at(KEYLESS)
    }

    fn at(&self, what: &str) -> Error {
        anyhow!("{}:{}: the record {what}", self.path.display(), self.line)
    }
}

fn quotes(record: &[u8]) -> usize {
    record.iter().filter(|byte| **byte == b'"').count()
}

/// Splits a record of CSV.
fn fields(record: &[u8]) -> Vec<Vec<u8>> {
    let (mut text, mut ends) = (vec![0; record.len()], vec![0; record.len() + 1]);
    let mut reader = Reader::new();
    let (result, _, written, fields) = reader.read_record(record, &mut text, &mut ends);
    let fields = match result {
        ReadRecordResult::Record => fields,
        // A blank line.
        _ => 0,
    };
    text.truncate(written);
    let mut begin = 0;
    let field = |end: &usize| {
        let field = text[begin..*end].to_vec();
        begin = *end;
        field
    };
    ends[..fields].iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_record_are_read_as_they_were_meant() {
        let read = fields(b"a,\"b,\"\"c\"\"\nd\",,e\r\n");
        assert_eq!(read, [&b"a"[..], b"b,\"c\"\nd", b"", b"e"]);
        assert_eq!(fields(b"\r\n"), Vec::<Vec<u8>>::new());
    }
}
