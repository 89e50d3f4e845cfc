//! Many URLs at once: answers as they arrive, or all of them in order.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::FuturesUnordered;

use crate::client::Client;
use crate::error::Error;
use crate::resolve::BoxFuture;
use crate::response::Response;
use crate::target::Target;

/// GET requests for many URLs, made by [`Client::get_all`].
///
/// One URL's error is that URL's answer and never ends the rest.
#[must_use = "a batch does nothing until it is streamed or collected"]
pub struct Batch<I> {
    client: Client,
    urls: I,
    concurrency: usize,
}

impl<I> Batch<I>
where
    I: Iterator,
    I::Item: Into<Target>,
{
    pub(crate) fn new(client: Client, urls: I) -> Self {
        let concurrency = client.config().max_in_flight;
        Self { client, urls, concurrency }
    }

    /// Sets how many URLs are taken from the iterator and worked on at once, at least one.
    ///
    /// The default is the client's `max_in_flight`. The limits of the client hold beside it.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// Starts the batch, giving the answers as they arrive.
    pub fn stream(self) -> BatchStream<I> {
        BatchStream { batch: self, exhausted: false, taken: 0, fetches: FuturesUnordered::new() }
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
        f.debug_struct("Batch").field("concurrency", &self.concurrency).finish_non_exhaustive()
    }
}

/// The answers of a [`Batch`] as they arrive: each URL as it was given, and its response.
///
/// At most `concurrency` responses are under way or waiting to be taken; dropping the stream
/// cancels them.
#[must_use = "a stream does nothing until it is polled"]
pub struct BatchStream<I> {
    batch: Batch<I>,
    // Once true the iterator is not asked again: not every iterator stays at its end.
    exhausted: bool,
    taken: usize,
    fetches: FuturesUnordered<BoxFuture<'static, Fetched>>,
}

// The iterator is never pinned, so moving the stream moves nothing that is.
impl<I> Unpin for BatchStream<I> {}

struct Fetched {
    index: usize,
    url: String,
    answer: Result<Response<Bytes>, Error>,
}

impl<I> BatchStream<I>
where
    I: Iterator,
    I::Item: Into<Target>,
{
    /// Waits for the next answer; `None` when every URL has one.
    pub async fn next(&mut self) -> Option<(String, Result<Response<Bytes>, Error>)> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    fn poll_fetched(&mut self, cx: &mut Context<'_>) -> Poll<Option<Fetched>> {
        while !self.exhausted && self.fetches.len() < self.batch.concurrency {
            let Some(url) = self.batch.urls.next() else {
                self.exhausted = true;
                break;
            };
            self.fetches.push(fetch(self.batch.client.clone(), self.taken, url.into()));
            self.taken += 1;
        }
        Pin::new(&mut self.fetches).poll_next(cx)
    }
}

impl<I> Stream for BatchStream<I>
where
    I: Iterator,
    I::Item: Into<Target>,
{
    type Item = (String, Result<Response<Bytes>, Error>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_fetched(cx).map(|next| next.map(|fetched| (fetched.url, fetched.answer)))
    }
}

impl<I> fmt::Debug for BatchStream<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchStream")
            .field("taken", &self.taken)
            .field("under_way", &self.fetches.len())
            .finish_non_exhaustive()
    }
}

fn fetch(client: Client, index: usize, target: Target) -> BoxFuture<'static, Fetched> {
    Box::pin(async move {
        let url = target.to_string();
        let answer = match client.get(target).send().await {
            Ok(response) => response.collect().await,
            Err(error) => Err(error),
        };
        Fetched { index, url, answer }
    })
}
