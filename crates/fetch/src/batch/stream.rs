//! The answers of a batch as they arrive: takes URLs, starts their requests, hands answers on.

use std::fmt;
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use tokio::task::JoinSet;

use super::hosts::Hosts;
use super::pace::Pace;
use super::progress::{Progress, ProgressHandle};
use crate::client::Client;
use crate::error::Error;
use crate::response::Response;
use crate::target::Target;

/// The answers of a [`Batch`](crate::Batch) as they arrive: each URL as it was given, and its
/// response.
///
/// At most `concurrency` responses are under way or waiting to be taken. Each request is a task
/// of its own, so that one who is slow to take the answers makes none of them time out; new
/// requests are started only while the stream is polled. Dropping the stream cancels all that is
/// under way.
#[must_use = "a stream does nothing until it is polled"]
pub struct BatchStream<I> {
    client: Client,
    urls: I,
    concurrency: usize,
    // None when no host can reach its limit.
    hosts: Option<Hosts>,
    pace: Option<Pace>,
    progress: ProgressHandle,
    // Once true the iterator is not asked again: not every iterator stays at its end.
    exhausted: bool,
    taken: usize,
    fetches: JoinSet<Fetched>,
}

// The iterator is never pinned, so moving the stream moves nothing that is.
impl<I> Unpin for BatchStream<I> {}

/// A URL that was taken from the iterator.
pub(super) struct Entry {
    pub(super) index: usize,
    /// As it was given.
    pub(super) url: String,
    pub(super) target: Target,
    /// Under which its host is counted; `None` if hosts are not, or for what is not a URL.
    pub(super) host: Option<Arc<str>>,
}

/// A URL with its answer.
pub(super) struct Fetched {
    pub(super) index: usize,
    pub(super) url: String,
    pub(super) answer: Result<Response<Bytes>, Error>,
    host: Option<Arc<str>>,
}

impl<I> BatchStream<I> {
    pub(super) fn new(
        client: Client,
        urls: I,
        concurrency: usize,
        hosts: Option<Hosts>,
        pace: Option<Pace>,
        progress: ProgressHandle,
    ) -> Self {
        let fetches = JoinSet::new();
        Self {
            client,
            urls,
            concurrency,
            hosts,
            pace,
            progress,
            exhausted: false,
            taken: 0,
            fetches,
        }
    }

    /// Returns how far the batch is.
    pub fn progress(&self) -> Progress {
        self.progress.progress()
    }

    /// Returns a handle that tells the same from another task or thread.
    pub fn progress_handle(&self) -> ProgressHandle {
        self.progress.clone()
    }
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

    pub(super) fn poll_fetched(&mut self, cx: &mut Context<'_>) -> Poll<Option<Fetched>> {
        loop {
            let waits_for_its_time = self.start(cx).is_pending();
            return match self.fetches.poll_join_next(cx) {
                Poll::Ready(Some(Ok(fetched))) => {
                    if let (Some(hosts), Some(host)) = (&mut self.hosts, &fetched.host) {
                        hosts.leave(host);
                    }
                    Poll::Ready(Some(fetched))
                }
                Poll::Ready(Some(Err(failed))) => match failed.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    // Only a runtime that shuts down cancels a task of this set.
                    Err(_) => continue,
                },
                Poll::Ready(None) if waits_for_its_time => Poll::Pending,
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            };
        }
    }

    /// Starts what may be started; pending while the next one has to wait for its time.
    fn start(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.fetches.len() < self.concurrency {
            if let Some(pace) = &mut self.pace
                && !(self.exhausted && self.hosts.as_ref().is_none_or(Hosts::nothing_due))
                && pace.poll_due(cx).is_pending()
            {
                return Poll::Pending;
            }
            let Some(entry) = self.take() else { break };
            if let Some(pace) = &mut self.pace {
                pace.started();
            }
            let fetch = fetch(self.client.clone(), entry, self.progress.start());
            self.fetches.spawn(fetch);
        }
        Poll::Ready(())
    }

    /// Returns the next URL whose host has a place for it.
    fn take(&mut self) -> Option<Entry> {
        if let Some(due) = self.hosts.as_mut().and_then(Hosts::due) {
            return Some(due);
        }
        while !self.exhausted && self.hosts.as_ref().is_none_or(Hosts::may_hold) {
            let Some(target) = self.urls.next() else {
                self.exhausted = true;
                break;
            };
            let target = target.into();
            let entry = Entry { index: self.taken, url: target.to_string(), target, host: None };
            self.taken += 1;
            let Some(hosts) = &mut self.hosts else { return Some(entry) };
            if let Some(entry) = hosts.enter(entry) {
                return Some(entry);
            }
        }
        None
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

async fn fetch(client: Client, entry: Entry, started: super::progress::Started) -> Fetched {
    let Entry { index, url, target, host } = entry;
    let answer = client.get(target).collect().await;
    started.done(answer.is_ok());
    Fetched { index, url, answer, host }
}
