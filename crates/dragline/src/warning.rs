//! What of the settings cannot hold as it is: data, for whoever starts a crawl to tell.

use std::fmt;

use serde::Serialize;

use crate::stats::Bytes;

/// Something about settings that works, but not as they say; see [`Config::warnings`](crate::Config::warnings).
///
/// It displays as one line that names the setting and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// `limits.memory` has no room for a body of `fetch.max_body`; a larger one fails.
    LargestBody {
        /// Bytes of the largest body that can be read.
        largest: u64,
        /// Bytes that `fetch.max_body` would allow.
        max_body: u64,
    },
    /// `limits.memory` has no room for all requests that `limits.concurrency` allows.
    Concurrency {
        /// Requests in flight at most.
        fitting: usize,
        /// What `limits.concurrency` says.
        wanted: usize,
    },
}

impl Warning {
    /// Returns the stable name of the warning, as it is serialised.
    pub fn code(&self) -> &'static str {
        match self {
            Self::LargestBody { .. } => "largest_body",
            Self::Concurrency { .. } => "concurrency",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::LargestBody { largest, max_body } => write!(
                f,
                "limits.memory leaves {} for one body, so longer ones fail although fetch.max_body is {}; \
                 raise the first or lower the second",
                Bytes(largest),
                Bytes(max_body)
            ),
            Self::Concurrency { fitting, wanted } => write!(
                f,
                "limits.memory has room for {fitting} requests in flight, so limits.concurrency is \
                 that instead of {wanted}; raise the first or lower the second"
            ),
        }
    }
}
