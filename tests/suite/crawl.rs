//! What a crawl finds: every page once, whatever way it is written, and each with its record.

use dragline::fetch::ErrorKind;
use dragline::{BoxError, Crawler, Ended, JsonLines, Output, Page, Request, Spider};
use dragline_site::{Answer, Fault, Site};
use dragline_testkit::{Reply, SimulatedWeb};

use crate::common::{FollowAll, collect, crawl, crawl_urls, crawl_with, local};

#[tokio::test]
async fn every_linked_page_is_fetched_once() {
    let site = Site::new()
        .page(
            "/",
            "<a href=/a>1</a> <a href=a#x>2</a> <a href='./b/../a?#y'>3</a> <a href=b/>4</a>",
        )
        .page("/a", "<a href=/>home</a> <area href='/c?x=1&amp;y=2'>")
        .page("/b/", "<base href=/d/><a href=e>5</a>")
        .page("/c?x=1&y=2", "")
        .page("/d/e", "<a href=//127.0.0.9/>elsewhere</a> <a href=mailto:a@b.example>mail</a>")
        .start()
        .await
        .unwrap();
    let crawled = crawl(&site, "/", local()).await;
    assert_eq!(crawled.paths(), ["/", "/a", "/b/", "/c", "/d/e"]);
    assert_eq!(crawled.summary.ended, Ended::Finished);
    assert_eq!(site.hits_of("/a"), 1);
    assert_eq!(site.hits().len(), 6, "five pages and robots.txt");
    assert_eq!(crawled.summary.stats.links.out_of_scope, 1);
}

#[tokio::test]
async fn spellings_of_one_url_are_one_page() {
    let site = Site::new()
        .page(
            "/",
            "<a href='/%7Ea'>1</a><a href='/~a'>2</a><a href='/x|y'>3</a><a href='/x%7cy'>4</a>",
        )
        .page("/~a", "")
        .start()
        .await
        .unwrap();
    let crawled = crawl(&site, "/", local()).await;
    assert_eq!(crawled.records.len(), 3, "{:?}", crawled.paths());
}

#[tokio::test]
async fn a_record_says_how_the_page_was_found_and_what_it_is() {
    let site = Site::new()
        .page("/", "<a href=/a>1</a>")
        .answer(
            "/a",
            Answer::new(200)
                .header("Content-Type", "text/html; charset=iso-8859-1")
                .body(b"<title> caf\xe9\n au lait </title><a href=#x>x</a>".to_vec()),
        )
        .start()
        .await
        .unwrap();
    let crawled = crawl(&site, "/", local()).await;
    let record = crawled.record(&site.url("/a"));
    assert_eq!(record.status, Some(200));
    assert_eq!(record.depth, 1);
    assert_eq!(record.referrer.as_deref(), Some(site.url("/").as_str()));
    assert_eq!(record.title.as_deref(), Some("café au lait"));
    assert_eq!(record.encoding, Some("windows-1252"));
    assert_eq!(record.content_type.as_deref(), Some("text/html; charset=iso-8859-1"));
    assert_eq!((record.links, record.attempts, record.error), (1, 1, None));
    assert_eq!(record.bytes, 46);
}

#[tokio::test]
async fn an_error_status_is_an_answer() {
    let site =
        Site::new().page("/", "<a href=/gone>1</a>").status("/gone", 410).start().await.unwrap();
    let crawled = crawl(&site, "/", local()).await;
    let record = crawled.record(&site.url("/gone"));
    assert_eq!((record.status, record.error), (Some(410), None));
    assert_eq!((crawled.summary.stats.done, crawled.summary.stats.failed), (2, 0));
}

#[tokio::test]
async fn only_html_is_searched_for_links() {
    let site = Site::new()
        .page("/", "<a href=/text>1</a>")
        .answer("/text", Answer::text("<a href=/never>2</a>"))
        .start()
        .await
        .unwrap();
    assert_eq!(crawl(&site, "/", local()).await.paths(), ["/", "/text"]);
}

#[tokio::test]
async fn hosts_that_fail_each_end_with_their_own_code_while_others_go_on() {
    let site = Site::new().page("/", "<a href=/a>1</a>").page("/a", "").start().await.unwrap();
    let silent = Site::new().robots("").fault("/", Fault::Stall).start().await.unwrap();
    let reset = Site::new().robots("").fault("/", Fault::Reset).start().await.unwrap();
    let endless = Site::new().robots("").fault("/", Fault::Endless).start().await.unwrap();
    let garbage = Site::new().robots("").fault("/", Fault::Garbage).start().await.unwrap();
    let closed = Site::new().robots("").fault("/", Fault::Close).start().await.unwrap();
    let mut config = local();
    config.limits.retries = 0;
    config.fetch.timeout = std::time::Duration::from_millis(500);
    config.fetch.max_body = 100_000;
    let urls = [&site, &silent, &reset, &endless, &garbage, &closed].map(|site| site.url("/"));
    let unknown = "http://no-such-host.invalid/".to_owned();
    let urls: Vec<&str> = urls.iter().chain([&unknown]).map(String::as_str).collect();
    let crawled = crawl_urls(&urls, config).await;
    let codes = urls.iter().map(|url| crawled.record(url).error).collect::<Vec<_>>();
    assert_eq!(
        codes,
        [
            None,
            Some("timeout"),
            Some("reset"),
            Some("too_large"),
            Some("protocol"),
            Some("closed"),
            Some("dns")
        ]
    );
    assert_eq!(crawled.record(&site.url("/a")).status, Some(200));
    assert_eq!(crawled.summary.stats.done, 2);
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_kept_and_said_to_be_cut_off() {
    let body = Answer::html(format!("<a href=/b>1</a>{}", "x".repeat(1000))).fault(Fault::Truncate);
    let site = Site::new().answer("/", body).page("/b", "").start().await.unwrap();
    let mut config = local();
    config.limits.retries = 0;
    let crawled = crawl(&site, "/", config).await;
    let record = crawled.record(&site.url("/"));
    assert_eq!((record.status, record.truncated), (Some(200), true));
    assert_eq!(crawled.record(&site.url("/b")).status, Some(200));
}

#[tokio::test]
async fn addresses_that_are_not_public_are_not_contacted() {
    let site = Site::new().page("/", "").start().await.unwrap();
    let mut config = local();
    config.fetch.allow_net.clear();
    let crawled = crawl(&site, "/", config).await;
    assert_eq!(crawled.record(&site.url("/")).error, Some("blocked_address"));
    assert_eq!(site.connections(), 0);
}

#[tokio::test]
async fn seeds_that_cannot_be_crawled_are_records() {
    let crawled = crawl_urls(&["ftp://a.example/", "mailto:a@b.example"], local()).await;
    assert_eq!(crawled.record("ftp://a.example/").error, Some("blocked_scheme"));
    assert_eq!(crawled.summary.stats.failed, 2);
    assert_eq!(crawled.summary.stats.seeds.fetched, 0);
}

/// Reads some pages, returns an error for one, and panics on another.
struct Fragile(String);

impl Spider for Fragile {
    type Item = u8;
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok(vec![Request::get(&self.0)?])
    }

    fn parse(&self, page: &Page, out: &mut Output<Self>) -> Result<(), BoxError> {
        out.item(1);
        out.follow_all(page.links("a")?);
        match page.url().path() {
            "/error" => Err("this page is odd".into()),
            "/panic" => panic!("a bug in the spider"),
            _ => Ok(()),
        }
    }
}

#[tokio::test]
async fn a_spider_that_fails_or_panics_costs_only_that_page() {
    let site = Site::new()
        .page("/", "<a href=/error>1</a><a href=/panic>2</a><a href=/fine>3</a>")
        .page("/error", "<a href=/never>1</a>")
        .page("/panic", "")
        .page("/fine", "")
        .start()
        .await
        .unwrap();
    let crawled = collect(Crawler::new(Fragile(site.url("/"))).config(local())).await;
    let record = crawled.record(&site.url("/error"));
    assert_eq!(record.error, Some("spider"));
    assert_eq!(record.message.as_deref(), Some("this page is odd"));
    assert_eq!(crawled.record(&site.url("/panic")).error, Some("spider"));
    assert_eq!(crawled.summary.stats.items, 2, "what a failed page pushed is dropped");
    assert_eq!(site.hits_of("/never"), 0);
}

#[tokio::test]
async fn items_are_lines_of_json_in_a_file() {
    let site = Site::new().page("/", "<a href=/a>1</a>").page("/a", "").start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.jsonl");
    let crawler = Crawler::new(FollowAll(vec![site.url("/")])).config(local());
    collect(crawler.sink(JsonLines::create(&path).unwrap())).await;
    let text = std::fs::read_to_string(&path).unwrap();
    let mut items: Vec<String> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    items.sort();
    assert_eq!(items, [site.url("/"), site.url("/a")]);
}

#[tokio::test(start_paused = true)]
async fn a_host_whose_robots_cannot_be_reached_fails_with_that_error() {
    let web = SimulatedWeb::builder()
        .on("http://a.example/robots.txt", [Reply::error(ErrorKind::Dns)])
        .page("http://b.example/", "")
        .build();
    let urls = ["http://a.example/1", "http://a.example/2", "http://b.example/"];
    let crawled = crawl_with(&web, &urls, dragline::Config::default()).await;
    assert_eq!(crawled.record("http://a.example/1").error, Some("dns"));
    assert_eq!(crawled.record("http://a.example/2").error, Some("dns"));
    assert_eq!(crawled.record("http://b.example/").status, Some(200));
}
