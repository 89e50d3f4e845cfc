//! The options that say how a crawl goes: scope, limits, politeness. An option that is not given leaves the
//! setting as it is, so its default stands in its help, and a test holds that to the library's.

use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use dragline::{Nofollow, ScopeKind, Sitemaps};

use crate::values::{at_least_one, duration, size};

/// How a crawl goes; the same for crawling and for planning.
#[derive(Debug, Args)]
pub(crate) struct Crawling {
    /// Which links belong: host, domain, prefix or any [default: host]
    ///
    /// host: same host and port as a seed, where 80 and 443 count as one; domain: same registrable domain;
    /// prefix: same host, and under the folder of a seed; any: all.
    #[arg(long, value_name = "SCOPE", help_heading = "Scope")]
    pub(crate) scope: Option<ScopeKind>,

    /// Follow only URLs that this regular expression matches; may be repeated
    ///
    /// It may match anywhere in the URL, and of several one must.
    #[arg(long, value_name = "RE", help_heading = "Scope")]
    pub(crate) include: Vec<String>,

    /// Follow no URL that this regular expression matches; may be repeated
    ///
    /// It may match anywhere in the URL, and wins over --include.
    #[arg(long, value_name = "RE", help_heading = "Scope")]
    pub(crate) exclude: Vec<String>,

    /// Whether links are left out that a page asks not to follow [default: obey]
    #[arg(long, value_name = "HOW", value_parser = nofollow(), help_heading = "Scope")]
    pub(crate) nofollow: Option<Nofollow>,

    /// Whether the sitemaps of the seeds' hosts are read and their pages crawled [default: off]
    #[arg(long, value_name = "WHETHER", value_parser = sitemaps(), help_heading = "Scope")]
    pub(crate) sitemaps: Option<Sitemaps>,

    /// End after this many pages [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Limits")]
    pub(crate) max_pages: Option<u64>,

    /// Follow at most this many links from a seed to a page [default: no limit]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_depth: Option<u16>,

    /// Stop after this time, such as 90s or 2h [default: no limit]
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Limits")]
    pub(crate) max_time: Option<Duration>,

    /// Requests in flight in all [default: 64]
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Limits")]
    pub(crate) concurrency: Option<usize>,

    /// Memory that bodies, connections and queues share, such as 256MiB
    ///
    /// Bodies wait for room, those that never fit fail. What grows with the crawl is not bounded by it: 12 to 15
    /// bytes for each known URL, and without --state 110 to 190 bytes and the text for each that waits.
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Limits")]
    pub(crate) memory: Option<u64>,

    /// Further tries after a transient failure, 429 or 5xx [default: 2]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) retries: Option<u8>,

    /// Requests in flight per host [default: 1]
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Politeness")]
    pub(crate) per_host: Option<usize>,

    /// Least time between two requests to one host, such as 500ms [default: 1s]
    ///
    /// 0 is none. The strictest of this, the host's Crawl-delay and its back-off holds.
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Politeness")]
    pub(crate) delay: Option<Duration>,

    /// Do not fetch or obey robots.txt
    #[arg(long, help_heading = "Politeness")]
    pub(crate) ignore_robots: bool,
}

fn nofollow() -> impl TypedValueParser<Value = Nofollow> {
    PossibleValuesParser::new(["obey", "ignore"])
        .map(|text| if text == "obey" { Nofollow::Obey } else { Nofollow::Ignore })
}

fn sitemaps() -> impl TypedValueParser<Value = Sitemaps> {
    PossibleValuesParser::new(["on", "off"])
        .map(|text| if text == "on" { Sitemaps::On } else { Sitemaps::Off })
}
