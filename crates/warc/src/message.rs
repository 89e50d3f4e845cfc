//! The HTTP messages in the blocks of records, read as leniently as they are written out there.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::{chunked, fields};

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers, as they stand there; those that cannot be are left out.
    pub headers: HeaderMap,
    /// The body: the chunked coding is undone and its header gone, a content coding is not.
    pub body: Bytes,
}

/// What a server was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// Reads the block of a `response` record; `None` when it is no HTTP.
    pub fn read(block: &Bytes) -> Option<Self> {
        let (first, lines, at) = fields::split(block);
        let mut words = first.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        if !words.next()?.starts_with(b"HTTP/") {
            return None;
        }
        let status = StatusCode::from_bytes(words.next()?).ok()?;
        let mut headers = headers(lines);
        let mut body = block.slice(at..);
        let is_chunked = |value: &HeaderValue| value.as_bytes().ends_with(b"chunked");
        if headers.get_all(TRANSFER_ENCODING).iter().any(is_chunked)
            && let Some(whole) = chunked::undo(&body)
        {
            headers.remove(TRANSFER_ENCODING);
            headers.remove(CONTENT_LENGTH);
            body = whole.into();
        }
        Some(Self { status, headers, body })
    }
}

impl Asked {
    /// Reads the block of a `request` record; `None` when it is no HTTP.
    pub fn read(block: &Bytes) -> Option<Self> {
        let (first, lines, at) = fields::split(block);
        let method = first.split(|byte| *byte == b' ').next()?;
        let method = Method::from_bytes(method).ok()?;
        let headers = headers(lines);
        let body = block.slice(at..);
        let body = match headers.contains_key(TRANSFER_ENCODING) {
            true => chunked::undo(&body).map_or(body, Bytes::from),
            false => body,
        };
        Some(Self { method, body })
    }
}

fn headers(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields::read(lines) {
        let name = HeaderName::from_bytes(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&value)) {
            // More than any server sends; a map has an end.
            let _ = headers.try_append(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_its_chunks_joined() {
        let block = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\nbad name: 1\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let answer = Answer::read(&block.into()).unwrap();
        assert_eq!((answer.status.as_u16(), &*answer.body), (200, &b"abc"[..]));
        assert_eq!(answer.headers.len(), 1);
        let kept = "HTTP/2 404\nTransfer-Encoding: chunked\n\n<p>";
        let answer = Answer::read(&kept.into()).unwrap();
        assert_eq!((answer.status.as_u16(), &*answer.body), (404, &b"<p>"[..]));
        for none in ["", "HTTP/1.1", "HTTP/1.1 abc", "hello 200"] {
            assert_eq!(Answer::read(&none.into()), None, "{none}");
        }
    }

    #[test]
    fn a_request_has_its_method_and_body() {
        let asked = Asked::read(&"POST /a HTTP/1.1\r\nhost: b\r\n\r\nx=1".into()).unwrap();
        assert_eq!((asked.method, &*asked.body), (Method::POST, &b"x=1"[..]));
    }
}
