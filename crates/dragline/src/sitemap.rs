//! How sitemaps pass through the frontier, and what a worker takes from one. Which are asked for is the
//! engine's to say.

use std::sync::Arc;

use bytes::Bytes;
use dragline_fetch::Response;
use dragline_frontier::{Admission, Pending, Step};
use dragline_parse::{Sitemap, SitemapEntry, SitemapError};

use crate::output::Found;
use crate::page::content_type;
use crate::record::PageRecord;
use crate::worker::chain;

/// The largest body of a sitemap in bytes, as the protocol says.
pub(crate) const MAX_BODY: u64 = 50 * 1024 * 1024;
/// The longest sitemap that is read on a thread of the runtime, in bytes: packed, there may be much in it.
pub(crate) const READ_AT_ONCE: usize = 16 * 1024;
/// Most indexes one within the other that lead to a sitemap.
const MAX_INDEXES: u8 = 3;

// What a sitemap's payload begins with. A route is JSON, and never begins so.
const NAMED: u8 = 1;
const GUESSED: u8 = 2;

/// What waits in the frontier with a sitemap, in place of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errand<'a> {
    origin: Origin,
    /// Indexes that lead to it.
    indexes: u8,
    /// What the pages that it lists are to have with them.
    pages: Option<&'a [u8]>,
}

/// How a sitemap is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A robots.txt or another sitemap names it.
    Named,
    /// It may be there.
    Guessed,
}

impl<'a> Errand<'a> {
    /// Makes the errand of a sitemap whose pages are to have this payload.
    pub(crate) fn new(origin: Origin, pages: Option<&'a [u8]>) -> Self {
        Self { origin, indexes: 0, pages }
    }

    /// Reads what [`write`](Self::write) wrote; `None` for the payload of a page.
    pub(crate) fn read(payload: Option<&'a [u8]>) -> Option<Self> {
        let (origin, indexes, pages) = match payload? {
            [NAMED, indexes, pages @ ..] => (Origin::Named, *indexes, pages),
            [GUESSED, indexes, pages @ ..] => (Origin::Guessed, *indexes, pages),
            _ => return None,
        };
        // A route is no empty text, so none was written.
        Some(Self { origin, indexes, pages: (!pages.is_empty()).then_some(pages) })
    }

    /// Writes the errand as the payload of a sitemap.
    pub(crate) fn write(self) -> Box<[u8]> {
        let origin = match self.origin {
            Origin::Named => NAMED,
            Origin::Guessed => GUESSED,
        };
        [&[origin, self.indexes], self.pages.unwrap_or_default()].concat().into_boxed_slice()
    }

    /// Takes from a sitemap the pages it lists and the sitemaps it names.
    pub(crate) fn run(
        self,
        admission: &Admission,
        pending: &Pending,
        response: &Response<Bytes>,
        record: &mut PageRecord,
    ) -> Found {
        let mut found = Found::default();
        let referrer: Arc<str> = pending.url().into();
        let content_type = content_type(response.headers());
        let sitemap = Sitemap::read(response.body(), content_type.as_deref());
        for entry in sitemap.entries() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(
                    SitemapError::NoLocation
                    | SitemapError::LongLocation
                    | SitemapError::UnknownEntity { .. },
                ) => {
                    found.links.not_crawlable += 1;
                    continue;
                }
                // Sites answer what they do not have with a page; nobody said there is a sitemap.
                Err(SitemapError::NotSitemap) if self.origin == Origin::Guessed => break,
                Err(error) => {
                    record.error = Some("sitemap");
                    record.message = Some(chain(&error));
                    break;
                }
            };
            record.links += 1;
            let Ok(url) = response.url().join(entry.location()) else {
                found.links.not_crawlable += 1;
                continue;
            };
            match entry {
                SitemapEntry::Sitemap { .. } if self.indexes >= MAX_INDEXES => {
                    found.links.many_sitemaps += 1;
                }
                SitemapEntry::Sitemap { .. } => {
                    let errand = Self { origin: Origin::Named, indexes: self.indexes + 1, ..self };
                    let payload = Some(errand.write());
                    found.take_sitemap(admission.sitemap(url, &referrer, 0, payload));
                }
                _ => {
                    let payload = self.pages.map(Box::from);
                    found.take(admission.link(url, pending, &referrer, Step::Listed, payload));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errand_survives_the_frontier_and_is_no_route() {
        for pages in [None, Some(&br#"{"Detail":1}"#[..])] {
            for origin in [Origin::Named, Origin::Guessed] {
                let errand = Errand { indexes: 2, ..Errand::new(origin, pages) };
                assert_eq!(Errand::read(Some(&errand.write())), Some(errand));
            }
        }
        for route in [None, Some(&b"null"[..]), Some(b"\"List\""), Some(b"7"), Some(b"")] {
            assert_eq!(Errand::read(route), None);
        }
    }
}
