//! Checks a CSS selector with the parser that reads it later, set up in the same way, so that both
//! accept the same. Builds nothing that could match.

use std::fmt;

use cssparser::{BasicParseErrorKind, ParseErrorKind, ToCss};
use precomputed_hash::PrecomputedHash;
use selectors::parser::{self, ParseRelative, SelectorList, SelectorParseErrorKind};

/// The longest selector that is accepted, in bytes.
const MAX_LENGTH: usize = 4096;

/// Returns what is wrong with a selector, to be read after it.
pub(crate) fn check(css: &str) -> Result<(), &'static str> {
    if css.len() > MAX_LENGTH {
        return Err("is longer than 4096 bytes; split it");
    }
    if css.trim().is_empty() {
        return Err("is empty; name at least one element, `*` is any");
    }
    let mut input = cssparser::Parser::new(css);
    match SelectorList::parse(&Grammar, &mut input, ParseRelative::No) {
        Ok(list) if looks_beside(&list) => Err(
            "looks beside its element, where nothing is searched; name the sibling with `next` or \
             the siblings with `until`",
        ),
        Ok(_) => Ok(()),
        Err(error) => Err(problem(css, &error.kind)),
    }
}

fn looks_beside(list: &SelectorList<Names>) -> bool {
    let css = list.to_css_string();
    css.contains(":scope + ") || css.contains(":scope ~ ")
}

fn problem(css: &str, kind: &ParseErrorKind<SelectorParseErrorKind>) -> &'static str {
    use SelectorParseErrorKind as Kind;

    if css.contains("::text") || css.contains("::attr") {
        return "has `::text` or `::attr()`, which are not CSS; text is read by default, an \
                attribute with the key `attr`";
    }
    let kind = match kind {
        ParseErrorKind::Basic(BasicParseErrorKind::EndOfInput) => {
            return "ends too early; something is missing at its end";
        }
        ParseErrorKind::Basic(BasicParseErrorKind::TooManyNestedBlocks) => {
            return "nests parentheses or brackets too deep";
        }
        ParseErrorKind::Basic(_) => return "has a character where none of its kind may stand",
        ParseErrorKind::Custom(kind) => kind,
    };
    match kind {
        Kind::EmptySelector => "has an empty part; remove a comma or add what it should match",
        Kind::DanglingCombinator => "ends with a combinator; add what should follow it",
        Kind::UnsupportedPseudoClassOrElement | Kind::NoIdentForPseudo | Kind::UnexpectedIdent => {
            "has a pseudo-class that is not supported; known are :not, :is, :where, :has, :scope, \
             :root, :empty, :nth-child and its relatives"
        }
        Kind::PseudoElementExpectedColon | Kind::PseudoElementExpectedIdent => {
            "has a colon without a name"
        }
        Kind::ClassNeedsIdent => "has a dot without a class name",
        Kind::ExpectedNamespace => "uses a namespace prefix; leave it out",
        Kind::NoQualifiedNameInAttributeSelector
        | Kind::UnexpectedTokenInAttributeSelector
        | Kind::ExpectedBarInAttr
        | Kind::BadValueInAttr
        | Kind::InvalidQualNameInAttr => {
            "has an attribute test that is not of the form [name] or [name=\"value\"]"
        }
        _ => "is not valid CSS",
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

/// A name or value, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Name(String);

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl ToCss for Name {
    fn to_css<W: fmt::Write>(&self, out: &mut W) -> fmt::Result {
        out.write_str(&self.0)
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

#[cfg(test)]
mod tests;
