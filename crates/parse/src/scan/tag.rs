//! Tags: where a name ends, where a tag ends, and its attributes (HTML Standard, section 13.2.5.8 and on).

use std::borrow::Cow;

use memchr::{memchr, memchr3};

use super::decode::{Quote, decode};

/// Where a tag ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagEnd {
    /// Behind its `>`.
    At(usize),
    /// Behind its `/>`; told apart only by [`walk`].
    SelfClosing(usize),
    /// Nowhere: the text ends within it, so that it is no tag.
    Missing,
}

impl TagEnd {
    /// Returns the place behind the tag; `None` when there is none.
    pub(super) fn place(self) -> Option<usize> {
        match self {
            Self::At(place) | Self::SelfClosing(place) => Some(place),
            Self::Missing => None,
        }
    }
}

/// The attributes of one tag, values decoded. The storage is used again for each tag.
#[derive(Debug, Default)]
pub(super) struct Attributes<'t> {
    list: Vec<(&'t str, Cow<'t, str>)>,
}

impl<'t> Attributes<'t> {
    /// Returns the value of an attribute by its lower-case name; of two of one name the first counts.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let found = self.list.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| &**value)
    }

    /// Reads the attributes that begin at `at`, behind the tag's name, in place of those held.
    pub(super) fn read(&mut self, text: &'t str, at: usize) -> TagEnd {
        self.list.clear();
        let list = &mut self.list;
        walk(text.as_bytes(), at, |name, value, quote| {
            let value = match value {
                Some(value) => decode(&text[value.0..value.1], quote),
                None => Cow::Borrowed(""),
            };
            list.push((&text[name.0..name.1], value));
        })
    }
}

/// Returns where a tag's name ends.
pub(super) fn name_end(bytes: &[u8], at: usize) -> usize {
    let ends = |byte: &u8| is_space(*byte) || matches!(byte, b'/' | b'>');
    bytes[at..].iter().position(ends).map_or(bytes.len(), |offset| at + offset)
}

/// Finds the end of a tag of SVG or MathML, where it matters whether it closes itself.
pub(super) fn skip_foreign(bytes: &[u8], at: usize) -> TagEnd {
    walk(bytes, at, |_, _, _| {})
}

/// Finds the end of a tag, from behind its name.
pub(super) fn skip(bytes: &[u8], at: usize) -> TagEnd {
    let mut from = at;
    loop {
        let Some(offset) = memchr3(b'>', b'"', b'\'', &bytes[from..]) else {
            return TagEnd::Missing;
        };
        let found = from + offset;
        let quote = bytes[found];
        if quote == b'>' {
            return TagEnd::At(found + 1);
        }
        // Only behind the `=` of an attribute does a quote open a value; elsewhere it is a character
        // like others, and the long way round decides.
        if found == at || bytes[found - 1] != b'=' || found < at + 2 || is_space(bytes[found - 2]) {
            return walk(bytes, at, |_, _, _| {});
        }
        if matches!(bytes[found - 2], b'/' | b'=' | b'"' | b'\'') {
            return walk(bytes, at, |_, _, _| {});
        }
        if !begins_attribute(bytes, at, found - 1) {
            return walk(bytes, at, |_, _, _| {});
        }
        match memchr(quote, &bytes[found + 1..]) {
            Some(offset) => from = found + 1 + offset + 1,
            None => return TagEnd::Missing,
        }
    }
}

/// Tells whether the `=` at `equals` ends the name of an attribute, and is no part of a value without
/// quotes: between the space before the name and the `=` there is no other `=`.
fn begins_attribute(bytes: &[u8], at: usize, equals: usize) -> bool {
    for place in (at..equals).rev() {
        match bytes[place] {
            byte if is_space(byte) => return !follows_equals(bytes, at, place),
            b'=' | b'"' | b'\'' | b'/' => return false,
            _ => {}
        }
    }
    false
}

/// Tells whether an `=` stands before the space at `place`, with nothing but space between.
fn follows_equals(bytes: &[u8], at: usize, place: usize) -> bool {
    bytes[at..place].iter().rev().find(|byte| !is_space(**byte)) == Some(&b'=')
}

/// Walks over the attributes of a tag and gives each name and value as places in the text.
fn walk(
    bytes: &[u8],
    at: usize,
    mut attribute: impl FnMut((usize, usize), Option<(usize, usize)>, Quote),
) -> TagEnd {
    let mut at = at;
    loop {
        let between = at;
        while at < bytes.len() && (is_space(bytes[at]) || bytes[at] == b'/') {
            at += 1;
        }
        match bytes.get(at) {
            None => return TagEnd::Missing,
            Some(b'>') if at > between && bytes[at - 1] == b'/' => {
                return TagEnd::SelfClosing(at + 1);
            }
            Some(b'>') => return TagEnd::At(at + 1),
            Some(_) => {}
        }
        // The first character belongs to the name also when it is `=`.
        let name_at = at;
        at += 1;
        while at < bytes.len() && !is_space(bytes[at]) && !matches!(bytes[at], b'/' | b'>' | b'=') {
            at += 1;
        }
        let name = (name_at, at);
        while at < bytes.len() && is_space(bytes[at]) {
            at += 1;
        }
        if bytes.get(at) != Some(&b'=') {
            attribute(name, None, Quote::None);
            continue;
        }
        at += 1;
        while at < bytes.len() && is_space(bytes[at]) {
            at += 1;
        }
        match bytes.get(at) {
            None => return TagEnd::Missing,
            Some(b'>') => {
                attribute(name, None, Quote::None);
                return TagEnd::At(at + 1);
            }
            Some(&quote @ (b'"' | b'\'')) => {
                let Some(length) = memchr(quote, &bytes[at + 1..]) else {
                    return TagEnd::Missing;
                };
                let kind = if quote == b'"' { Quote::Double } else { Quote::Single };
                attribute(name, Some((at + 1, at + 1 + length)), kind);
                at += length + 2;
            }
            Some(_) => {
                let value_at = at;
                while at < bytes.len() && !is_space(bytes[at]) && bytes[at] != b'>' {
                    at += 1;
                }
                attribute(name, Some((value_at, at)), Quote::None);
            }
        }
    }
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}
