//! The pool's books: what is taken comes back, whatever happens to a request.

use std::future::{Future, poll_fn};
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use self::server::{Server, ok};
use crate::client::Client;
use crate::config::Config;
use crate::pool::Pool;
use crate::resolve::StaticResolver;

mod affinity;
mod tls;

#[path = "../../tests/loopback/server.rs"]
mod server;

fn client(config: Config) -> (Client, Arc<Pool>) {
    let config = Config { allow_net: vec!["127.0.0.0/8".parse().unwrap()], ..config };
    let names = (0..200).map(|id| (format!("h{id}.test"), [IpAddr::from(Ipv4Addr::LOCALHOST)]));
    let client = Client::with_resolver(config, StaticResolver::new(names)).unwrap();
    let pool = Arc::clone(&client.exchange.pool);
    (client, pool)
}

async fn get(client: &Client, url: String) {
    client.get(url).send().await.unwrap().bytes().await.unwrap();
}

/// Everything is back, and once what is idle has been swept away nothing is left.
fn assert_balanced(pool: &Pool, max_in_flight: usize) {
    let state = pool.lock();
    assert_eq!(state.permits, max_in_flight);
    assert!(state.line.is_empty());
    assert_eq!(state.sockets, state.idle.len(), "a socket is counted that is not idle");
    assert!(state.hosts.values().all(|host| host.waiting + host.busy == 0 && !host.in_line));
    let idle: usize = state.hosts.values().map(|host| host.idle.len()).sum();
    let shared = state.hosts.values().filter(|host| host.shared.is_some()).count();
    assert_eq!(state.idle.len(), idle + shared);
    drop(state);
    assert!(!pool.sweep(Instant::now() + Duration::from_secs(3_600)));
    assert_eq!(counts(pool), (0, 0));
}

/// The sockets and hosts in the books.
fn counts(pool: &Pool) -> (usize, usize) {
    let state = pool.lock();
    (state.sockets, state.hosts.len())
}

/// Polls a future at most `polls` times and then drops it.
async fn cancelled_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_cancelled_at_any_moment_leak_nothing() {
    let server = Server::start(|mut peer, _| async move {
        loop {
            peer.request().await?;
            peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n").await?;
            tokio::task::yield_now().await;
            peer.send(b"abc").await?;
            tokio::task::yield_now().await;
            peer.send(b"def").await?;
        }
    })
    .await;
    let limits = Config { max_in_flight: 8, per_host: 2, max_sockets: 10, ..Config::default() };
    let (client, pool) = client(limits);
    let mut requests = JoinSet::new();
    for id in 0..1_500_usize {
        let (client, url) = (client.clone(), server.url_at(&format!("h{}.test", id % 23), "/"));
        requests.spawn(async move {
            // Two of five are dropped: waiting, connecting, before the head, inside the body.
            let polls = if id % 5 < 2 { 1 + id % 11 } else { usize::MAX };
            let request = async {
                let mut response = client.get(url).send().await.unwrap();
                if id % 50 == 49 {
                    return;
                }
                while response.chunk().await.unwrap().is_some() {}
            };
            cancelled_after(polls, request).await.is_some()
        });
    }
    let finished = requests.join_all().await.into_iter().filter(|finished| *finished).count();
    assert!((900..1_500).contains(&finished), "{finished} finished");
    assert_balanced(&pool, 8);
}

/// A server that counts, at each accept, the connections the client has not closed by then.
async fn census() -> (std::net::SocketAddr, Arc<AtomicUsize>, JoinSet<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let peak = Arc::new(AtomicUsize::new(0));
    let most = Arc::clone(&peak);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut open: Vec<std::net::TcpStream> = Vec::new();
        let mut peers = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = stream.into_std().unwrap();
            // The end of a closed connection can be peeked at, even before its task reads it.
            open.retain(|open| !matches!(open.peek(&mut [0]), Ok(0)));
            open.push(stream.try_clone().unwrap());
            most.fetch_max(open.len(), Ordering::SeqCst);
            let mut peer = server::Peer::new(tokio::net::TcpStream::from_std(stream).unwrap());
            peers.spawn(async move {
                while peer.request().await.is_some() {
                    peer.send(&ok("hello")).await;
                }
            });
        }
    });
    (address, peak, tasks)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_stay_within_their_limit_over_many_hosts() {
    let (address, peak, _tasks) = census().await;
    let limits = Config { max_in_flight: 6, per_host: 2, max_sockets: 9, ..Config::default() };
    let (client, pool) = client(limits);
    let urls = (0..1_000).map(|id| format!("http://h{}.test:{}/", id * 7 % 40, address.port()));
    let answers = client.get_all(urls).concurrency(50).collect().await;
    assert!(answers.iter().all(|(_, answer)| answer.is_ok()));
    assert_eq!(peak.load(Ordering::SeqCst), 9);
    assert_balanced(&pool, 6);
}

#[tokio::test]
async fn the_connection_idle_for_longest_makes_room() {
    let server = Server::answering(ok("hello")).await;
    let limits = Config { max_in_flight: 2, max_sockets: 2, ..Config::default() };
    let (client, pool) = client(limits);
    for (host, accepted) in [("h0", 1), ("h1", 2), ("h0", 2), ("h2", 3), ("h0", 3), ("h1", 4)] {
        get(&client, server.url_at(&format!("{host}.test"), "/")).await;
        assert_eq!(server.accepted(), accepted, "{host}");
    }
    assert_balanced(&pool, 2);
}

#[tokio::test]
async fn within_a_host_the_connection_used_last_is_used_next() {
    let server = Server::answering(ok("hello")).await;
    let (client, pool) = client(Config::default());
    let url = || server.url("/");
    tokio::join!(get(&client, url()), get(&client, url()), get(&client, url()));
    assert_eq!(server.accepted(), 3);
    let oldest = |pool: &Pool| -> Vec<Instant> {
        let state = pool.lock();
        state
            .hosts
            .values()
            .flat_map(|host| &host.idle)
            .filter_map(|idle| idle.connection.idle_since)
            .collect()
    };
    let before = oldest(&pool);
    for _ in 0..5 {
        get(&client, url()).await;
    }
    assert_eq!(oldest(&pool)[..2], before[..2], "the older ones were used");
    assert_balanced(&pool, 100);
}

#[tokio::test]
async fn a_failed_connect_gives_back_its_slot_and_forgets_the_host() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (client, pool) = client(Config::default());
    for url in [format!("http://{address}/"), "http://unknown.test/".into()] {
        client.get(url).send().await.unwrap_err();
        assert_eq!(counts(&pool), (0, 0));
    }
    assert_balanced(&pool, 100);
}

#[tokio::test]
async fn idle_connections_are_closed_in_time_and_their_host_forgotten() {
    let server = Server::answering(ok("hello")).await;
    let (client, pool) = client(Config::default());
    get(&client, server.url("/")).await;
    tokio::time::pause();
    sleep(Duration::from_secs(13)).await;
    assert_eq!(counts(&pool), (1, 1));
    sleep(Duration::from_secs(4)).await;
    assert_eq!(counts(&pool), (0, 0));
    assert!(pool.lock().sweeper.is_none(), "the sweeper runs for nothing");
}

#[tokio::test]
async fn the_sweeper_starts_again_with_the_next_idle_connection() {
    let server = Server::answering(ok("hello")).await;
    let (client, pool) = client(Config::default());
    for _ in 0..2 {
        get(&client, server.url("/")).await;
        assert!(pool.lock().sweeper.is_some());
        tokio::time::pause();
        sleep(Duration::from_secs(17)).await;
        tokio::time::resume();
        assert!(pool.lock().sweeper.is_none());
    }
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_pool_is_gone_with_its_client_while_connections_are_idle() {
    let server = Server::answering(ok("hello")).await;
    let (client, pool) = client(Config::default());
    get(&client, server.url("/")).await;
    let weak = Arc::downgrade(&pool);
    drop((client, pool));
    assert!(weak.upgrade().is_none());
}
