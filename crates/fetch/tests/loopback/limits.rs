//! The limits of requests in flight, as the server sees them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dragline_fetch::Config;
use tokio::sync::Barrier;

use crate::server::{Server, ok};
use crate::{client, config};

/// A server that answers only when `expected` requests are there at once, and that counts the
/// most there ever were.
async fn meeting(expected: usize) -> (Server, Arc<AtomicUsize>) {
    let peak = Arc::new(AtomicUsize::new(0));
    let (most, now) = (Arc::clone(&peak), Arc::new(AtomicUsize::new(0)));
    let barrier = Arc::new(Barrier::new(expected));
    let server = Server::start(move |mut peer, _| {
        let (most, now, barrier) = (Arc::clone(&most), Arc::clone(&now), Arc::clone(&barrier));
        async move {
            loop {
                peer.request().await?;
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                barrier.wait().await;
                // A request that is too many would come in here, while others still count.
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
                peer.send(&ok("hello")).await?;
            }
        }
    })
    .await;
    (server, peak)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_host_gets_its_limit_and_no_more() {
    let (server, peak) = meeting(4).await;
    let client = client(Config { per_host: 4, ..config() });
    let urls = (0..80).map(|_| server.url("/"));
    let answers = client.get_all(urls).concurrency(80).collect().await;
    assert!(answers.iter().all(|(_, answer)| answer.is_ok()));
    assert_eq!(peak.load(Ordering::SeqCst), 4);
    assert!(server.accepted() <= 4, "{} connections", server.accepted());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_hosts_together_get_the_total_limit_and_no_more() {
    let (server, peak) = meeting(6).await;
    // As many for each host as in all: the last six may be of one host, and must meet as well.
    let client = client(Config { per_host: 6, max_in_flight: 6, max_sockets: 6, ..config() });
    let urls = (0..120).map(|id| server.url_at(&format!("h{}.test", id % 5), "/"));
    let answers = client.get_all(urls).concurrency(120).collect().await;
    assert!(answers.iter().all(|(_, answer)| answer.is_ok()));
    assert_eq!(peak.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn a_busy_host_does_not_hold_up_others() {
    let server = Server::start(|mut peer, _| async move {
        loop {
            if peer.request().await?.contains("host: h1.test") {
                peer.send(&ok("hello")).await?;
            }
        }
    })
    .await;
    let client = client(Config { per_host: 2, max_in_flight: 4, ..config() });
    // Many more than there are permits, for a host that never answers.
    let stuck = (0..20).map(|_| server.url_at("h0.test", "/"));
    let mut stuck = client.get_all(stuck).stream();
    let others = client.get_all((0..20).map(|_| server.url_at("h1.test", "/"))).collect();
    tokio::select! {
        _ = stuck.next() => panic!("a request that is never answered ended"),
        answers = others => assert!(answers.iter().all(|(_, answer)| answer.is_ok())),
    }
}

#[tokio::test]
async fn a_body_that_failed_frees_its_place_although_it_is_still_held() {
    let server = Server::start(|mut peer, _| async move {
        loop {
            let request = peer.request().await?;
            peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")
                .await?;
            if request.starts_with("GET /whole") {
                peer.send(b"0\r\n\r\n").await?;
            }
        }
    })
    .await;
    for (max_body, timeout, code) in [(4, 30_000, "too_large"), (10, 100, "timeout")] {
        let client = client(Config { per_host: 1, max_body, ..config() });
        let request = client.get(server.url("/stalls")).timeout(Duration::from_millis(timeout));
        let mut held = request.send().await.unwrap();
        let error = loop {
            if let Err(error) = held.chunk().await {
                break error;
            }
        };
        assert_eq!(error.code(), code);
        let next = client.get(server.url("/whole")).send();
        let next = tokio::time::timeout(Duration::from_secs(10), next).await;
        assert_eq!(next.expect("the place is free").unwrap().status(), 200);
    }
}
