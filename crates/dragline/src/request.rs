//! A request to crawl: a URL, and the route that says what kind of page it leads to.

use std::fmt;

use dragline_frontier::Pending;
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

/// One thing to crawl.
///
/// `R` is the spider's [`Route`](crate::Spider::Route): which kind of page this leads to, and the state
/// carried there. It is `()` for spiders with one kind of page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<R = ()> {
    pub(crate) url: Url,
    pub(crate) route: R,
    pub(crate) priority: Priority,
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
            Err(error) => Err(InvalidUrl { text: text.to_owned(), reason: error.to_string() }),
        }
    }
}

impl From<Url> for Request {
    fn from(url: Url) -> Self {
        Self { url, route: (), priority: Priority::default() }
    }
}

impl<R> Request<R> {
    /// Says which kind of page this leads to.
    pub fn route<T>(self, route: T) -> Request<T> {
        Request { url: self.url, route, priority: self.priority }
    }

    /// Says when its turn comes, instead of by its depth.
    pub fn priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Returns the URL.
    pub fn url(&self) -> &Url {
        &self.url
    }
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

/// A text that is no absolute URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidUrl {
    pub(crate) text: String,
    pub(crate) reason: String,
}

impl InvalidUrl {
    /// Returns the text as it was given.
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
    fn a_bad_url_is_named_with_the_remedy() {
        let error = Request::get("example.org/a").unwrap_err();
        assert!(error.to_string().starts_with("`example.org/a` is not an absolute URL"), "{error}");
    }
}
