//! Character references. The few that links are full of are decoded here; all others are given to the
//! parser's own tokenizer, so that they mean the same.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;

use html5ever::TokenizerResult;
use html5ever::tokenizer::states::{RawKind, State};
use html5ever::tokenizer::{
    BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use memchr::{memchr2, memchr3};

use super::near;
use crate::facts::{Collapsed, MAX_TEXT};
use crate::tree::floor_boundary;

/// How an attribute's value was quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    None,
    Single,
    Double,
}

/// Decodes the value of an attribute, which is this part of a text.
#[inline]
pub(super) fn decode(text: &str, value: Range<usize>, quote: Quote) -> Cow<'_, str> {
    let raw = &text[value.clone()];
    if near::any_special(text.as_bytes(), value) {
        decode_special(raw, quote)
    } else {
        Cow::Borrowed(raw)
    }
}

fn decode_special(raw: &str, quote: Quote) -> Cow<'_, str> {
    if memchr3(b'&', b'\r', b'\0', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    if let Some(decoded) = decode_plain(raw) {
        return Cow::Owned(decoded);
    }
    let mark = match quote {
        Quote::None => "",
        Quote::Single => "'",
        Quote::Double => "\"",
    };
    Cow::Owned(tokenize(&format!("<a x={mark}{raw}{mark}>")))
}

/// Decodes the content of a title, as far as it is kept.
pub(super) fn title(raw: &str) -> Collapsed {
    if memchr2(b'&', b'\0', raw.as_bytes()).is_none() {
        let mut title = Collapsed::default();
        title.push(raw);
        return title;
    }
    let options = TokenizerOpts {
        initial_state: Some(State::RawData(RawKind::Rcdata)),
        last_start_tag_name: Some("title".to_owned()),
        ..TokenizerOpts::default()
    };
    let tokenizer = Tokenizer::new(Title::default(), options);
    let queue = BufferQueue::default();
    let mut rest = raw;
    while !rest.is_empty() && !tokenizer.sink.0.borrow().is_full() {
        let (chunk, tail) = rest.split_at(floor_boundary(rest, 2 * MAX_TEXT));
        queue.push_back(chunk.into());
        while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
        rest = tail;
    }
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

/// Decodes a value in which every `&` begins one of the five references that need no table.
fn decode_plain(raw: &str) -> Option<String> {
    let mut decoded = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(place) = memchr3(b'&', b'\r', b'\0', rest.as_bytes()) {
        decoded.push_str(&rest[..place]);
        let found = &rest[place..];
        let (reference, character) = PLAIN.iter().find(|(name, _)| found.starts_with(name))?;
        decoded.push(*character);
        rest = &found[reference.len()..];
    }
    decoded.push_str(rest);
    Some(decoded)
}

const PLAIN: [(&str, char); 5] =
    [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\'')];

/// Reads the one attribute of a tag.
fn tokenize(tag: &str) -> String {
    let tokenizer = Tokenizer::new(Value::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(tag.into());
    while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

/// Keeps the value of the attribute.
#[derive(Default)]
struct Value(RefCell<String>);

impl TokenSink for Value {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token
            && let Some(attribute) = tag.attrs.first()
        {
            self.0.borrow_mut().push_str(&attribute.value);
        }
        TokenSinkResult::Continue
    }
}

/// Keeps the text of the title.
#[derive(Default)]
struct Title(RefCell<Collapsed>);

impl TokenSink for Title {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(characters) => self.0.borrow_mut().push(&characters),
            Token::NullCharacterToken => self.0.borrow_mut().push("\u{fffd}"),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}
