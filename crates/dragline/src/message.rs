//! What a request is beyond a GET of its URL, and how that waits in the frontier: in the payload, in front of
//! the route.

use bytes::Bytes;
use dragline_fetch::Request;
use dragline_frontier::Pending;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use url::Url;

/// The largest body of a request, in bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;
/// The most bytes of all names and values of a request's headers.
pub(crate) const MAX_HEADERS: usize = 8 * 1024;
/// The longest name of a session, in bytes.
pub(crate) const MAX_SESSION: usize = 128;

// What such a payload begins with. A route is JSON and a sitemap's errand begins with 1 or 2.
const MARK: u8 = 3;

/// What a request is beyond a GET of its URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whose cookies go with it.
    pub(crate) session: Option<Box<str>>,
    pub(crate) dedupe: Dedupe,
    /// The largest body of its answer in bytes, if not that of the settings.
    pub(crate) max_body: Option<u64>,
}

/// By what a request is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Dedupe {
    /// Its method, URL and body.
    #[default]
    ByContent,
    /// Where it comes from, too: no two are the same.
    Never,
}

/// A message as it is written.
#[derive(Serialize, Deserialize)]
struct Row<'a> {
    method: &'a str,
    headers: Vec<HeaderRow<'a>>,
    body: &'a [u8],
    session: Option<&'a str>,
    dedupe: Dedupe,
    max_body: Option<u64>,
    /// The route that is carried along, in its own encoding.
    route: Option<&'a [u8]>,
}

#[derive(Serialize, Deserialize)]
struct HeaderRow<'a> {
    name: &'a str,
    value: &'a [u8],
    sensitive: bool,
}

impl Message {
    /// Makes the message of a plain GET in a session.
    pub(crate) fn of_session(session: Option<&str>) -> Option<Self> {
        session.map(|session| Self { session: Some(session.into()), ..Self::default() })
    }

    /// Takes over what a redirected request has become.
    pub(crate) fn redirected(&self, request: Request) -> Self {
        let Request { method, headers, body, .. } = request;
        let Self { session, dedupe, max_body, .. } = self.clone();
        Self { method, headers, body, session, dedupe, max_body }
    }

    /// Makes the request to this URL.
    pub(crate) fn request(&self, url: Url) -> Request {
        let mut request = Request::new(self.method.clone(), url);
        request.headers.clone_from(&self.headers);
        request.body = self.body.clone();
        request.max_body = self.max_body;
        request
    }

    /// Tells whether it is no more than a GET of its URL.
    fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Tells whether it is known by its URL alone.
    pub(crate) fn is_known_by_url(&self) -> bool {
        self.method == Method::GET && self.body.is_empty() && self.dedupe == Dedupe::ByContent
    }

    /// Has an admitted URL known by the message too. `origin` tells one that is never the same from all
    /// others, and is the same again after a restart.
    pub(crate) fn tell_apart(&self, pending: Pending, origin: &[u8]) -> Pending {
        let pending = match self.method == Method::GET && self.body.is_empty() {
            true => pending,
            false => pending.apart(self.method.as_str().as_bytes()).apart(&self.body),
        };
        match self.dedupe {
            Dedupe::ByContent => pending,
            Dedupe::Never => pending.apart(origin),
        }
    }

    /// Tells what cannot be sent or kept, and what to do about it.
    pub(crate) fn check(&self) -> Result<(), String> {
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let session = self.session.as_ref().map_or(0, |session| session.len());
        if self.body.len() > MAX_BODY {
            return Err(format!(
                "the body of the request has {} bytes, and a crawl keeps at most {MAX_BODY}; send it \
                 with a fetch::Client of your own",
                self.body.len()
            ));
        }
        if headers > MAX_HEADERS {
            return Err(format!(
                "the headers of the request have {headers} bytes, and a crawl keeps at most \
                 {MAX_HEADERS}; those that all requests have belong into fetch.headers"
            ));
        }
        if session > MAX_SESSION {
            return Err(format!(
                "the name of the session has {session} bytes; give it one of at most {MAX_SESSION}"
            ));
        }
        Ok(())
    }

    /// Writes the message in front of a route; a plain one leaves the route as it is.
    pub(crate) fn write(&self, route: Option<&[u8]>) -> Option<Box<[u8]>> {
        if self.is_plain() {
            return route.map(Box::from);
        }
        let headers = self.headers.iter().map(|(name, value)| HeaderRow {
            name: name.as_str(),
            value: value.as_bytes(),
            sensitive: value.is_sensitive(),
        });
        let row = Row {
            method: self.method.as_str(),
            headers: headers.collect(),
            body: &self.body,
            session: self.session.as_deref(),
            dedupe: self.dedupe,
            max_body: self.max_body,
            route,
        };
        let bytes = postcard::to_extend(&row, vec![MARK]).expect("bytes and texts can be written");
        Some(bytes.into_boxed_slice())
    }

    /// Reads what [`write`](Self::write) wrote; `None` for a plain GET.
    pub(crate) fn read(payload: Option<&[u8]>) -> Option<Self> {
        let row = Row::read(payload)?;
        let headers = row.headers.iter().filter_map(|header| {
            let mut value = HeaderValue::from_bytes(header.value).ok()?;
            value.set_sensitive(header.sensitive);
            Some((HeaderName::from_bytes(header.name.as_bytes()).ok()?, value))
        });
        let mut kept = HeaderMap::new();
        headers.for_each(|(name, value)| {
            kept.append(name, value);
        });
        Some(Self {
            method: Method::from_bytes(row.method.as_bytes()).ok()?,
            headers: kept,
            body: Bytes::copy_from_slice(row.body),
            session: row.session.map(Box::from),
            dedupe: row.dedupe,
            max_body: row.max_body,
        })
    }
}

/// Returns the session that a payload names.
pub(crate) fn session(payload: Option<&[u8]>) -> Option<&str> {
    Row::read(payload)?.session
}

/// Returns the route in a payload.
pub(crate) fn route(payload: Option<&[u8]>) -> Option<&[u8]> {
    match Row::read(payload) {
        Some(row) => row.route,
        None => payload,
    }
}

/// Returns what of a payload goes to what is found there: the route and the session.
pub(crate) fn inherited(payload: Option<&[u8]>) -> Option<Box<[u8]>> {
    let message = Message::of_session(session(payload)).unwrap_or_default();
    message.write(route(payload))
}

impl<'a> Row<'a> {
    fn read(payload: Option<&'a [u8]>) -> Option<Self> {
        let [MARK, row @ ..] = payload? else { return None };
        // What is damaged is no route either, which is where it is told.
        postcard::from_bytes(row).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Message {
        let mut value = HeaderValue::from_static("secret");
        value.set_sensitive(true);
        Message {
            method: Method::POST,
            headers: HeaderMap::from_iter([(HeaderName::from_static("x-key"), value)]),
            body: Bytes::from_static(b"user=me\0"),
            session: Some("me".into()),
            dedupe: Dedupe::Never,
            max_body: Some(7),
        }
    }

    #[test]
    fn a_message_and_its_route_survive_the_frontier() {
        for given in [None, Some(&b"{\"Detail\":1}"[..])] {
            let payload = login().write(given);
            let read = Message::read(payload.as_deref()).unwrap();
            assert_eq!(read, login());
            assert!(read.headers["x-key"].is_sensitive());
            assert_eq!(route(payload.as_deref()), given);
            assert_eq!(session(payload.as_deref()), Some("me"));
        }
    }

    #[test]
    fn a_plain_get_adds_nothing_to_its_route() {
        for given in [None, Some(&b"null"[..]), Some(b"\"List\""), Some(b"7"), Some(b"")] {
            let payload = Message::default().write(given);
            assert_eq!(payload.as_deref(), given);
            assert_eq!(Message::read(payload.as_deref()), None);
            assert_eq!(route(payload.as_deref()), given);
        }
    }

    #[test]
    fn what_is_found_on_a_page_inherits_its_session_and_no_more() {
        let payload = inherited(login().write(Some(b"1")).as_deref());
        let message = Message::read(payload.as_deref()).unwrap();
        assert_eq!(message, Message { session: Some("me".into()), ..Message::default() });
        assert_eq!(route(payload.as_deref()), Some(&b"1"[..]));
        assert_eq!(inherited(Some(b"1")).as_deref(), Some(&b"1"[..]));
    }

    #[test]
    fn damaged_messages_are_none() {
        let payload = login().write(None).unwrap();
        for end in 0..payload.len() {
            assert_eq!(Message::read(Some(&payload[..end])), None);
        }
    }

    #[test]
    fn what_is_too_large_is_named_with_the_remedy() {
        let large = Message { body: vec![0; MAX_BODY + 1].into(), ..Message::default() };
        assert!(large.check().unwrap_err().contains("fetch::Client"));
        let mut many = Message::default();
        many.headers.insert("x", HeaderValue::from_bytes(&[b'a'; MAX_HEADERS]).unwrap());
        assert!(many.check().unwrap_err().contains("fetch.headers"));
        assert_eq!(login().check(), Ok(()));
    }
}
