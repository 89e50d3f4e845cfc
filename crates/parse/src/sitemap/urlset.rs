//! The entries of a `urlset` or `sitemapindex`, one by one.

use crate::date::Date;
use crate::sitemap::entry::{
    MAX_LOCATION, SitemapAlternate, SitemapEntry, change_frequency, location, priority,
};
use crate::sitemap_error::SitemapError;
use crate::xml::{Field, Source, Tag, Xml};
use crate::xml_error::XmlError;

/// The most alternates of one entry; the rest is dropped.
const MAX_ALTERNATES: usize = 256;

/// The most bytes of a field that is not a URL.
const MAX_FIELD: usize = 256;

pub(super) struct Urlset<'t> {
    xml: Xml<'t>,
}

impl<'t> Urlset<'t> {
    pub(super) fn new(source: &'t Source<'_>) -> Self {
        Self { xml: Xml::new(source) }
    }

    fn entry(&mut self) -> Result<Option<Result<SitemapEntry, SitemapError>>, XmlError> {
        while let Some(tag) = self.xml.open()? {
            match tag.local() {
                "url" | "sitemap" if self.xml.depth() == 2 => return self.fields(&tag).map(Some),
                _ if self.xml.depth() > 1 => self.xml.skip()?,
                _ => {}
            }
        }
        Ok(None)
    }

    fn fields(&mut self, entry: &Tag<'_>) -> Result<Result<SitemapEntry, SitemapError>, XmlError> {
        let depth = self.xml.depth();
        let mut found = None;
        let mut modified = None;
        let mut frequency = None;
        let mut weight = None;
        let mut alternates = Vec::new();
        while let Some(tag) = self.xml.child(depth)? {
            let own = tag.prefix() == entry.prefix();
            match tag.local() {
                "loc" if own && found.is_none() => found = Some(self.xml.text(MAX_LOCATION)?),
                "lastmod" if own => modified = Some(self.xml.text(MAX_FIELD)?.text),
                "changefreq" if own => {
                    frequency = change_frequency(&self.xml.text(MAX_FIELD)?.text)
                }
                "priority" if own => weight = priority(&self.xml.text(MAX_FIELD)?.text),
                "link" => {
                    if alternates.len() < MAX_ALTERNATES {
                        alternates.extend(alternate(&tag));
                    }
                    self.xml.skip()?;
                }
                _ => self.xml.skip()?,
            }
        }
        let modified = modified.filter(|text| !text.is_empty()).map(|text| Date::read(&text));
        let location = match usable(found.unwrap_or_default()) {
            Ok(location) => location,
            Err(error) => return Ok(Err(error)),
        };
        Ok(Ok(match entry.local() {
            "sitemap" => SitemapEntry::Sitemap { location, modified },
            _ => SitemapEntry::Page {
                location,
                modified,
                change_frequency: frequency,
                priority: weight,
                alternates,
            },
        }))
    }
}

impl Iterator for Urlset<'_> {
    type Item = Result<SitemapEntry, SitemapError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.entry() {
            Ok(entry) => entry,
            Err(error) => Some(Err(error.into())),
        }
    }
}

fn usable(field: Field) -> Result<String, SitemapError> {
    if let Some(name) = field.unknown {
        return Err(SitemapError::UnknownEntity { name });
    }
    if field.cut {
        return Err(SitemapError::LongLocation);
    }
    location(field.text)
}

fn alternate(tag: &Tag<'_>) -> Option<SitemapAlternate> {
    let relation = tag.attr("rel")?;
    let location = tag.attr("href").filter(|href| (1..=MAX_LOCATION).contains(&href.len()))?;
    let language = tag.attr("hreflang").filter(|language| language.len() <= MAX_FIELD)?;
    relation.eq_ignore_ascii_case("alternate").then_some(SitemapAlternate { language, location })
}
