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
            let Some(attribute) = Attribute::of(&bytes[name.0..name.1]) else { return };
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

/// Walks over the attributes of a tag and gives each name and value as places in the text.
#[inline]
pub(super) fn walk(
    bytes: &[u8],
    at: usize,
    mut attribute: impl FnMut((usize, usize), Option<(usize, usize)>, Quote),
) -> TagEnd {
    let mut at = at;
    loop {
        // Nearly every attribute is a space, a short name and a value in double quotes.
        if bytes.get(at) == Some(&b' ')
            && let Some(equals) = near::equals_behind_letters(bytes, at + 1)
            && bytes.get(equals + 1) == Some(&b'"')
        {
            let Some(end) = near::next(b'"', bytes, equals + 2) else { return TagEnd::Missing };
            attribute((at + 1, equals), Some((equals + 2, end)), Quote::Double);
            at = end + 1;
            continue;
        }
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
        while bytes.get(at).is_some_and(|byte| !ENDS_NAME[usize::from(*byte)]) {
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
                let Some(end) = near::next(quote, bytes, at + 1) else {
                    return TagEnd::Missing;
                };
                let kind = if quote == b'"' { Quote::Double } else { Quote::Single };
                attribute(name, Some((at + 1, end)), kind);
                at = end + 1;
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
