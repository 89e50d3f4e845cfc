//! The entries of a feed: RSS 0.9x, 1.0 and 2.0, and Atom (RFC 4287). Does not fetch anything.

use url::Url;

use crate::feed_error::FeedError;
use crate::xml::{Source, Tag, Xml};
use crate::xml_error::XmlError;

mod entry;

pub use entry::{FeedEntry, FeedLink};

/// A feed of any of the usual kinds.
///
/// # Examples
///
/// ```
/// use dragline_parse::Feed;
/// use url::Url;
///
/// let url = Url::parse("http://h.example/feed.xml")?;
/// let body = b"<rss><channel><item><title>News</title><link>/news</link></item></channel></rss>";
/// let feed = Feed::read(body, Some("application/rss+xml"), &url);
/// let entry = feed.entries().next().expect("the feed has an entry")?;
/// assert_eq!(entry.title.as_deref(), Some("News"));
/// assert_eq!(entry.link().map(Url::as_str), Some("http://h.example/news"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Feed<'a> {
    source: Source<'a>,
    url: Url,
}

impl<'a> Feed<'a> {
    /// Takes the body of the feed at `url`; `content_type` is the value of that header, if there
    /// was one.
    ///
    /// Unpacks and decodes as [`Sitemap`](crate::Sitemap) does, up to 50 MiB. Never fails: what is
    /// wrong comes with the entries.
    #[must_use]
    pub fn read(body: &'a [u8], content_type: Option<&str>, url: &Url) -> Self {
        Self { source: Source::read(body, content_type), url: url.clone() }
    }

    /// Returns the entries in their order, read as they are asked for.
    ///
    /// What makes the rest unreadable is one error at the end, after all that came before it.
    /// Relative links are against `xml:base`, else the channel's own link (RSS), else the URL of
    /// the feed. Only the predefined entities and character references are resolved, and nothing
    /// is read from outside.
    pub fn entries(&self) -> impl Iterator<Item = Result<FeedEntry, FeedError>> + '_ {
        Entries::new(&self.source, Some(&self.url))
    }
}

/// The entries of a feed, one by one.
pub(crate) struct Entries<'t> {
    xml: Xml<'t>,
    /// What relative links are against, as far as is known yet.
    base: Option<Url>,
    /// Whether the root was one of a feed.
    rooted: bool,
    failed: bool,
}

impl<'t> Entries<'t> {
    pub(crate) fn new(source: &'t Source<'_>, url: Option<&Url>) -> Self {
        Self { xml: Xml::new(source), base: url.cloned(), rooted: false, failed: false }
    }

    fn entry(&mut self) -> Result<Option<FeedEntry>, FeedError> {
        while let Some(tag) = self.xml.open()? {
            let depth = self.xml.depth();
            match tag.local() {
                "rss" | "RDF" | "feed" if depth == 1 => {
                    self.rooted = true;
                    self.base = base(&tag, self.base.as_ref());
                }
                _ if depth == 1 => return Err(FeedError::NotFeed),
                "channel" if depth == 2 => self.base = base(&tag, self.base.as_ref()),
                "item" | "entry" => {
                    let base = base(&tag, self.base.as_ref());
                    return Ok(Some(entry::read(&mut self.xml, &tag, base.as_ref())?));
                }
                "link" if tag.prefix().is_empty() && depth == 3 => self.channel_link()?,
                _ => self.xml.skip()?,
            }
        }
        if self.rooted { Ok(None) } else { Err(FeedError::NotFeed) }
    }

    /// Takes the link of an RSS channel as the base of what follows.
    fn channel_link(&mut self) -> Result<(), XmlError> {
        let text = self.xml.text(entry::MAX_FIELD)?.text;
        let link = join(self.base.as_ref(), &text);
        if let Some(link) = link.filter(|link| !text.is_empty() && !link.cannot_be_a_base()) {
            self.base = Some(link);
        }
        Ok(())
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<FeedEntry, FeedError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let entry = self.entry().transpose()?;
        self.failed = entry.is_err();
        Some(entry)
    }
}

/// Returns the base of what is inside an element: its `xml:base`, else that of the outside.
fn base(tag: &Tag<'_>, outside: Option<&Url>) -> Option<Url> {
    tag.attr("xml:base").and_then(|base| join(outside, &base)).or_else(|| outside.cloned())
}

fn join(base: Option<&Url>, reference: &str) -> Option<Url> {
    match base {
        Some(base) => base.join(reference).ok(),
        None => Url::parse(reference).ok(),
    }
}

#[cfg(test)]
mod tests;
