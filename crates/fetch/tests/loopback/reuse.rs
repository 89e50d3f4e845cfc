//! When a connection serves again, and when a request is sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dragline_fetch::{Config, ErrorKind, Request};
use http::Method;

use crate::server::{Server, ok, with_headers};
use crate::{client, config};

#[tokio::test]
async fn one_connection_serves_request_after_request() {
    let server = Server::answering(ok("hello")).await;
    let client = client(config());
    for _ in 0..5 {
        assert_eq!(
            client.get(server.url("/")).send().await.unwrap().text().await.unwrap(),
            "hello"
        );
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn each_phase_has_its_time_and_a_connection_is_opened_once() {
    let server = Server::answering(ok("hello")).await;
    let client = client(config());
    let mut timings = Vec::new();
    for _ in 0..2 {
        let request = Request::new(Method::GET, server.url("/").parse().unwrap());
        let response = client.send(request).await.unwrap().collect().await.unwrap();
        assert_eq!(response.timings().total(), response.elapsed());
        timings.push(response.timings());
    }
    let [first, second] = timings[..] else { panic!("two answers") };
    assert!(first.connect > Duration::ZERO && first.first_byte > Duration::ZERO, "{first:?}");
    assert!(second.first_byte > Duration::ZERO && second.body > Duration::ZERO, "{second:?}");
    assert_eq!((second.resolve, second.connect), (Duration::ZERO, Duration::ZERO));
}

#[tokio::test]
async fn a_body_read_piece_by_piece_gives_the_connection_back() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    )
    .await;
    let client = client(config());
    for _ in 0..3 {
        let mut response = client.get(server.url("/")).send().await.unwrap();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.unwrap() {
            body.extend_from_slice(&piece);
        }
        assert_eq!(body, b"abcde");
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_response_without_body_frees_its_connection_at_once() {
    let server = Server::answering(ok("")).await;
    let client = client(Config { per_host: 1, ..config() });
    let held = client.get(server.url("/")).send().await.unwrap();
    client.get(server.url("/")).send().await.unwrap();
    drop(held);
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn an_unread_body_closes_its_connection() {
    let server = Server::answering(ok("unread")).await;
    let client = client(config());
    for _ in 0..2 {
        drop(client.get(server.url("/")).send().await.unwrap());
    }
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_connection_the_server_ends_is_not_used_again() {
    let server = Server::answering(with_headers("connection: close\r\n", "bye")).await;
    let client = client(config());
    for _ in 0..2 {
        client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap();
    }
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn an_old_connection_is_not_used_again() {
    let server = Server::answering(ok("hello")).await;
    for config in [
        Config { max_age: Duration::ZERO, ..config() },
        Config { idle_timeout: Duration::ZERO, ..config() },
    ] {
        let client = client(config);
        let before = server.accepted();
        for _ in 0..2 {
            client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap();
        }
        assert_eq!(server.accepted() - before, 2);
    }
}

/// Answers the first request of the first connection; what happens to its second one is `end`.
/// All further connections answer. Returns the server and how many requests it has read.
async fn stale(end: &'static str) -> (Server, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let server = Server::start(move |mut peer, number| {
        let counter = Arc::clone(&counter);
        async move {
            loop {
                peer.request().await?;
                if counter.fetch_add(1, Ordering::SeqCst) == 1 && number == 0 {
                    match end {
                        "reset" => peer.reset(),
                        bytes => drop(peer.send(bytes.as_bytes()).await),
                    }
                    return None;
                }
                peer.send(&ok("hello")).await?;
            }
        }
    })
    .await;
    (server, requests)
}

#[tokio::test]
async fn a_get_left_unanswered_on_a_used_connection_is_sent_again() {
    for end in ["", "reset"] {
        let (server, requests) = stale(end).await;
        let client = client(config());
        for _ in 0..2 {
            let response = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(response.text().await.unwrap(), "hello");
        }
        assert_eq!((server.accepted(), requests.load(Ordering::SeqCst)), (2, 3), "{end:?}");
    }
}

#[tokio::test]
async fn a_post_left_unanswered_is_not_sent_again() {
    for (end, kind) in [("", ErrorKind::Closed), ("reset", ErrorKind::Reset)] {
        let (server, requests) = stale(end).await;
        let client = client(config());
        client.post(server.url("/")).body("1").send().await.unwrap().bytes().await.unwrap();
        let error = client.post(server.url("/")).body("2").send().await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(requests.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_get_answered_in_part_is_not_sent_again() {
    let (server, requests) = stale("HTTP/1.1 2").await;
    let client = client(config());
    client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap();
    let error = client.get(server.url("/")).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_new_connection_that_fails_is_not_tried_again() {
    let server = Server::closing("").await;
    let error = client(config()).get(server.url("/")).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn idle_connections_close_when_the_last_client_is_dropped() {
    let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut peer, _| {
        let tx = tx.clone();
        async move {
            peer.request().await?;
            peer.send(&ok("hello")).await?;
            peer.closed().await;
            tx.send(()).ok()
        }
    })
    .await;
    let client = client(config());
    client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap();
    assert!(rx.try_recv().is_err());
    drop(client);
    rx.recv().await.unwrap();
}
