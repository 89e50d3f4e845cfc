//! The records of an archive, one after the other.

use std::fmt;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

use crate::damage::{Damage, DamageKind};
use crate::fields;
use crate::input::{Counted, Input};
use crate::kind::Kind;
use crate::record::{Place, Record};

/// The longest head of a record, in bytes.
const MAX_HEAD: u64 = 64 * 1024;

/// The records of an archive, one after the other.
///
/// It holds one record at a time: a head of at most 64 KiB, the block up to a limit, and a buffer of 64 KiB. What is
/// damaged ends it with the reason; records that are behind it are not looked for.
pub struct Reader<R: Read> {
    /// `None` once it ended.
    input: Option<Input<R>>,
    max_block: u64,
    /// Where the gzip member began, and whether a record of it was read.
    member: (u64, bool),
}

impl<R: Read> Reader<R> {
    /// Reads from the start of a file. Of blocks that are longer than `max_block` bytes the rest is left out.
    pub fn new(file: R, max_block: u64) -> Self {
        let input = Some(Input::Plain(Counted::new(file, 0)));
        Self { input, max_block, member: (0, false) }
    }

    /// Reads the record at a known place, which must be [`Alone`](Place::Alone).
    ///
    /// # Errors
    /// When there is no whole record.
    pub fn read_at(mut file: R, place: Place, max_block: u64) -> Result<Record, Damage>
    where
        R: Seek,
    {
        let (offset, length) = match place {
            Place::Alone { offset, length } => (offset, length),
            Place::Shared => {
                let reason = "it is packed together with others; unpack the archive".to_owned();
                return Err(Damage { kind: DamageKind::Damaged, offset: 0, reason });
            }
        };
        file.seek(SeekFrom::Start(offset)).map_err(|error| Damage::of(&error, offset))?;
        let input = Some(Input::Plain(Counted::new(file.take(length), offset)));
        let mut reader = Reader { input, max_block, member: (0, false) };
        let missing = || Damage::of(&io::ErrorKind::UnexpectedEof.into(), offset);
        reader.next().unwrap_or_else(|| Err(missing()))
    }

    fn read(&mut self) -> Result<Option<Record>, Damage> {
        let Some(mut input) = self.input.take() else { return Ok(None) };
        loop {
            let offset = if input.is_member() { self.member.0 } else { input.at() };
            let failed = |error: io::Error| Damage::of(&error, offset);
            if input.skip_blank().map_err(failed)? {
                if input.is_member() {
                    break;
                }
                self.member = (input.at(), false);
                input = input.enter().map_err(failed)?;
                if !input.is_member() {
                    break;
                }
            } else if input.is_member() {
                input = input.leave();
            } else {
                return Ok(None);
            }
        }
        let offset = if input.is_member() { self.member.0 } else { input.at() };
        let failed = |error: io::Error| Damage::of(&error, offset);
        let mut record = read_record(&mut input, self.max_block).map_err(failed)?;
        // The check of a member is behind its end.
        let more = input.skip_blank().map_err(failed)?;
        let alone = !input.is_member() || !(more || self.member.1);
        self.member.1 = true;
        if alone {
            record.place = Place::Alone { offset, length: input.at() - offset };
        }
        self.input = Some(input);
        Ok(Some(record))
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Record, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

impl<R: Read> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.input.as_ref().map(Input::at);
        f.debug_struct("Reader").field("at", &at).field("max_block", &self.max_block).finish()
    }
}

/// Reads the record that begins here.
fn read_record(input: &mut impl BufRead, max_block: u64) -> io::Result<Record> {
    let head = read_head(input)?;
    let (version, lines, _) = fields::split(&head);
    if !version.starts_with(b"WARC/") {
        return Err(damaged("there is no record"));
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let fields: Vec<(String, String)> =
        fields::read(lines).iter().map(|(name, value)| (text(name), text(value))).collect();
    let mut record = Record {
        kind: Kind::Other,
        place: Place::Shared,
        block: bytes::Bytes::new(),
        length: 0,
        fields,
    };
    record.kind = record.field("WARC-Type").map_or(Kind::Other, Kind::named);
    let length = record.field("Content-Length").and_then(|length| length.parse().ok());
    record.length = length.ok_or_else(|| damaged("the record has no length"))?;
    // It grows as it is read, whatever length is claimed.
    let mut block = Vec::new();
    let kept = input.by_ref().take(record.length.min(max_block)).read_to_end(&mut block)? as u64;
    let left_out = record.length - kept;
    let skipped = io::copy(&mut input.by_ref().take(left_out), &mut io::sink())?;
    if kept < record.length.min(max_block) || skipped < left_out {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    record.block = block.into();
    Ok(record)
}

/// Reads a head with the empty line behind it.
fn read_head(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut rest = input.by_ref().take(MAX_HEAD);
    loop {
        let before = head.len();
        rest.read_until(b'\n', &mut head)?;
        let line = &head[before..];
        // Whatever it is, there is no need to read 64 KiB of it.
        let record = line.starts_with(b"WARC/") || b"WARC/".starts_with(line);
        if before == 0 && !record {
            return Err(damaged("there is no record"));
        }
        match line {
            b"\r\n" | b"\n" => return Ok(head),
            _ if line.ends_with(b"\n") => {}
            _ if rest.limit() == 0 => return Err(damaged("the head of the record is too long")),
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn damaged(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
