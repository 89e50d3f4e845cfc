//! A look at a running crawl, host by host. Made by the engine when a handle asks for it, and at the end.

use std::fmt;
use std::time::Duration;

use dragline_frontier::Waits;
use serde::{Deserialize, Serialize};

use crate::health::HealthFault;
use crate::plural::Plural;
use crate::stats::{Ended, Seconds, Stats};

/// A running crawl at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The counters, what is not committed yet included.
    pub stats: Stats,
    /// What the crawl is about.
    pub phase: Phase,
    /// Requests in flight, robots.txt included, and pages that are being read.
    pub in_flight: usize,
    /// The hosts that will take longest, as many as were asked for: first those with the most work left.
    pub hosts: Vec<HostTimes>,
    /// What was found at fault so far, in order.
    pub faults: Vec<HealthFault>,
}

/// What a crawl is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It starts pages as politeness permits.
    #[default]
    Running,
    /// It was [paused](crate::Handle::pause), and finishes what is in flight.
    Paused,
    /// It ends, for this reason, after what is in flight.
    Ending(Ended),
}

/// One host of a crawl: its pages, what it waits for, and what its time went to.
///
/// The first 65,536 hosts of a run are told apart. Times are of this run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostTimes {
    /// Scheme, host and port, such as `https://example.org:443`.
    pub host: String,
    /// URLs that ended in this run, however they did.
    pub ended: u64,
    /// URLs that wait or are in flight. Of those that an earlier run left, only the ones in hand are known.
    pub waiting: u64,
    /// Requests in flight, robots.txt included.
    pub in_flight: u32,
    /// What the next request waits for.
    pub waits: Waits,
    /// How long still, where that is known.
    pub left: Option<Duration>,
    /// The least time between two requests, as it stands now.
    pub pace: Duration,
    /// What that comes from: [`Delay`](Waits::Delay), [`CrawlDelay`](Waits::CrawlDelay),
    /// [`Latency`](Waits::Latency) or [`Slowdown`](Waits::Slowdown).
    pub paced_by: Waits,
    /// Time in which pages of the server were waited for, those at the same time one after the other.
    pub server: Duration,
    /// The same for its robots.txt.
    pub robots: Duration,
    /// Time between its first and its last request in which nothing was in flight: delays, and turns of others.
    pub paused: Duration,
    /// Of the time of the server, that of lookups of its addresses, those for robots.txt included here and in the
    /// next three.
    pub resolve: Duration,
    /// That of opening connections: TCP and TLS.
    pub connect: Duration,
    /// That from requests to the heads of answers.
    pub first_byte: Duration,
    /// That of bodies.
    pub body: Duration,
    /// Time in which its pages were read, by the spider too.
    pub parse: Duration,
    /// The part of its URLs in the time of commits: outputs and the state.
    pub sink: Duration,
}

/// Time that is worth a word in a summary.
const WORTH_A_WORD: Duration = Duration::from_millis(100);

/// Writes one line: its URLs, and what its time went to.
impl fmt::Display for HostTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, ended, .. } = self;
        write!(f, "{host}: {} in {}", Plural(*ended, "URL"), Seconds(self.took()))?;
        write!(f, ", paused {:.1} s", self.paused.as_secs_f64())?;
        if !self.pace.is_zero() {
            write!(f, " ({} {:.1} s)", self.paced_by.name(), self.pace.as_secs_f64())?;
        }
        write!(f, ", server {:.1} s", self.server.as_secs_f64())?;
        let phases = [
            ("DNS", self.resolve),
            ("connect", self.connect),
            ("first byte", self.first_byte),
            ("body", self.body),
        ];
        let mut before = " (";
        for (name, time) in phases.into_iter().filter(|(_, time)| *time >= WORTH_A_WORD) {
            write!(f, "{before}{name} {:.1} s", time.as_secs_f64())?;
            before = ", ";
        }
        if before == ", " {
            f.write_str(")")?;
        }
        let ours = [("robots.txt", self.robots), ("parse", self.parse), ("output", self.sink)];
        for (name, time) in ours.into_iter().filter(|(_, time)| *time >= WORTH_A_WORD) {
            write!(f, ", {name} {:.1} s", time.as_secs_f64())?;
        }
        Ok(())
    }
}

impl HostTimes {
    /// Returns how long the URLs that wait take at the present pace, at least.
    pub fn ahead(&self) -> Duration {
        let each = self.pace.max(self.mean());
        let urls = u32::try_from(self.waiting).unwrap_or(u32::MAX);
        each.saturating_mul(urls).saturating_add(self.left.unwrap_or_default())
    }

    /// Returns what the host took in all.
    pub fn took(&self) -> Duration {
        self.server + self.robots + self.paused
    }

    fn mean(&self) -> Duration {
        let ended = u32::try_from(self.ended.max(1)).unwrap_or(u32::MAX);
        self.server / ended
    }
}
