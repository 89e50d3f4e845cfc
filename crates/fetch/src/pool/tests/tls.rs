//! Connections over TLS: the handshake, HTTP/2 beside HTTP/1.1, and how shared ones end.
//!
//! The server is the same library's other half, in this process, with a certificate of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use h2::server::{SendResponse, handshake};
use http::Response;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::{assert_balanced, counts, get};
use crate::client::Client;
use crate::config::Config;
use crate::pool::Pool;
use crate::protocols::Protocols;
use crate::resolve::StaticResolver;
use crate::tls::Tls;

/// A server for `secure.test`.
struct Secure {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    certificate: rcgen::Certificate,
    _tasks: JoinSet<()>,
}

impl Secure {
    /// Serves each connection, numbered from zero, by a future of its own.
    async fn start<F, S>(protocols: Protocols, serve: F) -> Self
    where
        F: Fn(TlsStream<TcpStream>, usize) -> S + Send + 'static,
        S: Future<Output = Option<()>> + Send + 'static,
    {
        let made = rcgen::generate_simple_self_signed(["secure.test".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::from(key))
            .unwrap();
        config.alpn_protocols = protocols.alpn();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let (counter, mut tasks) = (Arc::clone(&accepted), JoinSet::new());
        tasks.spawn(async move {
            let mut peers = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = counter.fetch_add(1, Ordering::SeqCst);
                if let Ok(stream) = acceptor.accept(stream).await {
                    peers.spawn(serve(stream, number));
                }
            }
        });
        Self { address, accepted, certificate: made.cert, _tasks: tasks }
    }

    /// A server of HTTP/2 that answers each stream, numbered from zero, as it is told to.
    async fn streams<F>(answer: F) -> Self
    where
        F: Fn(SendResponse<Bytes>, usize, usize) -> Then + Clone + Send + Sync + 'static,
    {
        Self::start(Protocols::Http2, move |stream, number| {
            let answer = answer.clone();
            async move {
                let mut connection = handshake(stream).await.ok()?;
                let mut streams = 0;
                while let Some(Ok((_, respond))) = connection.accept().await {
                    if let Then::GoAway = answer(respond, number, streams) {
                        connection.graceful_shutdown();
                    }
                    streams += 1;
                }
                Some(())
            }
        })
        .await
    }

    fn url(&self) -> String {
        format!("https://secure.test:{}/", self.address.port())
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// A client that trusts the certificate of this server and no other.
    fn client(&self, config: Config) -> (Client, Arc<Pool>) {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        let allow_net = vec!["127.0.0.0/8".parse().unwrap()];
        let names = [("secure.test".to_owned(), [IpAddr::from(Ipv4Addr::LOCALHOST)])];
        let config = Config { allow_net, ..config };
        let tls = Tls::trusting(roots, config.protocols);
        let mut client = Client::with_resolver(config, StaticResolver::new(names)).unwrap();
        Arc::get_mut(&mut client.exchange).unwrap().connector.tls = tls;
        let pool = Arc::clone(&client.exchange.pool);
        (client, pool)
    }
}

/// What a connection does after a stream.
enum Then {
    Go,
    GoAway,
}

fn hello(mut respond: SendResponse<Bytes>) {
    let mut body = respond.send_response(Response::new(()), false).unwrap();
    body.send_data(Bytes::from_static(b"hello"), true).unwrap();
}

fn http2() -> Config {
    Config { protocols: Protocols::Http2, ..Config::default() }
}

/// Answers requests of HTTP/1.1 without a body.
async fn http1(mut stream: TlsStream<TcpStream>) -> Option<()> {
    let mut read = Vec::new();
    loop {
        while !read.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut read).await.ok()? == 0 {
                return None;
            }
        }
        read.clear();
        stream.write_all(&super::ok("hello")).await.ok()?;
    }
}

#[tokio::test]
async fn a_handshake_is_made_once_for_many_requests() {
    let server = Secure::start(Protocols::Http1, |stream, _| http1(stream)).await;
    let (client, pool) = server.client(Config::default());
    for _ in 0..3 {
        get(&client, server.url()).await;
    }
    assert_eq!(server.accepted(), 1);
    assert_balanced(&pool, 100);
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_a_tls_error() {
    let server = Secure::start(Protocols::Http1, |stream, _| http1(stream)).await;
    let other = Secure::start(Protocols::Http1, |stream, _| http1(stream)).await;
    let (client, pool) = other.client(Config::default());
    let error = client.get(server.url()).send().await.unwrap_err();
    assert_eq!(error.code(), "tls", "{error}");
    assert_balanced(&pool, 100);
}

#[tokio::test]
async fn http2_is_not_offered_unless_asked_for() {
    let server = Secure::start(Protocols::Http2, |stream, _| async move {
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        http1(stream).await
    })
    .await;
    let (client, _pool) = server.client(Config::default());
    get(&client, server.url()).await;
}

#[tokio::test]
async fn requests_of_one_host_share_a_connection() {
    let server = Secure::streams(|respond, _, _| {
        hello(respond);
        Then::Go
    })
    .await;
    let (client, pool) = server.client(http2());
    let answers = client.get_all((0..200).map(|_| server.url())).collect().await;
    assert!(answers.iter().all(|(_, answer)| answer.as_ref().unwrap().text() == "hello"));
    let spoken = |answer: &crate::Response<_>| answer.version() == http::Version::HTTP_2;
    assert!(answers.iter().all(|(_, answer)| spoken(answer.as_ref().unwrap())));
    assert_eq!(server.accepted(), 1);
    assert_eq!(counts(&pool), (1, 1));
    assert_balanced(&pool, 100);
}

#[tokio::test]
async fn a_host_without_http2_gets_connections_side_by_side() {
    let server = Secure::start(Protocols::Http1, |stream, _| http1(stream)).await;
    let (client, pool) = server.client(http2());
    let answers = client.get_all((0..60).map(|_| server.url())).collect().await;
    assert!(answers.iter().all(|(_, answer)| answer.is_ok()));
    assert!((2..=10).contains(&server.accepted()), "{} connections", server.accepted());
    assert_balanced(&pool, 100);
}

#[tokio::test]
async fn a_connection_that_says_goaway_is_replaced_and_nothing_is_lost() {
    let server = Secure::streams(|respond, _, stream| {
        hello(respond);
        if stream == 4 { Then::GoAway } else { Then::Go }
    })
    .await;
    let (client, pool) = server.client(http2());
    let answers = client.get_all((0..100).map(|_| server.url())).collect().await;
    for (_, answer) in &answers {
        assert_eq!(answer.as_ref().unwrap().text(), "hello");
    }
    assert!(server.accepted() > 1, "no connection was replaced");
    assert_balanced(&pool, 100);
}

#[tokio::test]
async fn a_refused_stream_is_sent_again_on_another_connection() {
    let server = Secure::streams(|mut respond, connection, _| {
        match connection {
            0 => respond.send_reset(h2::Reason::REFUSED_STREAM),
            _ => hello(respond),
        }
        Then::Go
    })
    .await;
    let (client, pool) = server.client(http2());
    let answer = client.post(server.url()).body("once").send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "hello");
    assert_eq!(server.accepted(), 2);
    assert_eq!(counts(&pool), (1, 1));
    assert_balanced(&pool, 100);
}

#[tokio::test]
async fn a_stream_reset_for_another_reason_is_an_error_of_its_request() {
    let server = Secure::streams(|mut respond, _, _| {
        respond.send_reset(h2::Reason::INTERNAL_ERROR);
        Then::Go
    })
    .await;
    let (client, pool) = server.client(http2());
    let error = client.get(server.url()).send().await.unwrap_err();
    assert_eq!(error.code(), "reset", "{error}");
    assert_balanced(&pool, 100);
}

#[tokio::test]
async fn a_connection_is_replaced_before_dropped_responses_make_it_fail() {
    let server = Secure::streams(|mut respond, _, _| {
        // The body never ends.
        drop(respond.send_response(Response::new(()), false).map(Box::new).map(Box::leak));
        Then::Go
    })
    .await;
    let (client, pool) = server.client(http2());
    for _ in 0..600 {
        drop(client.get(server.url()).send().await.unwrap());
    }
    assert_eq!(server.accepted(), 3);
    assert_balanced(&pool, 100);
}

#[tokio::test]
async fn an_idle_shared_connection_is_closed_in_time_or_makes_room() {
    let server = Secure::streams(|respond, _, _| {
        hello(respond);
        Then::Go
    })
    .await;
    let plain = super::Server::answering(super::ok("hello")).await;
    let (client, pool) = server.client(Config { max_in_flight: 1, max_sockets: 1, ..http2() });
    get(&client, server.url()).await;
    get(&client, plain.url("/")).await;
    get(&client, server.url()).await;
    assert_eq!(server.accepted(), 2);
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(17)).await;
    assert_eq!(counts(&pool), (0, 0));
    assert_balanced(&pool, 1);
}
