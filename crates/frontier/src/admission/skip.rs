//! Why a URL does not enter the crawl: one reason each, with a name that does not change.

use std::fmt;
use std::sync::Arc;

use crate::admission::MAX_REDIRECTS;
use crate::canonical::{HostKey, NotCrawlable};

/// Why a URL was not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skip {
    /// It belongs to no seed's scope.
    OutOfScope,
    /// An exclude pattern matches it.
    Excluded,
    /// Include patterns are given and none matches it.
    NotIncluded,
    /// It is more links away from its seed than the limit.
    TooDeep,
    /// More than [`MAX_REDIRECTS`] redirects in a row lead to it.
    TooManyRedirects {
        /// Where the last of them leads.
        url: String,
    },
    /// It cannot be crawled at all.
    NotCrawlable(NotCrawlable),
    /// It is longer than [`TrapConfig::max_url`](crate::TrapConfig::max_url).
    LongUrl,
    /// Its path has more segments than [`TrapConfig::max_segments`](crate::TrapConfig::max_segments).
    LongPath,
    /// Its path repeats itself more than [`TrapConfig::max_repeats`](crate::TrapConfig::max_repeats).
    RepeatedPath,
    /// It has more parameters than [`TrapConfig::max_parameters`](crate::TrapConfig::max_parameters).
    ManyParameters,
    /// Its path is asked for with more combinations of few values than
    /// [`TrapConfig::max_queries`](crate::TrapConfig::max_queries).
    ManyQueries,
    /// It is one more page of a calendar; see [`TrapConfig::max_dates`](crate::TrapConfig::max_dates).
    ManyDates,
    /// Its domain has [`TrapConfig::max_hosts_per_domain`](crate::TrapConfig::max_hosts_per_domain)
    /// hosts already.
    ManyHosts,
    /// Its host has had [`TrapConfig::max_pages_per_host`](crate::TrapConfig::max_pages_per_host).
    HostFull,
    /// Its domain has had [`TrapConfig::max_pages_per_domain`](crate::TrapConfig::max_pages_per_domain).
    DomainFull,
    /// Pages with URLs like it stopped giving anything new.
    Trap {
        /// What such URLs have in common, such as `http://a.example/day/{n}`.
        pattern: Arc<str>,
    },
    /// Its host gives the same pages as another one.
    Mirror {
        /// The host that is crawled instead.
        of: HostKey,
    },
}

impl Skip {
    /// Names of all reasons, in the order of [`Skip`].
    pub(crate) const NAMES: [&'static str; 17] = [
        "out_of_scope",
        "excluded",
        "not_included",
        "too_deep",
        "too_many_redirects",
        "not_crawlable",
        "long_url",
        "long_path",
        "repeated_path",
        "many_parameters",
        "many_queries",
        "many_dates",
        "many_hosts",
        "host_full",
        "domain_full",
        "trap",
        "mirror",
    ];

    /// Returns the reason's name, which does not change between versions, such as `repeated_path`.
    pub fn name(&self) -> &'static str {
        Self::NAMES[self.index()]
    }

    pub(crate) fn index(&self) -> usize {
        match self {
            Self::OutOfScope => 0,
            Self::Excluded => 1,
            Self::NotIncluded => 2,
            Self::TooDeep => 3,
            Self::TooManyRedirects { .. } => 4,
            Self::NotCrawlable(_) => 5,
            Self::LongUrl => 6,
            Self::LongPath => 7,
            Self::RepeatedPath => 8,
            Self::ManyParameters => 9,
            Self::ManyQueries => 10,
            Self::ManyDates => 11,
            Self::ManyHosts => 12,
            Self::HostFull => 13,
            Self::DomainFull => 14,
            Self::Trap { .. } => 15,
            Self::Mirror { .. } => 16,
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfScope => "out of scope",
            Self::Excluded => "excluded by a pattern",
            Self::NotIncluded => "matched by no include pattern",
            Self::TooDeep => "deeper than the depth limit",
            Self::TooManyRedirects { .. } => {
                return write!(f, "more than {MAX_REDIRECTS} redirects in a row");
            }
            Self::NotCrawlable(reason) => return reason.fmt(f),
            Self::LongUrl => "longer than traps.max_url",
            Self::LongPath => "more path segments than traps.max_segments",
            Self::RepeatedPath => "the path repeats itself more often than traps.max_repeats",
            Self::ManyParameters => "more parameters than traps.max_parameters",
            Self::ManyQueries => "more combinations of few values than traps.max_queries",
            Self::ManyDates => "a calendar with more dates than traps.max_dates",
            Self::ManyHosts => "a domain with more hosts than traps.max_hosts_per_domain",
            Self::HostFull => "the host has had traps.max_pages_per_host",
            Self::DomainFull => "the domain has had traps.max_pages_per_domain",
            Self::Trap { pattern } => {
                return write!(f, "pages like {pattern} give nothing new");
            }
            Self::Mirror { of } => return write!(f, "the host gives the same pages as {of}"),
        })
    }
}
