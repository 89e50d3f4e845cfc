//! From text to tokens: plain ones at once, all others by html5ever's tokenizer, which steps through
//! most characters one by one. The tree is the same as if that had read all.

use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, TokenSink, Tokenizer, TokenizerOpts};
use memchr::{memchr, memmem};

use super::{Bounded, MAX_SEPARATORS, plain, separates};

/// Turns text into tokens.
pub(super) struct Reader {
    tokenizer: Tokenizer<Bounded>,
    queue: BufferQueue,
    /// Whether the tokenizer is in the data state with nothing pending, so that it need not see what
    /// is plain.
    between: bool,
    /// Separators of attributes since the tokenizer last said something.
    separators: usize,
}

impl Reader {
    pub(super) fn new(sink: Bounded) -> Self {
        // The mark at the beginning is gone, and there is none elsewhere.
        let options = TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() };
        let tokenizer = Tokenizer::new(sink, options);
        Self { tokenizer, queue: BufferQueue::default(), between: true, separators: 0 }
    }

    /// Reads the next part of a page.
    pub(super) fn read(&mut self, chunk: &StrTendril) {
        let mut at = 0;
        while at < chunk.len() {
            if self.between
                && let Some((token, length)) = plain::token(chunk, at)
            {
                // What it answers is for the tokenizer, and plain tags do not change its state.
                let _ = self.tokenizer.sink.process_token(token, 1);
                at += length;
                continue;
            }
            let piece = self.piece(&chunk[at..]);
            at += piece.len();
            self.tokenize(piece);
        }
    }

    /// Ends the page, and returns what was made of it.
    pub(super) fn end(self) -> Bounded {
        self.tokenizer.end();
        self.tokenizer.sink
    }

    /// Returns the part of a text that the tokenizer is to read next: markup that may be there up to its
    /// first bracket, and what stands before any in one go.
    fn piece<'t>(&self, rest: &'t str) -> &'t str {
        let bytes = rest.as_bytes();
        let raw = self.tokenizer.sink.raw.get();
        let end = if raw && !rest.starts_with("</") {
            memmem::find(bytes, b"</")
        } else if !raw && !self.between && !rest.starts_with('<') {
            memchr(b'<', bytes)
        } else {
            memchr(b'>', bytes).map(|end| end + 1)
        };
        &rest[..end.unwrap_or(rest.len())]
    }

    fn tokenize(&mut self, piece: &str) {
        self.feed(piece);
        if self.tokenizer.sink.spoke.take() {
            self.separators = 0;
            return;
        }
        self.separators += piece.bytes().filter(|&byte| separates(byte)).count();
        if self.separators > MAX_SEPARATORS {
            // Whatever attribute state the tag is in, this ends it; what follows becomes text.
            // In a comment, the other place with nothing to report for so long, it is content.
            self.feed("'\">");
            self.separators = 0;
        }
    }

    fn feed(&mut self, piece: &str) {
        let sink = &self.tokenizer.sink;
        sink.ended.set(false);
        self.queue.push_back(piece.into());
        while !matches!(self.tokenizer.feed(&self.queue), TokenizerResult::Done) {}
        // With no other bracket in the piece, what has ended did so with the last byte.
        let one = memchr(b'>', piece.as_bytes()) == Some(piece.len() - 1);
        self.between = one && sink.ended.get() && !sink.raw.get();
    }
}
