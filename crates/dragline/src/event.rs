//! Events: what happens in a running crawl, in order, for whoever asks for it. Made by the engine, and only
//! while somebody listens.

mod record;
mod teller;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt;
use tokio::sync::broadcast::{self, error::RecvError};

use crate::health::HealthFault;
use crate::record::PageRecord;
use crate::stats::Ended;

pub use self::record::EventRecord;
pub(crate) use self::teller::Teller;

/// Events that wait for a reader, at most; of more, the oldest go.
const WAITING: usize = 1024;

/// Something that happened in a crawl.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A URL was answered, whatever the status, and all that came of it is committed.
    Finished(Arc<PageRecord>),
    /// A URL was not answered, or its page could not be read.
    Failed(Arc<PageRecord>),
    /// A URL was refused: by robots.txt, an exclusion, a trap, or too many redirects.
    Skipped(Arc<PageRecord>),
    /// A host said that it is busy or was not well, and is asked for nothing for a while.
    HostPaused {
        /// The host: scheme, name and port, such as `http://a.example:80`.
        host: String,
        /// For how long.
        pause: Duration,
    },
    /// The pages of a route are not what [`Health`](crate::Health) expects.
    Health(HealthFault),
    /// The crawl was paused: through a [`Handle`](crate::Handle), or for its [`Health`](crate::Health).
    Paused,
    /// The crawl goes on after a pause.
    Resumed,
    /// Seeds were added through a [`Handle`](crate::Handle).
    Added {
        /// How many.
        seeds: usize,
    },
    /// The crawl is about to end, after the pages in flight: by a limit, or because it was stopped.
    Ending(Ended),
    /// The crawl has ended. Nothing follows.
    Ended(Ended),
    /// The reader was too slow for this many events, which are lost to it.
    Missed {
        /// How many.
        events: u64,
    },
}

/// A stream of the events of a crawl, from the moment it was asked for to the end of the crawl.
///
/// At most 1,024 events wait in it: a reader that is slower loses the oldest, and is told how many
/// ([`Event::Missed`]). It never slows the crawl down.
pub struct Events {
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
}

impl Events {
    fn new(receiver: Option<broadcast::Receiver<Event>>) -> Self {
        let events = futures_util::stream::unfold(receiver, |receiver| async {
            let mut receiver = receiver?;
            let event = match receiver.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(events)) => Event::Missed { events },
                Err(RecvError::Closed) => return None,
            };
            Some((event, Some(receiver)))
        });
        Self { events: Box::pin(events) }
    }

    /// Returns the next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.next().await
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.events.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

/// Where readers come from. It does not keep the stream open once the crawl has ended.
#[derive(Clone, Debug)]
pub(crate) struct Source(broadcast::WeakSender<Event>);

impl Source {
    fn of(events: &broadcast::Sender<Event>) -> Self {
        Self(events.downgrade())
    }

    pub(crate) fn listen(&self) -> Events {
        Events::new(self.0.upgrade().map(|events| events.subscribe()))
    }
}
