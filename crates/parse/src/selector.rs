//! A CSS selector that was parsed once. Knows nothing of documents; elements are matched in
//! `element.rs`.

mod offset;

use std::str::FromStr;

use scraper::error::SelectorErrorKind;
use scraper::selector::ToCss;
use thiserror::Error;

/// The longest selector that is accepted, in bytes.
const MAX_LENGTH: usize = 4096;

/// A parsed list of CSS selectors, to be used many times.
///
/// Selectors level 4 as far as it makes sense without a browser: type, class, id, attribute and
/// combinators, `:not`, `:is`, `:where`, `:has`, `:scope`, `:root`, `:empty` and the `:nth-` and
/// `:first-` families. At most 4,096 bytes long.
///
/// # Examples
///
/// ```
/// use dragline_parse::Selector;
///
/// assert!(Selector::parse("ul > li:first-child, p.note").is_ok());
/// let error = Selector::parse("p::text").unwrap_err();
/// assert!(error.to_string().starts_with("selector \"p::text\""));
/// ```
#[derive(Debug, Clone)]
pub struct Selector {
    inner: scraper::Selector,
}

impl Selector {
    /// Parses a selector, or several separated by commas.
    ///
    /// # Errors
    ///
    /// Fails if `css` is empty, too long, or no selector that is supported.
    pub fn parse(css: &str) -> Result<Self, SelectorError> {
        let error =
            |problem| SelectorError { css: excerpt(css), problem, offset: offset::offset(css) };
        if css.len() > MAX_LENGTH {
            let problem = "is longer than 4096 bytes; split it";
            return Err(SelectorError { css: excerpt(css), problem, offset: None });
        }
        if css.trim().is_empty() {
            return Err(error("is empty; name at least one element, `*` is any"));
        }
        match scraper::Selector::parse(css) {
            Ok(inner) if looks_beside(&inner) => Err(error(
                "looks beside its element, where nothing is searched; name the sibling with `next` \
                 or the siblings with `until`",
            )),
            Ok(inner) => Ok(Self { inner }),
            Err(kind) => Err(error(problem(css, &kind))),
        }
    }

    pub(crate) fn inner(&self) -> &scraper::Selector {
        &self.inner
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(css: &str) -> Result<Self, SelectorError> {
        Self::parse(css)
    }
}

/// The error of text that is not a CSS selector, or not one that is supported.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("selector {css:?} {problem}")]
pub struct SelectorError {
    css: String,
    problem: &'static str,
    offset: Option<usize>,
}

impl SelectorError {
    /// Returns the selector, cut after 200 characters.
    #[must_use]
    pub fn css(&self) -> &str {
        &self.css
    }

    /// Returns where in the selector the mistake is, in bytes, if that can be told.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.offset
    }
}

/// Says whether a selector wants siblings of the element it is searched in, which no search
/// visits; an error beats finding nothing on every page.
fn looks_beside(selector: &scraper::Selector) -> bool {
    let css = selector.to_css_string();
    css.contains(":scope + ") || css.contains(":scope ~ ")
}

fn excerpt(css: &str) -> String {
    css.chars().take(200).collect()
}

/// Says what is wrong and what to do. The parser below does not tell where.
fn problem(css: &str, kind: &SelectorErrorKind) -> &'static str {
    if css.contains("::text") || css.contains("::attr") {
        return "has `::text` or `::attr()`, which are not CSS; select the element, then take its \
                text or attribute";
    }
    match kind {
        SelectorErrorKind::EndOfLine => "ends too early; something is missing at its end",
        SelectorErrorKind::TooManyNestedBlocks => "nests parentheses or brackets too deep",
        SelectorErrorKind::UnexpectedToken => "has a character where none of its kind may stand",
        SelectorErrorKind::ExpectedColonOnPseudoElement
        | SelectorErrorKind::ExpectedIdentityOnPseudoElement => "has a colon without a name",
        SelectorErrorKind::UnexpectedSelectorParseError(detail) => {
            // The detail's type belongs to a crate that is not ours to name, so its printed name
            // stands for it.
            match format!("{detail:?}").as_str() {
                "EmptySelector" => "has an empty part; remove a comma or add what it should match",
                "DanglingCombinator" => "ends with a combinator; add what should follow it",
                "UnsupportedPseudoClassOrElement" | "NoIdentForPseudo" | "UnexpectedIdent" => {
                    "has a pseudo-class that is not supported; known are :not, :is, :where, :has, \
                     :scope, :root, :empty, :nth-child and its relatives"
                }
                "ClassNeedsIdent" => "has a dot without a class name",
                "ExpectedNamespace" => "uses a namespace prefix; leave it out",
                name if name.contains("Attr") => {
                    "has an attribute test that is not of the form \
                                                  [name] or [name=\"value\"]"
                }
                _ => "is not valid CSS",
            }
        }
        _ => "is not valid CSS",
    }
}

#[cfg(test)]
mod tests {
    use super::Selector;

    fn message(css: &str) -> String {
        Selector::parse(css).unwrap_err().to_string()
    }

    #[test]
    fn messages_name_the_selector_and_the_remedy() {
        assert_eq!(message(""), "selector \"\" is empty; name at least one element, `*` is any");
        assert!(message("a,").contains("\"a,\" has an empty part"), "{}", message("a,"));
        assert!(message("a >").contains("ends with a combinator"), "{}", message("a >"));
        assert!(message("a:contains(x)").contains("pseudo-class"), "{}", message("a:contains(x)"));
        assert!(message("a::attr(href)").contains("not CSS"), "{}", message("a::attr(href)"));
        assert!(message("a[=x]").contains("attribute test"), "{}", message("a[=x]"));
        assert!(message("a[href=").contains("too early"), "{}", message("a[href="));
        assert!(message("p.#a").contains("class name"), "{}", message("p.#a"));
        assert!(message("svg|a").contains("namespace"), "{}", message("svg|a"));
        assert!(message("b, :SCOPE+dd").contains("`next`"), "{}", message(":scope+dd"));
    }

    #[test]
    fn errors_know_the_place() {
        let place = |css: &str| Selector::parse(css).unwrap_err().offset();
        assert_eq!(place("p.price::text"), Some(7));
        assert_eq!(place("a:contains(x)"), Some(1));
        assert_eq!(place("ul > li >"), Some(9));
        assert_eq!(place("é, a[=x]"), Some(5));
        assert_eq!(place("p.#a"), Some(1));
    }

    #[test]
    fn hostile_selectors_are_errors() {
        for css in [":not(".repeat(800), "(".repeat(4_000), "a ".repeat(5_000), "\0[".into()] {
            assert!(Selector::parse(&css).is_err(), "{}", &css[..2]);
        }
    }
}
