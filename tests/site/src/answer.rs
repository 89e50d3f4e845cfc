//! What the site says to one request. `delivery.rs` writes it to the socket.

use std::time::Duration;

use crate::fault::Fault;
use crate::head;

/// Describes one answer: status, headers, body, and how it is delivered.
///
/// `Content-Length` and `Connection` are written by the server, unless the answer has a header of
/// that name. An answer with a `Transfer-Encoding` of its own gets no length, and its body is sent
/// as it is.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) delay: Duration,
    pub(crate) fault: Option<Fault>,
    pub(crate) ending: Ending,
}

/// Whether the connection outlives the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    KeepAlive,
    Close,
}

/// What the head says about the length of the body.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Length {
    Bytes(usize),
    Chunked,
    Unsaid,
}

impl Answer {
    /// Creates an answer with a status and nothing else.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            delay: Duration::ZERO,
            fault: None,
            ending: Ending::KeepAlive,
        }
    }

    /// Creates a 200 with a body of `text/html; charset=utf-8`.
    pub fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200).header("content-type", "text/html; charset=utf-8").body(body)
    }

    /// Creates a 200 with a body of `text/plain; charset=utf-8`.
    pub fn text(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200).header("content-type", "text/plain; charset=utf-8").body(body)
    }

    /// Creates a 200 with a body of `application/json`.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200).header("content-type", "application/json").body(body)
    }

    /// Sets the status; any number is sent as it is.
    ///
    /// A status below 200, a 204 and a 304 are sent without a body.
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Adds a header; a second `Content-Type` replaces the first, every other name may be repeated.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        if name.eq_ignore_ascii_case("content-type") {
            self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
        }
        self.headers.push((name, value.into()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Waits before the first byte of the answer; zero by default.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Delivers the answer with a fault.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Sends `Connection: close` and closes the connection after the answer.
    pub fn close(mut self) -> Self {
        self.ending = Ending::Close;
        self
    }

    /// Returns whether a body may follow the head (RFC 9110, section 6.4.1).
    pub(crate) fn may_have_body(&self, method: &str) -> bool {
        method != "HEAD" && self.status >= 200 && self.status != 204 && self.status != 304
    }

    /// Writes the status line and the headers, with the empty line that ends them.
    pub(crate) fn head(&self, length: Length, ending: Ending) -> Vec<u8> {
        // The reason phrase may be left out, the space before it may not (RFC 9112, section 4).
        let mut text = format!("HTTP/1.1 {} \r\n", self.status);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let own = |name| head::header(&self.headers, name).is_some();
        if !own("content-length") && !own("transfer-encoding") {
            match length {
                Length::Bytes(bytes) => text.push_str(&format!("content-length: {bytes}\r\n")),
                Length::Chunked => text.push_str("transfer-encoding: chunked\r\n"),
                Length::Unsaid => {}
            }
        }
        if ending == Ending::Close && !own("connection") {
            text.push_str("connection: close\r\n");
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Ending, Length};

    fn head(answer: &Answer) -> String {
        String::from_utf8(answer.head(Length::Bytes(3), Ending::KeepAlive)).unwrap()
    }

    #[test]
    fn content_type_is_replaced_and_cookies_are_kept() {
        let answer = Answer::html("x")
            .header("Content-Type", "text/html; charset=latin1")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2");
        assert_eq!(
            head(&answer),
            "HTTP/1.1 200 \r\nContent-Type: text/html; charset=latin1\r\n\
             set-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: 3\r\n\r\n"
        );
    }

    #[test]
    fn own_length_and_own_encoding_win() {
        let lying = head(&Answer::new(200).header("Content-Length", "7"));
        assert_eq!(lying, "HTTP/1.1 200 \r\nContent-Length: 7\r\n\r\n");
        let chunked = head(&Answer::new(200).header("transfer-encoding", "chunked"));
        assert_eq!(chunked, "HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\n\r\n");
    }
}
