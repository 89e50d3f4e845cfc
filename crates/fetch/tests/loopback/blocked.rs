//! The address policy in front of real connects.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dragline_fetch::{BoxFuture, Client, Config, Resolve, ResolveError, Resolved, StaticResolver};

use crate::config;
use crate::server::{Server, ok, with_headers};

const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

#[tokio::test]
async fn no_spelling_of_loopback_is_connected_to() {
    let server = Server::answering(ok("secret")).await;
    let port = server.address.port();
    let client =
        Client::with_resolver(Config::default(), StaticResolver::new([("a.test", [LOOPBACK])]));
    let client = client.unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "①②⑦.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
        "a.test",
        "A.TEST",
    ] {
        let error = client.get(format!("http://{host}:{port}/")).send().await.unwrap_err();
        assert_eq!(error.code(), "blocked_address", "{host}: {error}");
        assert!(error.to_string().contains("allow_net"), "{error}");
        assert!(!error.is_transient() && !error.is_host_fault());
    }
    assert_eq!(server.accepted(), 0);
}

#[tokio::test]
async fn bad_ports_are_refused_in_allowed_networks() {
    let client = Client::new(config()).unwrap();
    let error = client.get("http://127.0.0.1:25/").send().await.unwrap_err();
    assert_eq!(error.code(), "blocked_address");
    assert!(error.to_string().contains("port 25"), "{error}");
}

#[tokio::test]
async fn good_addresses_of_a_mixed_answer_are_used() {
    let server = Server::answering(ok("hello")).await;
    let mixed: [IpAddr; 3] = ["10.0.0.1".parse().unwrap(), LOOPBACK, "::1".parse().unwrap()];
    let client = Client::with_resolver(config(), StaticResolver::new([("a.test", mixed)])).unwrap();
    let response = client.get(server.url_at("a.test", "/")).send().await.unwrap();
    assert_eq!(response.remote(), server.address);
}

#[tokio::test]
async fn an_address_that_does_not_answer_gives_way_to_the_next() {
    let server = Server::answering(ok("hello")).await;
    // Nothing listens on the first two.
    let addresses = ["127.0.0.3", "127.0.0.2", "127.0.0.1"].map(|text| text.parse().unwrap());
    let resolver = StaticResolver::new([("a.test", addresses)]);
    let client = Client::with_resolver(config(), resolver).unwrap();
    let response = client.get(server.url_at("a.test", "/")).send().await.unwrap();
    assert_eq!(response.remote(), server.address);
}

/// Answers with loopback once, and with a private address ever after.
#[derive(Debug, Default)]
struct Rebinding(AtomicUsize);

impl Resolve for Rebinding {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Resolved, ResolveError>> {
        let first = self.0.fetch_add(1, Ordering::SeqCst) == 0;
        let address = if first { LOOPBACK } else { "10.0.0.1".parse().unwrap() };
        Box::pin(async move { Ok(vec![address].into()) })
    }
}

#[tokio::test]
async fn an_answer_that_changes_is_judged_at_every_connect() {
    let server = Server::answering(with_headers("connection: close\r\n", "hello")).await;
    let config = Config { dns_ttl: Duration::ZERO, ..config() };
    let client = Client::with_resolver(config, Rebinding::default()).unwrap();
    let url = server.url_at("a.test", "/");
    client.get(&url).send().await.unwrap().bytes().await.unwrap();
    let error = client.get(&url).send().await.unwrap_err();
    assert_eq!(error.code(), "blocked_address");
    assert!(error.to_string().contains("10.0.0.1"), "{error}");
}
