//! The crawler: collects the parts of a crawl and starts it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use dragline_fetch::Client;
use dragline_frontier::{Admission, FingerprintKey, MemoryStore, Scheduler, Scope, product_token};
use futures_core::Stream;
use futures_util::StreamExt;
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

#[cfg(feature = "warc")]
use crate::archive::{Archive, ArchiveFile};
use crate::batch::{self, Batch};
use crate::budget::Budget;
use crate::clock::Clock;
use crate::config::Config;
use crate::crawl::Crawl;
use crate::engine::{
    Before, Engine, Frontier, HealthWatch, HostTallies, SeedStream, SitemapPlan, Unasked,
};
use crate::error::{Error, ErrorKind};
use crate::event::{EventRecord, Teller};
use crate::fetcher::Fetcher;
use crate::handle::Handle;
use crate::health::{self, Expected, Note, Observer};
use crate::joined::Joined;
#[cfg(feature = "metrics")]
use crate::meters::Meters;
use crate::outlet::Outlet;
use crate::record::PageRecord;
use crate::records::Digest;
use crate::request::{InvalidUrl, Request};
use crate::revisit::Memory;
use crate::sessions::Sessions;
use crate::sink::{Sink, Wants};
use crate::spider::Spider;
use crate::state::{Opened, State};
use crate::stats::{Stats, Summary};
use crate::worker::Shared;

/// Items that wait in the stream, at most.
const STREAM: usize = 256;
/// Commands that wait for the engine, at most.
const COMMANDS: usize = 64;

/// Collects the parts of a crawl: a spider, settings, and where things go.
pub struct Crawler<S: Spider> {
    spider: S,
    config: Config,
    fetcher: Option<Box<dyn Fetcher>>,
    items: Vec<Box<dyn Sink<S::Item>>>,
    records: Vec<Box<dyn Sink<PageRecord>>>,
    events: Vec<Box<dyn Sink<EventRecord>>>,
    seeds: SeedStream<S::Route>,
    random: Option<u64>,
    state: Option<State>,
    pub(crate) joined: Option<Joined>,
    #[cfg(feature = "warc")]
    archive: Option<Archive>,
    health: Option<Note<S::Item>>,
}

impl<S: Spider> Crawler<S> {
    /// Creates a crawler with polite defaults: robots.txt obeyed, one request a second and host.
    pub fn new(spider: S) -> Self {
        Self {
            spider,
            config: Config::default(),
            fetcher: None,
            items: Vec::new(),
            records: Vec::new(),
            events: Vec::new(),
            seeds: Box::pin(futures_util::stream::empty()),
            random: None,
            state: None,
            joined: None,
            #[cfg(feature = "warc")]
            archive: None,
            health: None,
        }
    }

    /// Uses these settings.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Fetches through this instead of a [`Client`](dragline_fetch::Client) with `config.fetch`.
    pub fn fetcher(mut self, fetcher: impl Fetcher) -> Self {
        self.fetcher = Some(Box::new(fetcher));
        self
    }

    /// Writes items to this sink, beside those named before.
    pub fn sink(mut self, sink: impl Sink<S::Item>) -> Self {
        self.items.push(Box::new(sink));
        self
    }

    /// Writes a record of each URL to this sink, beside those named before.
    pub fn pages(mut self, sink: impl Sink<PageRecord>) -> Self {
        self.records.push(Box::new(sink));
        self
    }

    /// Writes all that is exchanged with servers to this archive.
    #[cfg(feature = "warc")]
    pub fn archive(mut self, archive: Archive) -> Self {
        self.archive = Some(archive);
        self
    }

    /// Writes what happens to this sink, beside those named before: every event, in order, in the commit that
    /// makes it true, so that a crawl with a state has each of them once, whatever it went through.
    ///
    /// ```no_run
    /// # use dragline::{BoxError, Crawler, JsonLines, Spider};
    /// # fn log<S: Spider>(crawler: Crawler<S>) -> Result<Crawler<S>, BoxError> {
    /// Ok(crawler.events(JsonLines::create("events.jsonl")?))
    /// # }
    /// ```
    pub fn events(mut self, sink: impl Sink<EventRecord>) -> Self {
        self.events.push(Box::new(sink));
        self
    }

    /// Takes further seeds from a stream, after the spider's own. It is read lazily, as the crawl needs
    /// them, so it may be longer than memory; a text that is no URL becomes a record.
    pub fn seeds(
        mut self,
        seeds: impl Stream<Item = Result<Request<S::Route>, InvalidUrl>> + Send + 'static,
    ) -> Self {
        self.seeds = Box::pin(seeds);
        self
    }

    /// Keeps the crawl in a directory, so that it can go on after a stop or a kill. Without it, the crawl is in
    /// memory and gone with the process.
    ///
    /// What is found there is read when the crawl starts, which blocks for as long: some seconds for ten
    /// million URLs.
    pub fn state(mut self, state: impl Into<State>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Draws all that is random, such as the part of a backoff, from these bits, so that a crawl of a simulated
    /// web in virtual time can be repeated exactly. Default: other bits each time.
    pub fn random(mut self, bits: u64) -> Self {
        self.random = Some(bits);
        self
    }

    /// Watches how well pages are read: which fields items have, what cannot be extracted, which pages give nothing;
    /// and does what [`Config::health`] says when that is not what it expects. [`Summary::health`] has what was found.
    ///
    /// A page is of the route that [`Spider::route_name`] names, a field is one of how the item serializes.
    pub fn health(mut self) -> Self
    where
        S::Item: Serialize,
    {
        self.health = Some(health::note::<S::Item>);
        self
    }

    /// Runs the crawl to its end. Items go to the sink.
    ///
    /// # Errors
    /// When a setting cannot be, the spider gives no seeds, or a sink or the store fails.
    pub async fn run(self) -> Result<Summary, Error> {
        let (engine, handle) = self.assemble(None)?;
        // A task of its own, so that it has the runtime's whole attention and not that of whoever waits.
        let engine = tokio::spawn(engine.run());
        let (_, items) = mpsc::channel(1);
        Crawl::<S>::new(items, handle, engine, None).finish().await
    }

    /// Starts the crawl and returns the stream of its items.
    ///
    /// # Errors
    /// When a setting cannot be, the spider gives no seeds, or there is no tokio runtime.
    pub fn start(self) -> Result<Crawl<S>, Error> {
        let (sender, items) = mpsc::channel(STREAM);
        let (engine, handle) = self.assemble(Some(sender))?;
        let resumed = engine.resumed.clone();
        Ok(Crawl::new(items, handle, tokio::spawn(engine.run()), resumed))
    }

    /// Returns the settings, and what everything random is drawn from.
    #[cfg(feature = "fleet")]
    pub(crate) fn before_joining(&self) -> (&Config, fastrand::Rng) {
        let random = self.random.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        (&self.config, random)
    }

    fn assemble(
        self,
        stream: Option<mpsc::Sender<S::Item>>,
    ) -> Result<(Engine<S>, Handle<S::Route>), Error> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::new(
                ErrorKind::Runtime,
                "a crawl must be started inside a tokio runtime, such as #[tokio::main] makes",
            ));
        }
        let mut config = self.config;
        config.check()?;
        if let Some(joined) = &self.joined {
            joined.check(&config, self.state.is_some())?;
        }
        let budget = Budget::of(&config);
        if let Some(budget) = &budget {
            budget.lower(&mut config);
        }
        // The scheduler decides what is in flight; the client's own limits must not be lower, or
        // requests would wait where no politeness sees them.
        config.fetch.max_in_flight = config.fetch.max_in_flight.max(config.limits.concurrency);
        config.fetch.per_host = config.fetch.per_host.max(config.politeness.per_host);
        config.fetch.max_sockets = config.fetch.max_sockets.max(config.fetch.max_in_flight);
        let fetcher = match self.fetcher {
            Some(fetcher) => fetcher,
            None => Box::new(Client::new(config.fetch.clone()).map_err(|error| {
                Error::because(ErrorKind::Config, "the client cannot be set up", error)
            })?),
        };
        let start = self
            .spider
            .start()
            .map_err(|error| Error::because(ErrorKind::Start, "the spider gave no seeds", error))?;
        let scope = Scope::new(&config.scope, start.iter().map(Request::url)).map_err(|error| {
            Error::because(ErrorKind::Config, "the scope cannot be set up", error)
        })?;
        let cookies = config.fetch.cookies;
        let mut random = self.random.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let directory = self.joined.as_ref().map(|joined| joined.directory.clone());
        let directory = directory.unwrap_or_default();
        let opened = match &self.state {
            Some(state) => {
                Some(state.open(&config, directory.clone(), &mut random, budget.as_ref())?)
            }
            None => None,
        };
        let key = opened.as_ref().map(|opened| opened.found.key);
        let key = key.or(self.joined.as_ref().map(|joined| joined.key));
        let clock = Clock::start();
        let admission = Admission::new(
            scope,
            directory.clone(),
            key.unwrap_or_else(|| FingerprintKey::from_bits(random.u64(..))),
            config.limits.max_depth,
        )
        .traps(config.traps.clone(), clock.since_epoch());
        let epoch = clock.started().into_std();
        let mut wanted = self.items.iter().map(|sink| sink.wants());
        let of_records = self.records.iter().map(|sink| sink.wants());
        let wants = match wanted.by_ref().chain(of_records).any(|wants| wants == Wants::Provenance)
        {
            true => Wants::Provenance,
            false => Wants::Values,
        };
        // Events have the records of pages in them.
        let recorded = !self.records.is_empty() || !self.events.is_empty();
        let digest = match (wants, !recorded) {
            (Wants::Values, true) => Digest::None,
            _ => config.records.digest,
        };
        let positions = match (&opened, &self.joined) {
            (Some(opened), _) => &opened.found.sinks[..],
            (None, Some(joined)) => &joined.sinks,
            (None, None) => &[],
        };
        #[cfg(feature = "warc")]
        let archive = match self.archive {
            Some(archive) => {
                let (bits, now) = (random.u64(..), clock.wall());
                Some(ArchiveFile::begin(archive, positions, &config, bits, now)?)
            }
            None => None,
        };
        #[cfg(not(feature = "warc"))]
        let archive = None;
        let watched = match self.health {
            None => None,
            Some(note) => {
                let mut before = match &config.health.baseline {
                    Some(path) => health::read(path)?,
                    None => BTreeMap::new(),
                };
                if let (true, Some(opened)) = (before.is_empty(), &opened) {
                    before.clone_from(&opened.kept.health_before);
                }
                let health = config.health.clone();
                let expected = Arc::new(Expected { health, before });
                Some((Observer::new(note, expected.clone()), HealthWatch::new(&expected)?))
            }
        };
        let (observer, watch) = watched.unzip();
        let shared = Shared {
            spider: self.spider,
            fetcher,
            admission,
            clock,
            retries: config.limits.retries,
            agent: product_token(&config.fetch.user_agent).into(),
            nofollow: config.discovery.nofollow,
            records: recorded.then(|| config.records.clone()),
            digest,
            wants,
            memory: opened.as_ref().map_or(Memory::Forget, Opened::memory),
            room: budget.as_ref().map(Budget::bodies),
            documents: budget.as_ref().map(Budget::documents),
            #[cfg(feature = "warc")]
            recorder: archive.as_ref().map(ArchiveFile::recorder),
            #[cfg(not(feature = "warc"))]
            recorder: None,
            observer,
        };
        let (mut items, mut records, mut events) = (self.items, self.records, self.events);
        batch::begin(&mut items, positions)?;
        batch::begin(&mut records, positions)?;
        batch::begin(&mut events, positions)?;
        let (commands, receiver) = mpsc::channel(COMMANDS);
        let (published, stats) = watch::channel(Stats::default());
        let (teller, events) = Teller::new(events, clock);
        let mut scheduler = Scheduler::new(config.politeness.clone(), directory.clone(), epoch)
            .most_hosts(budget.as_ref().map_or(usize::MAX, Budget::hosts))
            .seeded(random.u64(..));
        if self.joined.is_some() {
            scheduler = scheduler.eager_hosts(config.limits.concurrency);
        }
        let mut engine = Engine {
            shared: Arc::new(shared),
            scheduler,
            directory,
            store: Frontier::Own(Box::new(MemoryStore::new())),
            items,
            records,
            archive,
            outlet: Outlet::new(stream),
            commands: receiver,
            published,
            seeds: Some(Box::pin(
                futures_util::stream::iter(start.into_iter().map(Ok)).chain(self.seeds),
            )),
            sitemaps: SitemapPlan::new(config.discovery.sitemaps, config.politeness.robots),
            limits: config.limits,
            // A crawl with a state has its own.
            crawl: random.fork().u64(..),
            ended_beside: 0,
            unasked: Unasked::default(),
            random,
            workers: JoinSet::new(),
            batch: Batch::new(),
            teller,
            stats: Stats::default(),
            hosts: HostTallies::default(),
            #[cfg(feature = "metrics")]
            meters: Meters::new(Stats::default()),
            examples: BTreeMap::new(),
            keeper: None,
            before: Before::new(),
            resumed: None,
            pages_before: 0,
            seeds_before: 0,
            seeds_read: 0,
            sessions: Sessions::new(cookies),
            health: watch,
            pages_in_flight: 0,
            paused: false,
            stopping: None,
        };
        if let Some(opened) = opened {
            engine.restore(opened);
        }
        if let Some(joined) = self.joined {
            engine.crawl = joined.crawl;
            engine.share(joined.member, &joined.seeds, joined.resumed);
        }
        Ok((engine, Handle::new(commands, stats, events)))
    }
}

impl<S: Spider> fmt::Debug for Crawler<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crawler").field("config", &self.config).finish_non_exhaustive()
    }
}
