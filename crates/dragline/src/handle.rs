//! The remote control of a running crawl.

use std::fmt;

use tokio::sync::{mpsc, oneshot, watch};

use crate::event::{Events, Source};
use crate::request::Request;
use crate::snapshot::Snapshot;
use crate::stats::Stats;

/// Controls a running crawl from anywhere, and tells how far it is. Cheap to clone.
#[derive(Debug)]
pub struct Handle<R = ()> {
    commands: mpsc::Sender<Command<R>>,
    stats: watch::Receiver<Stats>,
    events: Source,
}

#[derive(Debug)]
pub(crate) enum Command<R> {
    Pause,
    Resume,
    Stop,
    Add(Vec<Request<R>>),
    Show { hosts: usize, answer: oneshot::Sender<Box<Snapshot>> },
}

impl<R> Handle<R> {
    pub(crate) fn new(
        commands: mpsc::Sender<Command<R>>,
        stats: watch::Receiver<Stats>,
        events: Source,
    ) -> Self {
        Self { commands, stats, events }
    }

    /// Starts no further page; those in flight are finished.
    ///
    /// # Errors
    /// When the crawl has ended.
    pub async fn pause(&self) -> Result<(), CrawlOver> {
        self.send(Command::Pause).await
    }

    /// Goes on after [`pause`](Self::pause).
    ///
    /// # Errors
    /// When the crawl has ended.
    pub async fn resume(&self) -> Result<(), CrawlOver> {
        self.send(Command::Resume).await
    }

    /// Ends the crawl after the pages in flight are finished.
    ///
    /// # Errors
    /// When the crawl has ended already.
    pub async fn stop(&self) -> Result<(), CrawlOver> {
        self.send(Command::Stop).await
    }

    /// Adds seeds to the running crawl; the scope grows by them as it did by the first ones.
    ///
    /// At most 64 calls wait for the engine; further ones wait here.
    ///
    /// # Errors
    /// When the crawl has ended.
    pub async fn add(&self, seeds: Vec<Request<R>>) -> Result<(), CrawlOver> {
        self.send(Command::Add(seeds)).await
    }

    /// Returns the counters as of the last commit.
    pub fn stats(&self) -> Stats {
        self.stats.borrow().clone()
    }

    /// Returns a stream of what happens from now on, which ends with the crawl.
    ///
    /// ```
    /// use dragline::{Event, Handle};
    ///
    /// async fn watch(handle: Handle) {
    ///     let mut events = handle.events();
    ///     while let Some(event) = events.next().await {
    ///         if let Event::Failed(page) = event {
    ///             eprintln!("{}: {}", page.url, page.message.as_deref().unwrap_or_default());
    ///         }
    ///     }
    /// }
    /// ```
    pub fn events(&self) -> Events {
        self.events.listen()
    }

    /// Asks how the crawl stands, with at most so many hosts (no more than 1,000) and what they wait for.
    ///
    /// The engine looks at its hosts once for each call, in some ten nanoseconds each, so a few calls a second
    /// cost next to nothing.
    ///
    /// # Errors
    /// When the crawl has ended.
    pub async fn snapshot(&self, hosts: usize) -> Result<Snapshot, CrawlOver> {
        let (answer, snapshot) = oneshot::channel();
        self.send(Command::Show { hosts, answer }).await?;
        snapshot.await.map(|snapshot| *snapshot).map_err(|_| CrawlOver)
    }

    async fn send(&self, command: Command<R>) -> Result<(), CrawlOver> {
        self.commands.send(command).await.map_err(|_| CrawlOver)
    }
}

impl<R> Clone for Handle<R> {
    fn clone(&self) -> Self {
        let (commands, stats) = (self.commands.clone(), self.stats.clone());
        Self { commands, stats, events: self.events.clone() }
    }
}

/// The crawl has ended, so that it takes no more orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrawlOver;

impl fmt::Display for CrawlOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the crawl has ended")
    }
}

impl std::error::Error for CrawlOver {}
