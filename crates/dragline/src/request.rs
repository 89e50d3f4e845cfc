//! A request to crawl: a URL, and the route that says what kind of page it leads to.

use std::fmt;

use bytes::Bytes;
use dragline_frontier::Pending;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::message::{Dedupe, Message};

/// One thing to crawl.
///
/// `R` is the spider's [`Route`](crate::Spider::Route): which kind of page this leads to, and the state
/// carried there. It is `()` for spiders with one kind of page.
///
/// A request is known by its URL, and by its method and body when it is more than a GET: two POSTs of
/// different forms to one URL are two requests, the same form twice is one. Whatever its method, it waits for
/// robots.txt, politeness and limits as any other. One that must not be repeated (RFC 9110 section 9.2.2),
/// such as a POST, is tried again only when nothing of it was sent or the server says it is busy (429, 503);
/// when a crawl with a state is killed, what was in flight is sent again, whatever its method.
///
/// A redirect is a request of its own: 303, and 301 and 302 of a POST, lead to a GET, others keep method and
/// body (RFC 9110 section 15.4); `authorization`, `cookie`, `proxy-authorization` and values that are marked
/// as sensitive do not leave their origin. What a POST redirects to is fetched even if it is
/// known, and the other way round: a link to it later on is fetched, too.
///
/// Bodies have at most 1 MiB, headers 8 KiB, names of sessions 128 bytes. A request that has more ends as a
/// failed URL with the code `invalid_request`. In a crawl with a state they wait on disk as they are, secrets
/// included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<R = ()> {
    pub(crate) url: Url,
    pub(crate) route: R,
    pub(crate) priority: Priority,
    /// What it is beyond a GET, or what is wrong with that.
    pub(crate) message: Option<Box<Result<Message, String>>>,
}

/// When a request's turn comes, among those of its host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Priority {
    /// By its links from a seed: seeds come first, then those with one or two, with three to five, the
    /// rest. What resembles pages that gave nothing new comes last.
    #[default]
    ByDepth,
    /// With the seeds.
    First,
    /// With what is one or two links away from a seed.
    Early,
    /// With what is three to five links away from a seed.
    Late,
    /// With what comes after all others.
    Last,
}

impl Priority {
    /// Puts an admitted URL where this wants it.
    pub(crate) fn place(self, pending: Pending) -> Pending {
        match self {
            Self::ByDepth => pending,
            Self::First => pending.in_band(0),
            Self::Early => pending.in_band(1),
            Self::Late => pending.in_band(2),
            Self::Last => pending.in_band(3),
        }
    }
}

impl Request {
    /// Creates a request from the text of an absolute URL.
    ///
    /// # Errors
    /// When the text is no absolute URL. Whether it can be crawled is decided when it is admitted.
    pub fn get(url: impl AsRef<str>) -> Result<Self, InvalidUrl> {
        let text = url.as_ref().trim();
        match Url::parse(text) {
            Ok(url) => Ok(Self::from(url)),
            Err(error) => Err(InvalidUrl { text: without_user(text), reason: error.to_string() }),
        }
    }

    /// Creates a POST from the text of an absolute URL.
    ///
    /// ```
    /// use dragline::Request;
    ///
    /// let search = Request::post("http://shop.example/search")?.form(&[("q", "tea"), ("page", "1")]);
    /// # Ok::<(), dragline::InvalidUrl>(())
    /// ```
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn post(url: impl AsRef<str>) -> Result<Self, InvalidUrl> {
        Ok(Self::get(url)?.method(Method::POST))
    }
}

impl From<Url> for Request {
    fn from(url: Url) -> Self {
        Self { url, route: (), priority: Priority::default(), message: None }
    }
}

impl<R> Request<R> {
    /// Says which kind of page this leads to.
    pub fn route<T>(self, route: T) -> Request<T> {
        Request { url: self.url, route, priority: self.priority, message: self.message }
    }

    /// Sets the method. Default: GET.
    pub fn method(self, method: Method) -> Self {
        self.change(|message| {
            message.method = method;
            Ok(())
        })
    }

    /// Sets a header, in place of what it was.
    ///
    /// A `cookie` header set here is sent instead of the session's cookies.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        self.change(|message| {
            let name = name.try_into().map_err(Into::into);
            let pair = name.and_then(|name| Ok((name, value.try_into().map_err(Into::into)?)));
            let (name, value) =
                pair.map_err(|cause| format!("a header of the request cannot be sent: {cause}"))?;
            message.headers.insert(name, value);
            Ok(())
        })
    }

    /// Sets the body, of at most 1 MiB.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        self.change(|message| {
            message.body = body.into();
            Ok(())
        })
    }

    /// Sets the body to the fields of a value as HTML forms send them, and its `content-type` unless there is
    /// one.
    pub fn form<T: Serialize + ?Sized>(self, fields: &T) -> Self {
        self.change(|message| {
            let body = serde_html_form::to_string(fields)
                .map_err(|cause| format!("the fields of the request cannot be written: {cause}"))?;
            fill(message, "application/x-www-form-urlencoded", body.into());
            Ok(())
        })
    }

    /// Sets the body to a value as JSON, and its `content-type` unless there is one.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.change(|message| {
            let body = serde_json::to_vec(value)
                .map_err(|cause| format!("the body of the request is no JSON: {cause}"))?;
            fill(message, "application/json", body.into());
            Ok(())
        })
    }

    /// Sends it even if the same request is known already, such as to ask a page again for what changed; what
    /// it redirects to as well.
    ///
    /// It has a name of its own, made of the page that asks and of its place there, or of its place among the
    /// seeds: a crawl that goes on after a kill does not ask twice, and pages that ask again for themselves
    /// never end unless the spider ends it.
    pub fn dont_dedupe(self) -> Self {
        self.change(|message| {
            message.dedupe = Dedupe::Never;
            Ok(())
        })
    }

    /// Sends it in a session: with the cookies that its earlier requests were given (RFC 6265), and those it
    /// is given are kept there.
    ///
    /// Requests that come from its page stay in the session unless they name another one, redirects always
    /// do. The same URL in two sessions is the same request: the first one counts. A crawl has at most 1,000
    /// sessions; of more, the one that was unused for the longest begins anew. Cookies are in memory only: a
    /// crawl that goes on after a restart begins with none.
    pub fn session(self, name: impl Into<String>) -> Self {
        self.change(|message| {
            message.session = Some(name.into().into_boxed_str());
            Ok(())
        })
    }

    /// Says when its turn comes, instead of by its depth.
    pub fn priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Lets its answer have as many bytes as this, instead of `fetch.max_body`.
    #[cfg(feature = "toml")]
    pub(crate) fn max_body(self, bytes: u64) -> Self {
        self.change(|message| {
            message.max_body = Some(bytes);
            Ok(())
        })
    }

    /// Returns the URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Changes what it is beyond a GET, unless something was wrong with that before.
    pub(crate) fn change(
        mut self,
        change: impl FnOnce(&mut Message) -> Result<(), String>,
    ) -> Self {
        let message = self.message.get_or_insert_with(|| Box::new(Ok(Message::default())));
        if let Ok(kept) = &mut **message
            && let Err(problem) = change(kept)
        {
            **message = Err(problem);
        }
        self
    }
}

fn fill(message: &mut Message, content_type: &'static str, body: Bytes) {
    message.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
    message.body = body;
}

/// Writes a route the way it waits in the frontier; `None` for one that carries nothing.
pub(crate) fn encode_route<R: Serialize>(
    route: &R,
) -> Result<Option<Box<[u8]>>, serde_json::Error> {
    if size_of::<R>() == 0 {
        return Ok(None);
    }
    serde_json::to_vec(route).map(|bytes| Some(bytes.into_boxed_slice()))
}

/// Reads a route that [`encode_route`] wrote.
pub(crate) fn decode_route<R: DeserializeOwned>(
    bytes: Option<&[u8]>,
) -> Result<R, serde_json::Error> {
    serde_json::from_slice(bytes.unwrap_or(b"null"))
}

/// Returns a text as it may be shown: without what is, or in a text that is no URL may be, a user and a password.
pub(crate) fn without_user(text: &str) -> String {
    let mut url = match Url::parse(text) {
        Ok(url) if url.has_host() => url,
        // Anything may stand before the `@`, a slash in the password too.
        _ => {
            let start = text.find("://").map_or(0, |at| at + 3);
            return match text[start..].rfind('@') {
                Some(at) => format!("{}..{}", &text[..start], &text[start + at..]),
                None => text.to_owned(),
            };
        }
    };
    if url.username().is_empty() && url.password().is_none() {
        return text.to_owned();
    }
    // A URL that has a host can have them, and lose them.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// A text that is no absolute URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidUrl {
    pub(crate) text: String,
    pub(crate) reason: String,
}

impl InvalidUrl {
    /// Returns the text that was given, without what may be a user and a password.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for InvalidUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not an absolute URL ({}); write it like http://example.org/",
            self.text, self.reason
        )
    }
}

impl std::error::Error for InvalidUrl {}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Route {
        List,
        Detail { category: String },
    }

    #[test]
    fn a_route_and_its_state_survive_the_frontier() {
        for route in [Route::List, Route::Detail { category: "tools".to_owned() }] {
            let bytes = encode_route(&route).unwrap();
            assert_eq!(decode_route::<Route>(bytes.as_deref()).unwrap(), route);
        }
    }

    #[test]
    fn the_empty_route_costs_nothing() {
        assert_eq!(encode_route(&()).unwrap(), None);
        decode_route::<()>(None).unwrap();
    }

    #[test]
    fn users_and_passwords_are_not_shown() {
        for (given, shown) in [
            ("http://me:secret@[x/", "http://..@[x/"),
            ("http://me:sec/ret@a.example:x/", "http://..@a.example:x/"),
            ("me:secret@a.example", "..@a.example"),
            ("ftp://me:secret@a.example/@b", "ftp://a.example/@b"),
            ("http://a.example/@b", "http://a.example/@b"),
            ("a.example", "a.example"),
        ] {
            assert_eq!(without_user(given), shown);
        }
        let error = Request::get("http://me:secret@[x/").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }

    #[test]
    fn a_bad_url_is_named_with_the_remedy() {
        let error = Request::get("example.org/a").unwrap_err();
        assert!(error.to_string().starts_with("`example.org/a` is not an absolute URL"), "{error}");
    }
}
