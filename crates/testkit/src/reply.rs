//! One scripted answer of a simulated host.

use bytes::Bytes;
use dragline::fetch::ErrorKind;

/// What a simulated host answers to one request: a response, or an error in place of one.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(crate) error: Option<ErrorKind>,
}

impl Reply {
    /// Makes a page of HTML, with status 200.
    pub fn html(body: impl Into<Bytes>) -> Self {
        Self::status(200).header("content-type", "text/html").body(body)
    }

    /// Makes a plain text, with status 200.
    pub fn text(body: impl Into<Bytes>) -> Self {
        Self::status(200).header("content-type", "text/plain").body(body)
    }

    /// Makes an answer with a status and an empty body; a status that is none becomes 500.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), error: None }
    }

    /// Makes a redirect, with status 302.
    pub fn redirect(location: &str) -> Self {
        Self::status(302).header("location", location)
    }

    /// Makes an error in place of an answer.
    pub fn error(kind: ErrorKind) -> Self {
        Self { error: Some(kind), ..Self::status(0) }
    }

    /// Adds a header; one that cannot be sent is left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Returns the seconds of the `Retry-After` header; a date counts as none.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        let (_, value) =
            self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?;
        value.trim().parse().ok()
    }
}
