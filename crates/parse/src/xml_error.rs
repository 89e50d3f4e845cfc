//! Why the body of a sitemap or feed could not be read to its end.

use thiserror::Error;

/// What ended the reading of a body early; what came before it was read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum XmlError {
    /// The body is gzip and damaged or cut short.
    #[error("gzip data is damaged or cut short")]
    Gzip,
    /// The body is longer than 50 MiB, or was after decoding.
    #[error("body is longer than 52428800 bytes; the rest was not read")]
    TooLong,
    /// Elements are nested deeper than 256 levels.
    #[error("elements at byte {offset} are nested deeper than 256 levels")]
    TooDeep {
        /// Where, in bytes of the text.
        offset: u64,
    },
    /// The text ends before its root element is closed.
    #[error("text ends inside an element")]
    Truncated,
    /// The text is not well-formed XML.
    #[error("XML is not well-formed at byte {offset}: {reason}")]
    Malformed {
        /// Where, in bytes of the text.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
}

impl XmlError {
    /// Returns the stable code of the error: `gzip`, `too_long`, `too_deep`, `truncated` or
    /// `malformed`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::TooLong => "too_long",
            Self::TooDeep { .. } => "too_deep",
            Self::Truncated => "truncated",
            Self::Malformed { .. } => "malformed",
        }
    }
}
