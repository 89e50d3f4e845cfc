//! gzip decoding (RFC 1952), pushed piece by piece into a buffer that is bounded.
//!
//! Reads what servers send: several members in one body, junk behind the last one, no bytes at
//! all. Called by the body only.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;

use crate::error::{Error, ErrorKind, Phase};

/// What every gzip member starts with.
const FIRST_BYTE: u8 = 0x1f;

/// A decoder of one body that gives up once the body is larger than its limit.
#[derive(Debug)]
pub(crate) struct Gunzip {
    decoder: MultiGzDecoder<Sink>,
    state: State,
    limit: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing has been pushed.
    Empty,
    Decoding,
    /// A whole member has ended and what follows is no other member.
    Junk,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Whole,
    /// Bytes are missing, or the checksum at the end does not fit.
    Cut,
}

impl Gunzip {
    /// Makes a decoder that gives out at most `limit` bytes.
    pub(crate) fn new(limit: u64) -> Self {
        let sink = Sink { out: Vec::new(), room: limit, produced: false, full: false };
        Self { decoder: MultiGzDecoder::new(sink), state: State::Empty, limit }
    }

    /// Decodes a piece; [`take`](Self::take) gives what came out.
    pub(crate) fn push(&mut self, data: &[u8]) -> Result<(), Error> {
        if self.state == State::Junk || data.is_empty() {
            return Ok(());
        }
        // The decoder itself would wait for ten bytes before it looks at the first.
        if self.state == State::Empty && data[0] != FIRST_BYTE {
            return Err(not_gzip("it starts otherwise"));
        }
        self.state = State::Decoding;
        let result = self.decoder.write_all(data).and_then(|()| self.decoder.flush());
        result.or_else(|cause| self.judge(cause))
    }

    /// Takes what has been decoded since the last call.
    pub(crate) fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.decoder.get_mut().out))
    }

    /// Decodes what is left when the body has ended.
    pub(crate) fn end(&mut self) -> Result<Ending, Error> {
        if self.state != State::Decoding {
            return Ok(Ending::Whole);
        }
        let Err(cause) = self.decoder.try_finish() else { return Ok(Ending::Whole) };
        let cut = self.decoder.header().is_some() || cause.kind() == io::ErrorKind::UnexpectedEof;
        let full = self.decoder.get_ref().full;
        match self.judge(cause) {
            Ok(()) => Ok(Ending::Whole),
            Err(_) if cut && !full => Ok(Ending::Cut),
            Err(error) => Err(error),
        }
    }

    /// Tells junk behind a whole member, which is harmless, from damage and from a bomb.
    fn judge(&mut self, cause: io::Error) -> Result<(), Error> {
        let sink = self.decoder.get_ref();
        if sink.full {
            let limit = self.limit;
            let reason = format!(
                "the decoded body is larger than {limit} bytes; raise max_body to allow it"
            );
            return Err(Error::new(ErrorKind::TooLarge, reason).with_phase(Phase::Body));
        }
        // Without a header the decoder stands at the start of a member, and since something
        // came out before, that is not the first one.
        if sink.produced && self.decoder.header().is_none() {
            self.state = State::Junk;
            return Ok(());
        }
        Err(not_gzip(&cause.to_string()).with_source(cause))
    }
}

fn not_gzip(cause: &str) -> Error {
    let reason = format!("the body is not the gzip it claims to be: {cause}");
    Error::new(ErrorKind::Decode, reason).with_phase(Phase::Body)
}

/// The bounded buffer that the decoder writes into.
#[derive(Debug)]
struct Sink {
    out: Vec<u8>,
    room: u64,
    produced: bool,
    full: bool,
}

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let Some(room) = self.room.checked_sub(data.len() as u64) else {
            self.full = true;
            return Err(io::Error::other("the buffer is full"));
        };
        self.room = room;
        self.produced |= !data.is_empty();
        self.out.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
