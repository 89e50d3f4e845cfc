//! Why a sitemap, or one entry of it, could not be read.

use thiserror::Error;

use crate::feed_error::FeedError;
use crate::xml_error::XmlError;

/// What is wrong with a sitemap or with one of its entries.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SitemapError {
    /// The body is no sitemap: neither of its XML forms, nor a list of URLs, nor a feed.
    #[error("body is not a sitemap; expected urlset, sitemapindex, a feed or one URL on each line")]
    NotSitemap,
    /// The sitemap has more than 50,000 entries.
    #[error("sitemap has more than 50000 entries; the rest was not read")]
    TooManyEntries,
    /// An entry has no URL.
    #[error("entry has no URL")]
    NoLocation,
    /// The URL of an entry is longer than 8 KiB.
    #[error("URL of the entry is longer than 8192 bytes")]
    LongLocation,
    /// The URL of an entry has a reference to an entity that XML does not define.
    #[error("URL of the entry has the unknown entity &{};", name.escape_debug())]
    UnknownEntity {
        /// The name of the entity.
        name: String,
    },
    /// The body could not be read to its end.
    #[error(transparent)]
    Xml(#[from] XmlError),
}

impl SitemapError {
    /// Returns the stable code of the error: `not_sitemap`, `too_many_entries`, `no_location`,
    /// `long_location`, `unknown_entity`, or that of the [`XmlError`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSitemap => "not_sitemap",
            Self::TooManyEntries => "too_many_entries",
            Self::NoLocation => "no_location",
            Self::LongLocation => "long_location",
            Self::UnknownEntity { .. } => "unknown_entity",
            Self::Xml(error) => error.code(),
        }
    }
}

impl From<FeedError> for SitemapError {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::NotFeed => Self::NotSitemap,
            FeedError::Xml(error) => Self::Xml(error),
        }
    }
}
