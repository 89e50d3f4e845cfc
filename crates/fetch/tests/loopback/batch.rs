//! Many URLs at once.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dragline_fetch::Config;
use futures_util::StreamExt;
use tokio::sync::{Notify, Semaphore};

use crate::server::{Server, ok};
use crate::{client, config};

#[tokio::test]
async fn answers_are_collected_in_the_order_of_the_urls_and_errors_stay_where_they_are() {
    // The later the request, the earlier the answer: each waits for the one after it.
    let turns: Arc<Vec<Semaphore>> = Arc::new((0..=10).map(|_| Semaphore::new(0)).collect());
    turns[10].add_permits(1);
    let server = Server::start(move |mut peer, _| {
        let turns = Arc::clone(&turns);
        async move {
            loop {
                let request = peer.request().await?;
                let path = request.split(' ').nth(1)?;
                let id: usize = path.trim_start_matches('/').parse().ok()?;
                turns[id + 1].acquire().await.ok()?.forget();
                turns[id].add_permits(1);
                peer.send(&ok(path)).await?;
            }
        }
    })
    .await;
    let client = client(config());
    let mut urls: Vec<String> = (0..10).map(|id| server.url(&format!("/{id}"))).collect();
    urls.insert(3, "http://unknown.test/".into());
    urls.insert(5, "not a url".into());
    let answers = client.get_all(&urls).collect().await;

    assert_eq!(
        answers.iter().map(|(url, _)| url).collect::<Vec<_>>(),
        urls.iter().collect::<Vec<_>>()
    );
    let texts: Vec<_> = answers
        .iter()
        .map(|(_, answer)| match answer {
            Ok(response) => response.text().into_owned(),
            Err(error) => error.code().to_owned(),
        })
        .collect();
    assert_eq!(
        texts,
        ["/0", "/1", "/2", "dns", "/3", "invalid_url", "/4", "/5", "/6", "/7", "/8", "/9"]
    );
}

#[tokio::test]
async fn answers_are_streamed_as_they_arrive() {
    let release = Arc::new(Notify::new());
    let gate = Arc::clone(&release);
    let server = Server::start(move |mut peer, _| {
        let gate = Arc::clone(&gate);
        async move {
            loop {
                if peer.request().await?.starts_with("GET /slow ") {
                    gate.notified().await;
                }
                peer.send(&ok("hello")).await?;
            }
        }
    })
    .await;
    let client = client(config());
    let mut stream = client.get_all([server.url("/slow"), server.url("/fast")]).stream();
    let (first, _) = stream.next().await.unwrap();
    assert_eq!(first, server.url("/fast"));
    release.notify_one();
    assert_eq!(stream.next().await.unwrap().0, server.url("/slow"));
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn urls_are_taken_only_as_places_become_free() {
    let server = Server::answering(ok("hello")).await;
    let taken = Cell::new(0);
    let endless = std::iter::repeat_with(|| {
        taken.set(taken.get() + 1);
        server.url("/")
    });
    let client = client(config());
    let mut stream = client.get_all(endless).concurrency(3).stream();
    for answered in 1..=20 {
        stream.next().await.unwrap().1.unwrap();
        assert!(taken.get() <= answered + 2, "{} taken, {answered} answered", taken.get());
    }
}

#[tokio::test]
async fn concurrency_is_reached_and_not_exceeded() {
    let (now, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let barrier = Arc::new(tokio::sync::Barrier::new(3));
    let most = Arc::clone(&peak);
    let server = Server::start(move |mut peer, _| {
        let (now, most, barrier) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&barrier));
        async move {
            loop {
                peer.request().await?;
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                barrier.wait().await;
                now.fetch_sub(1, Ordering::SeqCst);
                peer.send(&ok("hello")).await?;
            }
        }
    })
    .await;
    let client = client(Config { per_host: 100, ..config() });
    let urls = (0..30).map(|_| server.url("/"));
    let answers: Vec<_> = client.get_all(urls).concurrency(3).stream().collect().await;
    assert!(answers.len() == 30 && answers.iter().all(|(_, answer)| answer.is_ok()));
    assert_eq!(peak.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn no_urls_give_no_answers() {
    let none: [&str; 0] = [];
    assert!(client(config()).get_all(none).collect().await.is_empty());
}
