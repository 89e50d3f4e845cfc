//! A record that was read.

use std::time::SystemTime;

use bytes::Bytes;

use crate::kind::Kind;
use crate::message::{Answer, Asked};

/// A record that was read.
#[derive(Clone, Debug)]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// Where it stands in its file.
    pub place: Place,
    /// The block, up to the limit of the reader.
    pub block: Bytes,
    /// Bytes of the whole block.
    pub length: u64,
    pub(crate) fields: Vec<(String, String)>,
}

/// Where a record stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Here, so that it can be read alone.
    Alone {
        /// Bytes in front of it, or of its gzip member.
        offset: u64,
        /// Bytes of it, or of its gzip member.
        length: u64,
    },
    /// In a gzip member with other records, so that all of those in front of it must be read first.
    Shared,
}

impl Record {
    /// Returns the value of a field, by its name in any case.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the name of the record, without angle brackets.
    pub fn id(&self) -> Option<&str> {
        self.reference("WARC-Record-ID")
    }

    /// Returns the URL that it is about, without the angle brackets that some tools put around it.
    pub fn target(&self) -> Option<&str> {
        self.reference("WARC-Target-URI")
    }

    /// Returns the value of a field that names a record or a URL, without angle brackets.
    pub fn reference(&self, field: &str) -> Option<&str> {
        let value = self.field(field)?.trim();
        let inner = value.strip_prefix('<').and_then(|value| value.strip_suffix('>'));
        Some(inner.unwrap_or(value))
    }

    /// Returns when it was made.
    pub fn date(&self) -> Option<SystemTime> {
        humantime::parse_rfc3339(self.field("WARC-Date")?).ok()
    }

    /// Tells whether the block is there whole.
    pub fn is_whole(&self) -> bool {
        self.block.len() as u64 == self.length
    }

    /// Reads the HTTP answer in it; `None` when there is none.
    pub fn answer(&self) -> Option<Answer> {
        matches!(self.kind, Kind::Response | Kind::Revisit)
            .then(|| Answer::read(&self.block))
            .flatten()
    }

    /// Reads the HTTP request in it; `None` when there is none.
    pub fn asked(&self) -> Option<Asked> {
        (self.kind == Kind::Request).then(|| Asked::read(&self.block)).flatten()
    }
}
