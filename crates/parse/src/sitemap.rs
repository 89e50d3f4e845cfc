//! The URLs of a sitemap (sitemaps.org protocol): XML, plain text, or a feed given as one. Does
//! not fetch the sitemaps an index names; that is the caller's.

use std::iter;

use crate::date::Date;
use crate::feed::{Entries as FeedEntries, FeedEntry};
use crate::sitemap_error::SitemapError;
use crate::xml::{Source, Xml};

mod entry;
mod urlset;

pub use entry::{ChangeFrequency, SitemapAlternate, SitemapEntry};

use urlset::Urlset;

/// The most entries of one file, as the protocol says.
const MAX_ENTRIES: usize = 50_000;

/// A sitemap, an index of sitemaps, a list of URLs in plain text, or a feed given as a sitemap.
///
/// # Examples
///
/// ```
/// use dragline_parse::{Sitemap, SitemapEntry};
///
/// let body = b"<urlset><url><loc> http://h.example/?a=1&amp;b=2 </loc></url></urlset>";
/// let sitemap = Sitemap::read(body, Some("application/xml"));
/// let locations: Vec<String> =
///     sitemap.entries().filter_map(Result::ok).map(|entry| entry.location().to_owned()).collect();
/// assert_eq!(locations, ["http://h.example/?a=1&b=2"]);
/// ```
#[derive(Debug, Clone)]
pub struct Sitemap<'a> {
    source: Source<'a>,
}

impl<'a> Sitemap<'a> {
    /// Takes the body of a sitemap; `content_type` is the value of that header, if there was one.
    ///
    /// A body that is gzip by its first two bytes is unpacked, of any number of members. Its text
    /// is decoded as [`decode`](crate::decode) does. Of more than 50 MiB, unpacked, the rest is
    /// not read. Never fails: what is wrong comes with the entries.
    #[must_use]
    pub fn read(body: &'a [u8], content_type: Option<&str>) -> Self {
        Self { source: Source::read(body, content_type) }
    }

    /// Returns the entries in their order, read as they are asked for.
    ///
    /// An entry without a usable URL is an error in its place. What makes the rest unreadable is
    /// one error at the end, after all that came before it; at most 50,000 entries are read.
    /// Elements are known by local name, and those of another prefix than the entry's own are
    /// passed over, such as the URLs of images. Only the predefined entities and character
    /// references are resolved, and nothing is read from outside.
    pub fn entries(&self) -> impl Iterator<Item = Result<SitemapEntry, SitemapError>> + '_ {
        let mut entries = self.any_entries();
        let mut left = MAX_ENTRIES;
        let mut ended = false;
        iter::from_fn(move || {
            if ended {
                return None;
            }
            let entry = entries.next()?;
            if left == 0 {
                ended = true;
                return Some(Err(SitemapError::TooManyEntries));
            }
            left -= 1;
            Some(entry)
        })
    }

    fn any_entries(&self) -> Entries<'_> {
        let text = self.source.text().trim_start();
        if !text.starts_with('<') {
            return Entries::Text(Box::new(lines(text, &self.source)));
        }
        let root = Xml::new(&self.source).open();
        match root.as_ref().map(|root| root.as_ref().map_or("", |root| root.local())) {
            Ok("urlset" | "sitemapindex") => Entries::Urlset(Urlset::new(&self.source)),
            Ok("rss" | "RDF" | "feed") => Entries::Feed(FeedEntries::new(&self.source, None)),
            Ok(_) => Entries::Failed(Some(SitemapError::NotSitemap)),
            Err(error) => Entries::Failed(Some(error.clone().into())),
        }
    }
}

enum Entries<'t> {
    Urlset(Urlset<'t>),
    Feed(FeedEntries<'t>),
    Text(Box<dyn Iterator<Item = Result<SitemapEntry, SitemapError>> + 't>),
    Failed(Option<SitemapError>),
}

impl Iterator for Entries<'_> {
    type Item = Result<SitemapEntry, SitemapError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Urlset(urlset) => urlset.next(),
            Self::Feed(feed) => Some(feed.next()?.map_err(SitemapError::from).and_then(of_feed)),
            Self::Text(lines) => lines.next(),
            Self::Failed(error) => error.take().map(Err),
        }
    }
}

/// Reads a list of URLs in plain text, one on each line.
fn lines<'t>(
    text: &'t str,
    source: &Source<'_>,
) -> impl Iterator<Item = Result<SitemapEntry, SitemapError>> + use<'t> {
    // An error page in plain text is no list, and each of its lines would be an error.
    let list = text.lines().next().is_some_and(absolute);
    let other = (!list).then_some(Err(SitemapError::NotSitemap));
    let text = if list { text } else { "" };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| {
        if !absolute(line) {
            return Err(SitemapError::NoLocation);
        }
        entry::location(line.to_owned()).map(|location| entry::page(location, None))
    });
    let fault = source.fault().map(|fault| Err(fault.into()));
    lines.chain(fault.or(other))
}

fn absolute(line: &str) -> bool {
    let scheme = |scheme: &str| {
        line.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    scheme("http://") || scheme("https://")
}

fn of_feed(entry: FeedEntry) -> Result<SitemapEntry, SitemapError> {
    let location = entry.link().ok_or(SitemapError::NoLocation)?.to_string();
    let modified: Option<Date> = entry.updated.or(entry.published);
    Ok(entry::page(entry::location(location)?, modified))
}

#[cfg(test)]
mod tests;
