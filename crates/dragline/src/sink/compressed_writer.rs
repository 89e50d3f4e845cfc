//! A writer that compresses; made by [`Compression::writer`](crate::Compression::writer).

use std::fmt;
use std::io::{self, Write};

use crate::sink::Compression;
use crate::sink::coding::Encoder;

/// Bytes that wait for compression before they are handed to it.
const BUFFER: usize = 64 * 1024;

/// Compresses what is written to it.
///
/// What is not [finished](Self::finish) is cut short when this is dropped.
pub struct CompressedWriter<W> {
    to: W,
    encoder: Encoder,
    buffer: Vec<u8>,
    encoded: Vec<u8>,
}

impl<W: Write> CompressedWriter<W> {
    pub(super) fn new(compression: Compression, to: W) -> io::Result<Self> {
        let mut encoder = Encoder::new(compression);
        // A file without content has a member or a frame as well.
        encoder.begin()?;
        Ok(Self { to, encoder, buffer: Vec::new(), encoded: Vec::new() })
    }

    /// Writes out all that was taken, closes what is compressed, and returns where it went.
    ///
    /// # Errors
    /// When not all of it could be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.pump()?;
        self.encoder.finish(&mut self.encoded)?;
        self.to.write_all(&self.encoded)?;
        Ok(self.to)
    }

    fn pump(&mut self) -> io::Result<()> {
        self.encoder.encode(&self.buffer, &mut self.encoded)?;
        self.buffer.clear();
        self.to.write_all(&self.encoded)?;
        self.encoded.clear();
        Ok(())
    }
}

impl<W: Write> Write for CompressedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() >= BUFFER {
            self.pump()?;
        }
        let taken = bytes.len().min(BUFFER - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pump()?;
        self.encoder.flush(&mut self.encoded)?;
        self.to.write_all(&self.encoded)?;
        self.encoded.clear();
        self.to.flush()
    }
}

impl<W> fmt::Debug for CompressedWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompressedWriter").finish_non_exhaustive()
    }
}
