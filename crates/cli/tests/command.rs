//! The command as a script sees it: output, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use dragline_site::{Answer, Fault, Site};
use serde_json::Value;

/// What a run of the command gave.
struct Run {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Run {
    fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    /// Reads standard output as JSON lines.
    fn records(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dragline"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn finish(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    Run {
        status: output.status,
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the command while the test's own site goes on serving.
async fn run(arguments: &[&str]) -> Run {
    let child = command(arguments).spawn().unwrap();
    tokio::task::spawn_blocking(|| finish(child)).await.unwrap()
}

fn small_site() -> Site {
    Site::new()
        .robots("User-agent: *\nDisallow: /private/")
        .page(
            "/",
            "<title>Start</title><a href=/a>a</a> <a href=/private/x>x</a> <a href=/gone>g</a>",
        )
        .page("/a", "<title>A</title>")
}

#[tokio::test]
async fn a_crawl_writes_records_and_ends_with_totals_that_add_up() {
    let site = small_site().start().await.unwrap();
    let run = run(&["crawl", &site.url("/"), "--delay", "0"]).await;
    assert_eq!(run.code(), 0, "{}", run.stderr);
    let mut lines: Vec<(String, Option<u64>, Option<String>)> = run
        .records()
        .iter()
        .map(|record| {
            let path = record["url"].as_str().unwrap().rsplit_once(':').unwrap().1;
            let path = path[path.find('/').unwrap()..].to_owned();
            (path, record["status"].as_u64(), record["error"].as_str().map(str::to_owned))
        })
        .collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            ("/".to_owned(), Some(200), None),
            ("/a".to_owned(), Some(200), None),
            ("/gone".to_owned(), Some(404), None),
            ("/private/x".to_owned(), None, Some("robots".to_owned())),
        ]
    );
    assert!(run.stderr.contains("127.0.0.1 may be contacted"), "{}", run.stderr);
    let last = run.stderr.lines().last().unwrap();
    assert_eq!(last, "discovered 4 = done 3 + failed 0 + skipped 1 + waiting 0");
}

#[tokio::test]
async fn records_have_the_fields_of_the_contract() {
    let site = small_site().start().await.unwrap();
    let run = run(&["crawl", &site.url("/"), "--delay", "0", "--max-pages", "2"]).await;
    let record = run.records().into_iter().find(|record| record["depth"] == 1).unwrap();
    for (field, expected) in [
        ("status", Value::from(200)),
        ("title", "A".into()),
        ("links", 0.into()),
        ("bytes", 16.into()),
        ("attempts", 1.into()),
        ("encoding", "UTF-8".into()),
        ("referrer", site.url("/").into()),
    ] {
        assert_eq!(record[field], expected, "{field} of {record}");
    }
    assert!(record["elapsed_ms"].as_f64().unwrap() > 0.0);
    let at = record["fetched_at"].as_str().unwrap();
    assert!(at.ends_with('Z') && at.as_bytes()[10] == b'T', "{at}");
    for absent in ["error", "message", "location", "truncated", "sha256"] {
        assert!(record.get(absent).is_none(), "{absent} of {record}");
    }
}

#[tokio::test]
async fn several_outputs_get_the_same_records() {
    let site = small_site().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pages.jsonl");
    let url = site.url("/");
    let file = file.to_str().unwrap();
    let run = run(&["crawl", &url, "--delay", "0", "-o", file, "-o", "-"]).await;
    assert_eq!(run.code(), 0);
    assert_eq!(std::fs::read_to_string(file).unwrap(), run.stdout);
    assert_eq!(run.records().len(), 4);
}

#[tokio::test]
async fn options_reach_the_crawl() {
    let site = small_site().start().await.unwrap();
    let url = site.url("/");
    let options = [
        "--delay",
        "0",
        "--ignore-robots",
        "--exclude",
        "/gone$",
        "--include",
        "/private/",
        "--max-depth",
        "1",
        "--user-agent",
        "tester/1.0",
        "--progress",
        "none",
        "--per-host",
        "2",
    ];
    let run = run(&[&["crawl", &url], &options[..]].concat()).await;
    assert_eq!(run.code(), 0);
    assert_eq!(run.stderr, "", "--progress none is silent");
    assert_eq!(run.records().len(), 2, "{}", run.stdout);
    assert_eq!(site.hits_of("/private/x"), 1);
    assert_eq!(site.hits_of("/robots.txt"), 0);
    assert!(site.hits().iter().all(|hit| hit.agent == "tester/1.0"));
}

#[tokio::test]
async fn follow_chooses_the_kinds_of_links() {
    let site = Site::new()
        .page("/", "<a href=/a>a</a><img src=/i.png><iframe src=/f></iframe>")
        .start()
        .await
        .unwrap();
    let run = run(&["crawl", &site.url("/"), "--delay", "0", "--follow", "img,iframe"]).await;
    let mut paths: Vec<String> = site.hits().into_iter().map(|hit| hit.path).collect();
    paths.sort();
    assert_eq!(paths, ["/", "/f", "/i.png", "/robots.txt"]);
    assert_eq!(run.code(), 0);
}

#[tokio::test]
async fn seeds_come_from_a_file_and_a_bad_line_is_a_record() {
    let site = small_site().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let seeds = folder.path().join("seeds.txt");
    let secrets = "http://me:hidden@[x/\nftp://me:hidden@a.example/\nme:hid/den@a.example/x\n";
    let text =
        format!("# a comment\n{}\n\nnot a url\n{secrets}  {}  \n", site.url("/"), site.url("/b"));
    std::fs::write(&seeds, text).unwrap();
    let run = run(&["crawl", "--seeds", seeds.to_str().unwrap(), "--delay", "0"]).await;
    assert_eq!(run.code(), 0, "{}", run.stderr);
    let bad = run.records().into_iter().find(|record| record["url"] == "not a url").unwrap();
    assert_eq!(bad["error"], "invalid_url");
    for shown in ["http://..@[x/", "ftp://a.example/", "..@a.example/x"] {
        assert!(run.records().iter().any(|record| record["url"] == shown), "{shown}");
    }
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains("hid"), "a password is shown: {text}");
    }
    assert_eq!(site.hits_of("/b"), 1);
    assert_eq!(site.hits_of("/a"), 1);
}

#[tokio::test]
async fn seeds_come_from_standard_input() {
    let site = small_site().start().await.unwrap();
    let mut child = command(&["crawl", "--seeds", "-", "--delay", "0", "--allow-net", "127.0.0.1"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(site.url("/\n").as_bytes()).unwrap();
    drop(stdin);
    let run = tokio::task::spawn_blocking(|| finish(child)).await.unwrap();
    assert_eq!(run.code(), 0, "{}", run.stderr);
    assert_eq!(run.records().len(), 4);
}

#[tokio::test]
async fn nothing_fetched_is_exit_code_1() {
    let site = small_site().robots("User-agent: *\nDisallow: /").start().await.unwrap();
    let run = run(&["crawl", &site.url("/")]).await;
    assert_eq!(run.code(), 1);
    assert_eq!(run.records()[0]["error"], "robots");
}

#[tokio::test]
async fn private_addresses_are_blocked_and_the_message_names_the_remedy() {
    let run = run(&["crawl", "http://10.255.255.1/", "--ignore-robots"]).await;
    assert_eq!(run.code(), 1);
    let record = &run.records()[0];
    assert_eq!(record["error"], "blocked_address");
    assert!(record["message"].as_str().unwrap().contains("allow"), "{record}");
}

#[tokio::test]
async fn an_output_that_cannot_be_written_is_exit_code_1() {
    let run = run(&["crawl", "http://a.example/", "-o", "no/such/folder/x.jsonl"]).await;
    assert_eq!(run.code(), 1);
    assert!(run.stderr.contains("failed to create no/such/folder/x.jsonl"), "{}", run.stderr);
}

#[tokio::test]
async fn wrong_use_is_exit_code_2_and_says_what_to_write() {
    let seeds = "no-such-file.txt";
    let cases: &[(&[&str], &str)] = &[
        (&[], "Usage"),
        (&["crawl"], "URL"),
        (&["crawl", "a.example"], "write https://a.example/"),
        (&["crawl", "http://a.example/", "--restart"], "--state"),
        (&["crawl", "http://a.example/", "--refresh"], "--state"),
        (&["crawl", "http://a.example/", "-o", "x.ods"], ".jsonl"),
        (&["crawl", "http://a.example/", "--delay", "5"], "500ms"),
        (&["crawl", "http://a.example/", "--max-body", "lots"], "10MiB"),
        (&["crawl", "http://a.example/", "--max-pages", "0"], "1.."),
        (&["crawl", "http://a.example/", "--concurrency", "0"], "at least 1"),
        (&["crawl", "http://a.example/", "--scope", "world"], "host, domain, prefix or any"),
        (&["crawl", "http://a.example/", "--follow", "a,link2"], "link2"),
        (&["crawl", "http://a.example/", "--include", "("], "include pattern `(`"),
        (&["crawl", "http://a.example/", "--allow-net", "10.0.0.0/99"], "10.0.0.0/99"),
        (&["crawl", "http://a.example/", "--progress", "loud"], "plain"),
        (&["crawl", "http://a.example/", "--user-agent", "a\nb"], "user"),
        (&["crawl", "--seeds", seeds], seeds),
        (&["fetch"], "URL"),
        (&["fetch", "a.example"], "write https://a.example/"),
        (&["explain", "http://a.example/"], "--state"),
        (&["plant", "http://a.example/"], "plan"),
    ];
    for (arguments, expected) in cases {
        let run = run(arguments).await;
        assert_eq!(run.code(), 2, "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{arguments:?}");
    }
}

#[tokio::test]
async fn whoever_reads_the_output_may_stop_reading() {
    let links: String = (0..500).map(|page| format!("<a href=/{page}>x</a>")).collect();
    let site = Site::new().page("/", &*links).start().await.unwrap();
    let mut child = command(&["crawl", &site.url("/"), "--delay", "0"]).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let run = tokio::task::spawn_blocking(move || {
        let mut first = [0];
        stdout.read_exact(&mut first).unwrap();
        drop(stdout);
        finish(child)
    });
    let run = run.await.unwrap();
    assert_eq!(run.code(), 0, "{}", run.stderr);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    assert!(site.hits().len() < 500, "the crawl went on for nobody");
}

/// Sends a signal to a running command.
#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Waits until the site has been asked for a path.
#[cfg(unix)]
async fn asked(site: &dragline_site::Server, path: &str) {
    while site.hits_of(path) == 0 {
        tokio::task::yield_now().await;
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_finishes_the_pages_in_flight_and_ends_with_130() {
    let slow = Answer::html("<a href=/never>x</a>").delay(Duration::from_millis(300));
    for name in ["-INT", "-TERM"] {
        let site = Site::new().robots("").answer("/", slow.clone()).start().await.unwrap();
        let child = command(&["crawl", &site.url("/"), "--delay", "0"]).spawn().unwrap();
        asked(&site, "/").await;
        signal(&child, name);
        let run = tokio::task::spawn_blocking(|| finish(child)).await.unwrap();
        assert_eq!(run.code(), 130, "{}", run.stderr);
        assert_eq!(run.records()[0]["status"], 200, "the page in flight is in the output");
        assert_eq!(site.hits_of("/never"), 0);
        let last = run.stderr.lines().last().unwrap();
        assert_eq!(last, "discovered 2 = done 1 + failed 0 + skipped 0 + waiting 1");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_it_at_once() {
    let site = Site::new().robots("").fault("/", Fault::Stall).start().await.unwrap();
    let mut child = command(&["crawl", &site.url("/"), "--delay", "0"]).spawn().unwrap();
    asked(&site, "/").await;
    signal(&child, "-INT");
    // The second one counts only after the first was heard, which the command says.
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let run = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        while !line.contains("once more") {
            line.clear();
            assert!(std::io::BufRead::read_line(&mut stderr, &mut line).unwrap() > 0);
        }
        signal(&child, "-INT");
        finish(child)
    });
    assert_eq!(run.await.unwrap().code(), 130);
}

#[tokio::test]
async fn fetch_writes_bodies_as_they_are() {
    let site = small_site()
        .answer("/bytes", Answer::new(200).body(vec![b'a', b'\n', b'b']))
        .start()
        .await
        .unwrap();
    let run = run(&["fetch", &site.url("/bytes"), &site.url("/a")]).await;
    assert_eq!(run.code(), 0, "{}", run.stderr);
    assert_eq!(run.stdout, "a\nb<title>A</title>");
    assert_eq!(site.hits_of("/robots.txt"), 0);
}

#[tokio::test]
async fn fetch_shows_the_head_on_request() {
    let site = small_site().redirect("/old", "/a").start().await.unwrap();
    let run = run(&["fetch", "-i", &site.url("/old")]).await;
    assert_eq!(run.code(), 0);
    assert!(run.stdout.starts_with("HTTP/1.1 302 Found\r\n"), "{}", run.stdout);
    assert!(run.stdout.contains("location: /a\r\n"), "{}", run.stdout);
    assert_eq!(site.hits_of("/a"), 0, "redirects are not followed");
}

#[tokio::test]
async fn fetch_writes_records_on_request() {
    let site = small_site().redirect("/old", "/a").start().await.unwrap();
    let run = run(&["fetch", "--json", &site.url("/"), &site.url("/old")]).await;
    assert_eq!(run.code(), 0, "{}", run.stderr);
    let records = run.records();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["title"], "Start");
    assert_eq!(records[1]["location"], site.url("/a").as_str());
    assert_eq!(site.hits().len(), 2);
}

#[tokio::test]
async fn fetch_ends_with_1_when_a_url_is_not_answered() {
    let site = small_site().fault("/broken", Fault::Reset).start().await.unwrap();
    for json in [false, true] {
        let mut arguments = vec!["fetch"];
        arguments.extend(json.then_some("--json"));
        let (broken, good) = (site.url("/broken"), site.url("/a"));
        arguments.extend([broken.as_str(), good.as_str()]);
        let run = run(&arguments).await;
        assert_eq!(run.code(), 1);
        assert!(run.stdout.contains('A'), "the other one is there: {}", run.stdout);
        let told = if json { &run.stdout } else { &run.stderr };
        assert!(told.contains("reset"), "{told}");
    }
}
