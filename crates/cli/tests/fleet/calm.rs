//! Workers on one frontier while nothing goes wrong, and what is said when they cannot join.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use dragline_local_redis::{LocalRedis, until};
use dragline_site::{Answer, Site};
use rustix::process::Signal;
use serde_json::Value;

use crate::web::Web;
use crate::worker::{IN_FLIGHT, Worker, records};

const DELAY: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_joins_late_and_the_first_leaves_and_each_page_is_fetched_once() {
    let Some(redis) = LocalRedis::start() else { return };
    let web = Web::start(1, 20, 400).await;
    let folder = tempfile::tempdir().unwrap();
    let start =
        || Worker::start(&redis.frontier("calm"), &web.seed(), folder.path(), &["--delay", "20ms"]);
    let first = start();
    web.wait_for(100).await;
    let second = start();
    web.wait_for(200).await;
    first.signal(Signal::TERM);
    let first = tokio::task::spawn_blocking(|| first.end()).await.unwrap();
    assert_eq!(first.code, Some(130), "{}", first.stderr);
    let second = tokio::task::spawn_blocking(|| second.end()).await.unwrap();
    assert_eq!(second.code, Some(0), "{}", second.stderr);

    let expected = web.expected();
    let records = records(folder.path());
    assert_eq!(records.len(), expected.len(), "{}\n{}", first.stderr, second.stderr);
    for (url, status) in &expected {
        assert_eq!(records.get(url), Some(&(1, *status)), "{url}");
    }
    assert_eq!(web.asked(), expected.len() as u64);
    assert_eq!(web.robots(), 20, "one worker reads a robots.txt for all");
    assert_eq!(web.violations(DELAY), Vec::<String>::new());
    let all = expected.len();
    let totals =
        format!("all workers: discovered {all} = done {all} + failed 0 + skipped 0 + waiting 0\n");
    assert!(second.stderr.contains(&totals), "{}", second.stderr);
    assert_eq!(first.done() + second.done(), all as u64);
    assert!(first.done() > 0 && second.done() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_that_is_paused_asks_nobody_and_one_that_is_told_to_stop_ends_with_all_its_workers()
{
    let Some(redis) = LocalRedis::start() else { return };
    let web = Web::start(2, 10, 2000).await;
    let folder = tempfile::tempdir().unwrap();
    let address = redis.frontier("ordered");
    let options = ["--delay", "20ms", "--lease", "3s"];
    let start = || Worker::start(&address, &web.seed(), folder.path(), &options);
    let workers = [start(), start()];
    let order = async |what: &str| order(&address, what).await;
    web.wait_for(100).await;
    order("pause").await;
    let mut before = BTreeMap::new();
    until_status(&address, "a host is not given back", |status| {
        before = seen(status);
        status["hosts_held"] == 0
    });
    let asked = web.asked();
    // Both workers live on, and came by since.
    until_status(&address, "a worker is not seen again", |status| {
        let now = seen(status);
        before.len() == 2 && before.iter().all(|(worker, at)| now[worker] > at + 0.5)
    });
    assert_eq!(web.asked(), asked);
    order("resume").await;
    web.wait_for(asked + 100).await;
    order("stop").await;
    for worker in workers {
        let ended = tokio::task::spawn_blocking(|| worker.end()).await.unwrap();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains("stopped after"), "{}", ended.stderr);
    }
    assert!(web.asked() < 2000);
    assert_eq!(web.violations(DELAY), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_whose_robots_txt_is_being_read_is_not_given_back_at_a_pause() {
    let Some(redis) = LocalRedis::start() else { return };
    let robots = Answer::text("").delay(Duration::from_secs(3600));
    let web = Site::new().answer("/robots.txt", robots).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = redis.frontier("robots");
    let worker = Worker::start(&address, &web.url("/"), folder.path(), &["--lease", "1s"]);
    tokio::task::block_in_place(|| until("nothing is asked", || web.hits_of("/robots.txt") > 0));
    order(&address, "pause").await;
    let mut before = BTreeMap::new();
    until_status(&address, "the worker is not seen", |status| {
        before = seen(status);
        !before.is_empty()
    });
    // It has renewed its leases since it could hear of the pause.
    until_status(&address, "the worker is not seen again", |status| {
        let held = status["hosts_held"] == 1;
        assert!(held, "given back: {status}");
        seen(status).iter().all(|(worker, at)| *at > before[worker] + 2.0)
    });
    tokio::task::spawn_blocking(|| worker.kill()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_killed_and_started_again_under_its_name_goes_on_with_its_file() {
    let Some(redis) = LocalRedis::start() else { return };
    let web = Web::start(3, 10, 300).await;
    let folder = tempfile::tempdir().unwrap();
    let address = redis.frontier("named");
    let options = ["--delay", "20ms", "--lease", "1s", "--worker", "w1"];
    let start = || Worker::start(&address, &web.seed(), folder.path(), &options);
    for asked in [50, 150] {
        let worker = start();
        web.wait_for(asked).await;
        tokio::task::spawn_blocking(|| worker.kill()).await.unwrap();
    }
    let worker = start();
    let ended = tokio::task::spawn_blocking(|| worker.end()).await.unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let text = std::fs::read_to_string(folder.path().join("out.w1.jsonl")).unwrap();
    assert!(text.ends_with('\n') && std::fs::read_dir(folder.path()).unwrap().count() == 1);
    let records = records(folder.path());
    let expected = web.expected();
    assert_eq!(records.len(), expected.len(), "{}", ended.stderr);
    let doubles: u64 = records.values().map(|(times, _)| times - 1).sum();
    // Those of the commit in which it was killed, of which the file was kept and the ends were not.
    assert!(doubles <= 2 * IN_FLIGHT, "{doubles}");
    assert_eq!(web.violations(DELAY), Vec::<String>::new());
}

/// Waits until a fleet says that something is so of it.
fn until_status(address: &str, what: &str, mut is_so: impl FnMut(&Value) -> bool) {
    let look = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dragline"));
        let output = command.args(["fleet", "status", address, "--json"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        is_so(&serde_json::from_slice(&output.stdout).unwrap())
    };
    tokio::task::block_in_place(|| until(what, look));
}

/// Returns when each worker was last seen, in seconds since it joined.
fn seen(status: &Value) -> BTreeMap<String, f64> {
    let workers = status["workers"].as_array().unwrap().iter();
    let seen = |worker: &Value| {
        let [up, ago] = ["up_seconds", "seen_seconds_ago"].map(|key| worker[key].as_f64().unwrap());
        (worker["name"].as_str().unwrap().to_owned(), up - ago)
    };
    workers.map(seen).collect()
}

/// Orders something of a fleet.
async fn order(address: &str, what: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dragline"));
    command.args(["fleet", what, address]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn crawl(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dragline"))
        .args(["crawl", "http://127.0.0.1:9/"])
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_server_that_is_not_there_is_named_without_the_password() {
    // A port that nobody listens on: it was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (code, stderr) =
        crawl(&["--frontier", &format!("redis://me:s3cret@127.0.0.1:{port}/news")]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains(&format!("redis://127.0.0.1:{port}/news cannot be joined")),
        "{stderr}"
    );
    assert!(stderr.contains("see that the server runs") && !stderr.contains("s3cret"), "{stderr}");
}

#[test]
fn an_address_that_cannot_be_says_how_to_write_one() {
    let (code, stderr) = crawl(&["--frontier", "http://me:s3cret@host/news"]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("redis://127.0.0.1:6379/news") && !stderr.contains("s3cret"),
        "{stderr}"
    );
}

#[test]
fn who_has_another_spider_or_other_settings_is_not_let_in() {
    let Some(redis) = LocalRedis::start() else { return };
    let address = redis.frontier("strict");
    let nothing = ["--frontier", &address, "--ignore-robots", "--retries", "0"];
    let (_, stderr) = crawl(&nothing);
    assert!(stderr.contains("a new crawl"), "{stderr}");
    let (code, stderr) = crawl(&[&nothing[..], &["--delay", "5s"]].concat());
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("politeness.delay was \"1s\" and is \"5s\" now"), "{stderr}");
    assert!(stderr.contains("or choose another name"), "{stderr}");
    let (code, stderr) = crawl(&[&nothing[..], &["--follow", "img"]].concat());
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("another spider"), "{stderr}");
}
