//! The cache of the command, against a server that counts.

use std::time::Instant;

use dragline_site::{Answer, Site};

use super::{Run, run};

fn site(freshness: &'static str) -> Site {
    let page = move |body: &str| {
        let page = Answer::html(body).header("cache-control", freshness);
        page.header("etag", "\"1\"")
    };
    let links = "<a href=/a>a</a><a href=/b>b</a><a href=/c>c</a>";
    let site = Site::new().answer("/", page(links)).answer("/a", page("a"));
    site.answer("/b", page("b")).answer("/c", page("c"))
}

async fn crawl(url: &str, cache: &str, more: &[&str]) -> Run {
    let run = run(&[&["crawl", url, "--cache", cache, "--delay", "400ms"], more].concat()).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.lines().len(), 4, "{}", run.stdout);
    assert!(run.lines().iter().all(|record| record["status"] == 200), "{}", run.stdout);
    run
}

#[tokio::test]
async fn a_second_crawl_asks_for_nothing_that_is_fresh_and_waits_for_no_delay() {
    let site = site("max-age=600").start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().to_str().unwrap();
    let url = site.url("/");
    crawl(&url, cache, &["--ignore-robots"]).await;
    assert_eq!(site.hits().len(), 4);
    let began = Instant::now();
    let second = crawl(&url, cache, &["--ignore-robots"]).await;
    assert_eq!(site.hits().len(), 4, "nothing was sent");
    assert!(second.stderr.contains("from the cache: 4 answers"), "{}", second.stderr);
    assert!(second.stderr.contains(": 0 requests, "), "{}", second.stderr);
    let hint = "three delays of 400 ms would have passed, had they been sent";
    assert!(began.elapsed().as_millis() < 1200, "{hint}: {:?}", began.elapsed());
}

#[tokio::test]
async fn what_is_stale_is_asked_for_by_a_condition_unless_age_is_not_to_count() {
    let site = site("no-cache").start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().to_str().unwrap();
    let url = site.url("/");
    crawl(&url, cache, &[]).await;
    let first = site.hits().len();
    crawl(&url, cache, &[]).await;
    let hits = site.hits();
    let conditional = hits[first..].iter().filter(|hit| hit.header("if-none-match").is_some());
    assert_eq!(conditional.count(), 4);
    let before = site.hits().len();
    let always = folder.path().join("always");
    let always = always.to_str().unwrap();
    crawl(&url, always, &["--cache-use", "always"]).await;
    assert!(site.hits().len() > before);
    let before = site.hits().len();
    crawl(&url, always, &["--cache-use", "always"]).await;
    assert_eq!(site.hits().len(), before, "robots.txt is kept too");
}
