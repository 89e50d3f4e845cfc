//! Text and tags as most pages have them, read from the data state without html5ever's tokenizer.
//! What is not plain is left to it: rare character references, comments, raw text, errors.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tag, TagKind, Token};
use html5ever::{Attribute, LocalName, QualName, ns};
use memchr::{memchr, memchr2, memchr3};

/// The most attributes of a plain tag. Each is compared with all before it.
const MAX_ATTRIBUTES: usize = 32;

/// Character references that are common.
const REFERENCES: [(&str, &str); 8] = [
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&nbsp;", "\u{a0}"),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&copy;", "\u{a9}"),
];

/// Returns the token that begins at a place in a text, and its length in bytes, if the tokenizer would
/// give the same one in the data state and stay in it.
pub(super) fn token(text: &StrTendril, at: usize) -> Option<(Token, usize)> {
    let rest = &text.as_bytes()[at..];
    match *rest.first()? {
        b'<' => return TagReader { text, at }.tag(),
        b'&' => {
            let (reference, meaning) = reference(rest)?;
            return Some((Token::CharacterTokens(meaning.into()), reference.len()));
        }
        _ => {}
    }
    let length = memchr3(b'<', b'&', b'\r', rest).unwrap_or(rest.len());
    let plain = length > 0 && memchr(0, &rest[..length]).is_none();
    plain.then(|| (Token::CharacterTokens(cut(text, at, length)), length))
}

/// Reads a tag.
struct TagReader<'t> {
    text: &'t StrTendril,
    at: usize,
}

impl TagReader<'_> {
    fn tag(mut self) -> Option<(Token, usize)> {
        let start = self.at;
        self.at += 1;
        let kind = if self.take(b'/') { TagKind::EndTag } else { TagKind::StartTag };
        if !self.byte()?.is_ascii_alphabetic() {
            return None;
        }
        let name = self.name(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_raw(&name) {
            return None;
        }
        let (mut attrs, mut self_closing) = (Vec::new(), false);
        loop {
            let spaces = self.spaces();
            match self.byte()? {
                b'>' => break,
                // Attributes of an end tag are an error.
                _ if kind == TagKind::EndTag => return None,
                b'/' if self.text.as_bytes().get(self.at + 1) == Some(&b'>') => {
                    self.at += 1;
                    self_closing = true;
                    break;
                }
                _ if spaces == 0 || attrs.len() == MAX_ATTRIBUTES => return None,
                _ => {
                    let attribute = self.attribute()?;
                    if attrs.iter().any(|before: &Attribute| before.name == attribute.name) {
                        return None;
                    }
                    attrs.push(attribute);
                }
            }
        }
        let length = self.at + 1 - start;
        let tag = Tag { kind, name, self_closing, attrs, had_duplicate_attributes: false };
        Some((Token::TagToken(tag), length))
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let name =
            self.name(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':'));
        if name.is_empty() {
            return None;
        }
        let value = if self.take(b'=') {
            self.value()?
        } else {
            // A value may follow after space.
            let spaces = self.spaces();
            if self.byte()? == b'=' {
                return None;
            }
            self.at -= spaces;
            StrTendril::new()
        };
        Some(Attribute { name: QualName::new(None, ns!(), name), value })
    }

    fn value(&mut self) -> Option<StrTendril> {
        let quote = self.byte()?;
        let (start, length, end) = match quote {
            b'"' | b'\'' => {
                let start = self.at + 1;
                let length = memchr(quote, &self.text.as_bytes()[start..])?;
                (start, length, start + length + 1)
            }
            _ => {
                let ends = |byte: &u8| is_space(*byte) || *byte == b'>';
                let length = self.text.as_bytes()[self.at..].iter().position(ends)?;
                (self.at, length, self.at + length)
            }
        };
        if end == start {
            return None;
        }
        self.at = end;
        let value = &self.text[start..start + length];
        match memchr3(b'&', b'\r', 0, value.as_bytes()) {
            None => Some(cut(self.text, start, length)),
            Some(_) => decode(value),
        }
    }

    /// Reads a name, of no byte or some.
    fn name(&mut self, allowed: impl Fn(u8) -> bool) -> LocalName {
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|byte| !allowed(byte)).unwrap_or(rest.len());
        self.at += length;
        let name = &rest[..length];
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            LocalName::from(name.to_ascii_lowercase())
        } else {
            LocalName::from(name)
        }
    }

    /// Skips spaces, and returns how many there were.
    fn spaces(&mut self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        let spaces = rest.iter().take_while(|byte| is_space(**byte)).count();
        self.at += spaces;
        spaces
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.byte() == Some(byte);
        self.at += usize::from(found);
        found
    }
}

/// Decodes the references of an attribute's value, if all are common ones.
fn decode(value: &str) -> Option<StrTendril> {
    if memchr2(b'\r', 0, value.as_bytes()).is_some() {
        return None;
    }
    let (mut decoded, mut rest) = (StrTendril::new(), value);
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        let (reference, meaning) = reference(&rest.as_bytes()[at..])?;
        decoded.push_slice(&rest[..at]);
        decoded.push_slice(meaning);
        rest = &rest[at + reference.len()..];
    }
    decoded.push_slice(rest);
    Some(decoded)
}

/// Returns the common character reference with which bytes begin, and what it means. With its
/// semicolon it means the same everywhere.
fn reference(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let known = REFERENCES.iter().find(|(reference, _)| bytes.starts_with(reference.as_bytes()));
    known.copied()
}

/// Says whether a byte is a space in a tag. A carriage return would be one after preprocessing, which
/// plain text does not need.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c')
}

/// Says whether the tokenizer may read on in another state after a tag of this name.
fn is_raw(name: &str) -> bool {
    matches!(
        name,
        "iframe"
            | "noembed"
            | "noframes"
            | "noscript"
            | "plaintext"
            | "script"
            | "style"
            | "textarea"
            | "title"
            | "xmp"
    )
}

/// Cuts a part out, which shares the bytes of the whole if it is long.
fn cut(text: &StrTendril, at: usize, length: usize) -> StrTendril {
    let fits = "a chunk is far shorter than 4 GiB";
    text.subtendril(u32::try_from(at).expect(fits), u32::try_from(length).expect(fits))
}
