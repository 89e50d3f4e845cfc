//! Crawls that write archives, and spiders that run over them.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dragline::toml_spider::TomlSpider;
use dragline::{Archive, Crawler, PageRecord, Replay, Spider, Summary};
use dragline_site::{Answer, Server, Site};
use dragline_warc::{Kind, Reader, Record};
use serde::Serialize;

use crate::common::{FollowAll, collect, links, local};

/// A crawl that ended: its items as JSON, in the order in which they came, and what was not in the archive.
struct Ran {
    items: Vec<String>,
    missing: Vec<String>,
    summary: Summary,
}

async fn run<S: Spider>(crawler: Crawler<S>) -> Ran
where
    S::Item: Serialize,
{
    let items = Arc::new(Mutex::new(Vec::new()));
    let sink = items.clone();
    let crawler = crawler.sink(move |item: &S::Item| {
        sink.lock().unwrap().push(serde_json::to_string(item).unwrap())
    });
    let crawled = collect(crawler).await;
    let missing = crawled.records.iter().filter(|record| record.error == Some("not_archived"));
    let missing = missing.map(|record: &PageRecord| record.url.clone()).collect();
    let items = std::mem::take(&mut *items.lock().unwrap());
    Ran { items, missing, summary: crawled.summary }
}

/// Crawls with eight requests in flight to a host, into an archive if one is given.
async fn crawl<S: Spider>(spider: S, archive: Option<&Path>) -> Ran
where
    S::Item: Serialize,
{
    let mut config = local();
    (config.limits.concurrency, config.politeness.per_host) = (8, 8);
    let mut crawler = Crawler::new(spider).config(config);
    if let Some(path) = archive {
        crawler = crawler.archive(Archive::create(path).unwrap());
    }
    run(crawler).await
}

/// Runs a spider over an archive on a runtime of its own, whose clock is paused.
fn replay<S: Spider>(spider: S, archive: &Path) -> Ran
where
    S::Item: Serialize,
{
    let work = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap().block_on(async {
            let replay = Replay::open([archive]).unwrap();
            let crawler = Crawler::new(spider).config(replay.config(&local()));
            run(crawler.fetcher(replay.in_recorded_order())).await
        })
    };
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

fn quotes(server: &Server, change: (&str, &str)) -> TomlSpider {
    let text = include_str!("../../examples/quotes.toml");
    let text = text.replace("https://quotes.example/", &server.url("/"));
    assert!(text.contains(change.0), "the spider has no {}", change.0);
    text.replace(change.0, change.1).parse().unwrap_or_else(|error| panic!("{error}"))
}

const SAME: (&str, &str) = ("", "");

fn records(archive: &Path) -> Vec<Record> {
    Reader::new(File::open(archive).unwrap(), 1 << 20).collect::<Result<_, _>>().unwrap()
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_gives_the_items_of_the_recording_in_their_order() {
    let server = dragline_site::quotes().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("quotes.warc.gz");
    let live = crawl(quotes(&server, SAME), None).await;
    let recorded = crawl(quotes(&server, SAME), Some(&archive)).await;
    let hits = server.hits().len();
    assert_eq!(recorded.items.len(), 38);
    assert_eq!(sorted(recorded.items.clone()), sorted(live.items));

    let replayed = replay(quotes(&server, SAME), &archive);
    assert_eq!(replayed.items, recorded.items);
    assert_eq!((replayed.missing, replayed.summary.stats.requests), (vec![], 0));

    // A selector that is written anew needs no request either.
    let changed = replay(quotes(&server, ("span.text", "small.author")), &archive);
    assert_eq!(changed.items.len(), recorded.items.len());
    assert_ne!(changed.items, recorded.items);
    assert_eq!(server.hits().len(), hits, "a replay asked the server");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_is_that_of_the_recording_and_not_that_of_the_links() {
    let site = (0..40).fold(Site::new().page("/", links(40)), |site, page| {
        let delay = Duration::from_millis(page * 7 % 13 * 3);
        site.answer(format!("/{page}"), Answer::html("").delay(delay))
    });
    let server = site.start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("site.warc.gz");
    let recorded = crawl(FollowAll(vec![server.url("/")]), Some(&archive)).await;
    let by_links: Vec<_> =
        (0..40).map(|page| format!("{:?}", server.url(&format!("/{page}")))).collect();
    assert_ne!(recorded.items[1..], by_links, "the pages came in the order of their links");
    let replayed = replay(FollowAll(vec![server.url("/")]), &archive);
    assert_eq!(replayed.items, recorded.items);
}

#[tokio::test]
async fn an_archive_has_each_exchange_once_with_its_request_and_facts() {
    let page = "x".repeat(300);
    let site = Site::new()
        .page("/", "<a href=/old>1</a><a href=/a>2</a><a href=/b>3</a><a href=/none>4</a>")
        .redirect("/old", "/new")
        .page("/new", "new")
        .page("/a", page.clone())
        .page("/b", page.clone())
        .robots("User-agent: *\nDisallow: /private");
    let server = site.start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("site.warc");
    crawl(FollowAll(vec![server.url("/")]), Some(&archive)).await;

    let records = records(&archive);
    assert_eq!(records[0].kind, Kind::Warcinfo);
    let of = |kind| records.iter().filter(move |record| record.kind == kind);
    let path =
        |record: &Record| url::Url::parse(record.target().unwrap()).unwrap().path().to_owned();
    let answers = records.iter().filter(|record| record.answer().is_some());
    let mut answered: Vec<_> = answers
        .clone()
        .map(|record| (path(record), record.answer().unwrap().status.as_u16()))
        .collect();
    answered.sort();
    let expected = [
        ("/", 200),
        ("/a", 200),
        ("/b", 200),
        ("/new", 200),
        ("/none", 404),
        ("/old", 302),
        ("/robots.txt", 200),
    ];
    assert_eq!(answered, expected.map(|(path, status)| (path.to_owned(), status)));
    // One of the two pages with the same body refers to the other, unless both were in flight at once.
    let revisits: Vec<_> = of(Kind::Revisit).collect();
    assert!(revisits.len() <= 2, "{revisits:#?}");
    for revisit in revisits {
        let original = revisit.reference("WARC-Refers-To-Target-URI").unwrap();
        assert!(of(Kind::Response).any(|record| record.target() == Some(original)));
    }
    for answer in answers {
        let belongs = |record: &&Record| record.reference("WARC-Concurrent-To") == answer.id();
        assert_eq!(of(Kind::Request).filter(belongs).count(), 1);
        let facts: Vec<_> = of(Kind::Metadata).filter(belongs).collect();
        let text = String::from_utf8_lossy(&facts[0].block);
        assert!(text.contains("fetchTimeMs: "), "{text}");
        let linked = path(answer) == "/a";
        assert_eq!(
            text.contains(&format!("via: {}\r\n", server.url("/"))),
            linked || ["/b", "/old", "/none"].contains(&&*path(answer)),
            "{text}"
        );
    }
    let index = std::fs::read_to_string(folder.path().join("site.cdxj")).unwrap();
    assert_eq!(index.lines().count(), expected.len());
    assert!(index.lines().is_sorted());
}

#[tokio::test]
async fn bodies_that_came_coded_are_archived_plain_and_replayed_as_they_came() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, b"<a href=/next>x</a>").unwrap();
    let coded = Answer::html(encoder.finish().unwrap()).header("Content-Encoding", "gzip");
    let server = Site::new().answer("/", coded).page("/next", "").start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("site.warc.gz");
    let live = crawl(FollowAll(vec![server.url("/")]), Some(&archive)).await;
    let records = records(&archive);
    let first = records.iter().find(|record| record.target() == Some(&*server.url("/")));
    let answer = first.unwrap().answer().unwrap();
    assert_eq!(answer.body, "<a href=/next>x</a>");
    assert_eq!(answer.headers["x-crawler-content-encoding"], "gzip");
    let replayed = replay(FollowAll(vec![server.url("/")]), &archive);
    assert_eq!((replayed.items, replayed.missing), (live.items, vec![]));
}

#[tokio::test]
async fn a_damaged_archive_is_replayed_as_far_as_it_goes() {
    let server = dragline_site::quotes().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("quotes.warc.gz");
    let recorded = crawl(quotes(&server, SAME), Some(&archive)).await;
    let bytes = std::fs::read(&archive).unwrap();
    std::fs::write(&archive, &bytes[..bytes.len() * 2 / 3]).unwrap();
    assert_eq!(Replay::open([&archive]).unwrap().damages().count(), 1);
    let replayed = replay(quotes(&server, SAME), &archive);
    assert!(!replayed.items.is_empty() && !replayed.missing.is_empty());
    assert_eq!(replayed.summary.stats.requests, 0);
    assert!(replayed.summary.stats.cached >= replayed.summary.stats.done);
    assert_eq!(replayed.items, recorded.items[..replayed.items.len()]);
}

#[tokio::test]
async fn what_has_no_answers_is_no_archive_to_replay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    std::fs::write(&path, "<html>").unwrap();
    let error = Replay::open([&path]).unwrap_err().to_string();
    assert!(error.contains("page.html holds no answers: the archive is damaged"), "{error}");
    assert!(Replay::open(["no/such/file"]).unwrap_err().to_string().contains("no/such/file"));
}

#[tokio::test]
async fn a_crawl_that_goes_on_continues_its_archive_without_doubles() {
    let server = crate::common::wide(60).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("site.warc.gz");
    let state = folder.path().join("state");
    let crawler = |pages| {
        let mut config = local();
        config.limits.max_pages = pages;
        Crawler::new(FollowAll(vec![server.url("/")]))
            .config(config)
            .archive(Archive::create(&archive).unwrap())
            .state(&*state)
    };
    crawler(Some(20)).run().await.unwrap();
    // As a kill leaves it: something is half written behind the last commit.
    let half = std::fs::read(&archive).unwrap();
    let half = [&half[..], b"\x1f\x8b half a record"].concat();
    std::fs::write(&archive, half).unwrap();
    let summary = crawler(None).run().await.unwrap();
    assert_eq!(summary.stats.done, 61);
    let records = records(&archive);
    let answers = records.iter().filter(|record| record.answer().is_some());
    let mut urls: Vec<_> = answers.filter_map(Record::target).collect();
    urls.retain(|url| !url.ends_with("robots.txt"));
    let count = urls.len();
    urls.sort_unstable();
    urls.dedup();
    assert_eq!((urls.len(), count), (61, 61));
    assert_eq!(records.iter().filter(|record| record.kind == Kind::Warcinfo).count(), 1);
}
