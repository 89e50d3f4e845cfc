//! Which answer is a redirect, and what request follows it (RFC 9110, section 15.4).

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION,
    CONTENT_TYPE, COOKIE, HOST, LOCATION, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::{Error, ErrorKind};
use crate::request::Request;
use crate::target::{drop_userinfo, without_userinfo};

/// What is done with an answer that redirects.
///
/// In a configuration it is written `"stop"` or `{ follow = 10 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redirects {
    /// It is returned like any other answer.
    Stop,
    /// It is followed at most so many times; one more, or a loop, is an error.
    Follow(u8),
}

impl Default for Redirects {
    fn default() -> Self {
        Self::Follow(10)
    }
}

/// What describes a body, and goes with it.
const OF_THE_BODY: [HeaderName; 6] = [
    CONTENT_TYPE,
    CONTENT_LENGTH,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LOCATION,
    TRANSFER_ENCODING,
];
/// What belongs to one origin.
const OF_THE_ORIGIN: [HeaderName; 4] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, HOST];

impl Request {
    /// Turns the request into the one that follows an answer with this status and target.
    ///
    /// After 303, and after 301 or 302 of a POST, it is a GET without body (RFC 9110, section 15.4). What
    /// belongs to one origin, `authorization`, `cookie`, `proxy-authorization` and every value marked as
    /// sensitive, is dropped when the target has another scheme, host or port.
    pub fn redirect(&mut self, status: StatusCode, target: Url) {
        rewrite_method(self, status);
        if target.origin() != self.url.origin() {
            drop_secrets(&mut self.headers);
        }
        self.url = target;
    }
}

/// The redirects followed so far, at most 255.
pub(crate) struct Hops {
    limit: Redirects,
    seen: Vec<Seen>,
}

/// A request that was redirected. The cookies belong to it: to be sent back to the same URL with
/// a cookie just set is no loop.
struct Seen {
    method: Method,
    url: Url,
    cookie: Option<HeaderValue>,
}

impl Hops {
    pub(crate) fn new(limit: Redirects) -> Self {
        Self { limit, seen: Vec::new() }
    }

    /// The URLs that led to the last one, in order.
    pub(crate) fn urls(&self) -> Vec<Url> {
        self.seen.iter().map(|seen| seen.url.clone()).collect()
    }

    /// Whether the answer is followed.
    pub(crate) fn follows(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        self.limit != Redirects::Stop
            && matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
            && headers.contains_key(LOCATION)
    }

    /// Turns `request`, sent to `url` with `cookie`, into the one that follows it.
    pub(crate) fn follow(
        &mut self,
        request: &mut Request,
        url: Url,
        cookie: Option<HeaderValue>,
        status: StatusCode,
        location: &HeaderValue,
    ) -> Result<(), Error> {
        let Redirects::Follow(limit) = self.limit else { return Ok(()) };
        let mut next = target(&url, location)?;
        if next.fragment().is_none() {
            // Section 10.2.2: the fragment is inherited.
            next.set_fragment(url.fragment());
        }
        let method = request.method.clone();
        self.seen.push(Seen { method, url, cookie });
        if self.seen.len() > usize::from(limit) {
            let reason =
                format!("redirected more than {limit} times; raise the limit of redirects");
            return Err(Error::new(ErrorKind::TooManyRedirects, reason).with_url(next));
        }
        request.redirect(status, next);
        Ok(())
    }

    /// Fails when the request, with this cookie header, has already led here.
    pub(crate) fn check(
        &self,
        request: &Request,
        cookie: Option<&HeaderValue>,
    ) -> Result<(), Error> {
        let again = self.seen.iter().any(|seen| {
            seen.method == request.method
                && seen.cookie.as_ref() == cookie
                && without_fragment(&seen.url) == without_fragment(&request.url)
        });
        if !again {
            return Ok(());
        }
        let reason =
            format!("the redirect leads back to where it came from, after {}", self.seen.len());
        Err(Error::new(ErrorKind::RedirectLoop, reason).with_url(request.url.clone()))
    }
}

fn without_fragment(url: &Url) -> &str {
    &url[..url::Position::AfterQuery]
}

fn target(from: &Url, location: &HeaderValue) -> Result<Url, Error> {
    let text = String::from_utf8_lossy(location.as_bytes());
    let mut url = from.join(&text).map_err(|cause| {
        let shown = without_userinfo(&text);
        let reason = format!("the answer redirects to {shown:?}, which is not a URL: {cause}");
        Error::new(ErrorKind::InvalidUrl, reason).with_url(from.clone()).with_source(cause)
    })?;
    drop_userinfo(&mut url);
    Ok(url)
}

/// 303 turns all but HEAD into GET; 301 and 302 turn POST into GET, as browsers do.
fn rewrite_method(request: &mut Request, status: StatusCode) {
    let to_get = match status {
        StatusCode::SEE_OTHER => request.method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => request.method == Method::POST,
        _ => false,
    };
    if to_get {
        request.method = Method::GET;
        request.body = Bytes::new();
        for name in OF_THE_BODY {
            request.headers.remove(name);
        }
    }
}

/// Drops what another scheme, host or port must not see; what the caller marked as sensitive too.
fn drop_secrets(headers: &mut HeaderMap) {
    for name in OF_THE_ORIGIN {
        headers.remove(name);
    }
    let marked = headers.iter().filter(|(_, value)| value.is_sensitive());
    let marked: Vec<HeaderName> = marked.map(|(name, _)| name.clone()).collect();
    for name in marked {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(from: &str, method: Method, status: u16, to: &str) -> Request {
        let mut request = Request::new(method, Url::parse(from).unwrap());
        request.body = Bytes::from_static(b"body");
        for name in ["authorization", "cookie", "proxy-authorization", "x-kept", "content-type"] {
            request.headers.insert(name, HeaderValue::from_static("v"));
        }
        let mut key = HeaderValue::from_static("key");
        key.set_sensitive(true);
        request.headers.insert("x-api-key", key);
        let mut hops = Hops::new(Redirects::Follow(10));
        let url = request.url.clone();
        let status = StatusCode::from_u16(status).unwrap();
        let location = HeaderValue::from_str(to).unwrap();
        hops.follow(&mut request, url, None, status, &location).unwrap();
        request
    }

    #[test]
    fn methods_and_bodies_change_as_rfc_9110_says() {
        for (method, status, expected) in [
            (Method::POST, 301, Method::GET),
            (Method::POST, 302, Method::GET),
            (Method::POST, 303, Method::GET),
            (Method::POST, 307, Method::POST),
            (Method::POST, 308, Method::POST),
            (Method::PUT, 301, Method::PUT),
            (Method::PUT, 302, Method::PUT),
            (Method::PUT, 303, Method::GET),
            (Method::DELETE, 303, Method::GET),
            (Method::HEAD, 303, Method::HEAD),
            (Method::HEAD, 302, Method::HEAD),
        ] {
            let request = follow("http://a.test/", method.clone(), status, "/x");
            let kept = expected == method;
            assert_eq!(request.method, expected, "{method} {status}");
            assert_eq!(!request.body.is_empty(), kept, "{method} {status}");
            assert_eq!(request.headers.contains_key("content-type"), kept, "{method} {status}");
            assert!(request.headers.contains_key("authorization"));
        }
    }

    #[test]
    fn secrets_stay_with_their_scheme_host_and_port() {
        for (from, to, kept) in [
            ("http://a.test/", "/x", true),
            ("http://a.test/", "http://a.test:80/x", true),
            ("http://a.test/", "//b.test/x", false),
            ("http://a.test/", "http://a.test:81/", false),
            ("http://a.test/", "https://a.test/", false),
            ("https://a.test/", "http://a.test/", false),
            ("https://a.test/", "https://sub.a.test/", false),
        ] {
            let headers = follow(from, Method::GET, 302, to).headers;
            for name in ["authorization", "cookie", "proxy-authorization", "x-api-key"] {
                assert_eq!(headers.contains_key(name), kept, "{name}: {from} -> {to}");
            }
            assert!(headers.contains_key("x-kept"), "{from} -> {to}");
        }
    }

    #[test]
    fn a_fragment_is_inherited_unless_there_is_a_new_one() {
        let url = |to| follow("http://a.test/#one", Method::GET, 302, to).url;
        assert_eq!(url("/x").as_str(), "http://a.test/x#one");
        assert_eq!(url("/x#two").as_str(), "http://a.test/x#two");
    }

    #[test]
    fn a_user_name_in_a_location_is_dropped() {
        let request = follow("http://a.test/", Method::GET, 302, "http://me:secret@b.test/");
        assert_eq!(request.url.as_str(), "http://b.test/");
    }
}
