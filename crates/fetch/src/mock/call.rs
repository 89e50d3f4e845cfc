//! A request that reached a mock.

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

/// A request as a [`Mock`](crate::Mock) saw it: what would have gone over the network.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The URL, without user name and password.
    pub url: Url,
    /// All headers, also those that the client adds.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}
