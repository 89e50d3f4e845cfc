//! One entry of a feed, whatever the kinds of feed call its parts.

use url::Url;

use crate::date::Date;
use crate::feed::{base, join};
use crate::xml::{Field, Node, Tag, Xml};
use crate::xml_error::XmlError;

/// The most bytes of a field that is neither summary nor content.
pub(super) const MAX_FIELD: usize = 16 * 1024;

/// The most bytes of a summary or content.
const MAX_CONTENT: usize = 1024 * 1024;

/// The most links of one entry; the rest is dropped.
const MAX_LINKS: usize = 256;

/// One entry of a feed.
///
/// Texts are trimmed and cut after 16 KiB, those of summary and content after 1 MiB. References
/// to entities that XML does not define are left as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedEntry {
    /// The identity of the entry: `id`, `guid`, or `rdf:about`.
    pub id: Option<String>,
    /// The title, HTML if the feed has it so.
    pub title: Option<String>,
    /// The links in their order, absolute, at most 256 of them.
    pub links: Vec<FeedLink>,
    /// When the entry was first published.
    pub published: Option<Date>,
    /// When the entry last changed.
    pub updated: Option<Date>,
    /// The summary (`summary`, `description`), HTML if the feed has it so.
    pub summary: Option<String>,
    /// The content (`content`, `content:encoded`), HTML if the feed has it so; XHTML as its
    /// markup.
    pub content: Option<String>,
    /// The name of the first author, or what else the feed says of them.
    pub author: Option<String>,
}

impl FeedEntry {
    /// Returns where the page of the entry is: the first link that is an `alternate`.
    #[must_use]
    pub fn link(&self) -> Option<&Url> {
        self.links.iter().find(|link| link.relation == "alternate").map(|link| &link.url)
    }
}

/// One link of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedLink {
    /// Where it leads; of any scheme.
    pub url: Url,
    /// What it leads to, such as `alternate` (the page of the entry) or `enclosure` (a file).
    pub relation: String,
    /// The media type of what it leads to, if the feed says it.
    pub media_type: Option<String>,
}

/// Reads the entry just opened, up to its end.
pub(super) fn read(
    xml: &mut Xml<'_>,
    entry: &Tag<'_>,
    outside: Option<&Url>,
) -> Result<FeedEntry, XmlError> {
    let depth = xml.depth();
    let mut found = FeedEntry { id: entry.attr("rdf:about"), ..FeedEntry::default() };
    // A guid is a link unless it says otherwise, but a link of its own is the better one.
    let mut permalink = None;
    while let Some(tag) = xml.child(depth)? {
        let base = base(&tag, outside);
        let prefix = if tag.prefix() == entry.prefix() { "" } else { tag.prefix() };
        match (prefix, tag.local()) {
            ("" | "atom" | "a10", "link") => link(xml, &tag, base.as_ref(), &mut found.links)?,
            ("", "enclosure") => {
                push(&mut found.links, base.as_ref(), &tag, "url", "enclosure");
                xml.skip()?;
            }
            ("", "guid") => {
                let text = text(xml, MAX_FIELD)?;
                if tag.attr("isPermaLink").is_none_or(|value| value != "false") {
                    permalink = text.as_deref().and_then(|text| Url::parse(text).ok());
                }
                found.id = text.or(found.id);
            }
            ("", "id") => found.id = text(xml, MAX_FIELD)?.or(found.id),
            ("", "title") => found.title = text(xml, MAX_FIELD)?.or(found.title),
            ("", "pubDate" | "published" | "issued") | ("dcterms", "created") => {
                found.published = date(xml)?.or(found.published);
            }
            ("dc", "date") => found.published = found.published.take().or(date(xml)?),
            ("" | "atom" | "a10", "updated") | ("", "modified") | ("dcterms", "modified") => {
                found.updated = date(xml)?.or(found.updated);
            }
            ("", "description" | "summary") => {
                found.summary = markup(xml, &tag)?.or(found.summary);
            }
            ("", "content") | ("content", "encoded") => {
                found.content = markup(xml, &tag)?.or(found.content);
            }
            ("", "author") | ("dc", "creator") => {
                let name = author(xml)?;
                found.author = found.author.take().or(name);
            }
            _ => xml.skip()?,
        }
    }
    let permalink = permalink.filter(|url| matches!(url.scheme(), "http" | "https"));
    if let Some(url) = permalink.filter(|_| found.link().is_none()) {
        found.links.push(FeedLink { url, relation: "alternate".to_owned(), media_type: None });
    }
    Ok(found)
}

/// Reads a link: of Atom in an attribute, of RSS as text.
fn link(
    xml: &mut Xml<'_>,
    tag: &Tag<'_>,
    base: Option<&Url>,
    links: &mut Vec<FeedLink>,
) -> Result<(), XmlError> {
    if tag.attr("href").is_some() {
        let relation = tag.attr("rel").unwrap_or_default();
        let relation = if relation.is_empty() { "alternate" } else { &relation };
        push(links, base, tag, "href", relation);
        return xml.skip();
    }
    let Some(url) = text(xml, MAX_FIELD)?.and_then(|text| join(base, &text)) else {
        return Ok(());
    };
    if links.len() < MAX_LINKS {
        links.push(FeedLink { url, relation: "alternate".to_owned(), media_type: None });
    }
    Ok(())
}

fn push(links: &mut Vec<FeedLink>, base: Option<&Url>, tag: &Tag<'_>, attr: &str, relation: &str) {
    let short = |value: &String| value.len() <= MAX_FIELD;
    let url = tag.attr(attr).filter(short).and_then(|href| join(base, &href));
    let Some(url) = url.filter(|_| links.len() < MAX_LINKS && relation.len() <= MAX_FIELD) else {
        return;
    };
    let media_type = tag.attr("type").filter(short);
    links.push(FeedLink { url, relation: relation.to_ascii_lowercase(), media_type });
}

fn text(xml: &mut Xml<'_>, limit: usize) -> Result<Option<String>, XmlError> {
    let text = xml.text(limit)?.text;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn date(xml: &mut Xml<'_>) -> Result<Option<Date>, XmlError> {
    Ok(text(xml, MAX_FIELD)?.map(|text| Date::read(&text)))
}

/// Reads a summary or content; XHTML is given as its markup.
fn markup(xml: &mut Xml<'_>, tag: &Tag<'_>) -> Result<Option<String>, XmlError> {
    if tag.attr("type").is_some_and(|kind| kind == "xhtml") {
        return Ok(Some(xml.markup(MAX_CONTENT)?).filter(|markup| !markup.is_empty()));
    }
    text(xml, MAX_CONTENT)
}

/// Reads an author: of Atom a name among other elements, of RSS as text.
fn author(xml: &mut Xml<'_>) -> Result<Option<String>, XmlError> {
    let depth = xml.depth();
    let mut author = Field::default();
    while xml.depth() >= depth {
        match xml.next()? {
            Some(Node::Open(tag)) if tag.local() == "name" => {
                let name = xml.text(MAX_FIELD)?;
                while xml.child(depth)?.is_some() {}
                return Ok(Some(name.text).filter(|name| !name.is_empty()));
            }
            Some(Node::Open(_)) => xml.skip()?,
            Some(Node::Text(text)) => author.push(&text, MAX_FIELD),
            Some(_) => {}
            None => break,
        }
    }
    Ok(Some(author.text.trim_end().to_owned()).filter(|author| !author.is_empty()))
}
