//! Tells references that are joined by copying from those that need a URL parser. Errs on the
//! side of the parser.

use super::usual;

/// What a reference is, as far as its bytes tell at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    /// A whole http or https URL, written as the parser would write it.
    Whole,
    /// A path from the root.
    Rooted,
    /// A path from the folder of the base.
    Relative,
    /// A path from a folder `up` levels above that of the base, written from `from` on.
    Climbing {
        /// Levels above.
        up: usize,
        /// Where the dot segments end.
        from: usize,
    },
    /// A query for the path of the base.
    Query,
    /// A URL of a scheme that is neither the web's nor that of files.
    Foreign,
    /// Anything else: the parser decides.
    Odd,
}

/// Reads a reference without fragment. `origin` is scheme, host and port of the base.
pub(super) fn read(reference: &str, origin: &str) -> Plain {
    let bytes = reference.as_bytes();
    match bytes {
        [] => Plain::Odd,
        [b'/', b'/', ..] => Plain::Odd,
        [b'/', rest @ ..] => when(is_tail(rest), Plain::Rooted),
        [b'?', rest @ ..] => when(usual::is_query(rest), Plain::Query),
        [b'.', ..] => climbing(bytes),
        [b'h', b't', b't', b'p', b's', b':', b'/', b'/', rest @ ..]
        | [b'h', b't', b't', b'p', b':', b'/', b'/', rest @ ..] => {
            // The origin of the base is written as the parser writes it, whatever is in it.
            let path = match bytes.strip_prefix(origin.as_bytes()) {
                Some(path) if !origin.is_empty() => path,
                _ => after_host(rest),
            };
            when(matches!(path, [b'/', tail @ ..] if is_tail(tail)), Plain::Whole)
        }
        _ => match path_end(bytes) {
            End::Path => Plain::Relative,
            End::Query(query) => when(usual::is_query(query), Plain::Relative),
            End::Colon(colon) => scheme(&bytes[..colon]),
            End::Odd => Plain::Odd,
        },
    }
}

fn when(plain: bool, what: Plain) -> Plain {
    if plain { what } else { Plain::Odd }
}

fn climbing(bytes: &[u8]) -> Plain {
    let (mut up, mut rest) = (0, bytes);
    loop {
        rest = match rest {
            [b'.', b'/', rest @ ..] => rest,
            [b'.', b'.', b'/', rest @ ..] => {
                up += 1;
                rest
            }
            _ => break,
        };
    }
    // An empty segment is another kind of parent.
    let plain = !rest.starts_with(b"/") && is_tail(rest);
    when(plain, Plain::Climbing { up, from: bytes.len() - rest.len() })
}

/// A colon before the first slash makes a scheme of what is before it.
fn scheme(name: &[u8]) -> Plain {
    let first = name.first().is_some_and(u8::is_ascii_alphabetic);
    let others = |&byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let known: [&[u8]; 3] = [b"http", b"https", b"file"];
    let known = known.iter().any(|known| name.eq_ignore_ascii_case(known));
    when(first && name.iter().all(others) && !known, Plain::Foreign)
}

/// Returns what follows a host that the parser leaves as it is; nothing after any other.
fn after_host(bytes: &[u8]) -> &[u8] {
    let mut last = b'.';
    let mut label = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        // No label is empty or ends with a hyphen.
        let ends = last != b'.' && last != b'-';
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => {}
            // Two hyphens may be those of a label that stands for other characters.
            b'-' if ends => {}
            b'.' if ends => label = index + 1,
            // A last label that begins with a digit may be a number, and the host an address.
            b'/' if ends && bytes[label].is_ascii_lowercase() => return &bytes[index..],
            _ => break,
        }
        last = byte;
    }
    &[]
}

/// Says whether what follows the slash of a folder is left as it is: path, and query if any.
fn is_tail(bytes: &[u8]) -> bool {
    let mut from = usual::path_length(bytes);
    while let Some(offset) = bytes[from..].iter().position(|byte| !USUAL[usize::from(*byte)]) {
        let index = from + offset;
        let before = if index == 0 { b'/' } else { bytes[index - 1] };
        match special(bytes, index, before, CLASSES[usize::from(bytes[index])]) {
            Special::Plain => from = index + 1,
            Special::Query => return usual::is_query(&bytes[index + 1..]),
            Special::Odd => return false,
        }
    }
    true
}

/// How the path of a relative reference ends.
enum End<'b> {
    Path,
    Query(&'b [u8]),
    /// At a colon in its first segment.
    Colon(usize),
    Odd,
}

fn path_end(bytes: &[u8]) -> End<'_> {
    if usual::path_length(bytes) == bytes.len() {
        return End::Path;
    }
    let mut before = b'/';
    for (index, &byte) in bytes.iter().enumerate() {
        match CLASSES[usize::from(byte)] {
            Class::Plain => {}
            Class::Slash if is_tail(&bytes[index + 1..]) => return End::Path,
            Class::Slash => return End::Odd,
            Class::Colon => return End::Colon(index),
            class => match special(bytes, index, before, class) {
                Special::Plain => {}
                Special::Query => return End::Query(&bytes[index + 1..]),
                Special::Odd => return End::Odd,
            },
        }
        before = byte;
    }
    End::Path
}

enum Special {
    Plain,
    Query,
    Odd,
}

fn special(bytes: &[u8], index: usize, before: u8, class: Class) -> Special {
    match class {
        Class::Dot if before != b'/' => Special::Plain,
        // An escaped dot counts as a dot where segments are dots.
        Class::Percent if !matches!(bytes[index + 1..], [b'2', b'e' | b'E', ..]) => Special::Plain,
        Class::Question => Special::Query,
        _ => Special::Odd,
    }
}

/// What a byte of a path needs: a look at its place, or the parser.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Odd,
    Plain,
    Slash,
    Dot,
    Percent,
    Colon,
    Question,
}

static CLASSES: [Class; 256] = classes();

/// Bytes that stand for themselves behind the slash of a folder.
static USUAL: [bool; 256] = {
    let mut usual = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        usual[byte] = matches!(classes()[byte], Class::Plain | Class::Slash | Class::Colon);
        byte += 1;
    }
    usual
};

const fn classes() -> [Class; 256] {
    let mut classes = [Class::Odd; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => Class::Plain,
            b'-' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b','
            | b';' | b'=' | b'@' => Class::Plain,
            b'/' => Class::Slash,
            b'.' => Class::Dot,
            b'%' => Class::Percent,
            b':' => Class::Colon,
            b'?' => Class::Question,
            _ => Class::Odd,
        };
        byte += 1;
    }
    classes
}
