//! hickory against a scripted name server on loopback.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use super::HickoryResolver;
use crate::resolve::{Resolve, ResolveError, Resolved};

/// A name server that knows `a.test`, for 30 seconds, and no other name.
struct NameServer {
    resolver: HickoryResolver,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl NameServer {
    async fn start() -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
        let resolver = resolver(socket.local_addr().unwrap().port());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut query = [0; 1_500];
            loop {
                let (length, from) = socket.recv_from(&mut query).await.unwrap();
                let (name, question) = question(&query[..length]);
                let answer = answer(&query[..2], &name, question);
                log.lock().unwrap().push(name);
                socket.send_to(&answer, from).await.unwrap();
            }
        });
        Self { resolver, asked, task }
    }

    /// The names asked for, each once.
    fn asked(&self) -> Vec<String> {
        let mut names = self.asked.lock().unwrap().clone();
        names.sort();
        names.dedup();
        names
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A resolver that asks one port, and has a search list to be led astray by.
fn resolver(port: u16) -> HickoryResolver {
    let mut connection = ConnectionConfig::udp();
    connection.port = port;
    let server = NameServerConfig::new(Ipv4Addr::LOCALHOST.into(), true, vec![connection]);
    let mut config = ResolverConfig::from_name_servers(vec![server]);
    config.add_search("search.test.".parse().unwrap());
    HickoryResolver::build(config, ResolverOpts::default()).unwrap()
}

/// The name in a query, and the bytes of its question.
fn question(query: &[u8]) -> (String, &[u8]) {
    let (mut labels, mut at) = (Vec::new(), 12);
    while query[at] != 0 {
        let label = &query[at + 1..][..usize::from(query[at])];
        labels.push(String::from_utf8_lossy(label).to_lowercase());
        at += 1 + label.len();
    }
    (labels.join("."), &query[12..at + 5])
}

/// The response to a question (RFC 1035, section 4.1): one address, none, or no such name.
fn answer(id: &[u8], name: &str, question: &[u8]) -> Vec<u8> {
    let known = name == "a.test";
    let is_a = question[question.len() - 4..][..2] == [0, 1];
    let code = if known { 0 } else { 3 };
    let mut response = id.to_vec();
    response.extend([0x81, 0x80 | code, 0, 1, 0, u8::from(known && is_a), 0, 0, 0, 0]);
    response.extend(question);
    if known && is_a {
        // The name as in the question, type A, class IN, 30 s, four bytes.
        response.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1]);
    }
    response
}

#[tokio::test]
async fn an_answer_carries_its_time_to_live() {
    let server = NameServer::start().await;
    let Resolved { addresses, valid_for } = server.resolver.resolve("a.test").await.unwrap();
    assert_eq!(addresses, [IpAddr::from([192, 0, 2, 1])]);
    let valid_for = valid_for.unwrap();
    let bounds = Duration::from_secs(20)..=Duration::from_secs(30);
    assert!(bounds.contains(&valid_for), "{valid_for:?}");
}

#[tokio::test]
async fn an_unknown_name_with_a_dot_is_asked_for_as_it_is() {
    let server = NameServer::start().await;
    let error = server.resolver.resolve("b.test").await.unwrap_err();
    assert_eq!(error, ResolveError::NotFound { name: "b.test".into() });
    assert_eq!(server.asked(), ["b.test"]);
}

#[tokio::test]
async fn more_names_than_lookups_at_once_are_all_answered() {
    let server = NameServer::start().await;
    let names: Vec<_> = (0..300).map(|id| format!("h{id}.test")).collect();
    let lookups = names.iter().map(|name| server.resolver.resolve(name));
    let answers = futures_util::future::join_all(lookups).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(ResolveError::NotFound { .. }))));
    assert_eq!(server.asked().len(), 300);
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_asked_three_times_and_then_timed_out() {
    let socket = std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    socket.set_nonblocking(true).unwrap();
    let resolver = resolver(socket.local_addr().unwrap().port());
    let started = tokio::time::Instant::now();
    let error = resolver.resolve("a.test").await.unwrap_err();
    assert_eq!(error, ResolveError::TimedOut { name: "a.test".into() });
    assert_eq!(started.elapsed().as_secs(), 6);
    let mut tries = 0;
    let mut query = [0; 1_500];
    while let Ok(length) = socket.recv(&mut query) {
        let (_, question) = question(&query[..length]);
        tries += usize::from(question.ends_with(&[0, 1, 0, 1]));
    }
    // hickory repeats a packet within a try, too.
    assert!(tries >= 3, "{tries} packets");
}
