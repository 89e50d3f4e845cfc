//! Many URLs at once, for a thread that waits.

use std::fmt;
use std::sync::Arc;

use super::answers::{Answer, Answers};
use super::client::Shared;
use super::thread::may_block;
use crate::batch::ProgressHandle;
use crate::error::Error;
use crate::target::Target;

/// GET requests for many URLs, made by [`Client::get_all`](super::Client::get_all).
///
/// One URL's error is that URL's answer and never ends the rest. Every URL is fetched as often
/// as it is listed.
#[must_use = "a batch does nothing until it is iterated or collected"]
pub struct Batch<I> {
    shared: Arc<Shared>,
    batch: crate::Batch<I>,
}

impl<I> Batch<I>
where
    I: Iterator + Send + 'static,
    I::Item: Into<Target>,
{
    pub(super) fn new(shared: Arc<Shared>, batch: crate::Batch<I>) -> Self {
        Self { shared, batch }
    }

    /// Sets how many URLs are worked on at once, at least one; see
    /// [`Batch::concurrency`](crate::Batch::concurrency).
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.batch = self.batch.concurrency(concurrency);
        self
    }

    /// Sets how many URLs of one scheme, host and port are worked on at once, at least one; see
    /// [`Batch::per_host`](crate::Batch::per_host).
    pub fn per_host(mut self, per_host: usize) -> Self {
        self.batch = self.batch.per_host(per_host);
        self
    }

    /// Sets how many requests are started a second in all, at least one; see
    /// [`Batch::rate`](crate::Batch::rate).
    pub fn rate(mut self, per_second: u32) -> Self {
        self.batch = self.batch.rate(per_second);
        self
    }

    /// Returns a handle that tells how far the batch is, for another thread.
    pub fn progress_handle(&self) -> ProgressHandle {
        self.batch.progress_handle()
    }

    /// Starts the batch, giving the answers as they arrive.
    ///
    /// # Errors
    ///
    /// An error of kind `Config` inside a tokio runtime. What is wrong with a URL is its answer.
    pub fn iter(self) -> Result<Answers, Error> {
        Answers::start(self.shared, self.batch)
    }

    /// Waits for all answers, in the order of the URLs.
    ///
    /// It holds every body at once; use [`iter`](Self::iter) where that is too much.
    ///
    /// # Errors
    ///
    /// As [`iter`](Self::iter).
    pub fn collect(self) -> Result<Vec<Answer>, Error> {
        may_block()?;
        let batch = self.batch;
        self.shared.thread.run(batch.collect())
    }
}

impl<I> fmt::Debug for Batch<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Batch").field(&self.batch).finish()
    }
}
