//! Which versions of HTTP a client offers to a peer.

use serde::{Deserialize, Serialize};

/// The versions of HTTP that are offered in the TLS handshake (RFC 7301).
///
/// Without TLS only HTTP/1.1 is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Protocols {
    /// HTTP/1.1 alone.
    #[default]
    Http1,
    /// HTTP/2 where the peer speaks it, else HTTP/1.1.
    ///
    /// All requests for one scheme, host and port then share one connection, at most `per_host`
    /// at once and no more than the peer allows. It counts as one socket.
    Http2,
}

impl Protocols {
    /// The names in the TLS handshake, the preferred one first.
    pub(crate) fn alpn(self) -> Vec<Vec<u8>> {
        match self {
            Self::Http1 => vec![b"http/1.1".to_vec()],
            Self::Http2 => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        }
    }
}
