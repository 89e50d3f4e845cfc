//! One request as the closures of `Site::dynamic` see it. What the log keeps of it is `Hit`.

use crate::head;

/// Describes a request that has been read completely.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The method, as sent.
    pub method: String,
    /// The request target as sent: the path with its query, or a whole URL when a proxy is asked.
    pub path: String,
    /// The headers in the order they came, names as sent.
    pub headers: Vec<(String, String)>,
    /// The body, at most 1 MiB.
    pub body: Vec<u8>,
    /// Which connection the request came on: 1 for the first one accepted.
    pub connection: usize,
    /// How many times this `path` has been asked for, this time included.
    pub hit: usize,
}

impl Asked {
    /// Returns the first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        head::header(&self.headers, name)
    }

    /// Creates the first request of a test that needs no server.
    #[cfg(test)]
    pub(crate) fn get(path: &str) -> Self {
        Self {
            method: "GET".into(),
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
            connection: 1,
            hit: 1,
        }
    }
}
