//! One scripted answer, and a sequence of them.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::error::{Error, ErrorKind};

/// What a [`Mock`](crate::Mock) answers: a response or an error, at once or after a while.
///
/// A status or header that HTTP does not know is told as an error of the request.
#[derive(Clone, Debug)]
pub struct Reply {
    outcome: Outcome,
    delay: Duration,
}

#[derive(Clone, Debug)]
enum Outcome {
    Response { status: u16, headers: Vec<(String, String)>, body: Bytes },
    Error(ErrorKind),
}

impl Reply {
    /// Makes a response of status 200 with a body.
    pub fn ok(body: impl Into<Bytes>) -> Self {
        Self::response(200, body.into())
    }

    /// Makes a response with a status and an empty body.
    pub fn status(status: u16) -> Self {
        Self::response(status, Bytes::new())
    }

    /// Makes an error in place of a response.
    pub fn error(kind: ErrorKind) -> Self {
        Self { outcome: Outcome::Error(kind), delay: Duration::ZERO }
    }

    fn response(status: u16, body: Bytes) -> Self {
        let outcome = Outcome::Response { status, headers: Vec::new(), body };
        Self { outcome, delay: Duration::ZERO }
    }

    /// Adds a header; an error has none.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Outcome::Response { headers, .. } = &mut self.outcome {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// Sets the body; an error has none.
    #[must_use]
    pub fn body(mut self, content: impl Into<Bytes>) -> Self {
        if let Outcome::Response { body, .. } = &mut self.outcome {
            *body = content.into();
        }
        self
    }

    /// Sets how long the answer takes, on tokio's clock: in paused time it costs none.
    ///
    /// The time limits of the client hold.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub(super) fn wait(&self) -> Duration {
        self.delay
    }

    /// Returns the parts of the response, or the error.
    pub(super) fn into_parts(self) -> Result<(StatusCode, HeaderMap, Bytes), Error> {
        let (status, given, body) = match self.outcome {
            Outcome::Response { status, headers, body } => (status, headers, body),
            Outcome::Error(kind) => return Err(Error::new(kind, "an error as scripted")),
        };
        let wrong = |what: String| {
            Error::new(ErrorKind::Config, format!("the scripted answer cannot be sent: {what}"))
        };
        let status = StatusCode::from_u16(status)
            .map_err(|_| wrong(format!("{status} is not an HTTP status")))?;
        let mut headers = HeaderMap::with_capacity(given.len());
        for (name, value) in given {
            let parsed = HeaderName::try_from(&name).ok().zip(HeaderValue::try_from(&value).ok());
            let (parsed_name, parsed_value) =
                parsed.ok_or_else(|| wrong(format!("{name}: {value:?} is not a header")))?;
            headers.append(parsed_name, parsed_value);
        }
        Ok((status, headers, body))
    }
}

/// Answers that are given one after the other, the last one ever after.
#[derive(Clone, Debug)]
pub struct Replies {
    replies: Vec<Reply>,
    next: usize,
}

impl Replies {
    pub(super) fn next(&mut self) -> Option<Reply> {
        let reply = self.replies.get(self.next).or_else(|| self.replies.last()).cloned();
        self.next = self.next.saturating_add(1);
        reply
    }
}

impl From<Reply> for Replies {
    fn from(reply: Reply) -> Self {
        vec![reply].into()
    }
}

impl From<Vec<Reply>> for Replies {
    fn from(replies: Vec<Reply>) -> Self {
        Self { replies, next: 0 }
    }
}

impl<const N: usize> From<[Reply; N]> for Replies {
    fn from(replies: [Reply; N]) -> Self {
        Vec::from(replies).into()
    }
}
