//! One request as the log keeps it. A closure that answers sees `Asked` instead.

use std::time::Instant;

use crate::head;

/// Describes a request that reached the site.
#[derive(Debug, Clone)]
pub struct Hit {
    /// When the head of the request was complete, on tokio's clock (so paused time shows here too).
    pub at: Instant,
    /// The request target as sent: the path with its query, or a whole URL when a proxy is asked.
    pub path: String,
    /// The method, as sent.
    pub method: String,
    /// The `Host` header; empty without one.
    pub host: String,
    /// The `User-Agent` header; empty without one.
    pub agent: String,
    /// Which connection the request came on: 1 for the first one accepted.
    pub connection: usize,
    /// The headers in the order they came, names as sent.
    pub headers: Vec<(String, String)>,
}

impl Hit {
    /// Returns the first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        head::header(&self.headers, name)
    }
}
