//! Settings of a crawl: plain data, the same in code, in a file and behind the command's options.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::discovery::Discovery;
use crate::error::Error;

/// All settings of a crawl, each with a polite default.
///
/// It reads from any serde format; unknown keys are errors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How pages are fetched.
    pub fetch: dragline_fetch::Config,
    /// How gently each host is treated.
    pub politeness: dragline_frontier::Politeness,
    /// Which URLs belong to the crawl.
    pub scope: dragline_frontier::ScopeConfig,
    /// What is taken for a trap and not followed.
    pub traps: dragline_frontier::TrapConfig,
    /// How pages are discovered, beside the links that a spider names.
    pub discovery: Discovery,
    /// When the crawl ends, and how often a page is tried.
    pub limits: Limits,
}

/// Bounds of a whole crawl.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests in flight in all. Default 64; 0 counts as 1.
    pub concurrency: usize,
    /// The crawl ends once this many URLs were fetched or failed. Default: no limit.
    pub max_pages: Option<u64>,
    /// Links from a seed to a page, at most. Default: no limit.
    pub max_depth: Option<u16>,
    /// The crawl stops, gracefully, after this time. Default: no limit.
    #[serde(with = "humantime_serde")]
    pub max_time: Option<Duration>,
    /// Further tries after a transient failure, 429 or a 5xx that may pass. Default 2.
    ///
    /// They wait between half of and all of 1 s, 2 s, 4 s, .. up to 60 s, and at least as long as
    /// `Retry-After` says.
    pub retries: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self { concurrency: 64, max_pages: None, max_depth: None, max_time: None, retries: 2 }
    }
}

impl Config {
    /// Tells what cannot be, before anything is started.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.limits.max_pages == Some(0) {
            return Err(Error::config("limits.max_pages is 0, so nothing would be crawled"));
        }
        Ok(())
    }
}
