//! Tags: where a name ends, where a tag ends, and its attributes (HTML Standard, section 13.2.5.8 and on).

use std::borrow::Cow;

use super::decode::{Quote, decode};
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
    present: u16,
    places: [(usize, usize, Quote); Attribute::COUNT],
}

impl<'t> Attributes<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, present: 0, places: [(0, 0, Quote::None); Attribute::COUNT] }
    }

    /// Returns the value of an attribute, decoded; of two of one name the first counts.
    pub(super) fn value(&self, attribute: Attribute) -> Option<Cow<'t, str>> {
        let index = attribute as usize;
        if self.present & (1 << index) == 0 {
            return None;
        }
        let (start, end, quote) = self.places[index];
        Some(decode(&self.text[start..end], quote))
    }

    /// Reads the attributes that begin at `at`, behind the tag's name, in place of those held.
    pub(super) fn read(&mut self, at: usize) -> TagEnd {
        self.present = 0;
        let bytes = self.text.as_bytes();
        walk(bytes, at, |name, value, quote| {
            let attribute = match name {
                AttributeName::Letters(word) => Attribute::of_word(word),
                AttributeName::Any(start, end) => Attribute::of(&bytes[start..end]),
            };
            let Some(attribute) = attribute else { return };
            let index = attribute as usize;
            if self.present & (1 << index) == 0 {
                self.present |= 1 << index;
                let (start, end) = value.unwrap_or_default();
                self.places[index] = (start, end, quote);
            }
        })
    }
}

/// Finds the end of a tag, from behind its name.
pub(super) fn skip(bytes: &[u8], at: usize) -> TagEnd {
    walk(bytes, at, |_, _, _| {})
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
    bytes: &[u8],
    at: usize,
    mut attribute: impl FnMut(AttributeName, Option<(usize, usize)>, Quote),
) -> TagEnd {
    let mut at = at;
    loop {
        if bytes.get(at) == Some(&b'>') {
            return TagEnd::At(at + 1);
        }
        // Nearly every attribute is a space, a short name and a value, in double quotes or short too.
        let read = if bytes.get(at) == Some(&b' ')
            && let Some((equals, word)) = near::equals_behind_letters(bytes, at + 1)
        {
            let (name, value_at) = (AttributeName::Letters(word), equals + 1);
            if bytes.get(value_at) == Some(&b'"') {
                quoted(bytes, value_at, b'"').map(|(value, end)| (name, Some(value), b'"', end))
            } else if let Some(length) = near::unquoted(bytes, value_at) {
                let end = value_at + length;
                Ok((name, Some((value_at, end)), 0, end))
            } else {
                unusual(bytes, at)
            }
        } else {
            unusual(bytes, at)
        };
        match read {
            Ok((name, value, mark, end)) => {
                let quote = match mark {
                    b'"' => Quote::Double,
                    b'\'' => Quote::Single,
                    _ => Quote::None,
                };
                attribute(name, value, quote);
                at = end;
            }
            Err(end) => return end,
        }
    }
}

/// The places of a name and of a value, what stands before the value, and the place behind.
type Read = (AttributeName, Option<(usize, usize)>, u8, usize);

/// Reads an attribute of any form, or the end of the tag.
fn unusual(bytes: &[u8], at: usize) -> Result<Read, TagEnd> {
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
        return Ok((name, None, 0, after_name));
    }
    let value_at = after_space(bytes, after_name + 1);
    match bytes.get(value_at) {
        None => Err(TagEnd::Missing),
        Some(b'>') => Ok((name, None, 0, value_at)),
        Some(&quote @ (b'"' | b'\'')) => {
            let (value, end) = quoted(bytes, value_at, quote)?;
            Ok((name, Some(value), quote, end))
        }
        Some(_) => {
            let mut end = value_at;
            while end < bytes.len() && !is_space(bytes[end]) && bytes[end] != b'>' {
                end += 1;
            }
            Ok((name, Some((value_at, end)), 0, end))
        }
    }
}

/// Reads the value whose quote is at `at`, and returns the place behind it too.
fn quoted(bytes: &[u8], at: usize, quote: u8) -> Result<((usize, usize), usize), TagEnd> {
    let end = near::next(quote, bytes, at + 1).ok_or(TagEnd::Missing)?;
    Ok(((at + 1, end), end + 1))
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
