//! The page a spider sees: an answer, read lazily. Lives and dies on the worker that fetched it.

mod structured;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;
use dragline_fetch::Response;
use dragline_frontier::Pending;
use dragline_parse::{
    Bail, Document, Element, Extract, ExtractError, Facts, FieldError, FieldErrorKind, Joiner,
    Link, LinkKinds, MAX_DOCUMENT, MediaType, Permission, SelectorError, Signals,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use crate::discovery::Nofollow;
use crate::health::Faults;

/// One page, with the route that led to it.
///
/// Text, links and document are worked out when they are first asked for, and once. Links, base and title
/// are read without a document, but for the rare page of which only a tree can tell them. Beside the body,
/// a document costs 8 to 18 times the size of the text while the page lives.
#[derive(Debug)]
pub struct Page<R = ()> {
    response: Response<Bytes>,
    pending: Pending,
    route: R,
    /// The product token by which the page may address us.
    agent: Arc<str>,
    nofollow: Nofollow,
    /// Links that were left out because the page asks for that.
    left_out: Cell<u64>,
    signals: OnceCell<Signals>,
    html: OnceCell<bool>,
    text: OnceCell<ByteString>,
    encoding: OnceCell<&'static str>,
    facts: OnceCell<Result<Facts, Bail>>,
    joiner: OnceCell<Joiner>,
    document: OnceCell<Document>,
    /// What could not be extracted, if somebody wants to know.
    faults: Option<RefCell<Faults>>,
}

impl<R> Page<R> {
    pub(crate) fn new(
        response: Response<Bytes>,
        pending: Pending,
        route: R,
        agent: Arc<str>,
        nofollow: Nofollow,
    ) -> Self {
        Self {
            response,
            pending,
            route,
            agent,
            nofollow,
            left_out: Cell::new(0),
            signals: OnceCell::new(),
            html: OnceCell::new(),
            text: OnceCell::new(),
            encoding: OnceCell::new(),
            facts: OnceCell::new(),
            joiner: OnceCell::new(),
            document: OnceCell::new(),
            faults: None,
        }
    }

    /// Has what cannot be extracted noted from now on.
    pub(crate) fn note_faults(&mut self) {
        self.faults = Some(RefCell::default());
    }

    /// Notes an item that could not be extracted, if somebody wants to know.
    pub(crate) fn noted<T>(&self, extracted: Result<T, ExtractError>) -> Result<T, ExtractError> {
        if let (Some(faults), Err(error)) = (&self.faults, &extracted) {
            faults.borrow_mut().add(error);
        }
        extracted
    }

    /// Returns what was noted.
    pub(crate) fn faults(&self) -> Faults {
        self.faults.as_ref().map(|faults| faults.borrow().clone()).unwrap_or_default()
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
        *self.html.get_or_init(|| {
            let value = self.content_type();
            if value.as_deref() == Some("text/html") {
                // What most say needs no parser.
                return true;
            }
            match value.and_then(|value| MediaType::extract(&value)) {
                Some(media_type) => media_type.is_html(),
                None => self.body().trim_ascii_start().starts_with(b"<"),
            }
        })
    }

    /// Returns the body as text, read with its charset; bytes that fit no character become U+FFFD.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| match self.decode() {
            Cow::Owned(text) => ByteString::from(text),
            // The text is a part of the body; sharing its bytes saves a copy of the page.
            Cow::Borrowed(text) => ByteString::try_from(self.body().slice_ref(text.as_bytes()))
                .expect("a str is valid UTF-8"),
        })
    }

    /// Returns the name of the charset with which [`text`](Self::text) was read.
    pub fn encoding(&self) -> &'static str {
        if self.encoding.get().is_none() {
            self.text();
        }
        self.encoding.get().expect("whatever decodes the body notes how")
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// When it is not JSON of that shape; the message names line and column.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        serde_json::from_str(self.text()).map_err(|error| JsonError(error.to_string()))
    }

    /// Returns the parsed HTML document.
    ///
    /// # Errors
    /// When the text is longer than 32 MiB.
    pub fn document(&self) -> Result<&Document, DocumentError> {
        let bytes = self.text().len();
        if bytes > MAX_DOCUMENT {
            return Err(DocumentError::TooLong { bytes });
        }
        Ok(self.document.get_or_init(|| {
            let document = Document::parse(self.text(), self.url()).encoded(self.encoding());
            match self.scanned() {
                Ok(facts) => document.based(facts.base()),
                Err(_) => document,
            }
        }))
    }

    /// Returns the elements that a CSS selector matches, in document order.
    ///
    /// ```
    /// # use dragline::{BoxError, Page};
    /// fn prices(page: &Page) -> Result<Vec<String>, BoxError> {
    ///     Ok(page.css("ul.offers > li .price")?.iter().map(|price| price.text()).collect())
    /// }
    /// ```
    ///
    /// # Errors
    /// When the selector cannot be parsed, or the text is longer than 32 MiB.
    pub fn css(&self, selector: &str) -> Result<Vec<Element<'_>>, DocumentError> {
        Ok(self.document()?.select(selector)?)
    }

    /// Takes one typed value from the whole page.
    ///
    /// # Errors
    /// All fields that could not be had, each with its name and selector.
    pub fn extract<T: Extract>(&self) -> Result<T, ExtractError> {
        let document = self.document().map_err(|error| self.unextracted("", error))?;
        self.noted(T::extract(document.root()))
    }

    /// Takes a typed value from each element that a selector matches, in document order: all or none.
    ///
    /// [`extract_each`](Self::extract_each) keeps the good ones of a page with faults.
    ///
    /// # Errors
    /// The faults of all elements, the first 64 of them, their paths with the element's index, as in
    /// `[3].price`; or a bad selector.
    pub fn extract_all<T: Extract>(&self, selector: &str) -> Result<Vec<T>, ExtractError> {
        let elements = self.css(selector).map_err(|error| self.unextracted(selector, error))?;
        let total = elements.len();
        let mut values = Vec::new();
        let mut faults = ExtractError::new(self.url());
        for (index, element) in elements.into_iter().enumerate() {
            match self.noted(T::extract(element)) {
                Ok(value) => values.push(value),
                Err(fault) => faults = faults.nested(&format!("[{index}]"), fault),
            }
        }
        if values.len() == total { Ok(values) } else { Err(faults) }
    }

    /// Takes a typed value from each element that a selector matches, in document order, each with
    /// its own outcome.
    ///
    /// ```
    /// use dragline::{Extract, Page, DocumentError};
    ///
    /// #[derive(Extract)]
    /// struct Offer {
    ///     #[extract(css = ".price")]
    ///     price: f64,
    /// }
    ///
    /// fn offers(page: &Page) -> Result<Vec<Offer>, DocumentError> {
    ///     let mut offers = Vec::new();
    ///     for offer in page.extract_each("li.offer")? {
    ///         match offer {
    ///             Ok(offer) => offers.push(offer),
    ///             Err(error) => eprintln!("left out: {error}"),
    ///         }
    ///     }
    ///     Ok(offers)
    /// }
    /// ```
    ///
    /// # Errors
    /// When the selector cannot be parsed, or the text is longer than 32 MiB.
    pub fn extract_each<T: Extract>(
        &self,
        selector: &str,
    ) -> Result<impl Iterator<Item = Result<T, ExtractError>>, DocumentError> {
        Ok(self.css(selector)?.into_iter().map(|element| self.noted(T::extract(element))))
    }

    /// Returns the targets of the links that a selector matches: their `href`, absolute and without
    /// fragment. What is not http or https is left out.
    ///
    /// # Errors
    /// When the selector cannot be parsed, or the text is longer than 32 MiB.
    pub fn links(&self, selector: &str) -> Result<Vec<Url>, DocumentError> {
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
    ///
    /// Links that the page asks not to follow are left out and counted, unless [`Nofollow::Ignore`] is set.
    /// [`facts`](Self::facts) has them all, as they are written; [`links`](Self::links) gives what its selector
    /// matches, whatever the page asks for.
    pub fn found(&self, kinds: LinkKinds) -> Vec<Url> {
        let Some(facts) = self.facts() else { return Vec::new() };
        let mut urls = Vec::new();
        for (url, link) in self.joiner().resolve(facts, kinds) {
            if self.may_follow(link) {
                urls.push(url);
            }
        }
        urls
    }

    /// Shows the same URLs as [`found`](Self::found) gives, as text.
    pub(crate) fn visit(&self, kinds: LinkKinds, mut visitor: impl FnMut(&str)) {
        let Some(facts) = self.facts() else { return };
        // Another one than `base` gives references to, since this one writes each URL into its buffer.
        let mut joiner = Joiner::new(self.url(), facts.base(), self.encoding());
        joiner.visit(facts, kinds, |url, link| {
            if self.may_follow(link) {
                visitor(url);
            }
        });
    }

    /// Tells whether a link may be followed, and counts one that may not.
    fn may_follow(&self, link: Link<'_>) -> bool {
        let denied = self.nofollow == Nofollow::Obey
            && (link.nofollow || self.signals().follow == Permission::Denied);
        if denied {
            self.left_out.set(self.left_out.get() + 1);
        }
        !denied
    }

    /// Returns what the page asks of those who index it, by its `X-Robots-Tag` headers and its robots metas:
    /// what they ask of everybody, and what of our product token.
    ///
    /// `nofollow` is obeyed by [`found`](Self::found); what to make of the rest is the spider's to say.
    ///
    /// ```
    /// use dragline::{BoxError, Output, Page, Permission, Spider};
    ///
    /// fn parse<S: Spider<Item = String>>(page: &Page, out: &mut Output<S>) -> Result<(), BoxError> {
    ///     if page.signals().index == Permission::Allowed {
    ///         out.items(page.title().map(str::to_owned));
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn signals(&self) -> &Signals {
        self.signals.get_or_init(|| {
            let headers = self.headers().get_all("x-robots-tag").iter();
            let asked = headers
                .fold(Signals::default(), |asked, value| asked.header(&text(value), &self.agent));
            let metas = self.facts().into_iter().flat_map(Facts::robots);
            metas.fold(asked, |asked, (name, content)| asked.meta(name, content, &self.agent))
        })
    }

    /// Returns the page's title; `None` when it has none or is not HTML.
    pub fn title(&self) -> Option<&str> {
        self.facts()?.title()
    }

    /// Returns what the page says about itself and where it links; `None` when it is not HTML, or when only
    /// a document could tell and it is too long for one.
    pub fn facts(&self) -> Option<&Facts> {
        if !self.is_html() {
            return None;
        }
        match self.scanned() {
            Ok(facts) => Some(facts),
            Err(_) => self.document().ok().map(Document::facts),
        }
    }

    /// Returns the URL that references of the page are against: of its `base`, else its own.
    pub fn base(&self) -> &Url {
        self.joiner().base()
    }

    /// Resolves a reference, as it stands in the page, against the page's base.
    pub fn join(&self, reference: &str) -> Option<Url> {
        self.joiner().url(reference).ok()
    }

    /// Returns why the scan left the page to the document, if it was scanned and did.
    pub(crate) fn bail(&self) -> Option<Bail> {
        self.facts.get()?.as_ref().err().copied()
    }

    /// Returns how many links [`found`](Self::found) left out so far.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out.get()
    }

    fn scanned(&self) -> Result<&Facts, Bail> {
        let facts = self.facts.get_or_init(|| match self.text.get() {
            Some(text) => dragline_parse::scan(text),
            // Most pages are scanned and no more, and their text need not be kept for that.
            None => match self.decode() {
                Cow::Borrowed(text) => dragline_parse::scan(text),
                Cow::Owned(text) => dragline_parse::scan(self.text.get_or_init(|| text.into())),
            },
        });
        facts.as_ref().map_err(|bail| *bail)
    }

    fn joiner(&self) -> &Joiner {
        self.joiner.get_or_init(|| {
            let base = self.facts().and_then(|facts| facts.base());
            Joiner::new(self.url(), base, self.encoding())
        })
    }

    fn unextracted(&self, selector: &str, error: DocumentError) -> ExtractError {
        let (field, kind) = match error {
            DocumentError::Selector(error) => ("each item", FieldErrorKind::Selector(error)),
            _ => ("document", FieldErrorKind::parse("", error)),
        };
        ExtractError::new(self.url()).field(FieldError::new(field, selector, kind))
    }

    pub(crate) fn pending(&self) -> &Pending {
        &self.pending
    }

    fn decode(&self) -> Cow<'_, str> {
        let decoded = dragline_parse::decode(self.body(), self.content_type().as_deref());
        self.encoding.get_or_init(|| decoded.encoding);
        decoded.text
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

/// Why nothing could be taken from the document of a page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The page is longer than the 32 MiB of text that a document is made of.
    #[error(
        "a page of {bytes} bytes of text is too long for a document, which is made of at most \
         {MAX_DOCUMENT}; read its text"
    )]
    TooLong {
        /// The length of the text, in bytes.
        bytes: usize,
    },
    /// The selector cannot be parsed.
    #[error(transparent)]
    Selector(#[from] SelectorError),
    /// The page has no main content.
    #[cfg(feature = "content")]
    #[error(transparent)]
    Content(#[from] dragline_parse::ContentError),
}

/// A body that is not the JSON that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not the expected JSON: {0}")]
pub struct JsonError(String);
