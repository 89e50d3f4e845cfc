//! Each time limit where it is the one that ends a request, and that its error names it.

use std::time::Duration;

use dragline_fetch::{BoxFuture, Client, Config, Error, Phase, Resolve, ResolveError, Resolved};

use crate::server::Server;
use crate::{client, config};

/// Long enough for loopback, short enough for a test.
const SHORT: Duration = Duration::from_millis(100);

fn check(error: &Error, phase: Phase, name: &str) {
    assert_eq!((error.code(), error.phase()), ("timeout", Some(phase)), "{error}");
    assert!(error.to_string().contains(&format!("raise {name} to wait longer")), "{error}");
    assert!(error.is_transient() && error.is_host_fault());
}

/// A server that sends this much, again and again, and then neither sends nor closes.
async fn stalling(pieces: &'static [&'static str]) -> Server {
    Server::start(move |mut peer, _| async move {
        peer.request().await?;
        for piece in pieces {
            peer.send(piece.as_bytes()).await?;
        }
        peer.closed().await;
        None
    })
    .await
}

/// Never answers.
#[derive(Debug)]
struct Silent;

impl Resolve for Silent {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Resolved, ResolveError>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_resolver_meets_the_resolve_timeout() {
    let config = Config { resolve_timeout: Duration::from_secs(3), ..Config::default() };
    let client = Client::with_resolver(config, Silent).unwrap();
    let started = tokio::time::Instant::now();
    let error = client.get("http://a.test/").send().await.unwrap_err();
    check(&error, Phase::Resolve, "resolve_timeout");
    assert_eq!(started.elapsed().as_secs(), 3);
    assert_eq!(error.timings().resolve, started.elapsed(), "all of it, and of no other phase");
    assert_eq!(error.timings().total(), started.elapsed());
    let request = client.get("http://a.test/").timeout(Duration::from_secs(1)).send();
    check(&request.await.unwrap_err(), Phase::Resolve, "timeout");
}

#[tokio::test]
async fn a_silent_tls_server_meets_the_connect_timeout() {
    let server = Server::start(|mut peer, _| async move {
        peer.closed().await;
        None
    })
    .await;
    let client = client(Config { connect_timeout: SHORT, ..config() });
    let error = client.get(format!("https://{}/", server.address)).send().await.unwrap_err();
    check(&error, Phase::Tls, "connect_timeout");
}

#[tokio::test]
async fn a_head_that_does_not_end_meets_the_first_byte_timeout() {
    let pieces: [&[&str]; 3] =
        [&[], &["HTTP/1.1 200 OK\r\nx: "], &["HTTP/1.1 100 Continue\r\n\r\n"]];
    for pieces in pieces {
        let server = stalling(pieces).await;
        let client = client(Config { first_byte_timeout: SHORT, ..config() });
        let error = client.get(server.url("/")).send().await.unwrap_err();
        check(&error, Phase::Head, "first_byte_timeout");
    }
}

#[tokio::test]
async fn a_body_that_stops_meets_the_read_timeout() {
    let pieces: [&[&str]; 3] = [
        &["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\npart"],
        &["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart\r\n4"],
        &["HTTP/1.1 200 OK\r\n\r\npart"],
    ];
    for pieces in pieces {
        let server = stalling(pieces).await;
        let client = client(Config { read_timeout: SHORT, ..config() });
        let response = client.get(server.url("/")).send().await.unwrap();
        check(&response.collect().await.unwrap_err(), Phase::Body, "read_timeout");
        let mut response = client.get(server.url("/")).send().await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "part");
        check(&response.chunk().await.unwrap_err(), Phase::Body, "read_timeout");
        assert_eq!(response.chunk().await.unwrap_err().code(), "truncated");
    }
}

#[tokio::test]
async fn a_body_that_drips_meets_the_timeout_of_the_request() {
    let server = Server::start(|mut peer, _| async move {
        peer.request().await?;
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        let mut drip = tokio::time::interval(Duration::from_millis(10));
        loop {
            drip.tick().await;
            peer.send(b"x").await?;
        }
    })
    .await;
    let client = client(Config { timeout: SHORT, ..config() });
    let response = client.get(server.url("/")).send().await.unwrap();
    check(&response.collect().await.unwrap_err(), Phase::Body, "timeout");
}

#[tokio::test]
async fn a_body_that_never_pauses_meets_the_timeout_of_the_request() {
    let server = Server::start(|mut peer, _| async move {
        peer.request().await?;
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        loop {
            peer.send(&[b'x'; 4_096]).await?;
        }
    })
    .await;
    let client = client(config());
    let request = client.get(server.url("/")).timeout(SHORT).max_body(u64::MAX);
    let mut response = request.send().await.unwrap();
    let error = loop {
        if let Err(error) = response.chunk().await {
            break error;
        }
    };
    check(&error, Phase::Body, "timeout");
}

#[test]
fn a_timeout_of_zero_is_refused_by_its_name() {
    let zero = |config: Config| Client::new(config).unwrap_err().to_string();
    let zeros = [
        ("resolve_timeout", Config { resolve_timeout: Duration::ZERO, ..config() }),
        ("first_byte_timeout", Config { first_byte_timeout: Duration::ZERO, ..config() }),
        ("read_timeout", Config { read_timeout: Duration::ZERO, ..config() }),
    ];
    for (name, config) in zeros {
        assert!(zero(config).contains(name));
    }
}
