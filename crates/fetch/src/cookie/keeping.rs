//! Whether cookies are kept where no jar is named.

use serde::{Deserialize, Serialize};

/// Whether cookies that are set are kept and sent back, by what names no [`Jar`](crate::Jar) of its own.
///
/// In a configuration it is written `"ignore"` or `"keep"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cookies {
    /// No: each request is as if it were the first.
    #[default]
    Ignore,
    /// Yes, in one jar.
    Keep,
}
