//! Tags: where a name ends, where a tag ends, and its attributes (HTML Standard, section 13.2.5.8 and on).

use std::borrow::Cow;

use memchr::memchr;

use super::decode::{Quote, decode};
use super::index::{Index, Quoted};
use super::near;
use crate::vocabulary::Attribute;

/// Where a tag ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagEnd {
    /// Behind its `>`.
    At(usize),
    /// Behind its `/>`.
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

/// The attributes of one tag that can be facts, as places in the text.
#[derive(Debug)]
pub(super) struct Attributes<'t> {
    text: &'t str,
    /// Bits of those that the tag has.
    present: u32,
    places: [(usize, usize, Quote); Attribute::COUNT + 1],
}

impl<'t> Attributes<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, present: 0, places: [(0, 0, Quote::None); Attribute::COUNT + 1] }
    }

    /// Returns the value of an attribute, decoded; of two of one name the first counts.
    #[inline]
    pub(super) fn value(&self, attribute: Attribute) -> Option<Cow<'t, str>> {
        let index = attribute as usize;
        (self.present & (1 << index) != 0).then(|| self.decoded(index))
    }

    fn decoded(&self, index: usize) -> Cow<'t, str> {
        let (start, end, quote) = self.places[index];
        decode(self.text, start..end, quote)
    }

    /// Reads the attributes that begin at `at`, behind the tag's name, in place of those held.
    pub(super) fn read(&mut self, index: &mut Index<'t>, at: usize) -> TagEnd {
        self.present = 0;
        let bytes = index.bytes;
        walk(index, at, |name, value, quote| {
            let known = match name {
                AttributeName::Letters(word) => Attribute::of_word(word),
                AttributeName::Any(start, end) => Attribute::of(&bytes[start..end]),
            };
            // What is of no interest or a repeat has a place too, since to ask costs more than to write.
            let index = known.map_or(Attribute::COUNT, |known| known as usize);
            let repeated = self.present >> index & 1 != 0;
            let index = if repeated { Attribute::COUNT } else { index };
            self.present |= 1 << index;
            let (start, end) = value.unwrap_or_default();
            self.places[index] = (start, end, quote);
        })
    }
}

/// Finds the end of a tag, from behind its name.
pub(super) fn skip(index: &mut Index<'_>, at: usize) -> TagEnd {
    walk(index, at, |_, _, _| {})
}

/// The name of an attribute.
#[derive(Clone, Copy, Debug)]
pub(super) enum AttributeName {
    /// Up to seven letters as a number, in lower case and the first lowest.
    Letters(u64),
    /// A place in the text.
    Any(usize, usize),
}

/// Walks over the attributes of a tag and gives each name, and each value as places in the text.
#[inline]
pub(super) fn walk(
    index: &mut Index<'_>,
    at: usize,
    mut attribute: impl FnMut(AttributeName, Option<(usize, usize)>, Quote),
) -> TagEnd {
    let bytes = index.bytes;
    let mut at = at;
    loop {
        if bytes.get(at) == Some(&b'>') {
            return TagEnd::At(at + 1);
        }
        // Nearly every attribute is a space, a short name and a value, in double quotes or short too. What is done with
        // it stands here once, so that it is compiled into the loop.
        let (name, value, quote, end) = match index.quoted(at) {
            Some(Quoted { name, open, close }) => {
                (AttributeName::Letters(name), Some((open + 1, close)), Quote::Double, close + 1)
            }
            None => match less_usual(index, at) {
                Ok(read) => read,
                Err(end) => return end,
            },
        };
        attribute(name, value, quote);
        at = end;
    }
}

/// The places of a name and of a value, how that is quoted, and the place behind.
type Read = (AttributeName, Option<(usize, usize)>, Quote, usize);

/// Reads an attribute with a short value without quotes, or any other.
fn less_usual(index: &mut Index<'_>, at: usize) -> Result<Read, TagEnd> {
    let bytes = index.bytes;
    if bytes.get(at) == Some(&b' ')
        && let Some((equals, name)) = near::equals_behind_letters(bytes, at + 1)
        && let Some(length) = near::unquoted(bytes, equals + 1)
    {
        let end = equals + 1 + length;
        return Ok((AttributeName::Letters(name), Some((equals + 1, end)), Quote::None, end));
    }
    unusual(index, at)
}

/// Reads an attribute of any form, or the end of the tag.
fn unusual(index: &mut Index<'_>, at: usize) -> Result<Read, TagEnd> {
    let bytes = index.bytes;
    let between = at;
    let mut at = at;
    while at < bytes.len() && (is_space(bytes[at]) || bytes[at] == b'/') {
        at += 1;
    }
    match bytes.get(at) {
        None => return Err(TagEnd::Missing),
        Some(b'>') if at > between && bytes[at - 1] == b'/' => {
            return Err(TagEnd::SelfClosing(at + 1));
        }
        Some(b'>') => return Err(TagEnd::At(at + 1)),
        Some(_) => {}
    }
    // The first character belongs to the name also when it is `=`.
    let name_at = at;
    at += 1;
    while bytes.get(at).is_some_and(|byte| !ENDS_NAME[usize::from(*byte)]) {
        at += 1;
    }
    let name = AttributeName::Any(name_at, at);
    let after_name = after_space(bytes, at);
    if bytes.get(after_name) != Some(&b'=') {
        return Ok((name, None, Quote::None, after_name));
    }
    let value_at = after_space(bytes, after_name + 1);
    match bytes.get(value_at) {
        None => Err(TagEnd::Missing),
        Some(b'>') => Ok((name, None, Quote::None, value_at)),
        Some(b'"') => {
            let end = index.next_quote(value_at + 1).ok_or(TagEnd::Missing)?;
            Ok((name, Some((value_at + 1, end)), Quote::Double, end + 1))
        }
        Some(b'\'') => {
            let length = memchr(b'\'', &bytes[value_at + 1..]).ok_or(TagEnd::Missing)?;
            let end = value_at + 1 + length;
            Ok((name, Some((value_at + 1, end)), Quote::Single, end + 1))
        }
        Some(_) => {
            let mut end = value_at;
            while end < bytes.len() && !is_space(bytes[end]) && bytes[end] != b'>' {
                end += 1;
            }
            Ok((name, Some((value_at, end)), Quote::None, end))
        }
    }
}

fn after_space(bytes: &[u8], at: usize) -> usize {
    let space = |byte: &&u8| is_space(**byte);
    at + bytes.get(at..).unwrap_or_default().iter().take_while(space).count()
}

/// Bytes that end the name of an attribute.
static ENDS_NAME: [bool; 256] = {
    let mut ends = [false; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        ends[byte as usize] = is_space(byte) || matches!(byte, b'/' | b'>' | b'=');
        byte += 1;
    }
    ends
};

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}
