//! The plan: as an object for scripts, and as text for people.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use dragline::{Config, ScopeConfig, Sitemaps};
use serde::Serialize;
use url::Url;

use super::pace::{Layers, Pace};
use super::walk::{Walk, origin};
use crate::robots_file::RobotsFile;
use crate::stdout::{harmless, plural};

/// What a crawl would do.
#[derive(Serialize)]
pub(crate) struct Report {
    seeds: Vec<Seed>,
    scope: ScopeConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_depth: Option<u16>,
    hosts: Vec<Host>,
    sitemaps: Vec<Sitemap>,
    /// Sitemaps and hosts that were named and not read.
    unread: u64,
    /// Whether the crawl itself would read sitemaps.
    sitemaps_setting: Sitemaps,
    pages: Pages,
    estimate: Estimate,
}

#[derive(Serialize)]
struct Seed {
    url: String,
    allowed: bool,
    reason: String,
}

#[derive(Serialize)]
struct Host {
    host: String,
    robots: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    pace: Pace,
    pages: u64,
}

#[derive(Serialize)]
struct Sitemap {
    url: String,
    entries: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

#[derive(Serialize)]
struct Pages {
    listed: u64,
    repeated: u64,
    in_scope: u64,
    blocked: Vec<Reason>,
    out_of_scope: Vec<Reason>,
    uncounted: u64,
}

#[derive(Serialize)]
struct Reason {
    reason: String,
    pages: u64,
    first: String,
}

#[derive(Serialize)]
struct Estimate {
    /// Pages that may be fetched: the seeds and those that are listed, up to the limit.
    pages: u64,
    /// Seconds that they take at least.
    seconds: f64,
    /// What bounds it.
    because: String,
}

impl Report {
    pub(crate) fn new(config: &Config, layers: &Layers, seeds: &[Url], walk: &Walk) -> Self {
        let hosts: Vec<Host> = walk
            .hosts
            .iter()
            .map(|(name, host)| {
                let robots = host.robots.as_ref();
                Host {
                    host: name.clone(),
                    robots: robots.map_or("not read".to_owned(), RobotsFile::summary),
                    status: robots.and_then(|robots| robots.status),
                    pace: Pace::new(config, layers, robots, host.latency()),
                    pages: host.pages + seeds_of(seeds, name, walk),
                }
            })
            .collect();
        let estimate = Estimate::new(config, &hosts);
        let reasons = |reasons: &std::collections::BTreeMap<String, (u64, String)>| {
            let reasons = reasons.iter().map(|(reason, (pages, first))| Reason {
                reason: reason.clone(),
                pages: *pages,
                first: first.clone(),
            });
            reasons.collect()
        };
        Self {
            seeds: seeds.iter().map(|seed| told(seed, walk)).collect(),
            scope: config.scope.clone(),
            max_depth: config.limits.max_depth,
            sitemaps: walk
                .sitemaps
                .iter()
                .map(|sitemap| Sitemap {
                    url: sitemap.url.clone(),
                    entries: sitemap.entries,
                    fault: sitemap.fault.as_deref().map(harmless),
                })
                .collect(),
            unread: walk.sitemaps_left + walk.hosts_left.len() as u64,
            sitemaps_setting: config.discovery.sitemaps,
            pages: Pages {
                listed: walk.pages.listed,
                repeated: walk.pages.repeated,
                in_scope: walk.pages.in_scope,
                blocked: reasons(&walk.pages.blocked),
                out_of_scope: reasons(&walk.pages.skipped),
                uncounted: walk.pages.uncounted,
            },
            estimate,
            hosts,
        }
    }
}

/// Tells of a seed whether it is let in, and whether its host lets it be fetched.
fn told(seed: &Url, walk: &Walk) -> Seed {
    if let Some(reason) = walk.refused.get(seed.as_str()) {
        return Seed { url: seed.to_string(), allowed: false, reason: reason.clone() };
    }
    let robots = walk.hosts.get(origin(seed)).and_then(|host| host.robots.as_ref());
    let (allowed, reason) = match robots.map(|robots| robots.verdict(seed)) {
        Some(verdict) => (verdict.allowed, verdict.reason),
        None => (true, "robots.txt was not read".to_owned()),
    };
    Seed { url: seed.to_string(), allowed, reason }
}

/// Counts the seeds of a host that may be fetched.
fn seeds_of(seeds: &[Url], host: &str, walk: &Walk) -> u64 {
    let of_host = seeds.iter().filter(|seed| origin(seed) == host);
    of_host.filter(|seed| told(seed, walk).allowed).count() as u64
}

impl Estimate {
    /// Hosts are crawled side by side, so the slowest one counts, unless all of them wait for one another.
    fn new(config: &Config, hosts: &[Host]) -> Self {
        let known: u64 = hosts.iter().map(|host| host.pages).sum();
        let pages = config.limits.max_pages.map_or(known, |most| most.min(known));
        let part = if known == 0 { 0.0 } else { pages as f64 / known as f64 };
        let slowest = hosts
            .iter()
            .map(|host| (host.pages.saturating_sub(1) as f64 * part * host.pace.interval, host))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let work: f64 =
            hosts.iter().map(|host| host.pages as f64 * host.pace.latency.unwrap_or(0.0)).sum();
        let together = work * part / config.limits.concurrency.max(1) as f64;
        let (mut seconds, mut because) = match slowest {
            Some((seconds, host)) if seconds >= together => {
                (seconds, format!("by the pace of {}", host.host))
            }
            _ => (together, "by limits.concurrency".to_owned()),
        };
        if let Some(most) = config.limits.max_time.map(|time| time.as_secs_f64())
            && most < seconds
        {
            (seconds, because) = (most, "by limits.max_time, which comes first".to_owned());
        }
        Self { pages, seconds, because }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for Seed { url, allowed, reason } in &self.seeds {
            let answer = if *allowed { "allowed" } else { "disallowed" };
            writeln!(f, "seed {url}\n  {answer}: {reason}")?;
        }
        let words = match self.scope.kind.to_string().as_str() {
            "host" => "the same host and port as a seed",
            "domain" => "the same registrable domain as a seed",
            "prefix" => "below the folder of a seed",
            _ => "all",
        };
        writeln!(f, "scope {}: {words}", self.scope.kind)?;
        for pattern in &self.scope.include {
            writeln!(f, "  only what matches {}", harmless(pattern))?;
        }
        for pattern in &self.scope.exclude {
            writeln!(f, "  nothing that matches {}", harmless(pattern))?;
        }
        if let Some(depth) = self.max_depth {
            writeln!(f, "  at most {} from a seed", plural(depth, "link"))?;
        }
        for host in &self.hosts {
            let Pace { interval, because, per_host, .. } = &host.pace;
            writeln!(f, "host {}\n  robots.txt: {}", host.host, host.robots)?;
            writeln!(f, "  a request every {}: {because}", time(*interval))?;
            writeln!(f, "  at most {per_host} in flight")?;
        }
        for Sitemap { url, entries, fault } in &self.sitemaps {
            let fault = fault.as_ref().map_or(String::new(), |fault| format!("; {fault}"));
            let entries =
                if *entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
            writeln!(f, "sitemap {}\n  {entries}{fault}", harmless(url))?;
        }
        if self.unread > 0 {
            match self.unread {
                1 => f.write_str("1 more sitemap or host was not read\n")?,
                more => writeln!(f, "{more} more sitemaps and hosts were not read")?,
            }
        }
        self.write_pages(f)?;
        let Estimate { pages, seconds, because } = &self.estimate;
        let take = if *pages == 1 { "takes" } else { "take" };
        let pages = plural(*pages, "page");
        writeln!(f, "estimate: {pages} {take} at least {}, {because}", time(*seconds))?;
        f.write_str("  pages that only links lead to come on top\n")
    }
}

impl Report {
    fn write_pages(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Pages { listed, repeated, in_scope, blocked, out_of_scope, uncounted } = &self.pages;
        let sum = |reasons: &[Reason]| reasons.iter().map(|reason| reason.pages).sum::<u64>();
        writeln!(
            f,
            "pages in sitemaps: {listed} = in scope {in_scope} + blocked {} + out of scope {} + \
             repeated {repeated}",
            sum(blocked),
            sum(out_of_scope)
        )?;
        for Reason { reason, pages, first } in blocked {
            writeln!(f, "  blocked, {reason}: {pages}, such as {first}")?;
        }
        for Reason { reason, pages, first } in out_of_scope {
            writeln!(f, "  out of scope, {reason}: {pages}, such as {first}")?;
        }
        if *uncounted > 0 {
            writeln!(f, "  and {uncounted} more, which were not told apart")?;
        }
        if self.sitemaps_setting == Sitemaps::Off && *listed > 0 {
            f.write_str("  a crawl reads sitemaps with --sitemaps on alone\n")?;
        }
        Ok(())
    }
}

/// Writes seconds as people read them.
fn time(seconds: f64) -> String {
    let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    // Parts of a millisecond tell nothing here, nor do those of a second in what takes minutes.
    let unit = if seconds >= 60.0 { 1.0 } else { 0.001 };
    let whole = (seconds / unit).round() * unit;
    let time = Duration::try_from_secs_f64(whole).unwrap_or(time);
    let millis = Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    humantime::format_duration(millis).to_string()
}
