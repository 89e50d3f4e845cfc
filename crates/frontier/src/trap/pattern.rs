//! What URLs of one kind have in common: their path with its numbers, slugs and ids left open.

use twox_hash::XxHash3_64;

use crate::canonical::Parts;

/// Separators from which a segment is a sentence and no word.
const SLUG: usize = 3;
/// Shortest run of hexadecimal digits that is an id.
const HEX: usize = 16;
/// Shortest run of letters and digits that is an id.
const TOKEN: usize = 20;
/// Longest extension of a file that is kept, in bytes.
const EXTENSION: usize = 5;

/// The form of a URL, as text such as `http://a.example/day/{n}?view`.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: String,
    /// Where the query's names begin.
    path: usize,
}

impl Pattern {
    /// Returns the form of a URL.
    ///
    /// A segment that stood before is left out, so that a path that grows by repeating itself keeps its
    /// form; what comes behind an id, which may be a session's, is left open.
    pub(crate) fn of(url: &Parts<'_>) -> Self {
        let mut text = String::with_capacity(url.text.len() + 16);
        text.push_str(url.origin);
        let start = text.len();
        for segment in url.path.split('/').skip(1) {
            let before = text.len();
            text.push('/');
            let form = generalise(segment, &mut text);
            if let Form::Id = form {
                text.push_str("/..");
                break;
            }
            let new = &text.as_bytes()[before + 1..];
            let mut others = text.as_bytes()[start..before].split(|byte| *byte == b'/');
            if !new.is_empty() && others.any(|known| known == new) {
                text.truncate(before);
            }
        }
        let path = text.len();
        let mut names: Vec<_> =
            url.parameters().map(|one| one.split('=').next().unwrap_or_default()).collect();
        names.sort_unstable();
        for (index, name) in names.iter().enumerate() {
            text.push(if index == 0 { '?' } else { '&' });
            push_numbers_open(name, &mut text);
        }
        Self { text, path }
    }

    /// Returns the hash of the whole form.
    pub(crate) fn hash(&self) -> u64 {
        XxHash3_64::oneshot(self.text.as_bytes())
    }

    /// Returns the hash of the path's form.
    pub(crate) fn path_hash(&self) -> u64 {
        XxHash3_64::oneshot(&self.text.as_bytes()[..self.path])
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

enum Form {
    Word,
    Id,
}

fn generalise(segment: &str, text: &mut String) -> Form {
    let (stem, extension) = match segment.rsplit_once('.') {
        Some((stem, extension))
            if extension.len() <= EXTENSION
                && extension.bytes().all(|byte| byte.is_ascii_alphabetic()) =>
        {
            (stem, extension)
        }
        _ => (segment, ""),
    };
    if is_id(stem) {
        text.push_str("{id}");
        return Form::Id;
    }
    let separators = stem.bytes().filter(|byte| matches!(byte, b'-' | b'_' | b'+')).count();
    if separators >= SLUG {
        text.push_str("{slug}");
    } else {
        push_numbers_open(stem, text);
    }
    if !extension.is_empty() {
        text.push('.');
        text.push_str(extension);
    }
    Form::Word
}

/// Tells whether a text is an id that no person chose: hexadecimal, a UUID, or a mix of letters and digits.
fn is_id(text: &str) -> bool {
    if text.len() < HEX {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if hex {
        return digits + letters >= HEX && digits > 0 && letters > 0;
    }
    text.len() >= TOKEN && digits + letters == text.len() && digits > 3 && letters > 3
}

/// Writes a text with each run of digits as `{n}`.
fn push_numbers_open(text: &str, output: &mut String) {
    let mut rest = text;
    while let Some(start) = rest.bytes().position(|byte| byte.is_ascii_digit()) {
        output.push_str(&rest[..start]);
        output.push_str("{n}");
        rest = rest[start..].trim_start_matches(|c: char| c.is_ascii_digit());
    }
    output.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_one_kind_have_one_form() {
        for (target, form) in [
            ("/", "/"),
            ("/product/17", "/product/{n}"),
            ("/2031/03/17/the-old-man-and-the-sea.html", "/{n}/{slug}.html"),
            ("/std/vec/struct.Vec.html", "/std/vec/struct.Vec.html"),
            ("/x/y/x/y/x", "/x/y"),
            ("/s/0123456789abcdef0123/cart/2", "/s/{id}/.."),
            ("/list?sort=a&page=2&f%5B3%5D=x", "/list?f%{n}B{n}%{n}D&page&sort"),
        ] {
            let url = format!("http://a.example{target}");
            let pattern = Pattern::of(&Parts::plain(&url).unwrap());
            assert_eq!(pattern.text(), format!("http://a.example{form}"));
        }
    }
}
