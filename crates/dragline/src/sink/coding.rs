//! Compression that can be cut and continued: after a flush all that went in can be read from what came out,
//! and what is open there can be closed later, when nothing but its few counters is known.

use std::io::{self, Write};

use flate2::Crc;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use crate::sink::Compression;

/// The head of a gzip member without name and time (RFC 1952 section 2.3).
const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// An empty last block, behind a flush that ended with a byte (RFC 1951 section 3.2.6).
const DEFLATE_END: [u8; 2] = [3, 0];
/// An empty last block (RFC 8878 section 3.1.1.2).
const ZSTD_END: [u8; 3] = [1, 0, 0];
/// The usual trade of time for size.
const ZSTD_LEVEL: i32 = 3;

/// A member or frame that is not closed, right behind a flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Open {
    /// A gzip member: the checksum and the length of what went in (RFC 1952 section 2.3.1).
    Gzip { crc: u32, size: u32 },
    /// A zstd frame, without a checksum.
    Zstd,
}

impl Open {
    /// Returns what closes it.
    pub(super) fn end(self) -> Vec<u8> {
        match self {
            Self::Gzip { crc, size } => [&DEFLATE_END[..], &trailer(crc, size)].concat(),
            Self::Zstd => ZSTD_END.to_vec(),
        }
    }
}

fn trailer(crc: u32, size: u32) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&crc.to_le_bytes());
    bytes[4..].copy_from_slice(&size.to_le_bytes());
    bytes
}

/// Compresses one file, as members or frames one after the other.
pub(super) struct Encoder {
    compression: Compression,
    stream: Stream,
    /// Whether something went in since the last flush.
    unflushed: bool,
}

/// What is open.
enum Stream {
    None,
    Gzip(DeflateEncoder<Vec<u8>>, Crc),
    Zstd(zstd::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    pub(super) fn new(compression: Compression) -> Self {
        Self { compression, stream: Stream::None, unflushed: false }
    }

    /// Opens a member or frame, if none is open.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        if let Stream::None = self.stream {
            self.stream = match self.compression {
                Compression::None => Stream::None,
                Compression::Gzip => {
                    let level = flate2::Compression::default();
                    Stream::Gzip(DeflateEncoder::new(GZIP_HEAD.to_vec(), level), Crc::new())
                }
                Compression::Zstd => Stream::Zstd(zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?),
            };
        }
        Ok(())
    }

    /// Compresses `input`; what comes out of it already is appended to `out`.
    pub(super) fn encode(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        if input.is_empty() {
            return Ok(());
        }
        self.begin()?;
        self.unflushed = true;
        match &mut self.stream {
            Stream::None => out.extend_from_slice(input),
            Stream::Gzip(stream, crc) => {
                crc.update(input);
                stream.write_all(input)?;
                out.append(stream.get_mut());
            }
            Stream::Zstd(stream) => {
                stream.write_all(input)?;
                out.append(stream.get_mut());
            }
        }
        Ok(())
    }

    /// Has all that went in come out.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        if !std::mem::take(&mut self.unflushed) {
            return Ok(());
        }
        match &mut self.stream {
            Stream::None => {}
            Stream::Gzip(stream, _) => {
                stream.flush()?;
                out.append(stream.get_mut());
            }
            Stream::Zstd(stream) => {
                stream.flush()?;
                out.append(stream.get_mut());
            }
        }
        Ok(())
    }

    /// Closes what is open; what goes in later begins anew.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.unflushed = false;
        match std::mem::replace(&mut self.stream, Stream::None) {
            Stream::None => {}
            Stream::Gzip(stream, crc) => {
                out.append(&mut stream.finish()?);
                out.extend_from_slice(&trailer(crc.sum(), crc.amount()));
            }
            Stream::Zstd(stream) => out.append(&mut stream.finish()?),
        }
        Ok(())
    }

    /// Returns what is open, right behind a flush.
    pub(super) fn open(&self) -> Option<Open> {
        match &self.stream {
            Stream::None => None,
            Stream::Gzip(_, crc) => Some(Open::Gzip { crc: crc.sum(), size: crc.amount() }),
            Stream::Zstd(_) => Some(Open::Zstd),
        }
    }
}
