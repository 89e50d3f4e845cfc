//! One entry of a sitemap, and what the protocol says of it.

use crate::date::Date;
use crate::sitemap_error::SitemapError;

/// The longest URL of an entry, in bytes. The protocol says 2,048; longer ones work.
pub(super) const MAX_LOCATION: usize = 8 * 1024;

/// One entry of a sitemap. URLs are as written, trimmed and not resolved.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SitemapEntry {
    /// A page of the site.
    #[non_exhaustive]
    Page {
        /// Where the page is, at most 8 KiB long.
        location: String,
        /// When the page last changed.
        modified: Option<Date>,
        /// How often the page is said to change.
        change_frequency: Option<ChangeFrequency>,
        /// The priority of the page among those of its site, from 0 to 1.
        priority: Option<f32>,
        /// The page in other languages, at most 256 of them.
        alternates: Vec<SitemapAlternate>,
    },
    /// Another sitemap, named by an index.
    #[non_exhaustive]
    Sitemap {
        /// Where the sitemap is, at most 8 KiB long.
        location: String,
        /// When the sitemap last changed.
        modified: Option<Date>,
    },
}

impl SitemapEntry {
    /// Returns where the page or sitemap is.
    #[must_use]
    pub fn location(&self) -> &str {
        match self {
            Self::Page { location, .. } | Self::Sitemap { location, .. } => location,
        }
    }

    /// Returns when the page or sitemap last changed.
    #[must_use]
    pub fn modified(&self) -> Option<&Date> {
        match self {
            Self::Page { modified, .. } | Self::Sitemap { modified, .. } => modified.as_ref(),
        }
    }
}

/// How often a page is said to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeFrequency {
    /// At each visit.
    Always,
    /// Every hour.
    Hourly,
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
    /// Every year.
    Yearly,
    /// No more: the page is archived.
    Never,
}

/// A page in another language (`xhtml:link` with `rel=alternate`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SitemapAlternate {
    /// The language as written, such as `de-CH` or `x-default`.
    pub language: String,
    /// Where the page is, as written.
    pub location: String,
}

pub(super) fn page(location: String, modified: Option<Date>) -> SitemapEntry {
    SitemapEntry::Page {
        location,
        modified,
        change_frequency: None,
        priority: None,
        alternates: Vec::new(),
    }
}

/// Accepts the text of a URL.
pub(super) fn location(text: String) -> Result<String, SitemapError> {
    match text.len() {
        0 => Err(SitemapError::NoLocation),
        1..=MAX_LOCATION => Ok(text),
        _ => Err(SitemapError::LongLocation),
    }
}

pub(super) fn change_frequency(text: &str) -> Option<ChangeFrequency> {
    Some(match text.to_ascii_lowercase().as_str() {
        "always" => ChangeFrequency::Always,
        "hourly" => ChangeFrequency::Hourly,
        "daily" => ChangeFrequency::Daily,
        "weekly" => ChangeFrequency::Weekly,
        "monthly" => ChangeFrequency::Monthly,
        "yearly" => ChangeFrequency::Yearly,
        "never" => ChangeFrequency::Never,
        _ => return None,
    })
}

pub(super) fn priority(text: &str) -> Option<f32> {
    text.parse().ok().filter(|priority| (0.0..=1.0).contains(priority))
}
