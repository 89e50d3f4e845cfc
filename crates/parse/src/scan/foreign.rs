//! SVG and MathML: well nested they hold no facts but the links of SVG. Everything else is for the tree.

use memchr::{memchr, memmem};

use super::bail::Bail;
use super::tag::{Attributes, TagEnd, is_space, name_end, skip, skip_foreign};
use super::{comment_end, one_of};
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
    pub(super) fn new(name: &'t [u8], depth: usize) -> Result<Self, Bail> {
        let svg = name.eq_ignore_ascii_case(b"svg");
        Ok(Self { svg, open: vec![name], depth, nodes: 0 })
    }

    /// Returns how many nodes the element has at most.
    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    /// Walks to behind the element's end tag, or the end of the text.
    pub(super) fn run(
        &mut self,
        text: &'t str,
        mut at: usize,
        facts: &mut FactsBuilder,
        attributes: &mut Attributes<'t>,
    ) -> Result<usize, Bail> {
        let bytes = text.as_bytes();
        while let Some(offset) = memchr(b'<', &bytes[at..]) {
            at += offset;
            self.nodes += 2;
            at = match bytes.get(at + 1) {
                Some(byte) if byte.is_ascii_alphabetic() => {
                    self.start_tag(text, at, facts, attributes)?
                }
                Some(b'/') => match self.end_tag(bytes, at)? {
                    Step::On(at) => at,
                    Step::Left(at) => return Ok(at),
                },
                Some(b'!') => declaration(bytes, at + 2),
                Some(b'?') => after(bytes, b'>', at + 1),
                Some(_) => at + 1,
                None => return Ok(bytes.len()),
            };
        }
        Ok(bytes.len())
    }

    fn start_tag(
        &mut self,
        text: &'t str,
        at: usize,
        facts: &mut FactsBuilder,
        attributes: &mut Attributes<'t>,
    ) -> Result<usize, Bail> {
        let bytes = text.as_bytes();
        let name_end = name_end(bytes, at + 1);
        let name = &bytes[at + 1..name_end];
        if one_of(name, BREAKOUT)
            || one_of(name, &[b"svg", b"math", b"foreignobject", b"annotation-xml"])
        {
            return Err(Bail::Foreign);
        }
        let link = self.svg && name.eq_ignore_ascii_case(b"a");
        let tag_end =
            if link { attributes.read(text, name_end) } else { skip_foreign(bytes, name_end) };
        let Some(end) = tag_end.place() else { return Ok(bytes.len()) };
        if end - at > super::LONGEST_TAG {
            return Err(Bail::Size);
        }
        if link {
            let href = attributes.value("href").or_else(|| attributes.value("xlink:href"));
            facts.svg_anchor(href, attributes.value("rel"));
        }
        if matches!(tag_end, TagEnd::SelfClosing(_)) {
            return Ok(end);
        }
        // HTML may stand in these; what they usually hold is text alone.
        let text_only: &[&[u8]] =
            if self.svg { &[b"title", b"desc"] } else { &[b"mi", b"mo", b"mn", b"ms", b"mtext"] };
        if one_of(name, text_only) {
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

    fn end_tag(&mut self, bytes: &[u8], at: usize) -> Result<Step, Bail> {
        let name_at = at + 2;
        match bytes.get(name_at) {
            Some(byte) if byte.is_ascii_alphabetic() => {}
            Some(b'>') => return Ok(Step::On(name_at + 1)),
            Some(_) => return Ok(Step::On(after(bytes, b'>', name_at))),
            None => return Ok(Step::On(bytes.len())),
        }
        let name_end = name_end(bytes, name_at);
        let name = &bytes[name_at..name_end];
        let Some(end) = skip(bytes, name_end).place() else { return Ok(Step::On(bytes.len())) };
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

/// Start tags that end SVG and MathML (HTML Standard, section 13.2.6.5), `font` among them whatever its
/// attributes are.
const BREAKOUT: &[&[u8]] = &[
    b"b",
    b"big",
    b"blockquote",
    b"body",
    b"br",
    b"center",
    b"code",
    b"dd",
    b"div",
    b"dl",
    b"dt",
    b"em",
    b"embed",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"head",
    b"hr",
    b"i",
    b"img",
    b"li",
    b"listing",
    b"menu",
    b"meta",
    b"nobr",
    b"ol",
    b"p",
    b"pre",
    b"ruby",
    b"s",
    b"small",
    b"span",
    b"strong",
    b"strike",
    b"sub",
    b"sup",
    b"table",
    b"tt",
    b"u",
    b"ul",
    b"var",
    b"font",
];

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
