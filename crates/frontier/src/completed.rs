//! How a URL ended: what the engine tells the store of it, and what the store gives back when asked.

use std::borrow::Cow;

use crate::pending::Pending;

/// A URL that is finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// The URL, as it was claimed.
    pub pending: Pending,
    /// How it ended.
    pub ending: Ending,
    /// What a later crawl needs to ask whether the page changed.
    pub revisit: Option<Box<Revisit>>,
}

/// How a URL ended, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// In which of the three ways.
    pub end: End,
    /// The stable code of the reason, such as `dns` or `robots`; `None` for an answer that was read.
    pub code: Option<Cow<'static, str>>,
    /// The HTTP status; `None` without an answer.
    pub status: Option<u16>,
    /// When, in milliseconds since the Unix epoch.
    pub at: u64,
}

/// The three ways in which a URL ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was answered, whatever the status.
    Done,
    /// It was not answered, or its page could not be read.
    Failed,
    /// It was refused without being sent.
    Skipped,
}

/// What is needed to ask whether a page changed (RFC 9110 section 13.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revisit {
    /// The `ETag`, as sent.
    pub etag: Option<Box<str>>,
    /// The `Last-Modified`, as sent.
    pub last_modified: Option<Box<str>>,
    /// A hash of the content, made by whoever wants to compare it.
    pub content_hash: Option<u64>,
}
