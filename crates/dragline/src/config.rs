//! Settings of a crawl: plain data, the same in code, in a file and behind the command's options.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::budget::Budget;
use crate::discovery::Discovery;
use crate::error::Error;
use crate::health::Health;
use crate::records::Records;
use crate::warning::Warning;

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
    /// What page records hold beside the usual.
    pub records: Records,
    /// When the crawl ends, and how often a page is tried.
    pub limits: Limits,
    /// What is expected of what pages give, when [`Crawler::health`](crate::Crawler::health) asks for it.
    pub health: Health,
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
    /// Bytes of memory that the crawl divides among what it holds at once, at least 32 MiB; the stricter of it and
    /// each single bound holds. Default: no limit but those.
    ///
    /// 24 MiB are what a crawl takes in any case; of the rest, three eighths are for bodies, and one each for what
    /// an allocator keeps of bodies that are gone, for connections, for what else is in flight, for documents of
    /// pages over 256 KiB, and for hosts whose URLs are at hand or the tables of a state. A body waits while there
    /// is no room for it, and no further page is started meanwhile; one that would not fit alone fails as too
    /// large. [`Config::warnings`] tells what does not fit.
    ///
    /// It cannot bound what grows with the crawl: 12 to 15 bytes for each URL that is known and, in a crawl without
    /// a state, 110 to 190 bytes and the text for each that waits. Nor does it count what a spider keeps, items and
    /// records of the pages in flight on their way to sinks, of which each keeps 64 KiB, the windows of decoders
    /// (8 MiB for zstd and 16 MiB for br at most), nor what the tables of a state take beside their share while much
    /// is written, some 30 MiB.
    pub memory: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 64,
            max_pages: None,
            max_depth: None,
            max_time: None,
            retries: 2,
            memory: None,
        }
    }
}

impl Config {
    /// Tells what of the settings works, but not as they say. A crawl starts all the same.
    pub fn warnings(&self) -> Vec<Warning> {
        Budget::of(self).map(|budget| budget.warnings(self)).unwrap_or_default()
    }

    /// Tells what cannot be, before anything is started.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.limits.max_pages == Some(0) {
            return Err(Error::config("limits.max_pages is 0, so nothing would be crawled"));
        }
        if let Some(memory) = self.limits.memory
            && memory < Budget::LEAST
        {
            return Err(Error::config(format!(
                "limits.memory is {memory} bytes, and a crawl cannot do with less than 32 MiB; set it to that or more"
            )));
        }
        #[cfg(feature = "content")]
        self.records.check()?;
        self.health.check()
    }
}
