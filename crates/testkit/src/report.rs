//! What a check found: violations, what became of the pages, and how well the time was used.

use std::collections::BTreeMap;
use std::fmt;

use crate::log::Asked;

/// Violations of one rule that are kept in full; further ones are only counted.
const KEPT: usize = 10;
/// Lost pages that are named.
const NAMED: usize = 20;

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Requests checked.
    pub requests: u64,
    /// How often each rule was violated; rules that held are left out.
    pub broken: BTreeMap<Rule, u64>,
    /// The first 10 violations of each rule, in order.
    pub violations: Vec<Violation>,
    /// What became of the pages of the graphs.
    pub pages: Accounting,
    /// How much of the time in which something could be sent was not let pass idle, from 0 to 1.
    ///
    /// A host has *work* while a page of its graph is known (linked from a page that was answered, or the
    /// target of a redirect), was never asked for, and is not disallowed by its robots.txt. It is
    /// *permitted* from the instant at which every rule of pace (see [`Rule`]) lets its next request pass
    /// and a slot is free, of the host and of the crawl. It is *idle* while it has work, is permitted, and
    /// nothing is sent. This number is 1 less the sum over all hosts of the time in which they were idle,
    /// divided by the sum over all hosts of the time in which they had work; 1 when there was none.
    ///
    /// Left out, so that nobody is blamed for them: retries (their wait is random), what is added to waits
    /// at random or because a host is slow or was busy (`politeness.adaptive`), time until robots.txt is
    /// known, hosts whose robots.txt failed or that were given up, and whatever lies before the last
    /// instant at which all slots of the crawl were taken. Limits by group and by bandwidth are not known
    /// here: they count as idle.
    pub utilisation: f64,
}

/// What became of the pages of the graphs. What limits, a filter or a stop left out of a crawl counts as lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounting {
    /// Pages that were known: asked for, linked from a page that was answered, or the target of a
    /// redirect. Other hosts count once one of their pages was asked for.
    pub known: u64,
    /// Pages that were asked for.
    pub asked: u64,
    /// Pages never asked for that robots.txt may have kept away: it disallows them, or it failed; and those
    /// that were known before or while their host was given up because it did not answer.
    pub refused: u64,
    /// Pages never asked for without such a reason.
    pub lost: u64,
    /// The first 20 that were lost.
    pub lost_urls: Vec<String>,
}

/// A rule that a crawl promises to obey, for every request whatever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rule {
    /// At most `limits.concurrency` requests are in flight.
    Concurrency,
    /// At most `politeness.per_host` requests are in flight to a host.
    PerHost,
    /// Requests to a host start at least `politeness.delay` after one another.
    Delay,
    /// A request that is alone at its host starts at least `politeness.delay` after the end of the one
    /// before.
    Rest,
    /// As the two before, with the host's `Crawl-delay`, cut to `politeness.max_crawl_delay`.
    CrawlDelay,
    /// After a `Retry-After`, cut to `politeness.max_retry_after`, its host is left alone for that time;
    /// after a 429 or 503 without one, for its delay, at least 1 s, doubled for each in a row, up to 5 min.
    RetryAfter,
    /// A host that does not answer is left alone as `politeness.host_down` says. Any error in place of an
    /// answer counts.
    HostDown,
    /// A page is asked for only when its host's robots.txt was read (RFC 9309).
    RobotsFirst,
    /// No page is asked for that robots.txt disallows, or at all when it could not be read.
    Disallowed,
    /// robots.txt is read again after 24 hours (RFC 9309 section 2.4).
    RobotsExpired,
    /// A robots.txt that was read is not asked for again within 24 hours.
    RobotsAgain,
    /// What was answered for good is not asked for again.
    Repeated,
    /// A URL is tried once, and `limits.retries` times again.
    Tries,
    /// A further try waits for at least half of 1 s, 2 s, 4 s, .. and for the answer's own `Retry-After`.
    Backoff,
}

/// A broken rule, with the two requests that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The earlier request; `None` when there was none, as where no robots.txt was asked for.
    pub first: Option<Asked>,
    /// The request that broke the rule.
    pub second: Asked,
}

impl Report {
    /// Tells whether no rule was broken and no page was lost.
    pub fn is_clean(&self) -> bool {
        self.broken.is_empty() && self.pages.lost == 0
    }

    /// Counts a violation, and tells whether it is one of those to keep.
    pub(crate) fn breaks(&mut self, rule: Rule) -> bool {
        let count = self.broken.entry(rule).or_default();
        *count += 1;
        *count <= KEPT as u64
    }

    pub(crate) fn lose(&mut self, url: impl FnOnce() -> String) {
        self.pages.lost += 1;
        if self.pages.lost_urls.len() < NAMED {
            self.pages.lost_urls.push(url());
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let broken: u64 = self.broken.values().sum();
        let Accounting { known, asked, refused, lost, .. } = self.pages;
        writeln!(f, "{} requests, {broken} violations", self.requests)?;
        writeln!(f, "pages: {known} known = {asked} asked for + {refused} refused + {lost} lost")?;
        write!(f, "utilisation: {:.2} %", self.utilisation * 100.0)?;
        for (rule, count) in &self.broken {
            write!(f, "\n{rule:?} was broken {count} times")?;
        }
        for violation in &self.violations {
            write!(f, "\n{violation}")?;
        }
        for url in &self.pages.lost_urls {
            write!(f, "\nlost: {url}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.first {
            Some(first) => write!(f, "{:?}: {} after {first}", self.rule, self.second),
            None => write!(f, "{:?}: {}", self.rule, self.second),
        }
    }
}
