//! `fleet`: how workers are, and what they are told, against a server of the test's own; where `redis-server` is not
//! installed the tests say so and pass.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use dragline_frontier::{
    Admission, Claim, Completed, Completion, Directory, End, Ending, KEY_RULES, Scope, ScopeConfig,
    ScopeKind, Store,
};
use dragline_local_redis::LocalRedis;
use dragline_redis::{RedisOptions, RedisStore, Run};
use url::Url;

use crate::metrics::get;
use crate::{dragline, run};

/// Joins the crawl `news`.
async fn join(server: &LocalRedis, worker: &str) -> (RedisStore, Admission) {
    let options = RedisOptions {
        name: "news".to_owned(),
        worker: worker.to_owned(),
        digest: KEY_RULES.into(),
        rest: Duration::ZERO,
        ..RedisOptions::default()
    };
    let directory = Arc::new(Directory::default());
    let (store, joined) =
        RedisStore::open(&server.address(), &options, directory.clone()).await.unwrap();
    let scope = ScopeConfig { kind: ScopeKind::Any, ..ScopeConfig::default() };
    let scope = Scope::new(&scope, []).unwrap();
    (store, Admission::new(scope, directory, joined.key, None))
}

/// Claims hosts without a refill.
fn claim(hosts: usize) -> Claim {
    Claim { hosts, refill: Vec::new(), chunk: 9 }
}

#[tokio::test]
async fn a_fleet_is_seen_with_its_workers_queues_and_sums() {
    let Some(server) = LocalRedis::start() else { return };
    let (mut store, admission) = join(&server, "worker-1").await;
    let url = |text: &str| admission.seed(Url::parse(text).unwrap(), None).unwrap();
    let urls: Vec<_> = (0..7).map(|page| url(&format!("https://a.example/{page}"))).collect();
    store.offer(urls).await.unwrap();
    let leases = store.claim(claim(1)).await.unwrap();
    store.offer(vec![url("http://b.example:8080/")]).await.unwrap();
    let first = leases[0].urls[0].clone();
    let ending = Ending { end: End::Done, code: None, status: Some(200), at: 1 };
    let done = vec![Completed { pending: first, ending, revisit: None }];
    store.settle(Completion { done, ..Completion::default() }).await.unwrap();
    store.check_in().await.unwrap();

    let place = server.frontier("news");
    let status = run(&["fleet", "status", &place]).await;
    assert_eq!(status.code, Some(0), "{}", status.stderr);
    let text = &status.stdout;
    assert!(text.starts_with("news runs, 0.0 pages/s\n"), "{text}");
    for told in [
        "discovered 8 = done 1 + failed 0 + skipped 0 + waiting 7\n",
        "\nworker    seen    up  hosts  pages/s  pages\n",
        "\nlongest queues",
        "https://a.example  ",
        "http://b.example:8080  ",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }

    let status = run(&["fleet", "status", &place, "--json"]).await;
    let object = &status.lines()[0];
    let number = |name: &str| object[name].as_u64().unwrap();
    assert_eq!(object["name"], "news");
    assert_eq!(object["run"], "go");
    let ended = number("done") + number("failed") + number("skipped");
    assert_eq!(number("discovered"), ended + number("waiting"));
    assert_eq!(number("waiting"), number("waiting_held") + number("waiting_free"));
    assert_eq!(object["workers"][0]["name"], "worker-1");
    assert_eq!(object["workers"][0]["pages"], 1);
    assert!(object["pages_per_second"].is_number() && object["stuck"].is_array());
}

#[tokio::test]
async fn what_a_fleet_is_told_reaches_its_workers() {
    let Some(server) = LocalRedis::start() else { return };
    let (mut store, _) = join(&server, "worker-1").await;
    let place = server.frontier("news");
    let told = async |arguments: &[&str]| {
        let mut all = vec!["fleet", arguments[0], &place];
        all.extend(&arguments[1..]);
        let run = run(&all).await;
        assert_eq!(run.code, Some(0), "{arguments:?}: {}", run.stderr);
        run.stdout
    };
    let added = told(&["seeds", "https://a.example/", "http://b.example/x"]).await;
    assert_eq!(added, "2 seeds added, 0 known already, 0 refused\n");
    assert_eq!(store.check_in().await.unwrap().seeds.len(), 2);

    for (command, run) in [("pause", Run::Pause), ("stop", Run::Stop), ("resume", Run::Go)] {
        assert!(told(&[command]).await.starts_with("news "));
        assert_eq!(store.check_in().await.unwrap().run, run);
        if run != Run::Go {
            assert!(store.claim(claim(9)).await.unwrap().is_empty());
        }
    }

    let blocked = told(&["block", "a.example"]).await;
    assert!(blocked.contains("https://a.example is blocked until it is allowed\n"), "{blocked}");
    let blocked = told(&["block", "http://b.example", "--for", "2h"]).await;
    assert_eq!(blocked, "http://b.example is blocked for 2h\n");
    assert!(store.claim(claim(9)).await.unwrap().is_empty());
    let limited = told(&["limit", "https://a.example", "--delay", "2s", "--parallel", "1"]).await;
    assert_eq!(limited, "https://a.example is limited to a request each 2s, 1 in flight\n");
    let status = told(&["status"]).await;
    assert!(status.contains("https://a.example  a request each 2s, 1 in flight\n"), "{status}");
    let limits = store.check_in().await.unwrap().limits.unwrap();
    assert_eq!(limits[0].1.delay, Some(Duration::from_secs(2)));

    assert!(told(&["allow", "a.example"]).await.contains("https://a.example is allowed\n"));
    assert_eq!(store.check_in().await.unwrap().limits, Some(Vec::new()));
    assert_eq!(store.claim(claim(9)).await.unwrap().len(), 1);
    let held = told(&["block", "https://a.example"]).await;
    assert!(held.contains("its worker gives it back"), "{held}");

    told(&["pause"]).await;
    let status = told(&["status"]).await;
    assert!(status.starts_with("news is being paused, 1 host is still held, "), "{status}");
    let held = store.renew().await.unwrap().blocked;
    store.release(&held, Duration::ZERO).await.unwrap();
    let status = told(&["status"]).await;
    assert!(status.starts_with("news is paused, no page is in flight, "), "{status}");
}

#[tokio::test]
async fn seeds_come_from_standard_input_and_what_is_none_is_told() {
    let Some(server) = LocalRedis::start() else { return };
    let _worker = join(&server, "worker-1").await;
    let place = server.frontier("news");
    let mut child =
        dragline(&["fleet", "seeds", &place, "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"# new\nhttps://a.example/\n\nhttps://a.example/#again\nnonsense\n").unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(stdout, "1 seed added, 1 known already, 1 refused\n");
    assert!(String::from_utf8(output.stderr).unwrap().contains("refused: `nonsense`"));
}

#[tokio::test]
async fn a_fleet_that_is_not_there_is_an_error_that_says_what_helps() {
    let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = refused.local_addr().unwrap().port();
    drop(refused);
    let place = format!("redis://me:hidden@127.0.0.1:{port}/news");
    let away = run(&["fleet", "status", &place]).await;
    assert_eq!(away.code, Some(1), "{}", away.stderr);
    assert!(away.stderr.contains("see that the server runs"), "{}", away.stderr);
    assert!(!away.stderr.contains("hidden"), "{}", away.stderr);
    let Some(server) = LocalRedis::start() else { return };
    let none = run(&["fleet", "pause", &server.frontier("nwes")]).await;
    assert_eq!(none.code, Some(1));
    assert!(none.stderr.contains("there is no crawl nwes at"), "{}", none.stderr);
}

#[tokio::test]
async fn a_frontier_goes_into_a_state_and_comes_back_paused() {
    let Some(server) = LocalRedis::start() else { return };
    let (mut store, _) = join(&server, "worker-1").await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let state = state.to_str().unwrap();
    let place = server.frontier("news");
    run(&["fleet", "seeds", &place, "https://a.example/", "https://b.example/"]).await;
    let leases = store.claim(claim(1)).await.unwrap();
    let busy = run(&["fleet", "export", &place, "--state", state]).await;
    assert_eq!(busy.code, Some(1));
    assert!(busy.stderr.contains("workers hold 1 hosts of news; pause it"), "{}", busy.stderr);
    store.release(&[leases[0].host], Duration::ZERO).await.unwrap();
    let exported = run(&["fleet", "export", &place, "--state", state]).await;
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    let sums = "discovered 2 = done 0 + failed 0 + skipped 0 + waiting 2\n";
    assert!(exported.stdout.ends_with(sums), "{}", exported.stdout);
    let explained = run(&["explain", "--state", state, "https://a.example/"]).await;
    assert!(explained.stdout.contains("waiting"), "{}{}", explained.stdout, explained.stderr);

    let again = server.frontier("again");
    let imported = run(&["fleet", "import", &again, "--state", state]).await;
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    assert!(imported.stdout.contains(sums) && imported.stdout.contains("it is paused"));
    let status = run(&["fleet", "status", &again]).await;
    assert!(status.stdout.starts_with("again is paused"), "{}", status.stdout);
    let taken = run(&["fleet", "import", &again, "--state", state]).await;
    assert_eq!(taken.code, Some(1));
    assert!(taken.stderr.contains("holds a crawl already"), "{}", taken.stderr);
}

#[tokio::test]
async fn a_scrape_of_a_fleet_shows_what_its_status_does() {
    let Some(server) = LocalRedis::start() else { return };
    let (mut store, _) = join(&server, "worker-1").await;
    let place = server.frontier("news");
    run(&["fleet", "seeds", &place, "https://a.example/", "https://b.example/"]).await;
    store.claim(claim(1)).await.unwrap();
    let mut child = dragline(&["fleet", "status", &place, "--metrics", "0"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("metrics at http://").unwrap();
    let text = get(address.strip_suffix("/metrics").unwrap(), "/metrics");
    child.kill().unwrap();
    child.wait().unwrap();
    for told in [
        "dragline_fleet_known 2\n",
        "dragline_fleet_urls{state=\"waiting\"} 2\n",
        "dragline_fleet_hosts{state=\"held\"} 1\n",
        "dragline_fleet_worker_hosts{worker=\"worker-1\"} 1\n",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
}
