//! Metrics of a crawl, through the facade of the `metrics` crate: whoever installs a recorder gets them. Fed by the
//! engine, only with the feature `metrics`.

use std::time::Duration;

use dragline_frontier::{Directory, HostId};
use metrics::{
    Counter, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

use crate::stats::Stats;
use crate::times::PageTimes;

/// Hosts that are told apart, those that the crawl met first; of the others the metrics know the sum.
const MAX_HOSTS: usize = 100;

/// What was told of a crawl: metrics get the difference, so that those of several crawls in one process add up.
pub(crate) struct Meters {
    told: Stats,
    /// What each page is told to, once it was: of each phase, of the hosts that are told apart, and of the others.
    phases: [Option<Histogram>; 5],
    hosts: [Option<Counter>; MAX_HOSTS],
    other: Option<Counter>,
    in_flight: usize,
    /// What the gauges of URLs show of this crawl.
    known: u64,
    waiting: u64,
}

impl Meters {
    /// Begins with what the crawl has counted in earlier runs, of which nothing is told again.
    pub(crate) fn new(told: Stats) -> Self {
        describe_counter!("dragline_urls_total", "URLs that ended, by end");
        describe_counter!("dragline_pages_total", "URLs that were answered, by class of status");
        describe_counter!("dragline_errors_total", "URLs that failed or were skipped, by code");
        describe_counter!(
            "dragline_requests_total",
            "requests sent, robots.txt and retries included"
        );
        describe_counter!("dragline_retries_total", "tries beyond the first");
        describe_counter!("dragline_cached_total", "answers from a cache");
        describe_counter!("dragline_bytes_total", "bytes of decoded bodies");
        describe_counter!("dragline_items_total", "items produced");
        describe_counter!("dragline_host_urls_total", "URLs that ended, by host");
        describe_gauge!("dragline_known", "URLs that entered the crawl");
        describe_gauge!("dragline_waiting", "URLs that wait or are in flight");
        describe_gauge!("dragline_in_flight", "requests in flight, and pages that are read");
        describe_histogram!("dragline_phase_seconds", "time of one URL or one commit, by phase");
        Self {
            told,
            phases: [const { None }; 5],
            hosts: [const { None }; MAX_HOSTS],
            other: None,
            in_flight: 0,
            known: 0,
            waiting: 0,
        }
    }

    /// Tells what the counters have become.
    pub(crate) fn tell(&mut self, stats: &Stats) {
        let told = &mut self.told;
        for (end, now, before) in [
            ("done", stats.done, &mut told.done),
            ("failed", stats.failed, &mut told.failed),
            ("skipped", stats.skipped, &mut told.skipped),
        ] {
            counter!("dragline_urls_total", "end" => end).increment(more(now, before));
        }
        for (status, now) in &stats.statuses {
            let more = more(*now, told.statuses.entry(*status).or_default());
            if more > 0 {
                counter!("dragline_pages_total", "status" => class(*status)).increment(more);
            }
        }
        for (code, now) in &stats.errors {
            let more = match told.errors.get_mut(code) {
                Some(before) => more(*now, before),
                None => more(*now, told.errors.entry(code.clone()).or_default()),
            };
            if more > 0 {
                counter!("dragline_errors_total", "code" => code.clone()).increment(more);
            }
        }
        for (name, now, before) in [
            ("dragline_requests_total", stats.requests, &mut told.requests),
            ("dragline_retries_total", stats.retries, &mut told.retries),
            ("dragline_cached_total", stats.cached, &mut told.cached),
            ("dragline_bytes_total", stats.bytes, &mut told.bytes),
            ("dragline_items_total", stats.items, &mut told.items),
        ] {
            counter!(name).increment(more(now, before));
        }
        shift("dragline_known", self.known, stats.discovered);
        shift("dragline_waiting", self.waiting, stats.waiting);
        (self.known, self.waiting) = (stats.discovered, stats.waiting);
    }

    /// Tells how many requests are in flight.
    pub(crate) fn in_flight(&mut self, now: usize) {
        shift("dragline_in_flight", self.in_flight as u64, now as u64);
        self.in_flight = now;
    }

    /// Tells where the time of a try went; phases that there were not are not told.
    pub(crate) fn page(&mut self, times: &PageTimes) {
        for ((phase, time), meter) in times.phases().into_iter().zip(&mut self.phases) {
            if !time.is_zero() {
                let name = "dragline_phase_seconds";
                meter.get_or_insert_with(|| histogram!(name, "phase" => phase)).record(time);
            }
        }
    }

    /// Tells how long a commit took.
    pub(crate) fn commit(elapsed: Duration) {
        histogram!("dragline_phase_seconds", "phase" => "sink").record(elapsed);
    }

    /// Tells that a URL of a host ended.
    pub(crate) fn ended(&mut self, host: HostId, directory: &Directory) {
        let meter = self.hosts.get_mut(host.index()).unwrap_or(&mut self.other);
        let of_host = || {
            let name = (host.index() < MAX_HOSTS).then(|| directory.name(host)).flatten();
            let name = name.map_or_else(|| "other".to_owned(), |name| name.to_string());
            counter!("dragline_host_urls_total", "host" => name)
        };
        meter.get_or_insert_with(of_host).increment(1);
    }
}

impl Drop for Meters {
    fn drop(&mut self) {
        shift("dragline_known", self.known, 0);
        shift("dragline_waiting", self.waiting, 0);
        shift("dragline_in_flight", self.in_flight as u64, 0);
    }
}

/// Returns by how much a counter grew since it was told, and takes note that it is told now. A request that turns out
/// to be answered by a cache is taken back, so that a counter may be less than before.
fn more(now: u64, told: &mut u64) -> u64 {
    let more = now.saturating_sub(*told);
    *told += more;
    more
}

/// Moves a gauge that several crawls may share.
fn shift(name: &'static str, from: u64, to: u64) {
    if to != from {
        gauge!(name).increment(to as f64 - from as f64);
    }
}

fn class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "other",
    }
}
