//! What the scheduler tells of one host when it is asked: what it waits for, and how long still.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What [`Scheduler::look`](crate::Scheduler::look) sees of one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostLook {
    /// What the next request to the host waits for.
    pub waits: Waits,
    /// How long still, where that is known.
    pub left: Option<Duration>,
    /// Requests in flight to the host, robots.txt included.
    pub in_flight: u32,
    /// URLs in hand, retries included; the store may hold more.
    pub in_hand: usize,
    /// The least time between two requests now.
    pub pace: Duration,
    /// What that time comes from.
    pub paced_by: Waits,
}

/// What a host waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Waits {
    /// Nothing waits there.
    #[default]
    Nothing,
    /// A free place among the requests in flight: the host itself could be asked.
    Place,
    /// The answer of the server.
    Server,
    /// Its robots.txt.
    Robots,
    /// The delay that is set.
    Delay,
    /// The `Crawl-delay` of its robots.txt.
    CrawlDelay,
    /// A delay as long as its answers take.
    Latency,
    /// A longer delay, since it said before that it is busy.
    Slowdown,
    /// The time that its `Retry-After` asked for.
    RetryAfter,
    /// The time it is left alone, since it said that it is busy or did not answer.
    Backoff,
    /// The time of a further try.
    Retry,
    /// The limit of bandwidth.
    Bandwidth,
    /// The turn of its group.
    Group,
    /// The time until it is probed again, since it was given up; until then its URLs fail.
    Down,
}

impl Waits {
    /// Returns the name: one word or two, with a hyphen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Place => "place",
            Self::Server => "server",
            Self::Robots => "robots.txt",
            Self::Delay => "delay",
            Self::CrawlDelay => "crawl-delay",
            Self::Latency => "slow-answers",
            Self::Slowdown => "slowdown",
            Self::RetryAfter => "retry-after",
            Self::Backoff => "back-off",
            Self::Retry => "retry",
            Self::Bandwidth => "bandwidth",
            Self::Group => "group",
            Self::Down => "host-down",
        }
    }
}

/// What moved the instant from which a host may be asked, since it was asked last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Spared {
    /// Its pace alone.
    #[default]
    Pace,
    /// A pace that was learned since, or a time that was known from before.
    Kept,
    RetryAfter,
    Backoff,
    Bandwidth,
    /// Nothing was sent, and its place in the pace is given back.
    Unsent,
}
