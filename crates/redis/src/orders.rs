//! What all workers are told from outside, and how each hears of it: it checks in every few seconds.

use std::time::Duration;

use dragline_frontier::{HostKey, HostLimit, StoreError};
use tokio::time::Instant;

use crate::reply::Reply;
use crate::script::Script;
use crate::store::RedisStore;

/// How often a worker checks in by itself, while it claims or renews.
const CHECKED: Duration = Duration::from_secs(5);

/// What was said to all workers since the one that asks checked in last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// What is to be done.
    pub run: Run,
    /// Seeds that others brought, whose scope is the crawl's from now on; they are in the frontier already.
    pub seeds: Vec<Box<str>>,
    /// All limits of hosts, if one of them changed; those of other hosts are gone. 10,000 at most.
    pub limits: Option<Vec<(HostKey, HostLimit)>>,
}

/// What all workers are to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Run {
    /// Crawl.
    #[default]
    Go,
    /// Give hosts back and wait: none is handed out.
    Pause,
    /// Give hosts back and end, as at the end of a crawl.
    Stop,
}

impl Run {
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Pause => "pause",
            Self::Stop => "stop",
        }
    }

    pub(crate) fn of(text: &str) -> Self {
        match text {
            "pause" => Self::Pause,
            "stop" => Self::Stop,
            _ => Self::Go,
        }
    }
}

/// Writes what a host is limited to: milliseconds and requests, `-` for what is not.
pub(crate) fn write_limit(limit: HostLimit) -> String {
    let number = |number: Option<u128>| number.map_or("-".to_owned(), |text| text.to_string());
    let delay = number(limit.delay.map(|delay| delay.as_millis()));
    format!("{delay} {}", number(limit.parallel.map(|parallel| parallel.max(1).into())))
}

fn read_limit(text: &str) -> Option<HostLimit> {
    let (delay, parallel) = text.split_once(' ')?;
    let number = |text: &str| match text {
        "-" => Some(None),
        text => text.parse::<u64>().ok().map(Some),
    };
    let parallel = number(parallel)?.map(|parallel| u32::try_from(parallel).unwrap_or(u32::MAX));
    Some(HostLimit { delay: number(delay)?.map(Duration::from_millis), parallel })
}

/// Reads pairs of a host and its limit.
pub(crate) fn limits(reply: Reply) -> Option<Vec<(HostKey, HostLimit)>> {
    let mut rows = reply.list()?.into_iter();
    let mut limits = Vec::new();
    while let Some(host) = rows.next() {
        limits.push((HostKey::from_text(&host.text()?), read_limit(&rows.next()?.text()?)?));
    }
    limits.sort_by(|one, other| one.0.as_str().cmp(other.0.as_str()));
    Some(limits)
}

/// What a worker heard and did not tell yet.
#[derive(Debug)]
pub(crate) struct Heard {
    orders: Orders,
    at: Option<Instant>,
    /// Seeds that are known.
    seeds: usize,
    /// The number of the limits that are known.
    limits: String,
    /// URLs that the worker ended.
    pub(crate) ended: u64,
}

impl Heard {
    pub(crate) fn new(seeds: usize) -> Self {
        let limits = "0".to_owned();
        Self { orders: Orders::default(), at: None, seeds, limits, ended: 0 }
    }
}

impl RedisStore {
    /// Tells the others that this worker is there, and returns what was ordered since it asked last. One that claims or
    /// renews is seen by itself, every 5 s; what it hears waits for this call.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn check_in(&mut self) -> Result<Orders, StoreError> {
        self.hear().await?;
        let run = self.heard.orders.run;
        Ok(std::mem::replace(&mut self.heard.orders, Orders { run, ..Orders::default() }))
    }

    /// Returns what all workers are to do, as far as it was heard.
    pub fn ordered(&self) -> Run {
        self.heard.orders.run
    }

    pub(crate) async fn check_in_if_due(&mut self) -> Result<(), StoreError> {
        match self.heard.at {
            Some(at) if at.elapsed() < CHECKED => Ok(()),
            _ => self.hear().await,
        }
    }

    async fn hear(&mut self) -> Result<(), StoreError> {
        let mut call = self.call_of_crawl(Script::CheckIn);
        call.push(self.session());
        call.number(self.heard.ended);
        call.number(self.heard.seeds);
        call.push(self.heard.limits.as_str());
        let reply = self.call(call).await?;
        match self.heard.take(reply) {
            Some(()) => Ok(()),
            None => Err(self.damaged(Script::CheckIn)),
        }
    }
}

impl Heard {
    fn take(&mut self, reply: Reply) -> Option<()> {
        let [run, seeds, number, rows] = reply.list()?.try_into().ok()?;
        self.orders.run = Run::of(&run.text()?);
        for seed in seeds.list()? {
            self.orders.seeds.push(seed.text()?.into());
            self.seeds += 1;
        }
        let number = number.text()?;
        if number != self.limits {
            self.orders.limits = Some(limits(rows)?);
            self.limits = number;
        }
        self.at = Some(Instant::now());
        Some(())
    }
}
