//! Many URLs at once: what is asked for, and at which pace.

use std::fmt;
use std::future::poll_fn;

use bytes::Bytes;

use crate::client::Client;
use crate::error::Error;
use crate::response::Response;
use crate::target::Target;

mod hosts;
mod pace;
mod progress;
mod stream;

use self::hosts::Hosts;
use self::pace::Pace;
pub use self::progress::{Progress, ProgressHandle};
pub use self::stream::BatchStream;

/// GET requests for many URLs, made by [`Client::get_all`].
///
/// One URL's error is that URL's answer and never ends the rest. Every URL is fetched as often
/// as it is listed; whoever wants each once takes the duplicates out before.
///
/// ```no_run
/// # async fn example(client: dragline_fetch::Client) {
/// let urls = (1..).map(|id| format!("https://example.com/item/{id}"));
/// let mut answers = client.get_all(urls.take(10_000)).concurrency(50).rate(20).stream();
/// while let Some((url, answer)) = answers.next().await {
///     match answer {
///         Ok(response) => println!("{url}: {}", response.status()),
///         Err(error) => println!("{url}: {} ({error})", error.code()),
///     }
///     let progress = answers.progress();
///     eprintln!("{} done, {} of them failed", progress.done, progress.failed);
/// }
/// # }
/// ```
#[must_use = "a batch does nothing until it is streamed or collected"]
pub struct Batch<I> {
    client: Client,
    urls: I,
    concurrency: usize,
    per_host: usize,
    rate: Option<u32>,
    progress: ProgressHandle,
}

impl<I> Batch<I>
where
    I: Iterator,
    I::Item: Into<Target>,
{
    pub(crate) fn new(client: Client, urls: I) -> Self {
        let (concurrency, per_host) = (client.config().max_in_flight, client.config().per_host);
        let progress = ProgressHandle::default();
        Self { client, urls, concurrency, per_host, rate: None, progress }
    }

    /// Sets how many URLs are worked on at once, at least one.
    ///
    /// The default is the client's `max_in_flight`. The limits of the client hold beside it.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// Sets how many URLs of one scheme, host and port are worked on at once, at least one.
    ///
    /// The default is the client's `per_host`, which holds beside it. A URL whose host is busy
    /// is set aside, so that it takes no place from the URLs of other hosts: at most 1,000 of
    /// them, then no more are taken from the list until one of these is under way.
    pub fn per_host(mut self, per_host: usize) -> Self {
        self.per_host = per_host.max(1);
        self
    }

    /// Sets how many requests are started a second in all, at least one.
    ///
    /// They are spaced evenly, to within a millisecond; there is no burst at the beginning or
    /// after a pause. Without it there is no limit. What the client itself sends again is not
    /// counted.
    pub fn rate(mut self, per_second: u32) -> Self {
        self.rate = Some(per_second.max(1));
        self
    }

    /// Returns a handle that tells how far the batch is, for another task or thread.
    pub fn progress_handle(&self) -> ProgressHandle {
        self.progress.clone()
    }

    /// Starts the batch, giving the answers as they arrive.
    ///
    /// Needs a tokio runtime when it is polled.
    pub fn stream(self) -> BatchStream<I> {
        let Self { client, urls, concurrency, per_host, rate, progress } = self;
        // No host can be at its limit before the whole batch is: then there are no books to keep.
        let hosts = (per_host < concurrency).then(|| Hosts::new(per_host));
        BatchStream::new(client, urls, concurrency, hosts, rate.map(Pace::new), progress)
    }

    /// Waits for all answers, in the order of the URLs.
    ///
    /// It holds every body at once; use [`stream`](Self::stream) where that is too much.
    pub async fn collect(self) -> Vec<(String, Result<Response<Bytes>, Error>)> {
        let mut stream = self.stream();
        let mut answers = Vec::new();
        while let Some(fetched) = poll_fn(|cx| stream.poll_fetched(cx)).await {
            answers.push(fetched);
        }
        answers.sort_unstable_by_key(|fetched| fetched.index);
        answers.into_iter().map(|fetched| (fetched.url, fetched.answer)).collect()
    }
}

impl<I> fmt::Debug for Batch<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("concurrency", &self.concurrency)
            .field("per_host", &self.per_host)
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
