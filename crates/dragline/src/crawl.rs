//! A running crawl: the stream of its items, and its end.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::error::{Error, ErrorKind};
use crate::handle::Handle;
use crate::spider::Spider;
use crate::state::Resumed;
use crate::stats::Summary;

/// A running crawl, as a bounded stream of its items.
///
/// When the stream is full no further page is started, so a slow reader slows the crawl down. Dropping it
/// ends the crawl at once, pages in flight included.
pub struct Crawl<S: Spider> {
    items: mpsc::Receiver<S::Item>,
    handle: Handle<S::Route>,
    engine: Engine,
    resumed: Option<Resumed>,
}

/// The engine's task, which ends with its owner.
struct Engine(JoinHandle<Result<Summary, Error>>);

impl<S: Spider> Crawl<S> {
    pub(crate) fn new(
        items: mpsc::Receiver<S::Item>,
        handle: Handle<S::Route>,
        engine: JoinHandle<Result<Summary, Error>>,
        resumed: Option<Resumed>,
    ) -> Self {
        Self { items, handle, engine: Engine(engine), resumed }
    }

    /// Returns the next item; `None` once the crawl has ended and all items are taken.
    pub async fn next(&mut self) -> Option<S::Item> {
        self.items.recv().await
    }

    /// Returns what the crawl found in its state directory; `None` when it has none.
    pub fn resumed(&self) -> Option<&Resumed> {
        self.resumed.as_ref()
    }

    /// Returns a remote control.
    pub fn handle(&self) -> Handle<S::Route> {
        self.handle.clone()
    }

    /// Waits for the end of the crawl. Items not taken by now are dropped from the stream; sinks get them.
    ///
    /// # Errors
    /// When the crawl could not go on: a sink or the store failed. What was committed before is kept.
    pub async fn finish(mut self) -> Result<Summary, Error> {
        self.items.close();
        match (&mut self.engine.0).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(Error::new(
                ErrorKind::Engine,
                "the crawl was cut off because its runtime shut down",
            )),
        }
    }
}

impl<S: Spider> Stream for Crawl<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.items.poll_recv(cx)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<S: Spider> fmt::Debug for Crawl<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crawl").field("stats", &self.handle.stats()).finish_non_exhaustive()
    }
}
