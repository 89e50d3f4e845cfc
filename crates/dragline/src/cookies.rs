//! Cookies around one exchange of a crawl: what goes with it, what it gives (RFC 6265). Called by the worker.

use std::time::SystemTime;

use bytes::Bytes;
use dragline_fetch::{Jar, Request, Response};
use http::HeaderValue;
use http::header::{COOKIE, SET_COOKIE};

/// A jar, and what of it went with a request.
pub(crate) struct Sent {
    jar: Jar,
    cookie: Option<HeaderValue>,
}

impl Sent {
    /// Adds the cookies of a jar to a request, unless it has some that were set by hand.
    pub(crate) fn with(request: &mut Request, jar: Jar, now: SystemTime) -> Self {
        let by_hand = request.headers.contains_key(COOKIE);
        let cookie = if by_hand { None } else { jar.header(&request.url, now) };
        if let Some(cookie) = &cookie {
            request.headers.insert(COOKIE, cookie.clone());
        }
        Self { jar, cookie }
    }

    /// Keeps the cookies of the answer.
    pub(crate) fn keep(self, response: &Response<Bytes>, now: SystemTime) -> Given {
        let given = response.headers().get_all(SET_COOKIE);
        let mut values = given.iter().peekable();
        if values.peek().is_none() {
            return Given::Nothing;
        }
        values.for_each(|value| self.jar.store(response.url(), value.as_bytes(), now));
        match self.jar.header(response.url(), now) == self.cookie {
            true => Given::Nothing,
            false => Given::Cookies,
        }
    }
}

/// What an answer gave that changes what is sent to its URL the next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Nothing,
    Cookies,
}
