//! The settings by which traps are told from sites.

use serde::{Deserialize, Serialize};

/// What a URL, a host and a domain may look like before a crawl takes them for a trap.
///
/// Seeds are never taken for one: whoever names a seed wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrapConfig {
    /// Longest URL of a link, in bytes; a seed may have [`MAX_URL`](crate::MAX_URL). Default 2,048.
    pub max_url: usize,
    /// Most segments of a path. Default 20.
    pub max_segments: usize,
    /// How often one to four segments may stand in a path behind one another, as `/a/b/a/b` has `/a/b`
    /// twice. Default 3; 0 counts as 1.
    pub max_repeats: usize,
    /// Most parameters of a query. Default 12.
    pub max_parameters: usize,
    /// Most queries of one path that combine few values, as the filters of a shop do: it holds for
    /// queries that are eight times as many as the values in them, so that a path with an id for each
    /// page is not one. Counted within 5 %, up to 8,000; more is no limit. Default 1,000.
    pub max_queries: u32,
    /// Most dates in URLs of one form whose pages mostly repeat one another. Dates more than a year ahead,
    /// and those before 1990, count as too many from the 50th on. Counted within 5 %, up to 4,000; more
    /// is no limit. Default 400.
    pub max_dates: u32,
    /// Most hosts of one registrable domain. Default 1,000; `None` is no limit.
    pub max_hosts_per_domain: Option<u32>,
    /// Most pages of one host; those in flight come on top. Default: no limit.
    pub max_pages_per_host: Option<u64>,
    /// Most pages of one registrable domain; those in flight come on top. Default: no limit.
    pub max_pages_per_domain: Option<u64>,
    /// Whether what pages say decides about further ones like them. Default: it does.
    pub repetition: Repetition,
}

/// What is done about pages that repeat what others said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repetition {
    /// URLs like those of many pages that gave nothing new come last, then are skipped, but for a
    /// twentieth that tells whether that is still so; a host that gives the pages of another one is
    /// skipped.
    #[default]
    Skip,
    /// Nothing.
    Ignore,
}

impl Default for TrapConfig {
    fn default() -> Self {
        Self {
            max_url: 2048,
            max_segments: 20,
            max_repeats: 3,
            max_parameters: 12,
            max_queries: 1000,
            max_dates: 400,
            max_hosts_per_domain: Some(1000),
            max_pages_per_host: None,
            max_pages_per_domain: None,
            repetition: Repetition::Skip,
        }
    }
}
