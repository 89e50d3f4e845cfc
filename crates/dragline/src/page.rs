//! The page a spider sees: an answer, read lazily. Lives and dies on the worker that fetched it.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;
use dragline_fetch::Response;
use dragline_frontier::Pending;
use dragline_parse::{
    Document, Element, Extract, ExtractError, Facts, FieldError, FieldErrorKind, LinkKinds,
    MAX_DOCUMENT, MediaType, SelectorError,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

/// One page, with the route that led to it.
///
/// Text, document and links are worked out when they are first asked for, and once. Beside the body, a
/// document costs 8 to 18 times the size of the text while the page lives.
#[derive(Debug)]
pub struct Page<R = ()> {
    response: Response<Bytes>,
    pending: Pending,
    route: R,
    text: OnceCell<(ByteString, &'static str)>,
    document: OnceCell<Document>,
}

impl<R> Page<R> {
    pub(crate) fn new(response: Response<Bytes>, pending: Pending, route: R) -> Self {
        Self { response, pending, route, text: OnceCell::new(), document: OnceCell::new() }
    }

    /// Returns the URL that was fetched.
    pub fn url(&self) -> &Url {
        self.response.url()
    }

    /// Returns the route with which the page was requested.
    pub fn route(&self) -> &R {
        &self.route
    }

    /// Returns how many links lead here from a seed.
    pub fn depth(&self) -> u16 {
        self.pending.depth()
    }

    /// Returns the URL of the page that led here; `None` for a seed.
    pub fn referrer(&self) -> Option<&str> {
        self.pending.referrer().map(Arc::as_ref)
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Returns the header fields of the answer.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Returns the `Content-Type` as sent; several are joined by `, `, as one header of theirs would read
    /// (RFC 9110, section 5.3).
    pub fn content_type(&self) -> Option<Cow<'_, str>> {
        content_type(self.headers())
    }

    /// Returns the decoded body.
    pub fn body(&self) -> &Bytes {
        self.response.body()
    }

    /// Tells whether the body ended before its declared end.
    pub fn is_truncated(&self) -> bool {
        self.response.truncated()
    }

    /// Tells whether the page is HTML: by its `Content-Type`, or by its first byte when that says nothing.
    pub fn is_html(&self) -> bool {
        match self.content_type().and_then(|value| MediaType::extract(&value)) {
            Some(media_type) => media_type.is_html(),
            None => self.body().trim_ascii_start().starts_with(b"<"),
        }
    }

    /// Returns the body as text, read with its charset; bytes that fit no character become U+FFFD.
    pub fn text(&self) -> &str {
        &self.decoded().0
    }

    /// Returns the name of the charset with which [`text`](Self::text) was read.
    pub fn encoding(&self) -> &'static str {
        self.decoded().1
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// When it is not JSON of that shape; the message names line and column.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        serde_json::from_str(self.text()).map_err(|error| JsonError(error.to_string()))
    }

    /// Returns the parsed HTML document.
    pub fn document(&self) -> &Document {
        self.document.get_or_init(|| Document::parse(self.text(), self.url()))
    }

    /// Returns the elements that a CSS selector matches, in document order.
    ///
    /// # Errors
    /// When the selector cannot be parsed.
    pub fn css(&self, selector: &str) -> Result<Vec<Element<'_>>, SelectorError> {
        self.document().select(selector)
    }

    /// Takes one typed value from the whole page.
    ///
    /// # Errors
    /// All fields that could not be had, each with its name and selector.
    pub fn extract<T: Extract>(&self) -> Result<T, ExtractError> {
        T::extract(self.document().root())
    }

    /// Takes a typed value from each element that a selector matches, in document order.
    ///
    /// # Errors
    /// All fields of the first element with a fault that could not be had, or a bad selector.
    pub fn extract_all<T: Extract>(&self, selector: &str) -> Result<Vec<T>, ExtractError> {
        let elements = self.css(selector).map_err(|error| {
            let kind = FieldErrorKind::Selector(error);
            ExtractError::new(self.url()).field(FieldError::new("each item", selector, kind))
        })?;
        elements.into_iter().map(T::extract).collect()
    }

    /// Returns the targets of the links that a selector matches: their `href`, absolute and without
    /// fragment. What is not http or https is left out.
    ///
    /// # Errors
    /// When the selector cannot be parsed.
    pub fn links(&self, selector: &str) -> Result<Vec<Url>, SelectorError> {
        let targets = self.css(selector)?.into_iter().filter_map(|element| element.url("href"));
        Ok(targets
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .map(|mut url| {
                url.set_fragment(None);
                url
            })
            .collect())
    }

    /// Returns the targets of all links of these kinds, absolute, without fragments and repeats; none
    /// when the page is not HTML.
    pub fn found(&self, kinds: LinkKinds) -> Vec<Url> {
        self.facts().map_or_else(Vec::new, |facts| {
            dragline_parse::resolve(self.url(), facts, kinds).map(|(url, _)| url).collect()
        })
    }

    /// Returns the page's title; `None` when it has none or is not HTML.
    pub fn title(&self) -> Option<&str> {
        self.facts()?.title.as_deref()
    }

    /// Returns what the page says about itself and where it links; `None` when it is not HTML, or longer
    /// than the 32 MiB of text that a document may be made of.
    pub fn facts(&self) -> Option<&Facts> {
        let readable = self.is_html() && self.text().len() <= MAX_DOCUMENT;
        readable.then(|| self.document().facts())
    }

    /// Resolves a reference, as it stands in the page, against the page's base.
    pub fn join(&self, reference: &str) -> Option<Url> {
        let base = if self.is_html() { self.document().base() } else { self.url() };
        base.join(reference).ok()
    }

    pub(crate) fn pending(&self) -> &Pending {
        &self.pending
    }

    fn decoded(&self) -> &(ByteString, &'static str) {
        self.text.get_or_init(|| {
            let body = self.body();
            let decoded = dragline_parse::decode(body, self.content_type().as_deref());
            let text = match decoded.text {
                Cow::Owned(text) => ByteString::from(text),
                // The text is a part of the body; sharing its bytes saves a copy of the page.
                Cow::Borrowed(text) => ByteString::try_from(body.slice_ref(text.as_bytes()))
                    .expect("a str is valid UTF-8"),
            };
            (text, decoded.encoding)
        })
    }
}

/// Returns the `Content-Type` of an answer, several joined; bytes that are no ASCII are read as Latin-1, as
/// the Fetch Standard does.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let mut values = headers.get_all(http::header::CONTENT_TYPE).iter().map(text);
    let first = values.next()?;
    Some(values.fold(first, |joined, next| Cow::Owned(format!("{joined}, {next}"))))
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    match value.to_str() {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// A body that is not the JSON that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not the expected JSON: {0}")]
pub struct JsonError(String);
