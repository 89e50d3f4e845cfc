//! Errors of set-up and of the crawl as a whole. What goes wrong with one URL is data: see `record`.

use std::error::Error as StdError;
use std::fmt;

use crate::sink::SinkError;

/// Any error, as spiders return it.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a crawl could not start, or had to end early.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<BoxError>,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting cannot be.
    Config,
    /// The spider gave no seeds.
    Start,
    /// The crawl was started outside a tokio runtime.
    Runtime,
    /// A sink could not write.
    Sink(std::io::ErrorKind),
    /// The state of the crawl cannot be used.
    State,
    /// The store could not do what it was asked.
    Store,
    /// The engine ended without a word, which is a bug or a runtime that was shut down.
    Engine,
}

impl Error {
    /// Returns what kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Config, message: message.into(), source: None }
    }

    pub(crate) fn because(
        kind: ErrorKind,
        message: impl Into<String>,
        source: impl Into<BoxError>,
    ) -> Self {
        Self { kind, message: message.into(), source: Some(source.into()) }
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }
}

impl From<SinkError> for Error {
    fn from(error: SinkError) -> Self {
        Self::because(ErrorKind::Sink(error.kind()), "the output failed", error)
    }
}

impl From<dragline_frontier::StoreError> for Error {
    fn from(error: dragline_frontier::StoreError) -> Self {
        Self::because(ErrorKind::Store, "the frontier's store failed", error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
