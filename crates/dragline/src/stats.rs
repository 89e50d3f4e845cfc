//! Counters of a crawl: while it runs, and at its end. Kept by the engine alone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use dragline_frontier::{Receipt, Skip};
use serde::{Deserialize, Serialize};

use crate::fleet_stats::FleetStats;
use crate::health::HealthReport;
use crate::plural::Plural;
use crate::revisit::Change;
use crate::snapshot::HostTimes;

/// Counters of a crawl at one moment.
///
/// `discovered = done + failed + skipped + waiting`, always: each URL is in exactly one state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stats {
    /// URLs that entered the crawl, each once.
    pub discovered: u64,
    /// URLs that were answered, whatever the status.
    pub done: u64,
    /// URLs that were not answered, or whose page the spider could not read.
    pub failed: u64,
    /// URLs that were refused: by robots.txt, an exclusion, or too many redirects.
    pub skipped: u64,
    /// URLs that wait or are in flight.
    pub waiting: u64,
    /// Requests sent, robots.txt and retries included.
    pub requests: u64,
    /// Answers from a cache, for which nothing was sent; they are not among the requests.
    pub cached: u64,
    /// Tries beyond the first.
    pub retries: u64,
    /// Bytes of decoded bodies.
    pub bytes: u64,
    /// Items produced.
    pub items: u64,
    /// Pages with the body of a page before them, byte for byte, among the last 131,072 or so.
    pub duplicate_pages: u64,
    /// URLs that were answered, by status.
    pub statuses: BTreeMap<u16, u64>,
    /// URLs that failed or were skipped, by code.
    pub errors: BTreeMap<Cow<'static, str>, u64>,
    /// Pages whose links only the whole document could tell, by reason.
    pub bails: BTreeMap<Cow<'static, str>, u64>,
    /// Times [`Spider::failed`](crate::Spider::failed) gave an error or panicked.
    pub spider_faults: u64,
    /// What became of links that led to no new URL.
    pub links: Links,
    /// The first URL that was skipped for each reason, by its [name](dragline_frontier::Skip::name); filled
    /// at the end.
    pub samples: BTreeMap<Cow<'static, str>, String>,
    /// The first URL of this run that failed or was refused for each code in `errors`; filled at the end.
    pub examples: BTreeMap<Cow<'static, str>, String>,
    /// What became of pages since the crawl before; `None` unless this is a refresh.
    pub refresh: Option<Changes>,
    /// Seeds given, and how many of them were answered.
    pub seeds: Seeds,
    /// What all workers of a fleet did; `None` unless the crawl is one's. Of a worker, `discovered` are the URLs that
    /// it was given and did not lose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleet: Option<FleetStats>,
    /// Time since the start.
    pub elapsed: Duration,
}

/// Links that led to no new URL, by reason; each page counts its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Links {
    /// Links to URLs that were known already.
    pub duplicates: u64,
    /// Links that belong to no seed's scope.
    pub out_of_scope: u64,
    /// Links that an exclude pattern matches, or no include pattern.
    pub filtered: u64,
    /// Links deeper than the limit.
    pub too_deep: u64,
    /// Links that cannot be crawled, such as one with a URL that is too long.
    pub not_crawlable: u64,
    /// Links that [`Page::found`](crate::Page::found) and [`Output::follow_found`](crate::Output::follow_found)
    /// left out because the page asks for that.
    pub nofollow: u64,
    /// Sitemaps deeper than three indexes, or more than the 10,000 that a crawl reads.
    pub many_sitemaps: u64,
    /// Links longer than [`TrapConfig::max_url`](crate::TrapConfig::max_url).
    pub long_url: u64,
    /// Links with a path of too many segments.
    pub long_path: u64,
    /// Links with a path that repeats itself.
    pub repeated_path: u64,
    /// Links with too many parameters.
    pub many_parameters: u64,
    /// Links that combine the same few values once more, as the filters of a shop do.
    pub many_queries: u64,
    /// Links into a calendar.
    pub many_dates: u64,
    /// Links to new hosts of a domain that has too many.
    pub many_hosts: u64,
    /// Links to a host that has had its pages.
    pub host_full: u64,
    /// Links to a domain that has had its pages.
    pub domain_full: u64,
    /// Links like those whose pages gave nothing new.
    pub trap: u64,
    /// Links to a host that gives the pages of another one.
    pub mirror: u64,
}

/// What became of pages since the crawl before. URLs that gave no page before and now, and those whose server
/// could not say, are not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// Pages where there were none before.
    pub added: u64,
    /// Pages with another content, or that lead elsewhere now.
    pub changed: u64,
    /// Pages that are as they were.
    pub unchanged: u64,
    /// Pages that are not there any more.
    pub gone: u64,
}

/// Seeds, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Seeds {
    /// Seeds given.
    pub given: u64,
    /// Seeds that were answered, whatever the status.
    pub fetched: u64,
}

impl Stats {
    /// Returns pages per second since the start, earlier runs included.
    fn rate(&self) -> f64 {
        (self.done + self.failed) as f64 / self.elapsed.as_secs_f64().max(0.001)
    }

    /// Counts what the store said of URLs that were offered.
    pub(crate) fn offered(&mut self, receipt: &Receipt) {
        self.discovered += receipt.new;
        self.waiting += receipt.new;
        self.links.duplicates += receipt.duplicates;
    }

    /// Counts what became of a page, in a refresh.
    pub(crate) fn changed(&mut self, change: Option<Change>) {
        let (Some(changes), Some(change)) = (&mut self.refresh, change) else { return };
        match change {
            Change::Added => changes.added += 1,
            Change::Changed => changes.changed += 1,
            Change::Unchanged => changes.unchanged += 1,
            Change::Gone => changes.gone += 1,
        }
    }
}

impl Links {
    pub(crate) fn count(&mut self, skip: &Skip) {
        match skip {
            Skip::OutOfScope => self.out_of_scope += 1,
            Skip::Excluded | Skip::NotIncluded => self.filtered += 1,
            Skip::TooDeep => self.too_deep += 1,
            Skip::LongUrl => self.long_url += 1,
            Skip::LongPath => self.long_path += 1,
            Skip::RepeatedPath => self.repeated_path += 1,
            Skip::ManyParameters => self.many_parameters += 1,
            Skip::ManyQueries => self.many_queries += 1,
            Skip::ManyDates => self.many_dates += 1,
            Skip::ManyHosts => self.many_hosts += 1,
            Skip::HostFull => self.host_full += 1,
            Skip::DomainFull => self.domain_full += 1,
            Skip::Trap { .. } => self.trap += 1,
            Skip::Mirror { .. } => self.mirror += 1,
            _ => self.not_crawlable += 1,
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.duplicates += other.duplicates;
        self.out_of_scope += other.out_of_scope;
        self.filtered += other.filtered;
        self.too_deep += other.too_deep;
        self.not_crawlable += other.not_crawlable;
        self.nofollow += other.nofollow;
        self.many_sitemaps += other.many_sitemaps;
        self.long_url += other.long_url;
        self.long_path += other.long_path;
        self.repeated_path += other.repeated_path;
        self.many_parameters += other.many_parameters;
        self.many_queries += other.many_queries;
        self.many_dates += other.many_dates;
        self.many_hosts += other.many_hosts;
        self.host_full += other.host_full;
        self.domain_full += other.domain_full;
        self.trap += other.trap;
        self.mirror += other.mirror;
    }

    /// Returns the counts of links that were not followed for the rarer reasons, by the reason's name.
    fn rarer(&self) -> [(&'static str, u64); 13] {
        [
            ("nofollow", self.nofollow),
            ("many_sitemaps", self.many_sitemaps),
            ("long_url", self.long_url),
            ("long_path", self.long_path),
            ("repeated_path", self.repeated_path),
            ("many_parameters", self.many_parameters),
            ("many_queries", self.many_queries),
            ("many_dates", self.many_dates),
            ("many_hosts", self.many_hosts),
            ("host_full", self.host_full),
            ("domain_full", self.domain_full),
            ("trap", self.trap),
            ("mirror", self.mirror),
        ]
    }
}

/// Why a crawl ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ended {
    /// Nothing was left to do.
    Finished,
    /// [`Limits::max_pages`](crate::Limits::max_pages) was reached.
    MaxPages,
    /// [`Limits::max_time`](crate::Limits::max_time) was reached.
    MaxTime,
    /// It was stopped through its [`Handle`](crate::Handle).
    Stopped,
    /// Its pages were not what [`Health`](crate::Health) expects. A crawl with a state reads those again when it
    /// goes on.
    Health,
}

/// The counters of a crawl that ended, and why it did.
///
/// It displays as the few lines that the command prints at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Why the crawl ended.
    pub ended: Ended,
    /// The counters at the end.
    pub stats: Stats,
    /// The hosts that took longest, at most ten, the slowest first.
    pub slowest: Vec<HostTimes>,
    /// How well the pages were read; `None` unless [`Crawler::health`](crate::Crawler::health) asked for it.
    pub health: Option<HealthReport>,
}

impl fmt::Display for Stats {
    /// Writes one line: how far the crawl is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} done, {} failed, {} skipped, {} waiting; {:.1} pages/s, {}",
            self.done,
            self.failed,
            self.skipped,
            self.waiting,
            self.rate(),
            Bytes(self.bytes)
        )
    }
}

/// Hosts that a summary shows, at most.
const HOSTS: usize = 5;

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stats = &self.stats;
        let why = match self.ended {
            Ended::Finished => "finished",
            Ended::MaxPages => "ended at the page limit",
            Ended::MaxTime => "ended at the time limit",
            Ended::Stopped => "stopped",
            Ended::Health => "stopped for its extraction health",
        };
        writeln!(
            f,
            "{why} after {}: {}, {:.1} pages/s, {}, {}",
            Seconds(stats.elapsed),
            Plural(stats.requests, "request"),
            stats.rate(),
            Bytes(stats.bytes),
            Plural(stats.items, "item")
        )?;
        if stats.cached > 0 {
            writeln!(
                f,
                "from the cache: {}, for which nothing was sent",
                Plural(stats.cached, "answer")
            )?;
        }
        if !stats.statuses.is_empty() {
            write!(f, "answers:")?;
            for (status, count) in &stats.statuses {
                write!(f, " {status}: {count}")?;
            }
            writeln!(f)?;
        }
        if !stats.errors.is_empty() {
            writeln!(f, "failed or refused:")?;
            for (code, count) in &stats.errors {
                match stats.examples.get(code) {
                    Some(url) => writeln!(f, "  {code:<18} {count:>8}  {url}")?,
                    None => writeln!(f, "  {code:<18} {count:>8}")?,
                }
            }
        }
        if stats.spider_faults > 0 {
            writeln!(
                f,
                "failures that the spider could not take note of: {}",
                stats.spider_faults
            )?;
        }
        if !stats.bails.is_empty() {
            write!(f, "pages read by their document:")?;
            for (reason, count) in &stats.bails {
                write!(f, " {reason}: {count}")?;
            }
            writeln!(f)?;
        }
        if let Some(Changes { added, changed, unchanged, gone }) = stats.refresh {
            writeln!(
                f,
                "pages since the crawl before: {added} added, {changed} changed, {unchanged} unchanged, {gone} gone"
            )?;
        }
        let links = &stats.links;
        writeln!(
            f,
            "links not followed: {} known, {} out of scope, {} filtered, {} too deep, {} not crawlable",
            links.duplicates,
            links.out_of_scope,
            links.filtered,
            links.too_deep,
            links.not_crawlable
        )?;
        for (name, count) in links.rarer() {
            match stats.samples.get(name) {
                Some(sample) if count > 0 => {
                    writeln!(f, "links not followed as {name}: {count}, such as {sample}")?;
                }
                None if count > 0 => writeln!(f, "links not followed as {name}: {count}")?,
                _ => {}
            }
        }
        // A crawl that was over at once was slow nowhere.
        let slow = self.slowest.iter().filter(|host| host.took() >= Duration::from_secs(1));
        for (place, host) in slow.take(HOSTS).enumerate() {
            if place == 0 {
                writeln!(f, "slowest hosts:")?;
            }
            writeln!(f, "  {host}")?;
        }
        if let Some(health) = &self.health {
            write!(f, "{health}")?;
        }
        if let Some(fleet) = &stats.fleet {
            write!(f, "{fleet}")?;
        }
        write!(
            f,
            "discovered {} = done {} + failed {} + skipped {} + waiting {}",
            stats.discovered, stats.done, stats.failed, stats.skipped, stats.waiting
        )
    }
}

/// Writes a time as people read it: `0.042 s`, `13.3 s`.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        let digits = if seconds < 1.0 { 3 } else { 1 };
        write!(f, "{seconds:.digits$} s")
    }
}

/// Writes bytes with the unit people read: `3.4 MiB`.
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0 as f64;
        let mut unit = "B";
        for next in ["KiB", "MiB", "GiB", "TiB"] {
            if value < 1024.0 {
                break;
            }
            value /= 1024.0;
            unit = next;
        }
        if unit == "B" { write!(f, "{value} {unit}") } else { write!(f, "{value:.1} {unit}") }
    }
}

#[cfg(test)]
mod tests {
    use dragline_frontier::Waits;

    use super::*;

    #[test]
    fn the_summary_ends_with_totals_that_add_up() {
        let stats = Stats {
            discovered: 10,
            done: 6,
            failed: 1,
            skipped: 1,
            waiting: 2,
            elapsed: Duration::from_secs(10),
            bytes: 3_500_000,
            statuses: BTreeMap::from([(200, 5), (404, 1)]),
            errors: BTreeMap::from([("dns".into(), 1), ("robots".into(), 1)]),
            examples: BTreeMap::from([("dns".into(), "http://no.example/".to_owned())]),
            cached: 4,
            bails: BTreeMap::from([("template".into(), 2)]),
            links: Links { nofollow: 3, ..Links::default() },
            ..Stats::default()
        };
        let slow = HostTimes {
            host: "https://a.example:443".to_owned(),
            ended: 6,
            paused: Duration::from_secs(12),
            pace: Duration::from_secs(3),
            paced_by: Waits::CrawlDelay,
            server: Duration::from_millis(1500),
            robots: Duration::from_millis(40),
            resolve: Duration::from_millis(99),
            connect: Duration::from_millis(300),
            first_byte: Duration::from_millis(1100),
            parse: Duration::from_millis(200),
            ..HostTimes::default()
        };
        let quick = HostTimes { server: Duration::from_millis(9), ..HostTimes::default() };
        let text =
            Summary { ended: Ended::MaxPages, stats, slowest: vec![slow, quick], health: None }
                .to_string();
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "ended at the page limit after 10.0 s: 0 requests, 0.7 pages/s, 3.3 MiB, 0 items",
                "from the cache: 4 answers, for which nothing was sent",
                "answers: 200: 5 404: 1",
                "failed or refused:",
                "  dns                       1  http://no.example/",
                "  robots                    1",
                "pages read by their document: template: 2",
                "links not followed: 0 known, 0 out of scope, 0 filtered, 0 too deep, 0 not crawlable",
                "links not followed as nofollow: 3",
                "slowest hosts:",
                "  https://a.example:443: 6 URLs in 13.5 s, paused 12.0 s (crawl-delay 3.0 s), server 1.5 s (connect 0.3 s, first byte 1.1 s), parse 0.2 s",
                "discovered 10 = done 6 + failed 1 + skipped 1 + waiting 2",
            ]
        );
    }
}
