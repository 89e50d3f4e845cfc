//! The engine: the one task that owns the scheduler, the store, the sinks and the counters. It starts
//! workers and takes what they return; nobody else changes the state of a crawl.

mod before;
mod endings;
mod frontier;
mod health;
mod hosts;
mod keeping;
mod lease;
mod member;
mod orders;
mod rules;
mod seeds;
mod sending;
mod sharing;
mod sitemaps;
mod unasked;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use dragline_frontier::{
    Content, Directory, Exchange, Health, HostId, Next, Pending, RobotsFetch, Scheduler, Ticket,
};
use futures_core::Stream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::archive::{ArchiveFile, Recording};
use crate::batch::{Ask, Batch, Committed};
use crate::config::Limits;
use crate::error::Error;
use crate::event::{Event, Teller};
use crate::handle::Command;
#[cfg(feature = "metrics")]
use crate::meters::Meters;
use crate::outlet::Outlet;
use crate::record::PageRecord;
use crate::request::{InvalidUrl, Request};
use crate::robots::RobotsReport;
use crate::sessions::Sessions;
use crate::sink::Sink;
use crate::spider::Spider;
use crate::state::Resumed;
use crate::stats::{Ended, Stats, Summary};
use crate::worker::{Finished, Outcome, Report, Shared};

use self::hosts::Errand;
use self::member::Whose;
use self::seeds::{Origin, next_seed};
use self::sharing::Over;

pub(crate) use self::before::Before;
pub(crate) use self::frontier::Frontier;
pub(crate) use self::health::HealthWatch;
pub(crate) use self::hosts::HostTallies;
pub(crate) use self::keeping::Keeper;
pub(crate) use self::member::{Keeps, Member};
pub(crate) use self::sitemaps::SitemapPlan;
pub(crate) use self::unasked::Unasked;

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
    pub(crate) store: Frontier,
    pub(crate) items: Vec<Box<dyn Sink<S::Item>>>,
    pub(crate) records: Vec<Box<dyn Sink<PageRecord>>>,
    pub(crate) archive: Option<ArchiveFile>,
    pub(crate) outlet: Outlet<S::Item>,
    pub(crate) commands: mpsc::Receiver<Command<S::Route>>,
    pub(crate) published: watch::Sender<Stats>,
    pub(crate) seeds: Option<SeedStream<S::Route>>,
    pub(crate) sitemaps: SitemapPlan,
    pub(crate) limits: Limits,
    pub(crate) random: fastrand::Rng,
    pub(crate) workers: JoinSet<Returned<S::Item>>,
    pub(crate) batch: Batch<S::Item>,
    pub(crate) teller: Teller,
    pub(crate) stats: Stats,
    pub(crate) hosts: HostTallies,
    #[cfg(feature = "metrics")]
    pub(crate) meters: Meters,
    /// The first URL that failed or was refused with each code.
    pub(crate) examples: BTreeMap<Cow<'static, str>, String>,
    pub(crate) keeper: Option<Keeper>,
    pub(crate) before: Before,
    /// What was found in the state; `None` in memory.
    pub(crate) resumed: Option<Resumed>,
    /// Pages that ended in earlier runs, which the limit of this run does not count.
    pub(crate) pages_before: u64,
    /// Seeds that were given in earlier runs and not read again yet.
    pub(crate) seeds_before: u64,
    /// Seeds that were read in this run.
    pub(crate) seeds_read: u64,
    /// The number of the crawl, which the keys of its items begin with.
    pub(crate) crawl: u64,
    /// URLs that ended without ever entering the store.
    pub(crate) ended_beside: u64,
    /// What sinks took since they were asked to commit.
    pub(crate) unasked: Unasked,
    pub(crate) sessions: Sessions,
    /// How well pages are read, if that is watched.
    pub(crate) health: Option<HealthWatch<S::Item>>,
    pub(crate) pages_in_flight: u64,
    pub(crate) paused: bool,
    pub(crate) stopping: Option<Ended>,
}

/// What a worker returns.
pub(crate) enum Returned<I> {
    Page(Report<I>),
    Robots(RobotsReport),
    /// A URL that failed without being sent, once the spider knows.
    Unsent(Pending, Box<Finished<I>>),
    /// A page that was cut off because the leases were over.
    Cut(Ticket),
    /// A robots.txt that was.
    CutRobots(RobotsFetch),
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
        self.reread_seeds().await?;
        loop {
            self.tend().await?;
            // Links must be known to the scheduler before it may say that nothing is left.
            self.flush().await?;
            let wait = self.dispatch().await?;
            #[cfg(feature = "metrics")]
            self.meters.in_flight(self.workers.len());
            self.flush().await?;
            let until = match wait {
                Wait::Over(ended) => return self.end(ended).await,
                Wait::Until(at) => Some(self.unasked.due().map_or(at, |due| due.min(at))),
                Wait::Return => self.unasked.due(),
            };
            let until = self.store.wakes(until);
            let wants_seeds = self.wants_seeds();
            tokio::select! {
                // In this order, so that a busy crawl still obeys and ends in time.
                biased;
                () = sleep_until(deadline.unwrap_or_else(Instant::now)),
                    if deadline.is_some() && self.stopping.is_none() => self.stop(Ended::MaxTime),
                Some(command) = self.commands.recv() => self.obey(command).await?,
                () = self.outlet.make_room(), if !self.outlet.has_room() => {}
                Some(returned) = self.workers.join_next() => {
                    // What was lost meanwhile does not count.
                    self.tend().await?;
                    self.take(returned)?;
                }
                Some(seed) = next_seed(&mut self.seeds), if wants_seeds => self.seed(seed).await?,
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {}
            }
        }
    }

    /// Starts whatever may be started now, and tells what to wait for.
    async fn dispatch(&mut self) -> Result<Wait, Error> {
        loop {
            if let Some(limit) = self.page_limit() {
                self.stop(limit);
            }
            if let Some(ended) = self.stopping {
                let over = self.workers.is_empty();
                return Ok(if over { Wait::Over(ended) } else { Wait::Return });
            }
            let full = self.workers.len() >= self.limits.concurrency.max(1);
            // A further body would only wait with those that do.
            let short = self.shared.room.as_ref().is_some_and(|room| room.waiting() > 0);
            if self.paused || full || short || !self.pages_left() || !self.outlet.has_room() {
                return Ok(Wait::Return);
            }
            if let Some(at) = self.rests().await? {
                return Ok(Wait::Until(at));
            }
            match self.scheduler.pop(Instant::now().into_std()) {
                Next::Ready(ticket) => self.send(ticket),
                Next::NeedRobots(fetch) => self.send_robots(fetch),
                Next::Refused(pending, refusal) => {
                    self.refuse(pending, &refusal);
                    if self.batch.len() >= REFUSALS {
                        self.flush().await?;
                    }
                }
                Next::Claim(claim) => {
                    // The store must know what ended before it is asked for more.
                    self.flush().await?;
                    let mut leases = self.claim(&claim).await?;
                    self.look_back(&leases).await?;
                    self.drop_traps(&mut leases);
                    self.scheduler.grant(&claim, leases);
                }
                Next::WaitUntil(at) => return Ok(Wait::Until(Instant::from_std(at))),
                Next::Busy => return Ok(Wait::Return),
                // Nothing comes any more that could show that they are at fault.
                Next::Done if self.workers.is_empty() && self.pass_all() => self.flush().await?,
                Next::Done if self.seeds.is_some() => return Ok(Wait::Return),
                // The spider is being told of what failed unsent.
                Next::Done if !self.workers.is_empty() => return Ok(Wait::Return),
                // What was refused since the last flush cannot have led to anything new, but an order
                // that was already taken may.
                Next::Done => match self.commands.try_recv() {
                    Ok(command) => self.obey(command).await?,
                    Err(_) => match self.is_over().await? {
                        Over::Yes => return Ok(Wait::Over(Ended::Finished)),
                        Over::NotBefore(at) => return Ok(Wait::Until(at)),
                    },
                },
            }
        }
    }

    /// Takes a worker's return, and all others that are there already, so that they are committed together.
    fn take(
        &mut self,
        first: Result<Returned<S::Item>, tokio::task::JoinError>,
    ) -> Result<(), Error> {
        let mut next = Some(first);
        while let Some(returned) = next {
            match returned {
                Ok(Returned::Page(report)) => self.page(report)?,
                Ok(Returned::Robots(report)) => self.robots(report),
                Ok(Returned::Unsent(pending, finished)) => self.end_told(pending, *finished),
                Ok(Returned::Cut(ticket)) => self.cut(ticket),
                Ok(Returned::CutRobots(fetch)) => self.cut_robots(fetch),
                // Spiders' panics are caught where they happen; any other one is a bug of ours, and
                // goes on to whoever awaits the crawl.
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => {}
            }
            next = self.workers.try_join_next();
        }
        Ok(())
    }

    fn page(&mut self, report: Report<S::Item>) -> Result<(), Error> {
        self.pages_in_flight -= 1;
        let Report { ticket, exchange, recording, times, span, outcome } = report;
        self.record(recording);
        let now = Instant::now();
        let host = ticket.pending.host();
        self.hosts.returned(host, Errand::Page, exchange.elapsed, &times);
        #[cfg(feature = "metrics")]
        self.meters.page(&times);
        let answered = matches!(&outcome, Outcome::Finished(page) if page.record.status.is_some());
        self.count_unsent(&exchange, answered);
        // Before it is settled, so that nothing is sent to the host that it asked not to be.
        self.observe(host, &exchange, now);
        if self.store.came_back(&ticket.pending) == Whose::Lost {
            self.scheduler.settle(host, now.into_std());
            return Ok(());
        }
        let mut finished = match outcome {
            Outcome::Again => {
                let again = self.again_at(ticket.attempt, now);
                self.scheduler.retry(ticket, again, now.into_std());
                return Ok(());
            }
            Outcome::Finished(finished) => *finished,
        };
        if let Some(asked) = &mut finished.preferences {
            asked.robots_content_signal = self.scheduler.content_signal(host).map(str::to_owned);
        }
        let counts = self.look_at(ticket.pending, finished)?;
        self.scheduler.settle(host, now.into_std());
        // The span of a page that is held back ends here.
        if let Some((pending, finished)) = counts {
            span.ended(&finished.record);
            self.batch.spans.push(span);
            self.end_page(pending, finished);
        }
        Ok(())
    }

    /// Counts what came of a page, and ends it.
    fn end_page(&mut self, pending: Pending, mut finished: Finished<S::Item>) {
        if let (Some(health), Some(observation)) = (&mut self.health, finished.observation.take()) {
            health.watch().count(observation.seen);
        }
        let record = &finished.record;
        self.stats.bytes += record.bytes;
        if let Some(bail) = finished.bail {
            *self.stats.bails.entry(bail.into()).or_default() += 1;
        }
        let is_seed = pending.referrer().is_none();
        self.stats.seeds.fetched += u64::from(is_seed && record.status.is_some());
        self.stats.duplicate_pages += u64::from(finished.content == Content::Repeated);
        self.stats.changed(record.change);
        self.before.remove(&pending.fingerprint());
        self.end_finished(pending, finished);
    }

    /// Takes note of what an exchange showed of its host.
    fn observe(&mut self, host: HostId, exchange: &Exchange, now: Instant) {
        self.scheduler.observe(host, exchange, now.into_std());
        self.keep_host(host, exchange);
        let spared = exchange.retry_after.is_some()
            || matches!(exchange.health, Health::Busy | Health::Fault(_));
        if spared
            && self.teller.is_heard()
            && let Some(state) = self.scheduler.host_state(host, now.into_std())
            && let Some(name) = self.directory.name(host)
        {
            let (host, pause) = (name.to_string(), state.not_before.max(state.down_for));
            self.teller.tell(Event::HostPaused { host, pause });
        }
    }

    /// Takes the records of an exchange into the archive.
    fn record(&mut self, recording: Option<Box<Recording>>) {
        if let (Some(archive), Some(recording)) = (&mut self.archive, recording) {
            archive.take(*recording);
        }
    }

    /// Counts what was not sent: as an answer that was there already, if there was one.
    fn count_unsent(&mut self, exchange: &Exchange, answered: bool) {
        if exchange.health == Health::Unsent {
            self.stats.requests -= 1;
            self.stats.cached += u64::from(answered);
        }
    }

    /// Makes true together what ended since the last time: first the output, then the frontier.
    async fn flush(&mut self) -> Result<(), Error> {
        // What a host asked for is kept at once: its page may be the only one there is.
        let recorded = self.archive.as_ref().is_some_and(ArchiveFile::has_pending);
        let due = self.keeper.as_ref().is_some_and(Keeper::has_due)
            || self.unasked.due().is_some_and(|due| due <= Instant::now());
        if !self.batch.is_empty() || recorded || due || self.teller.has_unwritten() {
            self.commit(Ask::Commit).await?;
        }
        debug_assert_eq!(
            self.stats.discovered,
            self.stats.done + self.stats.failed + self.stats.skipped + self.stats.waiting,
        );
        Ok(())
    }

    /// Commits the batch, whatever is in it.
    async fn commit(&mut self, ask: Ask) -> Result<(), Error> {
        let begun = Instant::now();
        self.teller.note(&self.batch.records);
        let urls = self.batch.len();
        self.batch.write(self.crawl, &mut self.items, &mut self.records)?;
        let mut output = Committed::default();
        // A state must not run ahead of the output. Without one nothing relies on it, and one write for some
        // commits will do.
        if self.keeper.is_some() || matches!(ask, Ask::Finish) || self.unasked.add(urls, begun) {
            output.ask(ask, &mut self.items).await?;
            output.ask(ask, &mut self.records).await?;
        }
        if let Some(archive) = &mut self.archive {
            archive.commit(&mut output)?;
        }
        self.teller.write(self.crawl, ask, &mut output).await?;
        self.keep(output);
        let completion = std::mem::take(&mut self.batch.completion);
        let receipt = self.settle(completion).await?;
        self.count_offered(&receipt);
        self.scheduler.note(&receipt);
        self.hosts.found(&receipt);
        self.batch.spans.clear();
        let elapsed = begun.elapsed();
        self.hosts.committed(elapsed);
        #[cfg(feature = "metrics")]
        Meters::commit(elapsed);
        self.outlet.push(self.batch.items.drain(..));
        self.publish();
        self.teller.commit();
        self.settle_sinks(ask).await
    }

    fn publish(&mut self) {
        self.stats.elapsed = self.elapsed();
        self.stats.fleet = self.store.stats();
        #[cfg(feature = "metrics")]
        self.meters.tell(&self.stats);
        self.published.send_replace(self.stats.clone());
    }

    async fn obey(&mut self, command: Command<S::Route>) -> Result<(), Error> {
        match command {
            Command::Pause => {
                self.paused = true;
                self.teller.tell(Event::Paused);
            }
            Command::Resume => {
                self.paused = false;
                self.trust_again();
                self.teller.tell(Event::Resumed);
            }
            Command::Show { hosts, answer } => self.show(hosts, answer),
            Command::Stop => self.stop(Ended::Stopped),
            Command::Add(requests) => {
                let seeds = requests.len();
                let mut admitted = Vec::new();
                for request in requests {
                    self.keep_added(request.url());
                    let origin = Origin::Added(self.stats.seeds.given);
                    self.stats.seeds.given += 1;
                    self.admit_seed(Ok(request), origin, &mut admitted);
                }
                // In one commit with their scope, or a kill could leave a seed whose links do not belong.
                self.batch.completion.found.extend(admitted);
                self.commit(Ask::Commit).await?;
                self.teller.tell(Event::Added { seeds });
            }
        }
        Ok(())
    }

    fn stop(&mut self, why: Ended) {
        if self.stopping.is_none() {
            self.stopping = Some(why);
            self.teller.tell(Event::Ending(why));
        }
    }

    async fn end(mut self, ended: Ended) -> Result<Summary, Error> {
        self.end_health(ended)?;
        self.flush().await?;
        let event = Event::Ended(ended);
        self.teller.record(&event);
        self.commit(Ask::Finish).await?;
        self.give_back().await?;
        let samples = self.shared.admission.samples();
        self.stats.samples =
            samples.into_iter().map(|(name, url)| (name.into(), url.to_owned())).collect();
        self.stats.examples = std::mem::take(&mut self.examples);
        debug_assert!(ended != Ended::Finished || self.stats.waiting == 0, "a URL was lost");
        self.publish();
        self.teller.send(event);
        if let Some(archive) = self.archive.take() {
            archive.finish().await?;
        }
        let slowest = self.slowest();
        let health = self.health.as_ref().map(HealthWatch::report);
        Ok(Summary { ended, stats: self.stats, slowest, health })
    }

    /// Tells that the page limit is reached.
    fn page_limit(&self) -> Option<Ended> {
        let most = self.limits.max_pages?;
        (self.pages_ended() >= most).then_some(Ended::MaxPages)
    }

    /// Tells whether one more page may be sent without passing the page limit.
    fn pages_left(&self) -> bool {
        let begun = self.pages_ended() + self.pages_in_flight;
        self.limits.max_pages.is_none_or(|most| begun < most)
    }

    /// Returns how many pages ended in this run, those that are held back included.
    fn pages_ended(&self) -> u64 {
        let held = self.health.as_ref().map_or(0, HealthWatch::held);
        self.stats.done + self.stats.failed + held - self.pages_before
    }

    /// Returns when a request may be tried again: after a random part of an exponential backoff, at
    /// least half of it, so that URLs that failed together do not return together. What the host asked
    /// for comes on top, in the scheduler.
    fn again_at(&mut self, attempt: u8, now: Instant) -> std::time::Instant {
        let full = Duration::from_secs(1 << attempt.min(6)).min(MAX_BACKOFF);
        (now + full.mul_f64(self.random.f64() / 2.0 + 0.5)).into_std()
    }
}
