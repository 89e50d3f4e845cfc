//! Why the reading of an archive ended early.

use std::{fmt, io};

/// Why the reading of an archive ended early, and where. What stands in front of it is read.
#[derive(Debug)]
pub struct Damage {
    pub(crate) kind: DamageKind,
    pub(crate) offset: u64,
    pub(crate) reason: String,
}

/// What is wrong with an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DamageKind {
    /// It ends inside a record.
    Cut,
    /// What is there is no record, or its gzip member is broken.
    Damaged,
    /// It cannot be read.
    Io,
}

impl Damage {
    /// Returns what is wrong.
    pub fn kind(&self) -> DamageKind {
        self.kind
    }

    /// Returns a stable code.
    pub fn code(&self) -> &'static str {
        match self.kind {
            DamageKind::Cut => "cut",
            DamageKind::Damaged => "damaged",
            DamageKind::Io => "io",
        }
    }

    /// Returns where the record begins that is not whole, in bytes from the start of the file.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn of(error: &io::Error, offset: u64) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::UnexpectedEof => DamageKind::Cut,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => DamageKind::Damaged,
            _ => DamageKind::Io,
        };
        Self { kind, offset, reason: error.to_string() }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, offset, reason } = self;
        let what = match kind {
            DamageKind::Cut => "the archive ends inside the record",
            DamageKind::Damaged => "the archive is damaged",
            DamageKind::Io => "the archive cannot be read",
        };
        write!(f, "{what} at byte {offset}: {reason}")
    }
}

impl std::error::Error for Damage {}
