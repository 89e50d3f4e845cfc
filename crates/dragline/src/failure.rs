//! A failure: what a spider is told of a URL that ended without a page. Made by workers.

use http::StatusCode;
use url::Url;

/// A URL that ended without a page, with the route that was to read it.
///
/// That is a URL that was not answered, or whose answer has an error status that stays after all tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure<R = ()> {
    pub(crate) url: Url,
    pub(crate) route: R,
    pub(crate) code: &'static str,
    pub(crate) status: Option<StatusCode>,
    pub(crate) message: String,
    pub(crate) attempts: u8,
    pub(crate) depth: u16,
    pub(crate) referrer: Option<String>,
}

impl<R> Failure<R> {
    /// Returns the URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the route with which the page was requested.
    pub fn route(&self) -> &R {
        &self.route
    }

    /// Returns a stable code, such as `dns` or `timeout`; `status` for an answer with an error status, and
    /// `host_down` for a URL that was not sent because its host stopped answering.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Returns the HTTP status; `None` when there was no answer.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Returns what went wrong, in words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the number of tries; 0 for a URL that was not sent.
    pub fn attempts(&self) -> u8 {
        self.attempts
    }

    /// Returns how many links lead here from a seed.
    pub fn depth(&self) -> u16 {
        self.depth
    }

    /// Returns the URL of the page that led here; `None` for a seed.
    pub fn referrer(&self) -> Option<&str> {
        self.referrer.as_deref()
    }
}
