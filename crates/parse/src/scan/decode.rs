//! Character references. The few that links are full of are decoded here; all others are given to the
//! parser's own tokenizer, so that they mean the same.

use std::borrow::Cow;
use std::cell::RefCell;

use html5ever::TokenizerResult;
use html5ever::tokenizer::states::{RawKind, State};
use html5ever::tokenizer::{
    BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use memchr::memchr3;

/// How an attribute's value was quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    None,
    Single,
    Double,
}

/// Decodes the value of an attribute.
pub(super) fn decode(raw: &str, quote: Quote) -> Cow<'_, str> {
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
    Cow::Owned(tokenize(&format!("<a x={mark}{raw}{mark}>"), TokenizerOpts::default()))
}

/// Decodes the content of a title.
pub(super) fn decode_title(raw: &str) -> Cow<'_, str> {
    if memchr3(b'&', b'\r', b'\0', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let options = TokenizerOpts {
        initial_state: Some(State::RawData(RawKind::Rcdata)),
        last_start_tag_name: Some("title".to_owned()),
        ..TokenizerOpts::default()
    };
    Cow::Owned(tokenize(raw, options))
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

fn tokenize(text: &str, options: TokenizerOpts) -> String {
    let tokenizer = Tokenizer::new(Collect::default(), options);
    let queue = BufferQueue::default();
    queue.push_back(text.into());
    while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

/// Collects the text of a document and the values of its attributes, of which it has only one kind.
#[derive(Default)]
struct Collect(RefCell<String>);

impl TokenSink for Collect {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut text = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(characters) => text.push_str(&characters),
            Token::NullCharacterToken => text.push('\u{fffd}'),
            Token::TagToken(tag) => {
                if let Some(attribute) = tag.attrs.first() {
                    text.push_str(&attribute.value);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}
