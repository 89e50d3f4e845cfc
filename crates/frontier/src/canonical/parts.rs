//! A canonical URL cut into its parts: from a parsed URL, or from text that needs no parsing.

#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;

use url::{Host, Position, Url};

use crate::canonical::MAX_URL;
use crate::percent::unreserved;

/// The parts of a URL, borrowed; all rules of admission read these.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    /// The whole URL, without fragment.
    pub(crate) text: &'a str,
    /// Scheme, host and port as written.
    pub(crate) origin: &'a str,
    /// The host; `None` for a URL that has none.
    pub(crate) host: Option<&'a str>,
    /// Whether the host is a name and no address.
    pub(crate) named: bool,
    /// The port, unless it is the scheme's own.
    pub(crate) port: Option<u16>,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    /// Whether path and query are known to hold nothing that RFC 3986 wants escaped.
    pub(crate) escaped: bool,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(url: &'a Url) -> Self {
        Self {
            text: &url[..Position::AfterQuery],
            origin: &url[..Position::BeforePath],
            host: url.host_str(),
            named: matches!(url.host(), Some(Host::Domain(_))),
            port: url.port(),
            path: url.path(),
            query: url.query(),
            escaped: false,
        }
    }

    /// Cuts a text that is a canonical URL already, byte for byte, but for a fragment, which is left out.
    ///
    /// It takes what nearly all links are: a plain host name or IPv4 address, and a path and query of
    /// characters that are never rewritten. `None` means that only a parser can tell.
    pub(crate) fn plain(text: &'a str) -> Option<Self> {
        Self::root(text)?.on(text)
    }

    /// Cuts the root off a text whose scheme, host and port are canonical already.
    pub(crate) fn root(text: &'a str) -> Option<Self> {
        let (start, own_port) = match text {
            _ if text.starts_with("https://") => (8, 443),
            _ if text.starts_with("http://") => (7, 80),
            _ => return None,
        };
        let rest = &text[start..];
        let slash = memchr::memchr(b'/', rest.as_bytes())?;
        let (host, port) = match rest[..slash].split_once(':') {
            None => (&rest[..slash], None),
            Some((host, digits)) => (host, Some(plain_port(digits, own_port)?)),
        };
        let named = is_plain_name(host);
        if !named && !is_plain_address(host) {
            return None;
        }
        let (origin, path) = text[..=start + slash].split_at(start + slash);
        let text = &text[..=start + slash];
        Some(Self { text, origin, host: Some(host), named, port, path, query: None, escaped: true })
    }

    /// Cuts the text whose root this is, if path and query are canonical too.
    pub(crate) fn on(self, text: &'a str) -> Option<Self> {
        if text.len() > MAX_URL {
            return None;
        }
        let path_start = self.origin.len();
        let (mark, end) = plain_target(&text.as_bytes()[path_start..])?;
        let end = path_start + end;
        let path_end = mark.map_or(end, |mark| path_start + mark);
        Some(Self {
            text: &text[..end],
            path: &text[path_start..path_end],
            query: mark.map(|_| &text[path_end + 1..end]),
            ..self
        })
    }

    /// Returns the registrable domain (Public Suffix List), or the host itself when it has none.
    pub(crate) fn domain(&self) -> Option<&'a str> {
        let host = self.host?;
        if !self.named {
            return Some(host);
        }
        let name = host.strip_suffix('.').unwrap_or(host);
        Some(psl::domain_str(name).unwrap_or(name))
    }

    /// Returns the parameters of the query, without empty ones.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &'a str> {
        self.query.unwrap_or_default().split('&').filter(|parameter| !parameter.is_empty())
    }
}

fn plain_port(digits: &str, own: u16) -> Option<u16> {
    if digits.is_empty() || digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|port| *port != own)
}

/// Tells whether a host is a name that a parser leaves as it is: lower-case labels that are neither an
/// address nor an encoded international name.
fn is_plain_name(host: &str) -> bool {
    let mut label_start = 0;
    let bytes = host.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => {}
            b'-' if index > label_start && bytes.get(index + 1).is_some_and(|&b| b != b'-') => {}
            b'.' if index > label_start => label_start = index + 1,
            _ => return false,
        }
    }
    // A last label that begins with a digit may be an address.
    host.len() <= 253 && bytes.get(label_start).is_some_and(u8::is_ascii_lowercase)
}

/// Tells whether a host is an IPv4 address the way a parser writes it: four numbers, no zero before any.
fn is_plain_address(host: &str) -> bool {
    host.parse::<Ipv4Addr>().is_ok()
}

/// Finds the query and the end of a path and query in which nothing would be rewritten.
fn plain_target(bytes: &[u8]) -> Option<(Option<usize>, usize)> {
    let mut mark = None;
    let mut index = 0;
    while let Some(offset) = bytes[index..].iter().position(|byte| !PLAIN[usize::from(*byte)]) {
        index += offset;
        match CLASS[usize::from(bytes[index])] {
            Class::Plain => {}
            Class::Dot => {
                if mark.is_none() && bytes[index - 1] == b'/' && is_dot_segment(&bytes[index..]) {
                    return None;
                }
            }
            Class::Escape => {
                let value = escaped_upper(&bytes[index + 1..])?;
                if unreserved(value) {
                    return None;
                }
                index += 2;
            }
            Class::Quote if mark.is_none() => {}
            Class::Mark => {
                mark.get_or_insert(index);
            }
            Class::Fragment => return Some((mark, index)),
            Class::Quote | Class::Other => return None,
        }
        index += 1;
    }
    Some((mark, bytes.len()))
}

fn is_dot_segment(bytes: &[u8]) -> bool {
    let ends = |index: usize| matches!(bytes.get(index), None | Some(b'/' | b'?' | b'#'));
    ends(1) || (bytes[1] == b'.' && ends(2))
}

/// The byte that two upper-case hexadecimal digits stand for.
fn escaped_upper(bytes: &[u8]) -> Option<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    Some(digit(*bytes.first()?)? << 4 | digit(*bytes.get(1)?)?)
}

/// What a byte of a path or query may mean.
#[derive(Clone, Copy)]
enum Class {
    /// It stands for itself.
    Plain,
    /// It may begin a dot segment.
    Dot,
    Escape,
    /// A parser escapes it in a query.
    Quote,
    Mark,
    Fragment,
    Other,
}

/// Bytes that are [`Class::Plain`].
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        plain[byte] = matches!(CLASS[byte], Class::Plain);
        byte += 1;
    }
    plain
};

const CLASS: [Class; 256] = {
    let mut table = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'.' => Class::Dot,
            b'%' => Class::Escape,
            b'\'' => Class::Quote,
            b'?' => Class::Mark,
            b'#' => Class::Fragment,
            b'/' | b':' | b'@' | b'!' | b'$' | b'&' | b'(' | b')' | b'*' | b'+' | b',' | b';'
            | b'=' => Class::Plain,
            other if unreserved(other) => Class::Plain,
            _ => Class::Other,
        };
        byte += 1;
    }
    table
};
