//! XML as sitemaps and feeds need it: elements by local name, text with its references resolved.
//! Reads no DTD and nothing from outside, so no entity can be defined; called by `sitemap.rs` and
//! `feed.rs`.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::xml_error::XmlError;

mod source;

pub(crate) use source::Source;

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 256;

/// The most characters of a document that an error or an unknown reference repeats.
const MAX_EXCERPT: usize = 160;

/// A reader of one document. After an error, and after the root is closed, nothing more comes.
pub(crate) struct Xml<'t> {
    text: &'t str,
    reader: Reader<&'t [u8]>,
    depth: usize,
    /// Where the last node began, in bytes.
    start: usize,
    /// What was wrong with the body before it was text; told once the text is at its end.
    fault: Option<XmlError>,
    finished: bool,
}

/// What stands in a document.
pub(crate) enum Node<'t> {
    Open(Tag<'t>),
    Close,
    Text(Cow<'t, str>),
    /// A reference to something that is neither predefined nor a character.
    Unknown(String),
}

/// A start tag.
pub(crate) struct Tag<'t>(BytesStart<'t>);

/// The text of an element.
#[derive(Default)]
pub(crate) struct Field {
    /// Trimmed; unknown references as written.
    pub(crate) text: String,
    /// Whether there was more than was wanted.
    pub(crate) cut: bool,
    /// The first name of an unknown reference.
    pub(crate) unknown: Option<String>,
}

impl<'t> Xml<'t> {
    pub(crate) fn new(source: &'t Source<'_>) -> Self {
        let mut reader = Reader::from_str(source.text());
        let config = reader.config_mut();
        // An ampersand that should have been escaped is common in URLs.
        config.allow_dangling_amp = true;
        config.expand_empty_elements = true;
        Self {
            text: source.text(),
            reader,
            depth: 0,
            start: 0,
            fault: source.fault(),
            finished: false,
        }
    }

    /// Returns how many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Returns the next node; nothing once the root is closed.
    pub(crate) fn next(&mut self) -> Result<Option<Node<'t>>, XmlError> {
        loop {
            if self.finished {
                return self.fault.take().map_or(Ok(None), Err);
            }
            self.start = self.position();
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    let offset = self.reader.error_position();
                    // A message may repeat a name of any length.
                    let reason = error.to_string().chars().take(MAX_EXCERPT).collect();
                    return Err(self.fail(XmlError::Malformed { offset, reason }));
                }
            };
            let node = match event {
                Event::Start(start) | Event::Empty(start) => {
                    if self.depth == MAX_DEPTH {
                        return Err(self.fail(XmlError::TooDeep { offset: self.start as u64 }));
                    }
                    self.depth += 1;
                    Node::Open(Tag(start))
                }
                Event::End(_) => {
                    self.depth -= 1;
                    self.finished = self.depth == 0;
                    Node::Close
                }
                Event::Text(text) => Node::Text(text.into_inner()),
                Event::CData(text) => Node::Text(text.into_inner()),
                Event::GeneralRef(reference) => resolve(&reference),
                Event::Eof if self.depth > 0 => return Err(self.fail(XmlError::Truncated)),
                Event::Eof => {
                    self.finished = true;
                    continue;
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
            };
            return Ok(Some(node));
        }
    }

    /// Returns the next element on any level; nothing once the root is closed.
    pub(crate) fn open(&mut self) -> Result<Option<Tag<'t>>, XmlError> {
        while let Some(node) = self.next()? {
            if let Node::Open(tag) = node {
                return Ok(Some(tag));
            }
        }
        Ok(None)
    }

    /// Returns the next element within the one that was opened at `depth`; nothing at its end.
    pub(crate) fn child(&mut self, depth: usize) -> Result<Option<Tag<'t>>, XmlError> {
        while self.depth >= depth {
            match self.next()? {
                Some(Node::Open(tag)) => return Ok(Some(tag)),
                Some(_) => {}
                None => break,
            }
        }
        Ok(None)
    }

    /// Reads the text of the element just opened, of elements inside too, up to its end.
    ///
    /// Keeps at most `limit` bytes of it.
    pub(crate) fn text(&mut self, limit: usize) -> Result<Field, XmlError> {
        let mut field = Field::default();
        self.pieces(|node| match node {
            Node::Text(text) => field.push(&text, limit),
            Node::Unknown(name) => {
                field.push(&format!("&{name};"), limit);
                field.unknown.get_or_insert(name);
            }
            Node::Open(_) | Node::Close => {}
        })?;
        field.text.truncate(field.text.trim_end().len());
        Ok(field)
    }

    /// Reads the element just opened up to its end, as it is written inside.
    ///
    /// Keeps at most `limit` bytes of it.
    pub(crate) fn markup(&mut self, limit: usize) -> Result<String, XmlError> {
        let start = self.position();
        self.pieces(drop)?;
        let markup = self.text.get(start..self.start).unwrap_or_default().trim();
        Ok(markup[..floor_boundary(markup, limit)].to_owned())
    }

    /// Steps over the element just opened.
    pub(crate) fn skip(&mut self) -> Result<(), XmlError> {
        self.pieces(drop)
    }

    /// Hands on what is inside the element just opened, up to its end.
    fn pieces(&mut self, mut take: impl FnMut(Node<'t>)) -> Result<(), XmlError> {
        let outside = self.depth - 1;
        while self.depth > outside {
            let Some(node) = self.next()? else { break };
            take(node);
        }
        Ok(())
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).expect("a position is within the text")
    }

    /// Ends the reading; what was wrong with the body before is the cause of what is wrong now.
    fn fail(&mut self, error: XmlError) -> XmlError {
        self.finished = true;
        self.fault.take().unwrap_or(error)
    }
}

impl Tag<'_> {
    /// Returns the name without its prefix.
    pub(crate) fn local(&self) -> &str {
        let name = self.0.name().0;
        name.split_once(':').map_or(name, |(_, local)| local)
    }

    /// Returns the prefix of the name, empty if it has none.
    pub(crate) fn prefix(&self) -> &str {
        let name = self.0.name().0;
        name.split_once(':').map_or("", |(prefix, _)| prefix)
    }

    /// Returns the value of an attribute by its full name, trimmed.
    pub(crate) fn attr(&self, name: &str) -> Option<String> {
        // Comparing all names with one another would cost the square of their number.
        let mut attributes = self.0.attributes();
        let found = attributes.with_checks(false).flatten().find(|attr| attr.key.0 == name)?;
        Some(unescape(&found.value).trim().to_owned())
    }
}

impl Field {
    pub(crate) fn push(&mut self, text: &str, limit: usize) {
        let text = if self.text.is_empty() { text.trim_start() } else { text };
        let room = limit.saturating_sub(self.text.len());
        let end = floor_boundary(text, room);
        self.cut |= end < text.trim_end().len();
        self.text.push_str(&text[..end]);
    }
}

fn resolve(reference: &BytesRef<'_>) -> Node<'static> {
    if let Some(text) = character(reference) {
        return Node::Text(Cow::Owned(text.to_string()));
    }
    Node::Unknown(reference.chars().take(MAX_EXCERPT).collect())
}

/// Returns the character of one of the five predefined references or of a character reference.
fn character(reference: &str) -> Option<char> {
    match resolve_predefined_entity(reference) {
        Some(text) => text.chars().next(),
        None => BytesRef::new(reference).resolve_char_ref().ok().flatten(),
    }
}

fn floor_boundary(text: &str, index: usize) -> usize {
    let index = index.min(text.len());
    (0..=index).rev().find(|&index| text.is_char_boundary(index)).unwrap_or(0)
}

/// Resolves the references of an attribute's value; what is none stays as it is.
fn unescape(value: &str) -> String {
    let mut pieces = value.split('&');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let resolved =
            piece.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        match resolved {
            Some((character, rest)) => {
                text.push(character);
                text.push_str(rest);
            }
            None => {
                text.push('&');
                text.push_str(piece);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests;
