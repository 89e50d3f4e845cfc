//! Restarts of the server and of workers, and servers that cannot be used.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use dragline_frontier::{Completion, Directory, SinkPosition, Store};
use dragline_local_redis::LocalRedis;

use crate::tests::{Worker, block_on, done, expire, options};
use crate::{OpenError, RedisOptions, RedisStore};

#[test]
fn what_was_answered_survives_the_death_of_the_server() {
    let Some(mut server) = LocalRedis::start() else { return };
    block_on(async {
        let mut worker = Worker::join(&server, &options("one", 1)).await;
        worker.offer((0..100).map(|path| (path % 5, path))).await;
        let leases = worker.claim(5, 4).await;
        let urls: Vec<_> = leases.into_iter().flat_map(|lease| lease.urls).collect();
        let sinks = vec![SinkPosition { name: "out.jsonl".into(), position: Box::from(*b"70") }];
        let completion = Completion {
            done: urls[..10].iter().cloned().map(done).collect(),
            seeds: vec!["https://b.example/".into(), "https://a.example/".into()],
            sinks: sinks.clone(),
            stats: Some(Box::from(*b"stats")),
            ..Completion::default()
        };
        worker.store.complete(completion).await.unwrap();
        server.restart();
        // The same worker goes on where it was: the connection comes back, and scripts are sent again.
        assert!(worker.complete(urls[10..].iter().cloned()).await.refused.is_empty());
        assert_eq!(worker.offer((0..100).map(|path| (path % 5, path))).await, 0);
        let status = worker.store.status().await.unwrap();
        assert_eq!((status.counts.discovered, status.counts.done), (100, 20));
        expire(&mut server.client(), "one-1");
        // Started again it is not taken for what it was, whose calls were answered already.
        let mut again = Worker::join(&server, &options("one", 2)).await;
        assert_eq!(again.joined.key, worker.joined.key);
        assert_eq!(again.joined.sinks, sinks);
        assert_eq!(again.joined.stats.as_deref(), Some(&b"stats"[..]));
        let seeds: Vec<&str> = again.joined.seeds.iter().map(|seed| &**seed).collect();
        assert_eq!(seeds, ["https://b.example/", "https://a.example/"]);
        let left: usize = again.claim(9, 100).await.iter().map(|lease| lease.urls.len()).sum();
        assert_eq!(left, 80);
    });
}

#[test]
fn a_server_that_stays_away_is_an_error_that_names_place_and_remedy() {
    let Some(mut server) = LocalRedis::start() else { return };
    block_on(async {
        let own = RedisOptions { tries: 2, ..options("one", 1) };
        let mut worker = Worker::join(&server, &own).await;
        server.kill();
        let batch = vec![worker.pending(1, 1)];
        let error = worker.store.offer(batch).await.unwrap_err().to_string();
        assert!(error.contains("socket") && error.contains("after 2 tries"), "{error}");
        assert!(error.contains("see that the server runs"), "{error}");
        assert!(worker.store.flush().await.is_err(), "nothing is sure any more");
    });
}

#[test]
fn an_error_never_shows_the_password() {
    let open = async |address: &str| {
        let own = RedisOptions { tries: 1, ..options("one", 1) };
        RedisStore::open(address, &own, Arc::new(Directory::default())).await.unwrap_err()
    };
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let nobody = folder.path().join("nobody");
        let addresses = [
            format!("redis+unix://{}?pass=hunter2", nobody.display()),
            "redis://user:hunter2@[bad".to_owned(),
            "hunter2".to_owned(),
        ];
        for address in addresses {
            let error = open(&address).await;
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
        let Some(server) = LocalRedis::start() else { return };
        let error = open(&format!("{}?pass=hunter2", server.address())).await;
        assert_eq!(error.code(), "redis_server");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    });
}

#[test]
fn a_crawl_that_another_version_or_something_else_made_is_left_alone() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let open = async |own: &RedisOptions| {
            RedisStore::open(&server.address(), own, Arc::new(Directory::default())).await
        };
        let own = options("one", 1);
        open(&own).await.unwrap();
        let other = RedisOptions { partitions: 16, ..own.clone() };
        let error = open(&other).await.unwrap_err();
        assert!(matches!(error, OpenError::Partitions { partitions: 8, wanted: 16, .. }));
        let set = |field: &str, value: &str| {
            let mut command = redis::cmd("HSET");
            command.arg("{dragline}:crawl").arg(field).arg(value);
            command.exec(&mut server.client()).unwrap();
        };
        set("format", "2");
        assert_eq!(open(&own).await.unwrap_err().code(), "redis_format");
        set("format", "what");
        assert_eq!(open(&own).await.unwrap_err().code(), "redis_foreign");
        let bad = RedisOptions { name: "a{b}".to_owned(), ..own };
        assert_eq!(open(&bad).await.unwrap_err().code(), "redis_options");
    });
}

#[test]
fn a_server_that_would_drop_urls_when_its_memory_is_full_is_refused() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let set = |policy: &str| {
            let mut command = redis::cmd("CONFIG");
            command.arg("SET").arg("maxmemory-policy").arg(policy);
            command.exec(&mut server.client()).unwrap();
        };
        let open = async || {
            let own = options("one", 1);
            RedisStore::open(&server.address(), &own, Arc::new(Directory::default())).await
        };
        set("allkeys-lru");
        let error = open().await.unwrap_err();
        assert_eq!(error.code(), "redis_evicts");
        assert!(error.to_string().contains("noeviction"), "{error}");
        set("noeviction");
        open().await.unwrap();
    });
}

#[test]
fn a_server_that_speaks_no_tls_is_an_error_and_no_panic() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("rediss://:hunter2@{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = [0; 3];
        stream.read_exact(&mut hello).unwrap();
        stream.write_all(b"-ERR what\r\n").unwrap();
        hello
    });
    block_on(async {
        let own = RedisOptions { tries: 1, ..options("one", 1) };
        let opened = RedisStore::open(&address, &own, Arc::new(Directory::default())).await;
        let error = opened.unwrap_err();
        assert_eq!(error.code(), "redis_server");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    });
    // RFC 8446 section 5.1: a record of type handshake.
    assert_eq!(server.join().unwrap()[..2], [22, 3]);
}
