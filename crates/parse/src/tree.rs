//! The one place that drives the HTML parser: text in, a tree of bounded depth and size out.
//! Knows the parser's weak spots, not what the tree is for.

mod plain;
mod reader;

use std::cell::Cell;

use ego_tree::{NodeId, Tree};
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use scraper::{Html, HtmlTreeSink, Node};

use self::reader::Reader;

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

/// Bytes of text for which room for one node is made at the beginning; few pages have more nodes.
const TEXT_PER_NODE: usize = 16;

/// The most nodes that room is made for at the beginning: some 10 MB.
const MAX_ROOM: usize = 64 * 1024;

/// How much text is read in one go, in bytes; texts and attributes of the tree share it.
const CHUNK: usize = 64 * 1024;

/// The most separators of attributes within one tag, counted by chunk. The parser compares every
/// attribute with all before it.
pub(crate) const MAX_SEPARATORS: usize = 64 * 1024;

/// Parses a page into a tree, as a browser without scripting does.
pub(crate) fn tree(text: &str) -> Html {
    in_chunks(text, CHUNK)
}

/// Parses a page so many bytes at a time, which is at least one character.
fn in_chunks(text: &str, chunk: usize) -> Html {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::new(Bounded::new(rest.len()));
    while !rest.is_empty() {
        let (chunk, tail) = rest.split_at(floor_boundary(rest, chunk));
        reader.read(&chunk.into());
        rest = tail;
    }
    reader.end().builder.sink.0.into_inner()
}

/// A tree builder that closes what nests too deep and stops taking tokens when the tree is full.
struct Bounded {
    builder: TreeBuilder<NodeId, HtmlTreeSink>,
    max_nodes: usize,
    /// The number of nodes below which no element can be too deep: a node deepens the tree by one.
    shallow_until: Cell<usize>,
    /// Whether a token came since the flag was last taken.
    spoke: Cell<bool>,
    /// Whether the last token was one that ends with a bracket.
    ended: Cell<bool>,
    /// Whether the tag before made the tokenizer read raw text.
    raw: Cell<bool>,
}

impl Bounded {
    fn new(text_length: usize) -> Self {
        let options = TreeBuilderOpts { scripting_enabled: false, ..Default::default() };
        let mut html = Html::new_document();
        // A list of nodes that grows is copied each time.
        let room = (text_length / TEXT_PER_NODE).min(MAX_ROOM);
        html.tree = Tree::with_capacity(Node::Document, room);
        Self {
            builder: TreeBuilder::new(HtmlTreeSink::new(html), options),
            max_nodes: text_length.saturating_add(1024).min(MAX_NODES),
            shallow_until: Cell::new(MAX_DEPTH),
            spoke: Cell::new(false),
            ended: Cell::new(false),
            raw: Cell::new(false),
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

    fn bounded(&self, token: Token, line: u64) -> TokenSinkResult<NodeId> {
        let nodes = self.nodes();
        if nodes >= self.max_nodes && !matches!(token, Token::EOFToken) {
            return TokenSinkResult::Continue;
        }
        let opened = match &token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => Some(tag.name.clone()),
            _ => None,
        };
        let result = self.builder.process_token(token, line);
        let Some(name) = opened else { return result };
        // Any other answer means raw text or a script, which nest nothing.
        if matches!(result, TokenSinkResult::Continue)
            && self.nodes() > nodes
            && self.newest_is_too_deep()
            && nests(&name)
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
}

impl TokenSink for Bounded {
    type Handle = NodeId;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<NodeId> {
        if matches!(token, Token::ParseError(_)) {
            return TokenSinkResult::Continue;
        }
        self.spoke.set(true);
        let tag = matches!(token, Token::TagToken(_));
        let brackets = matches!(token, Token::CommentToken(_) | Token::DoctypeToken(_));
        self.ended.set(tag || brackets);
        let result = self.bounded(token, line);
        if tag {
            let raw = matches!(result, TokenSinkResult::RawData(_) | TokenSinkResult::Plaintext);
            self.raw.set(raw);
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

/// Says whether an element of this name can hold others, so that an end tag closes it.
fn nests(name: &str) -> bool {
    !matches!(
        name,
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
    )
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
