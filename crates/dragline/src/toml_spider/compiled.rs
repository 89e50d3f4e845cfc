//! Selectors, regexes and pointers of a spider's file, compiled once, with the place of what is wrong in them.

use dragline_parse::Selector;
use regex::Regex;

use super::keys::Text;
use super::problem::Problems;

/// A JSON pointer (RFC 6901).
#[derive(Clone, Debug)]
pub(super) struct Pointer {
    pub(super) text: String,
    pub(super) tokens: Vec<String>,
}

/// Compiles a selector.
pub(super) fn selector(text: &Text<'_>, problems: &mut Problems<'_>) -> Option<Selector> {
    match Selector::parse(text.value) {
        Ok(selector) => Some(selector),
        Err(error) => {
            let span = match error.offset() {
                Some(offset) => text.part(offset, 1, problems.text()),
                None => text.span.clone(),
            };
            let message = error.to_string();
            // What is said to users of the library names no key of a file.
            let message = message.replace(
                "select the element, then take its text or attribute",
                "text is taken by default, an attribute with the key `attr`",
            );
            problems.add(span, message);
            None
        }
    }
}

/// Checks a regex, and returns it as it is.
pub(super) fn checked_regex(text: &Text<'_>, problems: &mut Problems<'_>) -> Option<String> {
    regex(text, problems).map(|_| text.value.to_owned())
}

/// Compiles a regex.
pub(super) fn regex(text: &Text<'_>, problems: &mut Problems<'_>) -> Option<Regex> {
    let error = match Regex::new(text.value) {
        Ok(regex) => return Some(regex),
        Err(error) => error,
    };
    let (offset, length, reason) = match regex_syntax::parse(text.value) {
        Err(regex_syntax::Error::Parse(error)) => {
            let span = error.span();
            (span.start.offset, span.end.offset - span.start.offset, error.kind().to_string())
        }
        Err(regex_syntax::Error::Translate(error)) => {
            let span = error.span();
            (span.start.offset, span.end.offset - span.start.offset, error.kind().to_string())
        }
        _ => (0, text.value.len(), error.to_string()),
    };
    let span = text.part(offset, length.max(1), problems.text());
    problems.add(span, format!("this is no regular expression: {reason}"));
    None
}

/// Reads a pointer.
pub(super) fn pointer(text: &Text<'_>, problems: &mut Problems<'_>) -> Option<Pointer> {
    let value = text.value;
    if !value.is_empty() && !value.starts_with('/') {
        let message =
            format!("a JSON pointer begins with `/`; write `/{}`", value.replace('.', "/"));
        problems.add(text.span.clone(), message);
        return None;
    }
    let mut rest = value;
    while let Some(at) = rest.find('~') {
        if !rest[at + 1..].starts_with(['0', '1']) {
            let span = text.part(value.len() - rest.len() + at, 1, problems.text());
            problems.add(span, "`~` in a JSON pointer is written `~0`, and `/` in a name `~1`");
            return None;
        }
        rest = &rest[at + 1..];
    }
    let tokens = value.split('/').skip(1);
    let tokens = tokens.map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    Some(Pointer { text: value.to_owned(), tokens })
}
