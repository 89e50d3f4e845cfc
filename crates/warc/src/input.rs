//! The bytes of an archive, unpacked, with the places of gzip members.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

/// A file that counts what was taken from it.
pub(crate) struct Counted<R> {
    file: BufReader<R>,
    at: u64,
}

/// An archive, unpacked as it is read.
pub(crate) enum Input<R: Read> {
    /// As it is, or between two members.
    Plain(Counted<R>),
    /// Inside a gzip member.
    Member(Box<BufReader<GzDecoder<Counted<R>>>>),
}

impl<R: Read> Counted<R> {
    pub(crate) fn new(file: R, at: u64) -> Self {
        Self { file: BufReader::with_capacity(64 * 1024, file), at }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<R: Read> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.file.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.file.consume(bytes);
        self.at += bytes as u64;
    }
}

impl<R: Read> Input<R> {
    /// Goes into the gzip member that begins here, if one does.
    pub(crate) fn enter(self) -> io::Result<Self> {
        let Self::Plain(mut file) = self else { return Ok(self) };
        // One byte is enough to tell: no record begins with it.
        match file.fill_buf()?.first() {
            Some(0x1f) => Ok(Self::Member(Box::new(BufReader::new(GzDecoder::new(file))))),
            _ => Ok(Self::Plain(file)),
        }
    }

    /// Leaves a gzip member that is at its end.
    pub(crate) fn leave(self) -> Self {
        match self {
            Self::Member(member) => Self::Plain(member.into_inner().into_inner()),
            plain => plain,
        }
    }

    pub(crate) fn is_member(&self) -> bool {
        matches!(self, Self::Member(_))
    }

    /// Returns how much of the file was taken.
    pub(crate) fn at(&self) -> u64 {
        match self {
            Self::Plain(file) => file.at,
            Self::Member(member) => member.get_ref().get_ref().at,
        }
    }

    /// Passes over line breaks, and tells whether anything follows.
    pub(crate) fn skip_blank(&mut self) -> io::Result<bool> {
        loop {
            let there = self.fill_buf()?;
            if there.is_empty() {
                return Ok(false);
            }
            let blank = there.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let all = blank == there.len();
            self.consume(blank);
            if !all {
                return Ok(true);
            }
        }
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buffer),
            Self::Member(member) => member.read(buffer),
        }
    }
}

impl<R: Read> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::Plain(file) => file.fill_buf(),
            Self::Member(member) => member.fill_buf(),
        }
    }

    fn consume(&mut self, bytes: usize) {
        match self {
            Self::Plain(file) => file.consume(bytes),
            Self::Member(member) => member.consume(bytes),
        }
    }
}
