//! The engine's end of the item stream: bounded, and full means that no new page is started.

use std::collections::VecDeque;

use tokio::sync::mpsc;

/// Items on their way to the stream.
///
/// The channel is bounded; what does not fit waits here, and while anything waits no page is started, so
/// that it holds no more than the items of the pages that were in flight.
#[derive(Debug)]
pub(crate) struct Outlet<I> {
    stream: Option<mpsc::Sender<I>>,
    waiting: VecDeque<I>,
}

impl<I> Outlet<I> {
    /// Creates an outlet; without a stream it drops all items.
    pub(crate) fn new(stream: Option<mpsc::Sender<I>>) -> Self {
        Self { stream, waiting: VecDeque::new() }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Sends what fits, and keeps the rest.
    pub(crate) fn push(&mut self, items: impl Iterator<Item = I>) {
        let Some(stream) = &self.stream else {
            items.for_each(drop);
            return;
        };
        for item in items {
            if self.waiting.is_empty() {
                match stream.try_send(item) {
                    Ok(()) => {}
                    Err(mpsc::error::TrySendError::Full(item)) => self.waiting.push_back(item),
                    Err(mpsc::error::TrySendError::Closed(_)) => {}
                }
            } else {
                self.waiting.push_back(item);
            }
        }
    }

    /// Waits until all that was kept is sent, or nobody listens any more. Cancel-safe: an item leaves the
    /// queue only when its place in the stream is sure.
    pub(crate) async fn make_room(&mut self) {
        let Some(stream) = &self.stream else { return };
        while !self.waiting.is_empty() {
            let Ok(place) = stream.reserve().await else {
                self.waiting.clear();
                return;
            };
            if let Some(item) = self.waiting.pop_front() {
                place.send(item);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_stream_loses_nothing_and_keeps_the_order() {
        let (sender, mut stream) = mpsc::channel(2);
        let mut outlet = Outlet::new(Some(sender));
        outlet.push(0..5);
        assert!(!outlet.has_room());
        let mut got = Vec::new();
        while !outlet.has_room() {
            tokio::select! {
                biased;
                () = outlet.make_room() => {}
                Some(item) = stream.recv() => got.push(item),
            }
        }
        drop(outlet);
        while let Some(item) = stream.recv().await {
            got.push(item);
        }
        assert_eq!(got, [0, 1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn nobody_listening_does_not_hold_the_crawl() {
        let (sender, stream) = mpsc::channel(1);
        let mut outlet = Outlet::new(Some(sender));
        outlet.push(0..3);
        drop(stream);
        outlet.make_room().await;
        assert!(outlet.has_room());
    }
}
