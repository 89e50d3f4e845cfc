//! The engine: the one task that owns the scheduler, the store, the sinks and the counters. It starts
//! workers and takes what they return; nobody else changes the state of a crawl.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use dragline_frontier::{
    Canonical, Completed, Content, Directory, End, Lease, Next, NotCrawlable, Pending, Refusal,
    RobotsFetch, RobotsOutcome, Scheduler, Skip, Store,
};
use futures_core::Stream;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::batch::{Batch, commit};
use crate::config::Limits;
use crate::error::Error;
use crate::handle::Command;
use crate::outlet::Outlet;
use crate::record::PageRecord;
use crate::request::{InvalidUrl, Request, encode_route};
use crate::robots::{self, Hop, RobotsReport};
use crate::sink::Sink;
use crate::spider::Spider;
use crate::stats::{Ended, Stats, Summary};
use crate::worker::{self, Outcome, Report, Shared};

/// Seeds are pulled while fewer URLs than this wait.
const SEEDS_BELOW: u64 = 4096;
/// Seeds offered to the store at a time, at most.
const SEEDS: usize = 256;
/// URLs that end without being sent are handed to the store in batches of this size.
const REFUSALS: usize = 256;
/// The longest backoff before a further try.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// A stream of seeds, each a request or the text that is none.
pub(crate) type SeedStream<R> = Pin<Box<dyn Stream<Item = Result<Request<R>, InvalidUrl>> + Send>>;

/// The parts of a running crawl.
pub(crate) struct Engine<S: Spider> {
    pub(crate) shared: Arc<Shared<S>>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) scheduler: Scheduler,
    pub(crate) store: Box<dyn Store>,
    pub(crate) items: Vec<Box<dyn Sink<S::Item>>>,
    pub(crate) records: Vec<Box<dyn Sink<PageRecord>>>,
    pub(crate) outlet: Outlet<S::Item>,
    pub(crate) commands: mpsc::Receiver<Command<S::Route>>,
    pub(crate) published: watch::Sender<Stats>,
    pub(crate) seeds: Option<SeedStream<S::Route>>,
    pub(crate) limits: Limits,
    pub(crate) random: fastrand::Rng,
    pub(crate) workers: JoinSet<Returned<S::Item>>,
    pub(crate) batch: Batch<S::Item>,
    pub(crate) stats: Stats,
    pub(crate) pages_in_flight: u64,
    pub(crate) paused: bool,
    pub(crate) stopping: Option<Ended>,
}

/// What a worker returns.
pub(crate) enum Returned<I> {
    Page(Report<I>),
    Robots(RobotsReport),
}

/// What the engine waits for, beside commands, seeds and room in the stream.
enum Wait {
    /// A worker's return.
    Return,
    /// A worker's return, or this instant.
    Until(Instant),
    /// Nothing: the crawl is over.
    Over(Ended),
}

impl<S: Spider> Engine<S> {
    /// Runs the crawl to its end.
    pub(crate) async fn run(mut self) -> Result<Summary, Error> {
        let deadline = self.limits.max_time.map(|time| self.shared.clock.started() + time);
        loop {
            // Links must be known to the scheduler before it may say that nothing is left.
            self.flush().await?;
            let wait = self.dispatch().await?;
            self.flush().await?;
            let until = match wait {
                Wait::Over(ended) => return Ok(self.end(ended)),
                Wait::Until(at) => Some(at),
                Wait::Return => None,
            };
            let wants_seeds = self.wants_seeds();
            tokio::select! {
                // In this order, so that a busy crawl still obeys and ends in time.
                biased;
                () = sleep_until(deadline.unwrap_or_else(Instant::now)),
                    if deadline.is_some() && self.stopping.is_none() => self.stop(Ended::MaxTime),
                Some(command) = self.commands.recv() => self.obey(command).await?,
                () = self.outlet.make_room(), if !self.outlet.has_room() => {}
                Some(returned) = self.workers.join_next() => self.take(returned),
                Some(seed) = next_seed(&mut self.seeds), if wants_seeds => self.seed(seed).await?,
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {}
            }
        }
    }

    /// Starts whatever may be started now, and tells what to wait for.
    async fn dispatch(&mut self) -> Result<Wait, Error> {
        loop {
            if let Some(ended) = self.stopping.or_else(|| self.page_limit()) {
                let over = self.workers.is_empty();
                return Ok(if over { Wait::Over(ended) } else { Wait::Return });
            }
            let room = self.workers.len() < self.limits.concurrency.max(1);
            if self.paused || !room || !self.pages_left() || !self.outlet.has_room() {
                return Ok(Wait::Return);
            }
            match self.scheduler.pop(Instant::now().into_std()) {
                Next::Ready(ticket) => {
                    self.stats.requests += 1;
                    self.stats.retries += u64::from(ticket.attempt > 0);
                    self.pages_in_flight += 1;
                    let work = worker::carry(self.shared.clone(), ticket);
                    self.workers.spawn(async move { Returned::Page(work.await) });
                }
                Next::NeedRobots(fetch) => {
                    self.stats.requests += 1;
                    self.stats.retries += u64::from(fetch.attempt > 0);
                    let work = robots::carry(self.shared.clone(), fetch);
                    self.workers.spawn(async move { Returned::Robots(work.await) });
                }
                Next::Refused(pending, refusal) => {
                    self.refuse(pending, refusal);
                    if self.batch.len() >= REFUSALS {
                        self.flush().await?;
                    }
                }
                Next::Claim(claim) => {
                    // The store must know what ended before it is asked for more.
                    self.flush().await?;
                    let mut leases = self.store.claim(claim.clone()).await?;
                    self.drop_traps(&mut leases);
                    self.scheduler.grant(&claim, leases);
                }
                Next::WaitUntil(at) => return Ok(Wait::Until(Instant::from_std(at))),
                Next::Busy => return Ok(Wait::Return),
                Next::Done if self.seeds.is_some() => return Ok(Wait::Return),
                // What was refused since the last flush cannot have led to anything new, but an order
                // that was already taken may.
                Next::Done => match self.commands.try_recv() {
                    Ok(command) => self.obey(command).await?,
                    Err(_) => return Ok(Wait::Over(Ended::Finished)),
                },
            }
        }
    }

    /// Takes a worker's return, and all others that are there already, so that they are committed together.
    fn take(&mut self, first: Result<Returned<S::Item>, tokio::task::JoinError>) {
        let mut next = Some(first);
        while let Some(returned) = next {
            match returned {
                Ok(Returned::Page(report)) => self.page(report),
                Ok(Returned::Robots(report)) => self.robots(report),
                // Spiders' panics are caught where they happen; any other one is a bug of ours, and
                // goes on to whoever awaits the crawl.
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => {}
            }
            next = self.workers.try_join_next();
        }
    }

    fn page(&mut self, report: Report<S::Item>) {
        self.pages_in_flight -= 1;
        let Report { ticket, exchange, outcome } = report;
        let now = Instant::now();
        let host = ticket.pending.host();
        // Before it is settled, so that nothing is sent to the host that it asked not to be.
        self.scheduler.observe(host, &exchange, now.into_std());
        let finished = match outcome {
            Outcome::Again => {
                let again = self.again_at(ticket.attempt, now);
                return self.scheduler.retry(ticket, again, now.into_std());
            }
            Outcome::Finished(finished) => *finished,
        };
        self.scheduler.settle(host, now.into_std());
        let record = &finished.record;
        self.stats.bytes += record.bytes;
        self.stats.items += finished.items.len() as u64;
        if let Some(bail) = finished.bail {
            *self.stats.bails.entry(bail).or_default() += 1;
        }
        let pending = &ticket.pending;
        let is_seed = pending.referrer().is_none();
        self.stats.seeds.fetched += u64::from(is_seed && record.status.is_some());
        self.stats.duplicate_pages += u64::from(finished.content == Content::Repeated);
        self.count_end(&finished.record);
        self.stats.links.add(finished.found.links);
        self.batch.items.extend(finished.items);
        self.batch.completion.found.extend(finished.found.pending);
        if let Some(url) = finished.found.endless {
            let message = "more redirects in a row lead here than are followed".to_owned();
            let referrer = Some(Arc::from(pending.url()));
            let record = PageRecord { depth: pending.depth(), referrer, ..PageRecord::default() };
            self.end_unsent(record, url, "too_many_redirects", message);
        }
        self.complete(ticket.pending, &finished.record);
        self.batch.records.push(finished.record);
    }

    fn robots(&mut self, report: RobotsReport) {
        let RobotsReport { fetch, exchange, outcome } = report;
        let now = Instant::now();
        self.scheduler.observe(fetch.host, &exchange, now.into_std());
        match outcome {
            Hop::Again => {
                let again = self.again_at(fetch.attempt, now);
                self.scheduler.retry_robots(fetch, again, now.into_std());
            }
            Hop::Read(outcome) => self.learn(&fetch, outcome, now),
            Hop::Redirect(target) => match Canonical::new(target) {
                Ok(target) => {
                    let next = RobotsFetch {
                        host: self.directory.id(&target.host_key()),
                        url: String::from(target.into_url()).into_boxed_str(),
                        redirects: fetch.redirects + 1,
                        attempt: 0,
                        ..fetch
                    };
                    self.scheduler.redirect_robots(&fetch, next, now.into_std());
                }
                // It leads out of the web, so there are no rules (RFC 9309 section 2.3.1.3).
                Err(_) => {
                    let rules = dragline_frontier::Robots::allow_all();
                    self.learn(&fetch, RobotsOutcome::Rules(rules), now);
                }
            },
        }
    }

    /// Takes the rules of an origin.
    fn learn(&mut self, fetch: &RobotsFetch, outcome: RobotsOutcome, now: Instant) {
        // Nothing follows sitemaps yet.
        let _sitemaps = self.scheduler.robots(fetch, outcome, now.into_std());
    }

    /// Ends a URL whose turn came but which must not be sent.
    fn refuse(&mut self, pending: Pending, refusal: Refusal) {
        let (code, message) = match refusal {
            Refusal::Disallowed { line: Some(line) } => {
                ("robots", format!("disallowed by line {line} of robots.txt"))
            }
            Refusal::Disallowed { line: None } => ("robots", "disallowed by robots.txt".to_owned()),
            Refusal::RobotsUnavailable(why) => ("robots", why.as_ref().to_owned()),
            Refusal::Unreachable(fault) => (fault.code, fault.message.clone()),
            Refusal::HostDown(fault) => (
                "host_down",
                format!("the host stopped answering; its last fault: {}", fault.message),
            ),
        };
        self.end_refused(pending, code, message);
    }

    /// Ends the URLs of leases that were found to be traps since they were admitted.
    fn drop_traps(&mut self, leases: &mut [Lease]) {
        for lease in leases {
            let (admission, mut traps) = (&self.shared.admission, Vec::new());
            lease.urls.retain(|pending| match admission.reconsider(pending) {
                Ok(()) => true,
                Err(skip) => {
                    traps.push((pending.clone(), skip));
                    false
                }
            });
            for (pending, skip) in traps {
                self.end_refused(pending, skip.name(), skip.to_string());
            }
        }
    }

    fn end_refused(&mut self, pending: Pending, code: &'static str, message: String) {
        let mut record = self.unsent(pending.url().to_owned(), code, message);
        record.depth = pending.depth();
        record.referrer = pending.referrer().cloned();
        self.count_end(&record);
        self.complete(pending, &record);
        self.batch.records.push(record);
    }

    /// Has the store told, with the next commit, how a URL ended.
    fn complete(&mut self, pending: Pending, record: &PageRecord) {
        let ending = record.ending(self.shared.clock.wall());
        self.batch.completion.done.push(Completed { pending, ending, revisit: None });
    }

    /// Ends a URL that never got into the frontier, but is worth a record.
    fn end_unsent(&mut self, base: PageRecord, url: String, code: &'static str, message: String) {
        self.stats.discovered += 1;
        self.stats.waiting += 1;
        let record = self.unsent(url, code, message);
        let record = PageRecord { depth: base.depth, referrer: base.referrer, ..record };
        self.count_end(&record);
        self.batch.records.push(record);
    }

    fn unsent(&self, url: String, code: &'static str, message: String) -> PageRecord {
        let fetched_at = PageRecord::timestamp(self.shared.clock.wall());
        let error = Some(code);
        PageRecord { url, error, message: Some(message), fetched_at, ..PageRecord::default() }
    }

    /// Moves one URL from waiting to its end.
    fn count_end(&mut self, record: &PageRecord) {
        self.stats.waiting -= 1;
        if let Some(code) = record.error {
            *self.stats.errors.entry(code).or_default() += 1;
        }
        match record.end() {
            End::Done => {
                self.stats.done += 1;
                if let Some(status) = record.status {
                    *self.stats.statuses.entry(status).or_default() += 1;
                }
            }
            End::Skipped => self.stats.skipped += 1,
            End::Failed => self.stats.failed += 1,
        }
    }

    /// Admits a seed, and all others that are there already.
    async fn seed(&mut self, first: Seed<S::Route>) -> Result<(), Error> {
        let mut admitted = Vec::new();
        let mut next = Some(first);
        while let Some(seed) = next {
            let Seed::Given(seed) = seed else {
                self.seeds = None;
                break;
            };
            self.admit_seed(seed, &mut admitted);
            if admitted.len() >= SEEDS {
                break;
            }
            next = next_seed(&mut self.seeds).now_or_never().flatten();
        }
        self.flush().await?;
        self.offer(admitted).await
    }

    fn admit_seed(
        &mut self,
        seed: Result<Request<S::Route>, InvalidUrl>,
        admitted: &mut Vec<Pending>,
    ) {
        self.stats.seeds.given += 1;
        let request = match seed {
            Ok(request) => request,
            Err(error) => {
                let (text, message) = (error.text().to_owned(), error.to_string());
                return self.end_unsent(PageRecord::default(), text, "invalid_url", message);
            }
        };
        let text = request.url.as_str().to_owned();
        let payload = match encode_route(&request.route) {
            Ok(payload) => payload,
            Err(error) => {
                let message = format!("the route of the seed cannot be written: {error}");
                return self.end_unsent(PageRecord::default(), text, "spider", message);
            }
        };
        match self.shared.admission.seed(request.url, payload) {
            Ok(pending) => admitted.push(request.priority.place(pending)),
            Err(skip) => {
                let code = match &skip {
                    Skip::NotCrawlable(NotCrawlable::Scheme(_)) => "blocked_scheme",
                    Skip::NotCrawlable(_) => "invalid_url",
                    _ => "excluded",
                };
                self.end_unsent(PageRecord::default(), text, code, skip.to_string());
            }
        }
    }

    async fn offer(&mut self, batch: Vec<Pending>) -> Result<(), Error> {
        let receipt = self.store.offer(batch).await?;
        self.stats.offered(&receipt);
        self.scheduler.note(&receipt);
        self.publish();
        Ok(())
    }

    /// Makes true together what ended since the last time: first the output, then the frontier.
    async fn flush(&mut self) -> Result<(), Error> {
        if !self.batch.is_empty() {
            self.batch.write(&mut self.items, &mut self.records)?;
            commit(&mut self.items).await?;
            commit(&mut self.records).await?;
            let completion = std::mem::take(&mut self.batch.completion);
            let receipt = self.store.complete(completion).await?;
            self.stats.offered(&receipt);
            self.scheduler.note(&receipt);
            self.outlet.push(self.batch.items.drain(..));
            self.publish();
        }
        debug_assert_eq!(
            self.stats.discovered,
            self.stats.done + self.stats.failed + self.stats.skipped + self.stats.waiting,
        );
        Ok(())
    }

    fn publish(&mut self) {
        self.stats.elapsed = self.shared.clock.elapsed();
        self.published.send_replace(self.stats.clone());
    }

    async fn obey(&mut self, command: Command<S::Route>) -> Result<(), Error> {
        match command {
            Command::Pause => self.paused = true,
            Command::Resume => self.paused = false,
            Command::Stop => self.stop(Ended::Stopped),
            Command::Add(requests) => {
                let mut admitted = Vec::new();
                for request in requests {
                    self.admit_seed(Ok(request), &mut admitted);
                }
                self.flush().await?;
                self.offer(admitted).await?;
            }
        }
        Ok(())
    }

    fn stop(&mut self, why: Ended) {
        self.stopping.get_or_insert(why);
    }

    fn end(mut self, ended: Ended) -> Summary {
        let samples = self.shared.admission.samples();
        self.stats.samples =
            samples.into_iter().map(|(name, url)| (name, url.to_owned())).collect();
        debug_assert!(ended != Ended::Finished || self.stats.waiting == 0, "a URL was lost");
        self.publish();
        Summary { ended, stats: self.stats }
    }

    /// Tells that the page limit is reached.
    fn page_limit(&self) -> Option<Ended> {
        let most = self.limits.max_pages?;
        (self.stats.done + self.stats.failed >= most).then_some(Ended::MaxPages)
    }

    /// Tells whether one more page may be sent without passing the page limit.
    fn pages_left(&self) -> bool {
        let ended = self.stats.done + self.stats.failed;
        self.limits.max_pages.is_none_or(|most| ended + self.pages_in_flight < most)
    }

    fn wants_seeds(&self) -> bool {
        self.seeds.is_some() && self.stopping.is_none() && self.stats.waiting < SEEDS_BELOW
    }

    /// Returns when a request may be tried again: after a random part of an exponential backoff, at
    /// least half of it, so that URLs that failed together do not return together. What the host asked
    /// for comes on top, in the scheduler.
    fn again_at(&mut self, attempt: u8, now: Instant) -> std::time::Instant {
        let full = Duration::from_secs(1 << attempt.min(6)).min(MAX_BACKOFF);
        (now + full.mul_f64(self.random.f64() / 2.0 + 0.5)).into_std()
    }
}

/// What a stream of seeds gives.
enum Seed<R> {
    Given(Result<Request<R>, InvalidUrl>),
    NoMore,
}

/// Returns the next seed; `None` when there is no stream.
async fn next_seed<R>(seeds: &mut Option<SeedStream<R>>) -> Option<Seed<R>> {
    let stream = seeds.as_mut()?;
    Some(stream.next().await.map_or(Seed::NoMore, Seed::Given))
}
