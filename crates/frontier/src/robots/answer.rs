//! What the status of the answer to a request for /robots.txt means (RFC 9309 section 2.3.1).

/// What the answer to a request for `/robots.txt` means for its origin.
///
/// Without an answer (no connection, no name, a time limit) an origin counts as one that answers
/// with a server error: [`DisallowAll`](Self::DisallowAll).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RobotsAnswer {
    /// The body holds the rules.
    Parse,
    /// There are no rules: everything may be fetched.
    AllowAll,
    /// The rules cannot be known now: nothing may be fetched.
    DisallowAll,
}

impl RobotsAnswer {
    /// Judges the status of the last answer, after redirects were followed.
    ///
    /// 2xx has rules. 4xx means that there are none, 429 included: it slows a host down by its
    /// `Retry-After` and forbids nothing. So does 3xx, which is left only where redirects do not
    /// end. 5xx, and what is no status of a final answer, forbids everything.
    pub fn from_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Parse,
            300..=499 => Self::AllowAll,
            _ => Self::DisallowAll,
        }
    }
}
