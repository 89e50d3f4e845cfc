//! How a file is compressed, by the ending of its name.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// The usual trade of time for size.
const ZSTD_LEVEL: i32 = 3;
/// Bytes that are read or written at once.
const BUFFER: usize = 256 * 1024;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    None,
    Gzip,
    Zstd,
}

impl Coding {
    /// Tells by the ending of a name.
    pub(super) fn of(path: &Path) -> Self {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("gz") => Self::Gzip,
            Some("zst") => Self::Zstd,
            _ => Self::None,
        }
    }

    /// Reads what is in a file, all members and frames of it.
    pub(super) fn reader(self, file: File) -> io::Result<Box<dyn Read>> {
        Ok(match self {
            Self::None => Box::new(file),
            Self::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, file))),
            Self::Zstd => Box::new(zstd::Decoder::new(file)?),
        })
    }

    /// Writes into a file.
    pub(super) fn writer(self, file: File) -> io::Result<Writer> {
        let file = BufWriter::with_capacity(BUFFER, file);
        Ok(match self {
            Self::None => Writer::Plain(file),
            Self::Gzip => Writer::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            Self::Zstd => Writer::Zstd(zstd::Encoder::new(file, ZSTD_LEVEL)?),
        })
    }
}

/// A file that is written.
pub(super) enum Writer {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

impl Writer {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.write_all(bytes),
            Self::Gzip(file) => file.write_all(bytes),
            Self::Zstd(file) => file.write_all(bytes),
        }
    }

    /// Closes what is compressed, and has all of it on the disk.
    pub(super) fn finish(self) -> io::Result<()> {
        let file = match self {
            Self::Plain(file) => file,
            Self::Gzip(file) => file.finish()?,
            Self::Zstd(file) => file.finish()?,
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}
