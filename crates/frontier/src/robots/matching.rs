//! Path patterns in one block of memory, in the order in which they decide; called for every URL.

use memchr::{memchr, memmem};
use serde::{Deserialize, Serialize};

use crate::percent::{Plain, normalize};
use crate::robots::Access;

/// What a pattern is kept as: `*` stands for itself, a `$` that is no anchor is escaped.
const PATTERN: Plain = Plain::URI.without(b'$');

/// The longest pattern, in bytes as the file writes it; a longer one forbids what begins alike, or
/// allows nothing.
const MAX_PATTERN: usize = 2_048;

/// The patterns of one crawler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Patterns {
    /// The texts of all patterns, one behind the other.
    text: Box<[u8]>,
    // Invariant: longest first and `Allow` first within a length, so that the first match decides.
    entries: Box<[Entry]>,
}

/// One rule of a file, as it was read.
#[derive(Clone, Debug)]
pub(super) struct RawRule<'a> {
    pub(super) access: Access,
    pub(super) line: u32,
    pub(super) pattern: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    start: u32,
    end: u32,
    line: u32,
    access: Access,
    ending: Ending,
}

/// Whether something may follow what a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Ending {
    Open,
    Anchored,
}

impl Patterns {
    /// Puts rules in the order in which they decide.
    pub(super) fn new(rules: &[RawRule<'_>]) -> Self {
        let mut compiled: Vec<_> = rules.iter().filter_map(compile).collect();
        // The sort is stable, so of two equal rules the upper line is the one that decides.
        compiled.sort_by(|one, other| {
            (other.rank, one.entry.access).cmp(&(one.rank, other.entry.access))
        });
        let mut text = Vec::new();
        let mut entries = Vec::with_capacity(compiled.len());
        for Compiled { pattern, mut entry, .. } in compiled {
            entry.start = offset(text.len());
            text.extend_from_slice(&pattern);
            entry.end = offset(text.len());
            entries.push(entry);
        }
        Self { text: text.into(), entries: entries.into() }
    }

    /// Tells whether each rule is within the text, as it is unless the bytes were changed on their way.
    pub(super) fn are_whole(&self) -> bool {
        let within =
            |entry: &Entry| self.text.get(entry.start as usize..entry.end as usize).is_some();
        self.entries.iter().all(within)
    }

    /// Finds the rule that decides on a path in normal form, and its line.
    pub(super) fn decide(&self, path: &[u8]) -> Option<(Access, u32)> {
        let entry = self.entries.iter().find(|entry| {
            let pattern = &self.text[entry.start as usize..entry.end as usize];
            matches(pattern, entry.ending, path)
        })?;
        Some((entry.access, entry.line))
    }
}

struct Compiled {
    pattern: Vec<u8>,
    /// The length in octets that RFC 9309 section 2.2.2 compares, signs included.
    rank: usize,
    entry: Entry,
}

fn compile(rule: &RawRule<'_>) -> Option<Compiled> {
    let &RawRule { access, line, mut pattern } = rule;
    if !matches!(pattern.first(), Some(b'/' | b'*')) {
        return None;
    }
    let mut ending = Ending::Open;
    if pattern.len() > MAX_PATTERN {
        // A shorter pattern matches more: that is safe for what is forbidden, not for what is
        // allowed.
        if access == Access::Allow {
            return None;
        }
        pattern = &pattern[..MAX_PATTERN];
        // Half an escape would not match what the whole one matches.
        if let Some(cut) = memchr(b'%', &pattern[MAX_PATTERN - 2..]) {
            pattern = &pattern[..MAX_PATTERN - 2 + cut];
        }
    } else if let Some(body) = pattern.strip_suffix(b"$") {
        pattern = body;
        ending = Ending::Anchored;
    }
    let mut text = match normalize(pattern, &PATTERN) {
        Some(normal) => normal.into_bytes(),
        None => pattern.to_vec(),
    };
    let rank = text.len() + usize::from(ending == Ending::Anchored);
    text.dedup_by(|one, other| *one == b'*' && *other == b'*');
    let entry = Entry { start: 0, end: 0, line, access, ending };
    Some(Compiled { pattern: text, rank, entry })
}

/// Says whether a pattern matches from the beginning of `path`.
///
/// Each piece between two stars is taken where it is found first. If a match exists at all, there
/// is one that does so, which is why nothing is ever tried twice and time is linear.
fn matches(pattern: &[u8], ending: Ending, path: &[u8]) -> bool {
    let Some(star) = memchr(b'*', pattern) else {
        return match ending {
            Ending::Open => path.starts_with(pattern),
            Ending::Anchored => path == pattern,
        };
    };
    let Some(mut rest) = path.strip_prefix(&pattern[..star]) else { return false };
    let mut pieces = &pattern[star + 1..];
    while let Some(star) = memchr(b'*', pieces) {
        let piece = &pieces[..star];
        let Some(at) = memmem::find(rest, piece) else { return false };
        rest = &rest[at + piece.len()..];
        pieces = &pieces[star + 1..];
    }
    match ending {
        Ending::Open => memmem::find(rest, pieces).is_some(),
        Ending::Anchored => rest.ends_with(pieces),
    }
}

fn offset(length: usize) -> u32 {
    u32::try_from(length).expect("500 KiB of a file make less than 4 GiB of patterns")
}
