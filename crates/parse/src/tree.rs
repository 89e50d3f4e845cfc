//! The one place that drives the HTML parser: text in, a tree of bounded depth and size out.
//! Knows the parser's weak spots, not what the tree is for.

use std::cell::Cell;

use ego_tree::NodeId;
use html5ever::TokenizerResult;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use scraper::{Html, HtmlTreeSink};

/// The deepest nesting that is built, as in browsers; what would nest deeper becomes siblings.
///
/// The parser walks its stack of open elements for most tags, so without a limit a page of
/// nested tags costs the square of its length: 600 KB of `<div>` took a minute.
pub(crate) const MAX_DEPTH: usize = 512;

/// The most nodes of one tree; the rest of the page is not read.
///
/// A short page may have no more nodes than bytes (and a few). Without that limit, unclosed
/// formatting tags are re-created in every following paragraph, and the tree grows with the
/// square of the page.
pub(crate) const MAX_NODES: usize = 2_000_000;

/// How much text is handed to the parser in one go, in bytes.
const CHUNK: usize = 64 * 1024;

/// The most separators of attributes within one tag, counted by chunk. The parser compares every
/// attribute with all before it.
pub(crate) const MAX_SEPARATORS: usize = 64 * 1024;

/// Parses a page into a tree, as a browser without scripting does.
pub(crate) fn tree(text: &str) -> Html {
    let tokenizer = Tokenizer::new(Bounded::new(text.len()), TokenizerOpts::default());
    let queue = BufferQueue::default();
    let feed = |chunk: &str| {
        queue.push_back(chunk.into());
        while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    };
    let mut rest = text;
    let mut separators = 0;
    while !rest.is_empty() {
        let (chunk, tail) = rest.split_at(floor_boundary(rest, CHUNK));
        feed(chunk);
        rest = tail;
        if tokenizer.sink.spoke.take() {
            separators = 0;
            continue;
        }
        separators += chunk.bytes().filter(|&byte| separates(byte)).count();
        if separators > MAX_SEPARATORS {
            // Whatever attribute state the tag is in, this ends it; what follows becomes text.
            // In a comment, the other place with nothing to report for so long, it is content.
            feed("'\">");
            separators = 0;
        }
    }
    tokenizer.end();
    tokenizer.sink.builder.sink.0.into_inner()
}

/// A tree builder that closes what nests too deep and stops taking tokens when the tree is full.
struct Bounded {
    builder: TreeBuilder<NodeId, HtmlTreeSink>,
    max_nodes: usize,
    /// The number of nodes below which no element can be too deep: a node deepens the tree by one.
    shallow_until: Cell<usize>,
    /// Whether a token came since the flag was last taken.
    spoke: Cell<bool>,
}

impl Bounded {
    fn new(text_length: usize) -> Self {
        let options = TreeBuilderOpts { scripting_enabled: false, ..Default::default() };
        Self {
            builder: TreeBuilder::new(HtmlTreeSink::new(Html::new_document()), options),
            max_nodes: text_length.saturating_add(1024).min(MAX_NODES),
            shallow_until: Cell::new(MAX_DEPTH),
            spoke: Cell::new(false),
        }
    }

    fn nodes(&self) -> usize {
        self.builder.sink.0.borrow().tree.values().len()
    }

    fn newest_is_too_deep(&self) -> bool {
        let html = self.builder.sink.0.borrow();
        let nodes = html.tree.values().len();
        if nodes < self.shallow_until.get() {
            return false;
        }
        let newest = html.tree.nodes().next_back();
        let depth = newest.map_or(0, |node| node.ancestors().take(MAX_DEPTH + 1).count());
        self.shallow_until.set(nodes + MAX_DEPTH.saturating_sub(depth));
        depth > MAX_DEPTH
    }
}

impl TokenSink for Bounded {
    type Handle = NodeId;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<NodeId> {
        if matches!(token, Token::ParseError(_)) {
            return TokenSinkResult::Continue;
        }
        self.spoke.set(true);
        let nodes = self.nodes();
        if nodes >= self.max_nodes && !matches!(token, Token::EOFToken) {
            return TokenSinkResult::Continue;
        }
        let opened = match &token {
            Token::TagToken(tag) if nests(tag) => Some(tag.name.clone()),
            _ => None,
        };
        let result = self.builder.process_token(token, line);
        let Some(name) = opened else { return result };
        // Any other answer means raw text or a script, which nest nothing.
        if matches!(result, TokenSinkResult::Continue)
            && self.nodes() > nodes
            && self.newest_is_too_deep()
        {
            let end = Tag {
                kind: TagKind::EndTag,
                name,
                self_closing: false,
                attrs: Vec::new(),
                had_duplicate_attributes: false,
            };
            return self.builder.process_token(Token::TagToken(end), line);
        }
        result
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// Says whether a tag opens an element that can hold others, so that an end tag closes it.
fn nests(tag: &Tag) -> bool {
    let void = matches!(
        &*tag.name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "image"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    );
    tag.kind == TagKind::StartTag && !void
}

pub(crate) fn separates(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' | b'"' | b'\'')
}

/// Returns the last place up to `index` at which a text can be cut.
pub(crate) fn floor_boundary(text: &str, index: usize) -> usize {
    let index = index.min(text.len());
    (0..=index).rev().find(|&index| text.is_char_boundary(index)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
