//! Main content in chunks: each under its headings, no larger than asked for, and cut where it hurts least.

use std::collections::HashMap;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use scraper::ElementRef;

use super::Content;
use crate::document::Document;

/// What lies between two blocks.
const GAP: &str = "\n\n";
/// What ends a code block that is cut.
const FENCE_END: &str = "\n```";

/// A part of the main content of a page, under its headings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chunk {
    /// The headings it stands under, the outermost first; empty in front of the first one.
    pub headings: Vec<String>,
    /// The `id` of the last of them on the page, for a link to it; absent if it has none.
    pub anchor: Option<String>,
    /// Markdown, with the headings that begin in it.
    pub markdown: String,
}

impl Chunk {
    /// Returns the chunk as text, without marks and addresses of links; never longer than its Markdown.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for event in parser(&self.markdown) {
            match event {
                Event::Text(piece) | Event::Code(piece) => text.push_str(&piece),
                Event::SoftBreak | Event::HardBreak | Event::Rule => text.push('\n'),
                Event::Start(Tag::Item) if !text.is_empty() && !text.ends_with('\n') => {
                    text.push('\n')
                }
                Event::End(TagEnd::TableCell) => text.push('\t'),
                Event::End(TagEnd::TableHead | TagEnd::TableRow) => {
                    text.truncate(text.trim_end_matches('\t').len());
                    text.push('\n');
                }
                Event::End(
                    TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::Item,
                ) if !text.ends_with('\n') => text.push('\n'),
                _ => {}
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}

impl Content {
    /// Cuts the content into chunks of at most so many characters, and at least one.
    ///
    /// Each heading begins a chunk, unless nothing but headings is in front of it, so that what stands under one
    /// heading is in one chunk if it fits. What does not fit is cut between blocks, a block that does not fit between
    /// lines, sentences or words, and a link only if it does not fit alone. A code block is cut only if it does not
    /// fit, and then each part is a code block.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dragline_parse::Document;
    /// # use url::Url;
    /// let words = "Many words, as an article has them, and then some more. ".repeat(20);
    /// let html = format!("<h1>Guide</h1><p>{words}<h2 id=use>How to use it</h2><p>{words}");
    /// let content = Document::parse(&html, &Url::parse("http://h.example/")?).content()?;
    /// let chunks = content.chunks(2_000);
    /// assert_eq!(chunks[1].headings, ["Guide", "How to use it"]);
    /// assert_eq!(chunks[1].anchor.as_deref(), Some("use"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn chunks(&self, most: usize) -> Vec<Chunk> {
        let mut packer =
            Packer { most: most.max(1), chunks: Vec::new(), open: None, path: Vec::new() };
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, heading) in self.headings.iter().enumerate() {
            places.entry(&heading.text).or_default().push(place);
        }
        let mut next = 0;
        for block in blocks(&self.markdown) {
            let piece = self.markdown[block.range].trim_end();
            let BlockKind::Heading { level, text } = block.kind else {
                packer.put(piece, &block.kind, Holds::Text);
                continue;
            };
            // Headings stand in the same order on the page; one that is not there is not taken for another. Their
            // levels are those of the page: for the choice of main content one of the first is one of the second.
            let same = places.get(&*text).map_or(&[][..], Vec::as_slice);
            let place = same.get(same.partition_point(|place| *place < next));
            let heading = match place {
                None => Heading { level: level as u8, text, anchor: None },
                Some(place) => {
                    next = place + 1;
                    self.headings[*place].clone()
                }
            };
            packer.heading(heading, piece);
        }
        packer.close();
        packer.chunks
    }
}

/// A heading, as it is on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heading {
    /// 1 to 6.
    level: u8,
    text: String,
    /// What a link to it names.
    anchor: Option<String>,
}

impl Document {
    /// Returns the headings of the page in order.
    pub(super) fn headings(&self) -> Vec<Heading> {
        let elements = self.tree().root_element().descendent_elements();
        elements.filter_map(heading).collect()
    }
}

fn heading(element: ElementRef<'_>) -> Option<Heading> {
    let &[b'h', level @ b'1'..=b'6'] = element.value().name().as_bytes() else { return None };
    let text = plain(&element.text().collect::<String>());
    Some(Heading { level: level - b'0', text, anchor: anchor(element) })
}

/// Returns the id of a heading, of a mark inside it, or of the section that it opens.
fn anchor(heading: ElementRef<'_>) -> Option<String> {
    let id = |element: ElementRef<'_>| {
        let name = element.attr("name").filter(|_| element.value().name() == "a");
        element.attr("id").or(name).filter(|id| !id.is_empty()).map(str::to_owned)
    };
    let section = || {
        let parent = heading.parent().and_then(ElementRef::wrap)?;
        let first = parent.child_elements().next() == Some(heading);
        id(parent).filter(|_| first && parent.value().name() == "section")
    };
    id(heading).or_else(|| heading.descendent_elements().skip(1).find_map(id)).or_else(section)
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn parser(markdown: &str) -> Parser<'_> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
}

/// A block at the outermost level.
struct Block {
    range: Range<usize>,
    kind: BlockKind,
}

enum BlockKind {
    Heading {
        level: HeadingLevel,
        text: String,
    },
    Code {
        fenced: bool,
    },
    /// With the places of links and images in the whole.
    Other {
        start: usize,
        links: Vec<Range<usize>>,
    },
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut depth = 0_usize;
    for (event, range) in parser(markdown).into_offset_iter() {
        if depth == 0 && !matches!(event, Event::End(_)) {
            let kind = match &event {
                Event::Start(Tag::Heading { level, .. }) => {
                    BlockKind::Heading { level: *level, text: String::new() }
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    BlockKind::Code { fenced: matches!(kind, CodeBlockKind::Fenced(_)) }
                }
                _ => BlockKind::Other { start: range.start, links: Vec::new() },
            };
            blocks.push(Block { range: range.clone(), kind });
        }
        match (&event, blocks.last_mut().map(|block| &mut block.kind)) {
            (Event::Text(piece) | Event::Code(piece), Some(BlockKind::Heading { text, .. })) => {
                text.push_str(piece);
            }
            (Event::SoftBreak | Event::HardBreak, Some(BlockKind::Heading { text, .. })) => {
                text.push(' ');
            }
            (
                Event::Start(Tag::Link { .. } | Tag::Image { .. }),
                Some(BlockKind::Other { links, .. }),
            ) => links.push(range),
            _ => {}
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    let ends: Vec<usize> = blocks.iter().skip(1).map(|block| block.range.start).collect();
    for (place, block) in blocks.iter_mut().enumerate() {
        // What is no block, as the definitions of links, goes with the one in front of it.
        block.range.end = ends.get(place).copied().unwrap_or(markdown.len());
        if place == 0 {
            block.range.start = 0;
        }
        if let BlockKind::Heading { text, .. } = &mut block.kind {
            *text = plain(text);
        }
    }
    blocks
}

/// Fills chunks, one after the other.
struct Packer {
    most: usize,
    chunks: Vec<Chunk>,
    open: Option<Open>,
    /// The headings that hold, the outermost first.
    path: Vec<Heading>,
}

/// The chunk that is being filled.
struct Open {
    chunk: Chunk,
    /// Characters of it.
    length: usize,
    holds: Holds,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Nothing but headings.
    Headings,
    Text,
}

impl Packer {
    fn heading(&mut self, heading: Heading, piece: &str) {
        if self.open.as_ref().is_some_and(|open| open.holds == Holds::Text) {
            self.close();
        }
        self.path.retain(|above| above.level < heading.level);
        self.path.push(heading);
        let kind = BlockKind::Other { start: 0, links: Vec::new() };
        self.put(piece, &kind, Holds::Headings);
    }

    fn put(&mut self, piece: &str, kind: &BlockKind, holds: Holds) {
        let length = piece.chars().count();
        match &mut self.open {
            Some(open) if open.length + GAP.len() + length <= self.most => {
                open.chunk.markdown.push_str(GAP);
                open.chunk.markdown.push_str(piece);
                open.length += GAP.len() + length;
                open.holds = holds;
                if holds == Holds::Headings {
                    (open.chunk.headings, open.chunk.anchor) = place(&self.path);
                }
            }
            _ if length <= self.most => self.begin(piece.to_owned(), holds),
            _ => {
                for part in cut(piece, kind, self.most) {
                    self.begin(part, holds);
                }
            }
        }
    }

    fn begin(&mut self, markdown: String, holds: Holds) {
        self.close();
        let (headings, anchor) = place(&self.path);
        let length = markdown.chars().count();
        self.open = Some(Open { chunk: Chunk { headings, anchor, markdown }, length, holds });
    }

    fn close(&mut self) {
        self.chunks.extend(self.open.take().map(|open| open.chunk));
    }
}

/// Names the place that headings lead to.
fn place(path: &[Heading]) -> (Vec<String>, Option<String>) {
    let headings = path.iter().map(|heading| heading.text.clone()).collect();
    (headings, path.last().and_then(|heading| heading.anchor.clone()))
}

/// Cuts a block that does not fit.
fn cut(piece: &str, kind: &BlockKind, most: usize) -> Vec<String> {
    if let BlockKind::Code { fenced: true } = kind
        && let Some((fence, code)) = piece.split_once('\n')
        && let Some(code) = code.strip_suffix("```")
    {
        let code = code.trim_end_matches('\n');
        let around = fence.chars().count() + 1 + FENCE_END.len();
        // A longer fence may have the usual one inside.
        let usual = fence.starts_with("```") && !fence.starts_with("````");
        if usual && around < most / 2 {
            let parts = pieces(code, most - around, |_| true);
            return parts.into_iter().map(|part| format!("{fence}\n{part}{FENCE_END}")).collect();
        }
    }
    let inside = |at: usize| match kind {
        BlockKind::Other { start, links } => {
            let at = start + at;
            // They are in the order of their begins, and none but an image is in another.
            let before = links.partition_point(|link| link.start < at);
            links[before.saturating_sub(2)..before].iter().any(|link| at < link.end)
        }
        _ => false,
    };
    let parts = pieces(piece, most, |at| !inside(at));
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Cuts a text into pieces of at most so many characters, behind a line, a sentence or a word where it may.
fn pieces(text: &str, most: usize, may: impl Fn(usize) -> bool) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut begin = 0;
    while let Some((most, _)) = text[begin..].char_indices().nth(most) {
        let window = &text[begin..begin + most];
        let ends = |mark: &'static str| window.rmatch_indices(mark).map(|(at, _)| at + mark.len());
        let fits = |end: &usize| *end > 0 && may(begin + end);
        let half = |end: &usize| *end >= window.len() / 2 && may(begin + end);
        let end = ends("\n")
            .find(half)
            .or_else(|| ends(". ").find(half))
            .or_else(|| ends(" ").find(fits))
            .or_else(|| ends("\n").find(fits))
            .unwrap_or(window.len());
        pieces.push(text[begin..begin + end].trim_end_matches('\n'));
        begin += end;
    }
    pieces.push(&text[begin..]);
    pieces
}

#[cfg(test)]
mod tests;
