//! The types of structured data: what [`Page::json_ld`](crate::Page::json_ld),
//! [`open_graph`](crate::Page::open_graph), [`feed`](crate::Page::feed), [`sitemap`](crate::Page::sitemap) and
//! their like return.

pub use dragline_parse::{
    ChangeFrequency, Date, Feed, FeedEntry, FeedError, FeedLink, JsonLd, JsonLdError, OpenGraph,
    Property, Sitemap, SitemapAlternate, SitemapEntry, SitemapError, TwitterCard, XmlError,
};
#[cfg(feature = "content")]
pub use dragline_parse::{Chunk, Content, ContentError};
