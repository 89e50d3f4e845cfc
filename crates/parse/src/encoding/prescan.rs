//! Finds the encoding a document declares about itself: the HTML Standard's "prescan a byte
//! stream" and "get an XML encoding" (section 13.2.3.2). Reads bytes, not a tree.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// The most bytes of a body that are searched, as the standard recommends.
const PRESCAN_BYTES: usize = 1024;

/// Returns the encoding that the first 1,024 bytes of a document declare.
pub(super) fn prescan(body: &[u8]) -> Option<&'static Encoding> {
    let bytes = &body[..body.len().min(PRESCAN_BYTES)];
    if bytes.starts_with(b"<\0?\0x\0") {
        return Some(UTF_16LE);
    }
    if bytes.starts_with(b"\0<\0?\0x") {
        return Some(UTF_16BE);
    }
    meta_encoding(bytes).or_else(|| xml_encoding(bytes))
}

fn meta_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let mut scan = Scan { rest: bytes };
    while let Some(start) = memchr::memchr(b'<', scan.rest) {
        scan.rest = &scan.rest[start..];
        match scan.rest {
            [b'<', b'!', b'-', b'-', ..] => {
                // `<!-->` is a whole comment, so its end may share the dashes of its start.
                let end = memchr::memmem::find(&scan.rest[2..], b"-->")?;
                scan.skip(2 + end + 3);
            }
            [b'<', name @ ..] if meta(name) => {
                scan.skip("<meta".len());
                if let Some(encoding) = scan.meta() {
                    return Some(encoding);
                }
            }
            [b'<', b'/', letter, ..] | [b'<', letter, ..] if letter.is_ascii_alphabetic() => {
                let end = scan.rest.iter().position(|&byte| byte == b'>' || whitespace(byte))?;
                scan.skip(end);
                while scan.attribute().is_some() {}
            }
            [b'<', b'!' | b'/' | b'?', ..] => {
                scan.skip(memchr::memchr(b'>', scan.rest)?);
            }
            _ => scan.skip(1),
        }
    }
    None
}

/// Says whether `bytes`, which follow a `<`, are the start of a meta tag.
fn meta(bytes: &[u8]) -> bool {
    let name = bytes.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"meta"));
    name && bytes.get(4).is_some_and(|&byte| byte == b'/' || whitespace(byte))
}

/// The bytes that are not read yet.
struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn skip_while(&mut self, skipped: impl Fn(u8) -> bool) {
        let end = self.rest.iter().position(|&byte| !skipped(byte));
        self.skip(end.unwrap_or(self.rest.len()));
    }

    /// Reads the attributes of a meta tag and returns the encoding they declare.
    fn meta(&mut self) -> Option<&'static Encoding> {
        let mut names: Vec<&[u8]> = Vec::new();
        let mut pragma = false;
        let mut found = None;
        while let Some((name, value)) = self.attribute() {
            if names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                continue;
            }
            if name.eq_ignore_ascii_case(b"http-equiv") {
                pragma |= value.eq_ignore_ascii_case(b"content-type");
            } else if name.eq_ignore_ascii_case(b"content") && found.is_none() {
                found = content_charset(value)
                    .and_then(Encoding::for_label)
                    .map(|encoding| (Some(encoding), Needs::Pragma));
            } else if name.eq_ignore_ascii_case(b"charset") {
                found = Some((Encoding::for_label(value), Needs::Nothing));
            }
            names.push(name);
        }
        if self.rest.is_empty() {
            return None;
        }
        match found? {
            (_, Needs::Pragma) if !pragma => None,
            (encoding, _) => encoding.map(readable),
        }
    }

    /// Reads one attribute, name and value as written; the standard's "get an attribute", which has them
    /// in lower case.
    fn attribute(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        self.skip_while(|byte| byte == b'/' || whitespace(byte));
        if matches!(self.rest, [] | [b'>', ..]) {
            return None;
        }
        // An equals sign at the very start belongs to the name.
        let end = self.rest.iter().enumerate().position(|(index, &byte)| {
            matches!(byte, b'/' | b'>') || whitespace(byte) || (byte == b'=' && index > 0)
        });
        let Some(end) = end else { return self.abort() };
        let name = self.take(end);
        self.skip_while(whitespace);
        if self.rest.first() != Some(&b'=') {
            return Some((name, &[]));
        }
        self.skip(1);
        self.skip_while(whitespace);
        let value = match *self.rest.first()? {
            quote @ (b'"' | b'\'') => {
                self.skip(1);
                let Some(end) = memchr::memchr(quote, self.rest) else { return self.abort() };
                let value = self.take(end);
                self.skip(1);
                value
            }
            _ => {
                let end = self.rest.iter().position(|&byte| byte == b'>' || whitespace(byte));
                let Some(end) = end else { return self.abort() };
                self.take(end)
            }
        };
        Some((name, value))
    }

    /// Ends the search: a tag that is cut off by the end of the bytes declares nothing.
    fn abort<T>(&mut self) -> Option<T> {
        self.rest = &[];
        None
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        taken
    }
}

/// What must stand beside a declaration for it to count.
#[derive(Clone, Copy)]
enum Needs {
    Pragma,
    Nothing,
}

/// Finds the label in a `content` attribute; the standard's "extracting a character encoding from a meta
/// element".
fn content_charset(content: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"charset";
    let mut scan = Scan { rest: content };
    loop {
        let mut places = scan.rest.windows(NAME.len());
        scan.skip(places.position(|place| place.eq_ignore_ascii_case(NAME))? + NAME.len());
        scan.skip_while(whitespace);
        if scan.rest.first() == Some(&b'=') {
            break;
        }
    }
    scan.skip(1);
    scan.skip_while(whitespace);
    match *scan.rest.first()? {
        quote @ (b'"' | b'\'') => {
            let value = &scan.rest[1..];
            Some(&value[..memchr::memchr(quote, value)?])
        }
        _ => scan.rest.split(|&byte| byte == b';' || whitespace(byte)).next(),
    }
}

fn xml_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let declaration = bytes.strip_prefix(b"<?xml")?;
    let declaration = &declaration[..memchr::memchr(b'>', declaration)?];
    let start = memchr::memmem::find(declaration, b"encoding")?;
    let value = declaration[start + "encoding".len()..].trim_ascii_start();
    let (quote, value) = value.strip_prefix(b"=")?.trim_ascii_start().split_first()?;
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let label = &value[..memchr::memchr(*quote, value)?];
    if label.iter().any(|&byte| byte <= b' ') {
        return None;
    }
    Encoding::for_label(label).map(readable)
}

/// Replaces what a declaration in ASCII bytes cannot truly mean.
fn readable(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == UTF_16LE || encoding == UTF_16BE {
        UTF_8
    } else if encoding == X_USER_DEFINED {
        WINDOWS_1252
    } else {
        encoding
    }
}

fn whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}
