//! A streaming pass over the text of a page that reads its facts without building a tree. It stops, with
//! the reason, where only the tree could tell; the reference walk decides then.

mod bail;
mod decode;
mod foreign;
mod raw;
mod tag;
#[cfg(test)]
mod tests;

use memchr::{memchr, memmem};

use crate::facts::{Facts, FactsBuilder};
use crate::tree::{MAX_DEPTH, MAX_NODES};

use self::decode::decode_title;
use self::tag::{Attributes, TagEnd};

pub use self::bail::Bail;

/// Reads the facts of a page without a tree.
///
/// One pass. It agrees with [`reference`](crate::reference) on the set of links (repeats and order may
/// differ), the base and the title.
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
    at: usize,
    facts: FactsBuilder,
    attributes: Attributes<'t>,
    /// Open elements by name, as far as start and end tags tell: an estimate that is never far too low.
    open: [u16; BUCKETS],
    depth: usize,
    /// Open formatting elements, which the tree re-creates in every following block.
    formatting: usize,
    /// An upper bound of the nodes that the tree would have.
    nodes: usize,
    titles: usize,
    tables: bool,
    bases: usize,
    in_select: bool,
}

const BUCKETS: usize = 64;

/// What the scanner does with an element of the HTML namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Its attributes may be facts.
    Fact,
    /// Nothing but nesting.
    Plain,
    /// Its content is text up to its end tag.
    Raw,
    /// Raw, and its attributes may be facts.
    RawFact,
    Title,
    Script,
    Foreign,
    Select,
    /// The tree decides.
    Bail(Bail),
    /// Ignored unless in a frameset.
    Frame,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            facts: FactsBuilder::default(),
            attributes: Attributes::default(),
            open: [0; BUCKETS],
            depth: 0,
            formatting: 0,
            nodes: 0,
            titles: 0,
            tables: false,
            bases: 0,
            in_select: false,
        }
    }

    fn run(&mut self) -> Result<(), Bail> {
        let most = self.bytes.len().saturating_add(1024).min(MAX_NODES);
        while let Some(offset) = memchr(b'<', &self.bytes[self.at..]) {
            self.at += offset;
            // A tag and the text before it, and what the tree may re-create around each.
            self.nodes += 2 + 2 * self.formatting;
            if self.nodes > most {
                return Err(Bail::Size);
            }
            match self.bytes.get(self.at + 1) {
                Some(byte) if byte.is_ascii_alphabetic() => self.start_tag()?,
                Some(b'/') => self.end_tag()?,
                Some(b'!') => self.at = self.markup_declaration(),
                Some(b'?') => self.at = self.after(b'>', self.at + 1),
                Some(_) => self.at += 1,
                None => break,
            }
        }
        Ok(())
    }

    fn start_tag(&mut self) -> Result<(), Bail> {
        let name_at = self.at + 1;
        let name_end = tag::name_end(self.bytes, name_at);
        let name = &self.bytes[name_at..name_end];
        let role = role(name);
        if self.in_select && !allowed_in_select(name) {
            return Err(Bail::Select);
        }
        let reads = matches!(role, Role::Fact | Role::RawFact | Role::Script);
        let tag_end = if reads {
            self.attributes.read(self.text, name_end)
        } else if role == Role::Foreign {
            tag::skip_foreign(self.bytes, name_end)
        } else {
            tag::skip(self.bytes, name_end)
        };
        let Some(end) = tag_end.place() else {
            // The end of the text within a tag: the tag does not count, and nothing follows.
            self.at = self.bytes.len();
            return Ok(());
        };
        if end - self.at > LONGEST_TAG {
            return Err(Bail::Size);
        }
        self.at = end;
        match role {
            Role::Bail(reason) => return Err(reason),
            Role::Frame => {}
            Role::Plain => self.opened(name),
            Role::Fact => {
                self.opened(name);
                self.fact(name)?;
            }
            Role::Raw => self.at = raw::after_end_tag(self.bytes, self.at, name).1,
            Role::RawFact => {
                self.fact(name)?;
                self.at = raw::after_end_tag(self.bytes, self.at, name).1;
            }
            Role::Title => {
                self.titles += 1;
                if self.titles > 1 && self.tables {
                    // A table moves what does not belong into it to its front.
                    return Err(Bail::Order);
                }
                let (end, next) = raw::after_end_tag(self.bytes, self.at, name);
                let content = &self.text[self.at..end];
                self.facts.title(&decode_title(content));
                self.at = next;
            }
            Role::Script => {
                self.fact(name)?;
                self.at = raw::after_script(self.bytes, self.at);
            }
            Role::Select => self.in_select = true,
            Role::Foreign => {
                if self.depth + 64 > MAX_DEPTH {
                    return Err(Bail::Depth);
                }
                if !matches!(tag_end, TagEnd::SelfClosing(_)) {
                    let mut skipper = foreign::Foreign::new(name, self.depth)?;
                    self.at = skipper.run(self.text, end, &mut self.facts, &mut self.attributes)?;
                    self.nodes += skipper.nodes();
                }
            }
        }
        Ok(())
    }

    /// Takes note of an element whose attributes were read.
    fn fact(&mut self, name: &[u8]) -> Result<(), Bail> {
        let mut lower = [0_u8; 8];
        let Some(lower) = lower.get_mut(..name.len()) else { return Ok(()) };
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        let name = match &*lower {
            b"image" => "img",
            lower => std::str::from_utf8(lower).unwrap_or_default(),
        };
        let attributes = &self.attributes;
        if name == "base" && attributes.value("href").is_some() {
            self.bases += 1;
            if self.bases > 1 {
                return Err(Bail::Order);
            }
        }
        self.facts.element(name, |attribute| attributes.value(attribute));
        Ok(())
    }

    fn end_tag(&mut self) -> Result<(), Bail> {
        let name_at = self.at + 2;
        match self.bytes.get(name_at) {
            Some(byte) if byte.is_ascii_alphabetic() => {}
            Some(b'>') => {
                self.at = name_at + 1;
                return Ok(());
            }
            // A bogus comment; at the end of the text it is text.
            Some(_) => {
                self.at = self.after(b'>', name_at);
                return Ok(());
            }
            None => {
                self.at = self.bytes.len();
                return Ok(());
            }
        }
        let name_end = tag::name_end(self.bytes, name_at);
        let name = &self.bytes[name_at..name_end];
        let Some(end) = tag::skip(self.bytes, name_end).place() else {
            self.at = self.bytes.len();
            return Ok(());
        };
        if end - self.at > LONGEST_TAG {
            return Err(Bail::Size);
        }
        self.at = end;
        if self.in_select {
            if name.eq_ignore_ascii_case(b"select") {
                self.in_select = false;
            } else if !allowed_in_select(name) {
                return Err(Bail::Select);
            }
        }
        let bucket = bucket(name);
        if self.open[bucket] > 0 {
            self.open[bucket] -= 1;
            self.depth -= 1;
            if is_formatting(name) {
                self.formatting = self.formatting.saturating_sub(1);
            }
        }
        Ok(())
    }

    fn opened(&mut self, name: &[u8]) {
        if is_void(name) {
            return;
        }
        if name.eq_ignore_ascii_case(b"table") {
            self.tables = true;
        }
        let bucket = bucket(name);
        if self.open[bucket] < u16::MAX {
            self.open[bucket] += 1;
            self.depth += 1;
        }
        if is_formatting(name) {
            self.formatting += 1;
        }
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

/// The longest tag that is read, in bytes; the tree closes longer ones on its own terms.
const LONGEST_TAG: usize = 32 * 1024;

/// Returns how long a comment is, from behind its `<!--` (HTML Standard, section 13.2.5.43 and on).
fn comment_end(comment: &[u8]) -> usize {
    if comment.starts_with(b">") {
        return 1;
    }
    if comment.starts_with(b"->") {
        return 2;
    }
    let mut from = 0;
    while let Some(offset) = memmem::find(&comment[from..], b"--") {
        let dashes = from + offset;
        match &comment[dashes + 2..] {
            [b'>', ..] => return dashes + 3,
            [b'!', b'>', ..] => return dashes + 4,
            _ => from = dashes + 1,
        }
    }
    comment.len()
}

fn bucket(name: &[u8]) -> usize {
    let first = name.first().map_or(0, u8::to_ascii_lowercase);
    let last = name.last().map_or(0, u8::to_ascii_lowercase);
    let mix = usize::from(first) * 31 + usize::from(last) * 7 + name.len();
    mix % BUCKETS
}

fn one_of(name: &[u8], names: &[&[u8]]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn allowed_in_select(name: &[u8]) -> bool {
    one_of(name, &[b"option", b"optgroup"])
}

fn is_void(name: &[u8]) -> bool {
    one_of(
        name,
        &[
            b"area",
            b"base",
            b"br",
            b"col",
            b"embed",
            b"frame",
            b"hr",
            b"image",
            b"img",
            b"input",
            b"link",
            b"meta",
            b"param",
            b"source",
            b"track",
            b"wbr",
            b"basefont",
            b"bgsound",
            b"keygen",
        ],
    )
}

fn is_formatting(name: &[u8]) -> bool {
    one_of(
        name,
        &[
            b"a", b"b", b"big", b"code", b"em", b"font", b"i", b"nobr", b"s", b"small", b"strike",
            b"strong", b"tt", b"u",
        ],
    )
}

fn role(name: &[u8]) -> Role {
    let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
    // By length first: most names are told apart by it.
    match name.len() {
        1 if is(b"a") => Role::Fact,
        3 if is(b"img") => Role::Fact,
        3 if is(b"svg") => Role::Foreign,
        3 if is(b"xmp") => Role::Raw,
        4 if is(b"link") || is(b"meta") || is(b"base") || is(b"area") => Role::Fact,
        4 if is(b"math") => Role::Foreign,
        5 if is(b"title") => Role::Title,
        5 if is(b"style") => Role::Raw,
        5 if is(b"input") || is(b"video") || is(b"audio") || is(b"track") || is(b"embed") => {
            Role::Fact
        }
        5 if is(b"image") => Role::Fact,
        5 if is(b"frame") => Role::Frame,
        6 if is(b"script") => Role::Script,
        6 if is(b"iframe") => Role::RawFact,
        6 if is(b"source") || is(b"object") => Role::Fact,
        6 if is(b"select") => Role::Select,
        7 if is(b"noembed") => Role::Raw,
        8 if is(b"noframes") || is(b"textarea") => Role::Raw,
        8 if is(b"template") => Role::Bail(Bail::Template),
        8 if is(b"frameset") => Role::Bail(Bail::Frameset),
        9 if is(b"plaintext") => Role::Bail(Bail::Plaintext),
        _ => Role::Plain,
    }
}

/// Returns the place of the next `<`, or of the end.
pub(crate) fn next_tag(bytes: &[u8], from: usize) -> usize {
    memchr(b'<', &bytes[from..]).map_or(bytes.len(), |offset| from + offset)
}
