//! The running crawl as a stream, and its remote control.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dragline::{Crawler, Ended, Entry, ErrorKind, PageRecord, Position, Request, Sink, SinkError};
use dragline_site::Site;

use crate::common::{FollowAll, local, wide};

#[tokio::test]
async fn every_item_comes_through_the_stream() {
    let site = wide(600).start().await.unwrap();
    let mut config = local();
    config.politeness.per_host = 16;
    let mut crawl = Crawler::new(FollowAll(vec![site.url("/")])).config(config).start().unwrap();
    let mut items = Vec::new();
    while let Some(item) = crawl.next().await {
        items.push(item);
    }
    items.sort();
    items.dedup();
    assert_eq!(items.len(), 601);
    let summary = crawl.finish().await.unwrap();
    assert_eq!((summary.ended, summary.stats.items), (Ended::Finished, 601));
}

#[tokio::test]
async fn a_reader_that_does_not_read_stops_the_crawl_from_running_ahead() {
    let site = wide(2000).start().await.unwrap();
    let mut config = local();
    config.politeness.per_host = 4;
    let mut crawl = Crawler::new(FollowAll(vec![site.url("/")])).config(config).start().unwrap();
    let handle = crawl.handle();
    // The stream holds 256; a few more are in flight or in the engine's hands.
    while handle.stats().items < 256 {
        tokio::task::yield_now().await;
    }
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    assert!(handle.stats().items < 300, "{}", handle.stats().items);
    let mut count = 0;
    while crawl.next().await.is_some() {
        count += 1;
    }
    assert_eq!(count, 2001);
}

#[tokio::test]
async fn stopping_finishes_the_pages_in_flight_and_says_what_waits() {
    let site = wide(200).start().await.unwrap();
    let mut crawl = Crawler::new(FollowAll(vec![site.url("/")])).config(local()).start().unwrap();
    let handle = crawl.handle();
    for _ in 0..5 {
        crawl.next().await.unwrap();
    }
    handle.stop().await.unwrap();
    let mut rest = 0;
    while crawl.next().await.is_some() {
        rest += 1;
    }
    let summary = crawl.finish().await.unwrap();
    assert_eq!(summary.ended, Ended::Stopped);
    assert_eq!(summary.stats.done, 5 + rest);
    assert_eq!(summary.stats.waiting, 201 - summary.stats.done);
    assert!(handle.stop().await.is_err(), "the crawl has ended");
}

#[tokio::test]
async fn a_paused_crawl_sends_nothing_until_it_is_resumed() {
    let site = wide(50).start().await.unwrap();
    let mut crawl = Crawler::new(FollowAll(vec![site.url("/")])).config(local()).start().unwrap();
    let handle = crawl.handle();
    crawl.next().await.unwrap();
    handle.pause().await.unwrap();
    // Once a later command was obeyed, so was the pause; what is in flight by then still ends.
    let mut before = usize::MAX;
    while before != site.hits().len() {
        before = site.hits().len();
        handle.add(Vec::new()).await.unwrap();
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    }
    assert!(before < 51);
    handle.resume().await.unwrap();
    while crawl.next().await.is_some() {}
    assert_eq!(crawl.finish().await.unwrap().stats.done, 51);
}

#[tokio::test]
async fn seeds_can_be_added_while_it_runs() {
    let other =
        Site::new().page("/", "<a href=/next>x</a>").page("/next", "").start().await.unwrap();
    let site = wide(20).start().await.unwrap();
    let mut crawl = Crawler::new(FollowAll(vec![site.url("/")])).config(local()).start().unwrap();
    crawl.handle().add(vec![Request::get(other.url("/")).unwrap()]).await.unwrap();
    while crawl.next().await.is_some() {}
    let stats = crawl.finish().await.unwrap().stats;
    assert_eq!((stats.done, stats.seeds.given), (23, 2));
    assert_eq!(other.hits_of("/next"), 1);
}

#[tokio::test]
async fn dropping_a_crawl_ends_it() {
    let site =
        Site::new().robots("").fault("/", dragline_site::Fault::Stall).start().await.unwrap();
    let crawl = Crawler::new(FollowAll(vec![site.url("/")])).config(local()).start().unwrap();
    while site.hits_of("/") == 0 {
        tokio::task::yield_now().await;
    }
    drop(crawl);
    while site.open_connections() > 0 {
        tokio::task::yield_now().await;
    }
}

/// Takes a few records and then fails.
struct Full(Arc<AtomicUsize>);

impl Sink<PageRecord> for Full {
    fn write(&mut self, _: &Entry<'_, PageRecord>) -> Result<(), SinkError> {
        if self.0.fetch_add(1, Ordering::Relaxed) < 3 {
            return Ok(());
        }
        let cause = std::io::Error::from(std::io::ErrorKind::StorageFull);
        Err(SinkError::new("failed to write", cause))
    }

    fn commit(&mut self) -> dragline::fetch::BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(std::future::ready(Ok(Position::default())))
    }
}

#[tokio::test]
async fn a_sink_that_fails_ends_the_crawl_with_its_error() {
    let site = wide(20).start().await.unwrap();
    let written = Arc::new(AtomicUsize::new(0));
    let error = Crawler::new(FollowAll(vec![site.url("/")]))
        .config(local())
        .pages(Full(written.clone()))
        .run()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Sink(std::io::ErrorKind::StorageFull));
    assert_eq!(written.load(Ordering::Relaxed), 4, "nothing is written after the failure");
}
