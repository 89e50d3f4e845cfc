//! How a file of output is compressed, by the ending of its name: to write it, and to read it again.

use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::sink::CompressedWriter;

/// Bytes that a reader asks for at once.
const BUFFER: usize = 256 * 1024;

/// How a file of output is compressed.
///
/// Outputs are compressed by the ending of their name; this reads them again, whatever that is.
///
/// ```
/// use std::io::{Read, Write};
///
/// use dragline::Compression;
///
/// let compression = Compression::of("quotes.jsonl.gz");
/// assert_eq!(compression, Compression::Gzip);
/// let mut writer = compression.writer(Vec::new())?;
/// writer.write_all(b"{}\n")?;
/// let mut text = String::new();
/// compression.reader(&*writer.finish()?)?.read_to_string(&mut text)?;
/// assert_eq!(text, "{}\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// As gzip, one member or several (RFC 1952).
    Gzip,
    /// As Zstandard, one frame or several (RFC 8878).
    Zstd,
}

impl Compression {
    /// Tells by the ending of a name: `.gz`, `.zst`, or another.
    pub fn of(path: impl AsRef<Path>) -> Self {
        match path.as_ref().extension().and_then(|ending| ending.to_str()) {
            Some("gz") => Self::Gzip,
            Some("zst") => Self::Zstd,
            _ => Self::None,
        }
    }

    /// Reads what is compressed, all members and frames of it, 256 KiB at once.
    ///
    /// A file that a killed crawl left open gives what is whole, and then an error of the kind `UnexpectedEof`.
    ///
    /// # Errors
    /// When there is no memory for the decoder.
    pub fn reader<'a>(self, from: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::None => Box::new(from),
            Self::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, from))),
            Self::Zstd => {
                Box::new(zstd::Decoder::with_buffer(BufReader::with_capacity(BUFFER, from))?)
            }
        })
    }

    /// Compresses what is written, as outputs are; 64 KiB of it wait in memory.
    ///
    /// # Errors
    /// When there is no memory for the encoder.
    pub fn writer<W: Write>(self, to: W) -> io::Result<CompressedWriter<W>> {
        CompressedWriter::new(self, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again_also_when_it_is_nothing() {
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            for lines in [0, 1, 30_000] {
                let mut writer = compression.writer(Vec::new()).unwrap();
                (0..lines).for_each(|line| writeln!(writer, "line {line}").unwrap());
                let bytes = writer.finish().unwrap();
                // An empty file is no gzip.
                assert_eq!(bytes.is_empty(), lines == 0 && compression == Compression::None);
                // Members and frames may follow one another.
                let twice = [&*bytes, &bytes].concat();
                let mut text = String::new();
                compression.reader(&*twice).unwrap().read_to_string(&mut text).unwrap();
                let expected: String = (0..lines).map(|line| format!("line {line}\n")).collect();
                assert!(text == expected.repeat(2), "{compression:?} {lines}");
            }
        }
    }
}
