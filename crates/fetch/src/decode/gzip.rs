//! gzip (RFC 1952) as servers send it: several members in one body, junk behind the last one.

use flate2::{Crc, Decompress, Status};

use super::deflate::inflate;
use super::{Ending, Fault, Progress};

/// What every member starts with: two magic bytes and the one compression method there is.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// The flags of a header, by what they say follows it.
const HEADER_CHECKSUM: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
/// The checksum and the length behind each member.
const TRAILER: usize = 8;

/// The decoder of one body.
pub(super) struct Gzip {
    inflater: Box<Decompress>,
    checksum: Crc,
    part: Part,
    /// The members that have ended.
    members: u64,
    // A checksum did not fit: what was decoded is kept and flagged.
    damaged: bool,
}

/// Where in a member the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The ten fixed bytes, of which `at` are read.
    Fixed {
        at: usize,
        flags: u8,
    },
    /// The length of the extra field: two bytes, the lower one first.
    ExtraLength {
        at: usize,
        length: usize,
        flags: u8,
    },
    /// This many bytes that say nothing.
    Skip {
        left: usize,
        flags: u8,
    },
    /// A text that a zero byte ends.
    Text {
        flags: u8,
    },
    Data,
    Trailer {
        at: usize,
        bytes: [u8; TRAILER],
    },
    /// A whole member has ended and what follows is no other member.
    Junk,
}

impl Part {
    const START: Self = Self::Fixed { at: 0, flags: 0 };

    /// Returns the next optional part of a header, or the data if there is none.
    fn optional(flags: u8) -> Self {
        // Each part takes its own flag off, so that the next one follows.
        if flags & EXTRA != 0 {
            Self::ExtraLength { at: 0, length: 0, flags: flags & !EXTRA }
        } else if flags & NAME != 0 {
            Self::Text { flags: flags & !NAME }
        } else if flags & COMMENT != 0 {
            Self::Text { flags: flags & !COMMENT }
        } else if flags & HEADER_CHECKSUM != 0 {
            Self::Skip { left: 2, flags: flags & !HEADER_CHECKSUM }
        } else {
            Self::Data
        }
    }
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self {
            inflater: Box::new(Decompress::new(false)),
            checksum: Crc::new(),
            part: Part::START,
            members: 0,
            damaged: false,
        }
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault> {
        let mut read = 0;
        loop {
            if self.part == Part::Data {
                let (step, status) = inflate(&mut self.inflater, &input[read..], output)?;
                self.checksum.update(&output[..step.written]);
                if status == Status::StreamEnd {
                    self.part = Part::Trailer { at: 0, bytes: [0; TRAILER] };
                    if step.written == 0 {
                        read += step.read;
                        continue;
                    }
                }
                return Ok(Progress { read: read + step.read, written: step.written });
            }
            if self.part == Part::Junk {
                return Ok(Progress { read: input.len(), written: 0 });
            }
            let Some(byte) = input.get(read) else { return Ok(Progress { read, written: 0 }) };
            read += 1;
            self.part = self.next(*byte)?;
        }
    }

    /// Reads one byte outside the data, and returns where the one after it belongs.
    fn next(&mut self, byte: u8) -> Result<Part, Fault> {
        Ok(match self.part {
            Part::Fixed { at, flags } => {
                if MAGIC.get(at).is_some_and(|magic| *magic != byte) {
                    if self.members == 0 {
                        return Err("it starts otherwise".into());
                    }
                    return Ok(Part::Junk);
                }
                let flags = if at == MAGIC.len() { byte } else { flags };
                match at + 1 {
                    10 => Part::optional(flags),
                    at => Part::Fixed { at, flags },
                }
            }
            Part::ExtraLength { at: 0, flags, .. } => {
                Part::ExtraLength { at: 1, length: usize::from(byte), flags }
            }
            Part::ExtraLength { length, flags, .. } => match length + (usize::from(byte) << 8) {
                0 => Part::optional(flags),
                left => Part::Skip { left, flags },
            },
            Part::Skip { left: 0 | 1, flags } => Part::optional(flags),
            Part::Skip { left, flags } => Part::Skip { left: left - 1, flags },
            Part::Text { flags } if byte == 0 => Part::optional(flags),
            Part::Trailer { at, mut bytes } => {
                bytes[at] = byte;
                if at + 1 < TRAILER {
                    Part::Trailer { at: at + 1, bytes }
                } else {
                    self.end_member(bytes);
                    Part::START
                }
            }
            part => part,
        })
    }

    fn end_member(&mut self, trailer: [u8; TRAILER]) {
        let sum = self.checksum.sum().to_le_bytes();
        let length = self.checksum.amount().to_le_bytes();
        self.damaged |= trailer[..4] != sum || trailer[4..] != length;
        self.members += 1;
        self.checksum.reset();
        self.inflater.reset(false);
    }

    pub(super) fn ending(&self) -> Ending {
        let between = matches!(self.part, Part::Junk | Part::START) && self.members > 0;
        if between && !self.damaged { Ending::Whole } else { Ending::Cut }
    }
}
