//! Why a feed could not be read.

use thiserror::Error;

use crate::xml_error::XmlError;

/// What is wrong with a feed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FeedError {
    /// The body is no feed.
    #[error("body is not a feed; expected rss, rdf:RDF or feed as its root element")]
    NotFeed,
    /// The body could not be read to its end.
    #[error(transparent)]
    Xml(#[from] XmlError),
}

impl FeedError {
    /// Returns the stable code of the error: `not_feed`, or that of the [`XmlError`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFeed => "not_feed",
            Self::Xml(error) => error.code(),
        }
    }
}
