//! Where in a selector the mistake is. Parses once more, in the way that keeps places; used for errors only.

use std::fmt;

use cssparser::{BasicParseErrorKind, ParseErrorKind, ToCss};
use precomputed_hash::PrecomputedHash;
use selectors::parser::{self, ParseRelative, SelectorList, SelectorParseErrorKind};

/// Returns where a selector is wrong, in bytes; nothing if it is a selector.
pub(super) fn offset(css: &str) -> Option<usize> {
    if let Some(offset) = css.find("::text").or_else(|| css.find("::attr")) {
        return Some(offset);
    }
    let mut input = cssparser::Parser::new(css);
    let start = input.position();
    let error = SelectorList::parse(&Grammar, &mut input, ParseRelative::No).err()?;
    match error.kind {
        ParseErrorKind::Basic(BasicParseErrorKind::EndOfInput)
        | ParseErrorKind::Custom(SelectorParseErrorKind::DanglingCombinator) => {
            return Some(css.trim_end().len());
        }
        _ => {}
    }
    let read = input.slice_from(start).trim_end();
    Some(last_part(read))
}

/// Returns where the last part of what was read begins: a name with its sign, or brackets with what is before.
fn last_part(read: &str) -> usize {
    let opened = match read.chars().next_back() {
        Some(')') => read.rfind('('),
        Some(']') => return read.rfind('[').unwrap_or(0),
        Some('(') => Some(read.len() - 1),
        _ => None,
    };
    let before = &read[..opened.unwrap_or(read.len())];
    let name = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
    let sign = before.trim_end_matches(name);
    let start = sign.trim_end_matches(['.', '#', ':']).len();
    // A sign that is no part of a name stands alone.
    if start == read.len() {
        read.char_indices().next_back().map_or(0, |(last, _)| last)
    } else {
        start
    }
}

/// The grammar that scraper uses: `:is`, `:where` and `:has`, no pseudo-elements, no namespaces.
struct Grammar;

impl parser::Parser<'_> for Grammar {
    type Impl = Names;
    type Error = SelectorParseErrorKind;

    fn parse_is_and_where(&self) -> bool {
        true
    }

    fn parse_has(&self) -> bool {
        true
    }
}

#[derive(Debug, Clone)]
struct Names;

impl parser::SelectorImpl for Names {
    type ExtraMatchingData<'a> = ();
    type AttrValue = Name;
    type Identifier = Name;
    type LocalName = Name;
    type NamespacePrefix = Name;
    type NamespaceUrl = Name;
    type BorrowedNamespaceUrl = Name;
    type BorrowedLocalName = Name;
    type NonTSPseudoClass = Never;
    type PseudoElement = Never;
}

/// A name or value; which one does not matter here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Name;

impl From<&str> for Name {
    fn from(_: &str) -> Self {
        Self
    }
}

impl ToCss for Name {
    fn to_css<W: fmt::Write>(&self, _: &mut W) -> fmt::Result {
        Ok(())
    }
}

impl PrecomputedHash for Name {
    // Nothing is ever looked up by it.
    fn precomputed_hash(&self) -> u32 {
        0
    }
}

/// What no selector has: a pseudo-element, or a pseudo-class of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Never {}

impl ToCss for Never {
    fn to_css<W: fmt::Write>(&self, _: &mut W) -> fmt::Result {
        match *self {}
    }
}

impl parser::PseudoElement for Never {}

impl parser::NonTSPseudoClass for Never {
    fn is_active_or_hover(&self) -> bool {
        match *self {}
    }

    fn is_user_action_state(&self) -> bool {
        match *self {}
    }
}
