//! SVG and MathML: well nested they hold no facts but the links of SVG. Everything else is for the tree.

use memchr::{memchr, memmem};

use super::bail::Bail;
use super::index::Index;
use super::name::{BREAKOUT, INTEGRATION, Name, Role};
use super::tag::{Attributes, TagEnd, is_space, skip};
use super::{comment_end, flooded};
use crate::facts::FactsBuilder;
use crate::tree::MAX_DEPTH;

/// Walks over one `svg` or `math` element.
pub(super) struct Foreign<'t> {
    svg: bool,
    open: Vec<&'t [u8]>,
    depth: usize,
    nodes: usize,
}

impl<'t> Foreign<'t> {
    /// Begins behind the start tag of `name`, at this depth of the tree.
    pub(super) fn new(name: &'t [u8], depth: usize) -> Self {
        let svg = name.eq_ignore_ascii_case(b"svg");
        Self { svg, open: vec![name], depth, nodes: 0 }
    }

    /// Returns how many nodes the element has at most.
    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    /// Walks to behind the element's end tag, or the end of the text.
    pub(super) fn run(
        &mut self,
        index: &mut Index<'t>,
        mut at: usize,
        facts: &mut FactsBuilder,
        attributes: &mut Attributes<'t>,
    ) -> Result<usize, Bail> {
        let bytes = index.bytes;
        while let Some(offset) = memchr(b'<', &bytes[at..]) {
            at += offset;
            self.nodes += 2;
            at = match bytes.get(at + 1) {
                Some(byte) if byte.is_ascii_alphabetic() => {
                    self.start_tag(index, at, facts, attributes)?
                }
                Some(b'/') => match self.end_tag(index, at)? {
                    Step::On(at) => at,
                    Step::Left(at) => return Ok(at),
                },
                Some(b'!') => checked(bytes, at, declaration(bytes, at + 2))?,
                Some(b'?') => checked(bytes, at, after(bytes, b'>', at + 1))?,
                Some(_) => at + 1,
                None => return Ok(bytes.len()),
            };
        }
        Ok(bytes.len())
    }

    fn start_tag(
        &mut self,
        index: &mut Index<'t>,
        at: usize,
        facts: &mut FactsBuilder,
        attributes: &mut Attributes<'t>,
    ) -> Result<usize, Bail> {
        let bytes = index.bytes;
        let (read, known) = Name::read(bytes, at + 1);
        let name_end = at + 1 + read.len();
        let name = &bytes[at + 1..name_end];
        if known.is(BREAKOUT | INTEGRATION) || known.role == Role::Foreign {
            return Err(Bail::Foreign);
        }
        let link = self.svg && name.eq_ignore_ascii_case(b"a");
        let tag_end = if link { attributes.read(index, name_end) } else { skip(index, name_end) };
        let end = tag_end.place().unwrap_or(bytes.len());
        if flooded(&bytes[at..end]) {
            return Err(Bail::Size);
        }
        if tag_end == TagEnd::Missing {
            return Ok(end);
        }
        if link {
            facts.svg_anchor(|attribute| attributes.value(attribute));
        }
        if matches!(tag_end, TagEnd::SelfClosing(_)) {
            return Ok(end);
        }
        // HTML may stand in these; what they usually hold is text alone.
        let text_only: &[&[u8]] =
            if self.svg { &[b"title", b"desc"] } else { &[b"mi", b"mo", b"mn", b"ms", b"mtext"] };
        if text_only.iter().any(|text| name.eq_ignore_ascii_case(text)) {
            let next = super::next_tag(bytes, end);
            if next < bytes.len() && !closes(bytes, next, name) {
                return Err(Bail::Foreign);
            }
        }
        self.open.push(name);
        if self.depth + self.open.len() + 8 > MAX_DEPTH {
            return Err(Bail::Depth);
        }
        Ok(end)
    }

    fn end_tag(&mut self, index: &mut Index<'_>, at: usize) -> Result<Step, Bail> {
        let bytes = index.bytes;
        let name_at = at + 2;
        match bytes.get(name_at) {
            Some(byte) if byte.is_ascii_alphabetic() => {}
            Some(b'>') => return Ok(Step::On(name_at + 1)),
            Some(_) => {
                return Ok(Step::On(checked(bytes, at, after(bytes, b'>', name_at))?));
            }
            None => return Ok(Step::On(bytes.len())),
        }
        let name_end = name_at + Name::read(bytes, name_at).0.len();
        let name = &bytes[name_at..name_end];
        let tag_end = skip(index, name_end);
        let end = tag_end.place().unwrap_or(bytes.len());
        if flooded(&bytes[at..end]) {
            return Err(Bail::Size);
        }
        if tag_end == TagEnd::Missing {
            return Ok(Step::On(end));
        }
        match self.open.last() {
            Some(open) if open.eq_ignore_ascii_case(name) => {
                self.open.pop();
            }
            _ => return Err(Bail::Foreign),
        }
        Ok(if self.open.is_empty() { Step::Left(end) } else { Step::On(end) })
    }
}

enum Step {
    On(usize),
    /// Behind the element itself.
    Left(usize),
}

fn checked(bytes: &[u8], at: usize, end: usize) -> Result<usize, Bail> {
    if flooded(&bytes[at..end]) { Err(Bail::Size) } else { Ok(end) }
}

fn declaration(bytes: &[u8], body: usize) -> usize {
    let rest = &bytes[body..];
    if let Some(comment) = rest.strip_prefix(b"--") {
        return body + 2 + comment_end(comment);
    }
    if let Some(data) = rest.strip_prefix(b"[CDATA[") {
        return memmem::find(data, b"]]>").map_or(bytes.len(), |end| body + 7 + end + 3);
    }
    after(bytes, b'>', body)
}

fn after(bytes: &[u8], byte: u8, from: usize) -> usize {
    memchr(byte, &bytes[from..]).map_or(bytes.len(), |offset| from + offset + 1)
}

fn closes(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    let end = at + 2 + name.len();
    bytes.get(at + 1) == Some(&b'/')
        && bytes.get(at + 2..end).is_some_and(|found| found.eq_ignore_ascii_case(name))
        && bytes.get(end).is_some_and(|byte| is_space(*byte) || matches!(byte, b'/' | b'>'))
}
