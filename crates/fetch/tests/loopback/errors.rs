//! Every kind of failure, as a server causes it.

use std::error::Error as _;
use std::io::Write;
use std::time::Duration;

use dragline_fetch::{
    BoxFuture, Client, Config, Error, ErrorKind, Phase, Resolve, ResolveError, Resolved,
};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::net::TcpListener;

use crate::server::{Server, ok, with_headers};
use crate::{client, config};

/// Long enough for loopback, short enough for a test.
const SHORT: Duration = Duration::from_millis(100);

async fn get(url: impl Into<dragline_fetch::Target>) -> Result<String, Error> {
    client(config()).get(url).send().await?.text().await
}

#[tokio::test]
async fn an_unknown_name_is_dns() {
    let error = get("http://unknown.test/").await.unwrap_err();
    assert_eq!((error.code(), error.phase()), ("dns", Some(Phase::Resolve)));
    assert!(!error.is_transient() && error.is_host_fault());
    assert!(error.to_string().contains("unknown.test"), "{error}");
}

#[tokio::test]
async fn a_refused_connection_is_connect() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = get(format!("http://{address}/x")).await.unwrap_err();
    assert_eq!((error.code(), error.phase()), ("connect", Some(Phase::Connect)));
    assert!(error.is_transient() && error.is_host_fault());
    assert!(error.to_string().starts_with(&format!("GET http://{address}/x: ")), "{error}");
    let cause = error.source().unwrap().downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(cause.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_reset_is_told_from_a_close() {
    let resetting = Server::start(|mut peer, _| async move {
        peer.request().await?;
        peer.reset();
        None
    })
    .await;
    assert_eq!(get(resetting.url("/")).await.unwrap_err().code(), "reset");

    for head in ["", "HTTP/1.1 200 OK\r\ncontent-"] {
        let closing = Server::closing(head).await;
        let error = get(closing.url("/")).await.unwrap_err();
        assert_eq!((error.code(), error.phase()), ("closed", Some(Phase::Head)));
        assert!(error.is_transient());
    }
}

#[tokio::test]
async fn a_reset_inside_the_body_is_reset() {
    let server = Server::start(|mut peer, _| async move {
        peer.request().await?;
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart").await?;
        peer.reset();
        None
    })
    .await;
    let error = get(server.url("/")).await.unwrap_err();
    // The reset may overtake the head.
    assert_eq!(error.code(), "reset");
}

#[tokio::test]
async fn what_is_not_http_is_protocol() {
    let many_headers = "x: y\r\n".repeat(300);
    let long_header = format!("x: {}\r\n", "y".repeat(40_000));
    for head in [
        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "ICY 200 OK\r\n\r\n",
        &format!("HTTP/1.1 200 OK\r\n{many_headers}\r\n"),
        &format!("HTTP/1.1 200 OK\r\n{long_header}\r\n"),
    ] {
        let server = Server::closing(head).await;
        let error = get(server.url("/")).await.unwrap_err();
        assert_eq!((error.code(), error.phase()), ("protocol", Some(Phase::Head)), "{head:.40}");
        assert!(!error.is_transient());
        let seen = head.as_bytes()[..head.len().min(512)].escape_ascii();
        let end = format!("; the answer begins with \"{seen}\" (phase head)");
        // Of a head that can be read but not be believed nothing is left to show.
        let conflict = head.contains("content-length: 2");
        assert_eq!(error.to_string().ends_with(&end), !conflict, "{error}");
    }
}

#[tokio::test]
async fn broken_chunks_are_protocol() {
    let server =
        Server::closing("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n").await;
    let error = get(server.url("/")).await.unwrap_err();
    assert_eq!((error.code(), error.phase()), ("protocol", Some(Phase::Body)));
}

#[tokio::test]
async fn a_server_that_never_answers_times_out_in_the_head() {
    let server = Server::start(|mut peer, _| async move {
        peer.closed().await;
        None
    })
    .await;
    let client = client(config());
    let error = client.get(server.url("/")).timeout(SHORT).send().await.unwrap_err();
    assert_eq!((error.code(), error.phase()), ("timeout", Some(Phase::Head)));
    assert!(error.is_transient() && error.to_string().contains("100ms"), "{error}");
}

#[tokio::test]
async fn a_body_that_stops_times_out_in_the_body() {
    let server = Server::start(|mut peer, _| async move {
        peer.request().await?;
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart").await?;
        peer.closed().await;
        None
    })
    .await;
    let client = client(Config { timeout: SHORT, ..config() });
    let error = client.get(server.url("/")).send().await.unwrap().collect().await.unwrap_err();
    assert_eq!((error.code(), error.phase()), ("timeout", Some(Phase::Body)));

    let mut response = client.get(server.url("/")).send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "part");
    assert_eq!(response.chunk().await.unwrap_err().code(), "timeout");
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
async fn a_silent_resolver_times_out_in_resolve_after_the_connect_timeout() {
    let client = Client::with_resolver(Config::default(), Silent).unwrap();
    let started = tokio::time::Instant::now();
    let error = client.get("http://a.test/").send().await.unwrap_err();
    assert_eq!((error.code(), error.phase()), ("timeout", Some(Phase::Resolve)));
    assert_eq!(started.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn a_silent_tls_server_times_out_in_tls() {
    let server = Server::start(|mut peer, _| async move {
        peer.closed().await;
        None
    })
    .await;
    let client = client(Config { connect_timeout: SHORT, ..config() });
    let error = client.get(format!("https://{}/", server.address)).send().await.unwrap_err();
    assert_eq!((error.code(), error.phase()), ("timeout", Some(Phase::Tls)));
}

#[tokio::test]
async fn a_tls_server_that_talks_plain_http_is_tls() {
    let server = Server::start(|mut peer, _| async move {
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        peer.closed().await;
        None
    })
    .await;
    let error = get(format!("https://{}/", server.address)).await.unwrap_err();
    assert_eq!((error.code(), error.phase()), ("tls", Some(Phase::Tls)));
    assert!(!error.is_transient());

    // The client sees a close here, and that is worth another try.
    let closing = Server::start(|_, _| async { None }).await;
    let error = get(format!("https://{}/", closing.address)).await.unwrap_err();
    assert!(matches!(error.code(), "closed" | "reset"), "{error}");
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large_however_it_comes() {
    let large = "x".repeat(2_000);
    let bomb = gzip(&vec![0; 1 << 20]);
    let responses = [
        // Declared: refused before a byte of the body is there.
        b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n".to_vec(),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n{large}\r\n0\r\n\r\n")
            .into_bytes(),
        format!("HTTP/1.1 200 OK\r\n\r\n{large}").into_bytes(),
        with_headers("content-encoding: gzip\r\n", &bomb[..900.min(bomb.len())]),
    ];
    for response in responses {
        let server = Server::closing(response).await;
        let client = client(Config { max_body: 1_000, ..config() });
        let error = client.get(server.url("/")).send().await.unwrap().collect().await.unwrap_err();
        assert_eq!((error.code(), error.phase()), ("too_large", Some(Phase::Body)));
        assert!(!error.is_transient() && !error.is_host_fault());

        let mut response = client.get(server.url("/")).send().await.unwrap();
        let error = loop {
            match response.chunk().await {
                Ok(piece) => assert!(piece.is_some(), "the body ended"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.code(), "too_large");
        assert_eq!(response.chunk().await.unwrap_err().code(), "truncated");
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let server = Server::answering(ok("x".repeat(1_000))).await;
    let client = client(Config { max_body: 1_000, ..config() });
    let body = client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(body.len(), 1_000);
}

#[tokio::test]
async fn a_cut_body_is_kept_and_flagged() {
    let numbers: String = (0..5_000).map(|n| format!("{n} ")).collect();
    let whole_gzip = gzip(numbers.as_bytes());
    let cut_gzip = &whole_gzip[..whole_gzip.len() / 2];
    let responses = [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart".to_vec(), "part"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n".to_vec(), ""),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart\r\n".to_vec(), "part"),
        (with_headers("content-encoding: gzip\r\n", cut_gzip), "0 1 2 3 "),
    ];
    for (response, part) in responses {
        let server = Server::closing(response).await;
        let client = client(config());
        let response = client.get(server.url("/")).send().await.unwrap().collect().await.unwrap();
        assert!(response.truncated());
        assert!(response.text().starts_with(part), "{:?}", response.text());

        // Who asks for the whole body and nothing else must not get a part of it.
        let error = get(server.url("/")).await.unwrap_err();
        assert_eq!((error.code(), error.is_transient()), ("truncated", true));
    }
}

#[tokio::test]
async fn a_body_that_is_not_what_it_claims_is_decode() {
    let server = Server::answering(with_headers("content-encoding: gzip\r\n", "<html>")).await;
    assert_eq!(get(server.url("/")).await.unwrap_err().code(), "decode");
    let server = Server::answering(ok("{\"a\":")).await;
    let response = client(config()).get(server.url("/")).send().await.unwrap();
    assert_eq!(response.json::<serde_json::Value>().await.unwrap_err().code(), "decode");
}

#[tokio::test]
async fn a_status_is_an_error_only_when_asked() {
    let server = Server::answering("HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n").await;
    let response = client(config()).get(server.url("/")).send().await.unwrap();
    assert_eq!(response.status(), 503);
    let error = response.error_for_status().unwrap_err();
    assert_eq!((error.code(), error.status().unwrap().as_u16()), ("status", 503));
    assert!(error.is_transient() && error.url().is_some());
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_when_it_is_sent() {
    for text in ["", "not a url", "http://", "http://[::1/", "//a.test/"] {
        let error = get(text).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidUrl);
        assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
    }
    let long = format!("http://a.test/{}", "x".repeat(70_000));
    assert_eq!(get(long).await.unwrap_err().kind(), ErrorKind::InvalidUrl);
    for text in ["ftp://a.test/", "file:///etc/passwd", "data:,x", "mailto:a@a.test"] {
        assert_eq!(get(text).await.unwrap_err().code(), "blocked_scheme", "{text}");
    }
    let client = client(config());
    let error = client.get("http://h0.test/").header("a b", "c").body("d").send().await;
    assert_eq!(error.unwrap_err().code(), "config");
}

// The limit holds for a whole process, so the test runs itself again in one of its own.
#[cfg(unix)]
#[test]
fn a_process_without_descriptors_blames_no_host() {
    const FEW: &str = "DRAGLINE_FEW_DESCRIPTORS";
    if std::env::var_os(FEW).is_none() {
        let limited = r#"ulimit -n 64 && exec "$0" --exact "$1""#;
        let test = std::env::current_exe().unwrap();
        let name = "errors::a_process_without_descriptors_blames_no_host";
        let mut again = std::process::Command::new("sh");
        let output = again.args(["-c", limited]).arg(test).arg(name).env(FEW, "1").output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Server::answering(ok("hello")).await;
        let client = client(config());
        let all: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
        let error = client.get(server.url("/")).send().await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Descriptors, "connect"));
        assert!(error.is_transient() && !error.is_host_fault());
        drop(all);
        client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap();
    });
}

#[tokio::test]
async fn an_error_tells_how_often_the_request_was_tried() {
    // One answer, and then every connection is closed when it is asked.
    let server = Server::start(|mut peer, number| async move {
        peer.request().await?;
        if number == 0 {
            peer.send(&ok("hello")).await?;
            peer.request().await?;
        }
        None
    })
    .await;
    let client = client(config());
    client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap();
    let again = client.get(server.url("/")).send().await.unwrap_err();
    assert_eq!((again.code(), again.attempts()), ("closed", 2));
    let fresh = client.get(server.url("/")).send().await.unwrap_err();
    assert_eq!((fresh.code(), fresh.attempts()), ("closed", 1));
    assert_eq!(client.get("no url").send().await.unwrap_err().attempts(), 1);
}
