//! Workers on one frontier while nothing goes wrong, and what is said when they cannot join.

use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::redis::Redis;
use crate::web::Web;
use crate::worker::{Worker, records};

const DELAY: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_joins_late_and_the_first_leaves_and_each_page_is_fetched_once() {
    let Some(redis) = Redis::start() else { return };
    let web = Web::start(1, 20, 400).await;
    let folder = tempfile::tempdir().unwrap();
    let start =
        || Worker::start(&redis.address("calm"), &web.seed(), folder.path(), &["--delay", "20ms"]);
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
    let done = |text: &str| -> u64 {
        let (_, own) = text.rsplit_once("= done ").unwrap();
        own.split(' ').next().unwrap().parse().unwrap()
    };
    assert_eq!(done(&first.stderr) + done(&second.stderr), all as u64);
    assert!(done(&first.stderr) > 0 && done(&second.stderr) > 0);
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
    let Some(redis) = Redis::start() else { return };
    let address = redis.address("strict");
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
