//! Bytes in, structure out: what a crawler reads from a page.
//!
//! Everything here is pure and synchronous, and never fails because of what a page contains.
//!
//! * [`decode`] turns a body into text, whatever its charset; [`MediaType`] is what its headers declare.
//! * [`reference()`] reads the [`Facts`] of a page, and [`resolve`] makes absolute URLs of its links;
//!   a [`Joiner`] makes them one by one, in the page's charset.
//! * [`scan`] reads the same facts without a tree, or says why it cannot.
//! * [`Document`] is a page as a tree, searched with CSS selectors, and [`Extract`] makes typed
//!   values of its elements; [`Document::json_ld`], [`Document::open_graph`] and, with the feature
//!   `content`, `Document::content` read what many pages have.
//! * [`Sitemap`] and [`Feed`] are lists of pages, and [`Signals`] what a page asks of crawlers.
//!
//! ```
//! use dragline_parse::{Document, LinkKinds, decode, reference, resolve};
//! use url::Url;
//!
//! let body = b"<title>Shop</title><p class=price>12 \xa3</p><a href=next?page=2#top>more</a>";
//! let page = Url::parse("http://shop.example/list/")?;
//!
//! let decoded = decode(body, Some("text/html; charset=iso-8859-1"));
//! let facts = reference(&decoded.text);
//! assert_eq!(facts.title(), Some("Shop"));
//! for (url, link) in resolve(&page, &facts, LinkKinds::default()) {
//!     assert_eq!(url.as_str(), "http://shop.example/list/next?page=2");
//!     assert!(!link.nofollow);
//! }
//!
//! let document = Document::parse(&decoded.text, &page);
//! let prices = document.select("p.price")?;
//! assert_eq!(prices[0].text(), "12 £");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "content")]
mod content;
mod date;
mod derived;
mod document;
mod element;
mod encoding;
mod extract;
mod extract_error;
mod facts;
mod feed;
mod feed_error;
mod join;
mod json_ld;
mod kind;
mod media_type;
mod nesting;
mod reference;
mod refresh;
mod rule;
mod sample;
mod scan;
mod selector;
mod signals;
mod sitemap;
mod sitemap_error;
mod social;
mod tree;
mod vocabulary;
mod xml;
mod xml_error;

#[cfg(feature = "content")]
pub use crate::content::{Chunk, Content, ContentError};
pub use crate::date::Date;
pub use crate::document::{Document, MAX_DOCUMENT};
pub use crate::element::Element;
pub use crate::encoding::{Decoded, decode};
pub use crate::extract::Extract;
pub use crate::extract_error::{ExtractError, FieldError, FieldErrorKind};
pub use crate::facts::{Alternate, Facts, Link, Refresh};
pub use crate::feed::{Feed, FeedEntry, FeedLink};
pub use crate::feed_error::FeedError;
pub use crate::join::{Joiner, resolve};
pub use crate::json_ld::{JsonLd, JsonLdError};
pub use crate::kind::{LinkKind, LinkKinds, UnknownLinkKind};
pub use crate::media_type::MediaType;
pub use crate::reference::reference;
pub use crate::rule::{Found, Rule};
pub use crate::sample::text_sample;
pub use crate::scan::{Bail, scan};
pub use crate::selector::{Selector, SelectorError};
pub use crate::signals::{ImagePreview, Permission, Rel, Signals};
pub use crate::sitemap::{ChangeFrequency, Sitemap, SitemapAlternate, SitemapEntry};
pub use crate::sitemap_error::SitemapError;
pub use crate::social::{OpenGraph, Property, TwitterCard};
pub use crate::xml_error::XmlError;

/// What code written by `#[derive(Extract)]` calls; changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::derived::{
        Extraction, Fault, Field, Place, Recorded, Take, nested, parse, text, url, with,
    };
}
