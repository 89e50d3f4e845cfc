//! A worker that is stopped while it says what ended, for longer than its leases, and woken.

use std::time::Duration;

use dragline_local_redis::LocalRedis;
use rustix::process::Signal;

use crate::proxy::Proxy;
use crate::web::Web;
use crate::worker::{Worker, records};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_woken_worker_says_of_hosts_that_it_lost_is_refused_and_counted() {
    let Some(redis) = LocalRedis::start() else { return };
    let proxy = Proxy::start(redis.socket()).await;
    let web = Web::start(5, 6, 120).await;
    let folder = tempfile::tempdir().unwrap();
    let start = |frontier: &str, name: &str| {
        let options = ["--delay", "20ms", "--lease", "2s", "--worker", name];
        Worker::start(frontier, &web.seed(), folder.path(), &options)
    };
    let first = start(&proxy.frontier("woken"), "first");
    web.wait_for(60).await;
    // How far its output is, it says right before it says which pages ended.
    proxy.hold_at("out.first.jsonl").await;
    first.signal(Signal::STOP);
    // It ends when all is done, for which it needs the hosts of the first one, when their leases are over.
    let second = start(&redis.frontier("woken"), "second");
    let second = tokio::task::spawn_blocking(|| second.end()).await.unwrap();
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    proxy.go_on();
    first.signal(Signal::CONT);
    let first = tokio::task::spawn_blocking(|| first.end()).await.unwrap();
    assert_eq!(first.code, Some(0), "{}", first.stderr);

    let (expected, records) = (web.expected(), records(folder.path()));
    let all = expected.len() as u64;
    assert!(expected.keys().all(|url| records.contains_key(url)), "{}", first.stderr);
    // Both wrote what the first one was refused, and nothing else.
    let doubles: u64 = records.values().map(|(times, _)| times - 1).sum();
    assert!(doubles > 0, "{}", first.stderr);
    assert_eq!(first.ends_refused(), doubles, "{}", first.stderr);
    assert_eq!((second.ends_refused(), second.pages_lost()), (0, 0), "{}", second.stderr);
    // What it had in flight was fetched again too.
    let again = web.asked() - all;
    assert!((doubles..=first.pages_lost()).contains(&again), "{again}: {}", first.stderr);
    assert_eq!(first.done() + second.done(), all, "{}{}", first.stderr, second.stderr);
    assert_eq!(web.violations(Duration::from_millis(20)), Vec::<String>::new());
}
