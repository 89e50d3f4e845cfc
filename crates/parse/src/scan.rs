//! A streaming pass over the text of a page that reads its facts without building a tree. It stops, with
//! the reason, where only the tree could tell; the reference walk decides then.

mod bail;
mod decode;
mod foreign;
mod index;
mod name;
mod near;
mod nesting;
mod raw;
mod tag;
#[cfg(test)]
mod tests;

use memchr::memchr;

use crate::facts::{Facts, FactsBuilder};
use crate::tree::{MAX_DEPTH, MAX_NODES, MAX_SEPARATORS, separates};
use crate::vocabulary::Tag;

use self::index::Index;
use self::name::{BARRIER, Known, Name, Role};
use self::nesting::Nesting;
use self::tag::{Attributes, TagEnd};

pub use self::bail::Bail;

/// Reads the facts of a page without a tree.
///
/// One pass. What it finds equals what [`reference`](crate::reference) finds; only the order and the repeats
/// of links may differ. Takes memory for the facts and for little else.
///
/// # Errors
///
/// The reason for which only the tree can tell what the facts are; [`reference`](crate::reference) decides
/// then.
pub fn scan(text: &str) -> Result<Facts, Bail> {
    let mut scanner = Scanner::new(text);
    scanner.run()?;
    Ok(scanner.facts.finish())
}

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    index: Index<'t>,
    at: usize,
    facts: FactsBuilder,
    attributes: Attributes<'t>,
    nesting: Nesting,
    /// An upper bound of the nodes that the tree would have.
    nodes: usize,
    in_select: bool,
    /// How many templates are open; what is in them does not count.
    templates: usize,
    /// Whether an `a` is open within the template.
    link_in_template: bool,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            index: Index::new(text.as_bytes()),
            at: 0,
            facts: FactsBuilder::of(text),
            attributes: Attributes::new(text),
            nesting: Nesting::default(),
            nodes: 0,
            in_select: false,
            templates: 0,
            link_in_template: false,
        }
    }

    fn run(&mut self) -> Result<(), Bail> {
        let most = self.bytes.len().saturating_add(1024).min(MAX_NODES);
        while let Some(place) = self.index.next_tag(self.at) {
            self.at = place;
            // A tag and the text before it, and what the tree may re-create around each.
            self.nodes += 2 + 2 * self.nesting.formatting();
            if self.nodes > most {
                return Err(Bail::Size);
            }
            match self.bytes.get(self.at + 1) {
                Some(b'/') => self.end_tag()?,
                Some(byte) if byte.is_ascii_alphabetic() => self.start_tag()?,
                Some(b'!') => self.leave_at(self.markup_declaration())?,
                Some(b'?') => self.leave_at(self.after(b'>', self.at + 1))?,
                Some(_) => self.at += 1,
                None => break,
            }
        }
        if self.facts.order_matters() { Err(Bail::Order) } else { Ok(()) }
    }

    fn start_tag(&mut self) -> Result<(), Bail> {
        let tag_at = self.at;
        let (name, known) = Name::read(self.bytes, tag_at + 1);
        let name_end = tag_at + 1 + name.len();
        let tag_end = match known.role {
            Role::Fact(_) | Role::VoidFact(_) | Role::RawFact(_) => {
                self.attributes.read(&mut self.index, name_end)
            }
            _ => tag::skip(&mut self.index, name_end),
        };
        self.leave_at(tag_end.place().unwrap_or(self.bytes.len()))?;
        if tag_end == TagEnd::Missing {
            // The end of the text within a tag: the tag does not count, and nothing follows.
            return Ok(());
        }
        if self.in_select && known.role != Role::Option {
            return Err(Bail::Select);
        }
        if self.templates > 0 {
            self.check_template(known)?;
        }
        match known.role {
            Role::Plain | Role::Option => self.nesting.open(name, known),
            Role::Void | Role::Column => {}
            Role::Fact(tag) => {
                self.nesting.open(name, known);
                self.fact(tag);
            }
            Role::VoidFact(tag) => self.fact(tag),
            Role::Raw => self.skip_raw(name_end - name.len(), name_end),
            Role::RawFact(Tag::Script) => {
                self.fact(Tag::Script);
                self.at = raw::after_script(&mut self.index, self.at);
            }
            Role::RawFact(tag) => {
                self.fact(tag);
                self.skip_raw(name_end - name.len(), name_end);
            }
            Role::Title => {
                let (end, next) = raw::after_end_tag(&mut self.index, self.at, b"title");
                if self.templates == 0 && self.facts.wants_title() {
                    self.facts.title(&decode::title(&self.text[self.at..end]));
                }
                self.at = next;
            }
            Role::Table => {
                self.facts.table();
                self.nesting.open(name, known);
            }
            Role::Select => self.in_select = true,
            Role::Template => {
                if self.too_deep() {
                    return Err(Bail::Depth);
                }
                self.nesting.open(name, known);
                self.templates += 1;
            }
            Role::Foreign => {
                if self.too_deep() {
                    return Err(Bail::Depth);
                }
                if tag_end == TagEnd::At(self.at) {
                    self.foreign(&self.bytes[tag_at + 1..name_end])?;
                }
            }
            Role::Bail(reason) => return Err(reason),
        }
        Ok(())
    }

    fn end_tag(&mut self) -> Result<(), Bail> {
        let name_at = self.at + 2;
        if !self.in_select
            && self.templates == 0
            && let Some(end) = self.nesting.close_last(self.bytes, name_at)
        {
            self.at = end;
            return Ok(());
        }
        match self.bytes.get(name_at) {
            Some(byte) if byte.is_ascii_alphabetic() => {}
            Some(b'>') => {
                self.at = name_at + 1;
                return Ok(());
            }
            // A bogus comment; at the end of the text it is text.
            Some(_) => return self.leave_at(self.after(b'>', name_at)),
            None => {
                self.at = self.bytes.len();
                return Ok(());
            }
        }
        let (name, known) = Name::read(self.bytes, name_at);
        let name_end = name_at + name.len();
        if self.bytes.get(name_end) == Some(&b'>') {
            self.at = name_end + 1;
        } else {
            let tag_end = tag::skip(&mut self.index, name_end);
            self.leave_at(tag_end.place().unwrap_or(self.bytes.len()))?;
            if tag_end == TagEnd::Missing {
                return Ok(());
            }
        }
        if self.in_select {
            match known.role {
                Role::Select => self.in_select = false,
                Role::Option => {}
                _ => return Err(Bail::Select),
            }
        }
        if self.templates > 0 {
            match known.role {
                Role::Template => {
                    self.templates -= 1;
                    self.link_in_template &= self.templates > 0;
                }
                Role::Fact(Tag::A) => self.link_in_template = false,
                _ => {}
            }
        }
        self.nesting.close(name, known);
        Ok(())
    }

    /// Takes note of an element whose attributes were read.
    fn fact(&mut self, tag: Tag) {
        if self.templates == 0 {
            let attributes = &self.attributes;
            self.facts.element(tag, |attribute| attributes.value(attribute));
        }
    }

    /// Walks over an element of SVG or MathML.
    fn foreign(&mut self, name: &'t [u8]) -> Result<(), Bail> {
        let mut skipper = foreign::Foreign::new(name, self.nesting.depth());
        let mut nowhere = FactsBuilder::default();
        let facts = if self.templates > 0 { &mut nowhere } else { &mut self.facts };
        self.at = skipper.run(&mut self.index, self.at, facts, &mut self.attributes)?;
        self.nodes += skipper.nodes();
        Ok(())
    }

    /// Tells whether the tree decides where the template ends, or what leaves it.
    fn check_template(&mut self, known: &Known) -> Result<(), Bail> {
        // In columns the tree takes no other element, so that the content of these would be tags. And what
        // keeps formatting elements apart can keep an `a` until behind the template.
        let apart = known.is(BARRIER) && known.role != Role::Template;
        if known.role == Role::Column
            || known.role == Role::Select
            || (apart && self.link_in_template)
        {
            return Err(Bail::Template);
        }
        self.link_in_template |= known.role == Role::Fact(Tag::A);
        Ok(())
    }

    fn too_deep(&self) -> bool {
        self.nesting.depth() + 64 > MAX_DEPTH
    }

    fn skip_raw(&mut self, name_at: usize, name_end: usize) {
        let name = &self.bytes[name_at..name_end];
        self.at = raw::after_end_tag(&mut self.index, self.at, name).1;
    }

    /// Leaves what begins here and ends at `end`, unless the tree would end it before.
    fn leave_at(&mut self, end: usize) -> Result<(), Bail> {
        // Hardly any is so long.
        if end - self.at > MAX_SEPARATORS && flooded(&self.bytes[self.at..end]) {
            return Err(Bail::Size);
        }
        self.at = end;
        Ok(())
    }

    /// Returns the place behind `<!..`: a comment, a doctype, or what counts as a comment.
    fn markup_declaration(&self) -> usize {
        let body = self.at + 2;
        match self.bytes[body..].strip_prefix(b"--") {
            Some(comment) => body + 2 + comment_end(comment),
            // A doctype ends with the first `>`, also within quotes; so does everything else here.
            None => self.after(b'>', body),
        }
    }

    fn after(&self, byte: u8, from: usize) -> usize {
        memchr(byte, &self.bytes[from..]).map_or(self.bytes.len(), |offset| from + offset + 1)
    }
}

/// Tells whether a tag or a comment may have so many attributes that the tree ends it.
fn flooded(markup: &[u8]) -> bool {
    markup.len() > MAX_SEPARATORS
        && markup.iter().filter(|byte| separates(**byte)).count() > MAX_SEPARATORS
}

/// Returns how long a comment is, from behind its `<!--` (HTML Standard, section 13.2.5.43 and on).
fn comment_end(comment: &[u8]) -> usize {
    if comment.starts_with(b">") {
        return 1;
    }
    if comment.starts_with(b"->") {
        return 2;
    }
    let mut from = 0;
    while let Some(offset) = memchr(b'>', &comment[from..]) {
        let end = from + offset;
        let content = &comment[..end];
        if content.ends_with(b"--") || content.ends_with(b"--!") {
            return end + 1;
        }
        from = end + 1;
    }
    comment.len()
}

/// Returns the place of the next `<`, or of the end.
pub(crate) fn next_tag(bytes: &[u8], from: usize) -> usize {
    memchr(b'<', &bytes[from..]).map_or(bytes.len(), |offset| from + offset)
}
