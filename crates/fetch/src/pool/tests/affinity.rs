//! Many more busy hosts than sockets: connections are kept, and the line stays fair.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use super::server::{Server, ok};
use super::{assert_balanced, client, counts, get};
use crate::config::Config;

const HOSTS: usize = 200;
const SOCKETS: usize = 50;

fn crowded() -> Config {
    Config { max_in_flight: SOCKETS, per_host: 4, max_sockets: SOCKETS, ..Config::default() }
}

#[tokio::test]
async fn requests_for_many_hosts_keep_their_connections_although_many_are_cancelled() {
    let server = Server::answering(ok("hello")).await;
    let (client, pool) = client(crowded());
    let mut random = fastrand::Rng::with_seed(7);
    let peak = Arc::new(AtomicUsize::new(0));
    let (mut requests, mut handles) = (JoinSet::new(), Vec::new());
    for _ in 0..20_000 {
        let url = server.url_at(&format!("h{}.test", random.usize(..HOSTS)), "/");
        let (client, pool, peak) = (client.clone(), Arc::clone(&pool), Arc::clone(&peak));
        handles.push(requests.spawn(async move {
            get(&client, url).await;
            peak.fetch_max(counts(&pool).0, Ordering::Relaxed);
        }));
    }
    random.shuffle(&mut handles);
    let (mut finished, mut cancelled) = (0, 0);
    while let Some(request) = requests.join_next().await {
        match request {
            Ok(()) => finished += 1,
            Err(error) => {
                assert!(error.is_cancelled(), "{error}");
                cancelled += 1;
                continue;
            }
        }
        // Two more for each three that finish: in line, connecting, before or inside the answer.
        for _ in 0..usize::from(finished % 3 < 2) {
            while let Some(request) = handles.pop() {
                if !request.is_finished() {
                    request.abort();
                    break;
                }
            }
        }
    }
    assert_eq!(finished + cancelled, 20_000);
    assert!((7_500..8_500).contains(&cancelled), "{cancelled} were cancelled");
    assert!(peak.load(Ordering::Relaxed) <= SOCKETS, "{peak:?} sockets");
    assert!(server.accepted() <= 3_500, "{} connects", server.accepted());
    assert_balanced(&pool, SOCKETS);
}

#[tokio::test]
async fn a_turn_returns_to_the_line_after_nine_requests_of_one_host() {
    let server = Server::start(|mut peer, _| async move {
        loop {
            let request = peer.request().await?.to_lowercase();
            let host = request.split("host: ").nth(1)?.split('.').next()?.to_owned();
            peer.send(&ok(host)).await?;
        }
    })
    .await;
    let (client, _pool) = client(Config { max_in_flight: 1, ..Config::default() });
    let urls = (0..40).map(|id| server.url_at(&format!("h{}.test", id / 20), "/"));
    let mut answers = client.get_all(urls).concurrency(40).stream();
    let mut served = Vec::new();
    while let Some((_, answer)) = answers.next().await {
        served.push(answer.unwrap().text().into_owned());
    }
    let runs: Vec<usize> = served.chunk_by(|a, b| a == b).map(<[String]>::len).collect();
    // A turn serves nine. The first host has two of them before the second one, since its second
    // request stood in line before that came; from then on they alternate.
    assert_eq!(runs, [18, 9, 2, 11], "{served:?}");
}

#[tokio::test]
async fn cancelled_requests_in_line_are_forgotten() {
    let server = Server::start(|mut peer, _| async move {
        peer.request().await?;
        std::future::pending().await
    })
    .await;
    let (client, pool) = client(Config { per_host: 1, ..Config::default() });
    let url = server.url("/");
    let busy = tokio::spawn({
        let (client, url) = (client.clone(), url.clone());
        async move { get(&client, url).await }
    });
    for _ in 0..1_000 {
        tokio::select! {
            biased;
            () = get(&client, url.clone()) => panic!("there is no answer"),
            () = tokio::task::yield_now() => {}
        }
    }
    let waiters = |pool: &crate::pool::Pool| -> usize {
        pool.lock().hosts.values().map(|host| host.waiters.len()).sum()
    };
    assert!(waiters(&pool) <= 9, "{} remembered", waiters(&pool));
    busy.abort();
    assert!(busy.await.unwrap_err().is_cancelled());
    assert_balanced(&pool, 100);
}
