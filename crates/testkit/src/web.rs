//! The simulated web: answers requests in tokio's time, and logs them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use dragline::fetch::{BoxFuture, Error, ErrorKind, Request, Response, Timings};
use dragline::{Config, Fetcher};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use tokio::time::{Instant, sleep_until};
use url::Url;

use crate::answer::{Answer, answer};
use crate::builder::WebBuilder;
use crate::checker;
use crate::log::{Entry, Log, MAX_REQUESTS, Outcome};
use crate::report::Report;
use crate::world::World;

/// A web of simulated hosts: a [`Fetcher`] for a real crawl.
///
/// All waits are on tokio's clock, so that under paused time a crawl of days takes as long as its work.
/// What it answers depends on the seed, the plans and the order of requests alone. Pages are worked out
/// when they are asked for; beside the [log](Log) it keeps a counter for each host and each URL with
/// replies. A host that it does not know is an error of kind `Dns`, and not logged.
///
/// A clone is the same web.
#[derive(Clone)]
pub struct SimulatedWeb {
    world: Arc<World>,
    start: Instant,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    log: Log,
    /// Requests to each host so far.
    asked: Vec<u32>,
    /// Replies given so far, for each URL that has some.
    replied: Vec<Vec<usize>>,
}

impl SimulatedWeb {
    /// Starts an empty web.
    pub fn builder() -> WebBuilder {
        WebBuilder::default()
    }

    pub(crate) fn new(world: Arc<World>) -> Self {
        let state = State {
            log: Log::new(world.clone()),
            asked: vec![0; world.hosts.len()],
            replied: world.hosts.iter().map(|host| vec![0; host.listed.len()]).collect(),
        };
        Self { world, start: Instant::now(), state: Arc::new(Mutex::new(state)) }
    }

    /// Returns what was asked so far.
    pub fn log(&self) -> Log {
        self.lock().log.clone()
    }

    /// Checks all that was asked so far against the rules that a crawl with this configuration promises.
    pub fn check(&self, config: &Config) -> Report {
        checker::check(&self.log(), config)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is a bug in here, and the log is then still worth reading.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs a request and decides its answer.
    fn ask(&self, url: &Url) -> Result<(Answer, Visit), Error> {
        let Some((host, place)) = self.world.locate(url) else {
            return Err(Error::new(ErrorKind::Dns, "the simulated web has no such host"));
        };
        let now = self.start.elapsed();
        let mut state = self.lock();
        if state.log.len() >= MAX_REQUESTS {
            return Err(Error::new(ErrorKind::Config, "the log of the simulated web is full"));
        }
        state.asked[host as usize] += 1;
        let number = state.asked[host as usize];
        let replied = self.world.hosts[host as usize].listing(place).map(|listing| {
            let count = &mut state.replied[host as usize][listing as usize];
            *count += 1;
            *count - 1
        });
        let answer = answer(&self.world, (host, place), url, number, now, replied);
        let mut entry = Entry::new(host, place, now.as_nanos() as u64);
        entry.status = if answer.reply.error.is_some() { 0 } else { answer.reply.status };
        entry.fault = answer.fault;
        entry.ask_to_wait(answer.reply.retry_after());
        let index = state.log.push(entry);
        drop(state);
        Ok((answer, Visit { web: self.clone(), index, outcome: Outcome::Dropped }))
    }
}

impl Fetcher for SimulatedWeb {
    fn fetch(&self, request: Request) -> BoxFuture<'_, Result<Response<Bytes>, Error>> {
        Box::pin(async move {
            let url = request.url;
            let (answer, mut visit) = match self.ask(&url) {
                Ok(asked) => asked,
                Err(error) => return Err(error.with_url(url)),
            };
            sleep_until(Instant::now() + answer.takes).await;
            let Answer { reply, ending, takes, .. } = answer;
            if let Some(kind) = reply.error {
                let error = Error::new(kind, "simulated").with_url(url);
                visit.outcome =
                    if error.is_transient() { Outcome::Passing } else { Outcome::Failed };
                return Err(error);
            }
            let mut headers = HeaderMap::with_capacity(reply.headers.len());
            for (name, value) in reply.headers {
                let name = HeaderName::try_from(name).ok();
                if let Some((name, value)) = name.zip(HeaderValue::try_from(value).ok()) {
                    headers.append(name, value);
                }
            }
            let status =
                StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let body = if request.method == Method::HEAD { Bytes::new() } else { reply.body };
            visit.outcome = ending;
            let timings = Timings { first_byte: takes, ..Timings::default() };
            let response = Response::new(url, status, headers, body).with_timings(timings);
            Ok(if ending == Outcome::Truncated { response.cut_short() } else { response })
        })
    }
}

/// A request in flight; it ends in the log when it is dropped, also by a client that gives up.
struct Visit {
    web: SimulatedWeb,
    index: usize,
    outcome: Outcome,
}

impl Drop for Visit {
    fn drop(&mut self) {
        let now = self.web.start.elapsed();
        self.web.lock().log.entry_mut(self.index).end(now.as_nanos() as u64, self.outcome);
    }
}

impl fmt::Debug for SimulatedWeb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedWeb")
            .field("hosts", &self.world.hosts.len())
            .field("requests", &self.lock().log.len())
            .finish()
    }
}

/// Returns the time that a body takes at a number of bytes a second.
pub(crate) fn transfer(bytes: usize, bandwidth: Option<u64>) -> Duration {
    bandwidth.map_or(Duration::ZERO, |rate| {
        Duration::from_micros((bytes as u64).saturating_mul(1_000_000) / rate.max(1))
    })
}

#[cfg(test)]
mod tests;
