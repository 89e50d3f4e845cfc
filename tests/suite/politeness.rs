//! Politeness: what a server sees of us, by its own log.

use std::time::Duration;

use dragline_site::{Answer, Site};

use crate::common::{crawl, crawl_urls, crawl_with, local, wide};
use crate::web::{Reply, Web};

#[tokio::test]
async fn requests_are_a_delay_apart_robots_included() {
    let delay = Duration::from_millis(60);
    let site = Site::new()
        .page("/", "<a href=/1>x</a><a href=/2>x</a><a href=/3>x</a><a href=/moved>x</a>")
        .redirect("/moved", "/target")
        // A slow answer must not make the next request come sooner.
        .answer("/1", Answer::html("").delay(Duration::from_millis(40)))
        .page("/2", "")
        .page("/target", "")
        .start()
        .await
        .unwrap();
    let mut config = local();
    config.politeness.delay = delay;
    crawl(&site, "/", config).await;
    let hits = site.hits();
    assert_eq!(hits.len(), 7);
    assert_eq!(hits[0].path, "/robots.txt");
    for pair in hits.windows(2) {
        let gap = pair[1].at - pair[0].at;
        assert!(gap >= delay, "{} came {gap:?} after {}", pair[1].path, pair[0].path);
    }
}

#[tokio::test]
async fn one_request_at_a_time_is_the_default() {
    let site = wide(20).start().await.unwrap();
    crawl(&site, "/", local()).await;
    assert_eq!(site.most_in_flight(), 1);
    assert_eq!(site.connections(), 1, "one connection serves them all");
}

#[tokio::test]
async fn hosts_are_crawled_side_by_side() {
    // Each host answers only while the other one is being asked, so one after the other would not end.
    let slow = || Answer::html("").delay(Duration::from_millis(100));
    let a = Site::new().robots("").answer("/", slow()).start().await.unwrap();
    let b = Site::new().robots("").answer("/", slow()).start().await.unwrap();
    crawl_urls(&[&a.url("/"), &b.url("/")], local()).await;
    let at = |server: &dragline_site::Server| {
        server.hits().iter().find(|hit| hit.path == "/").map(|hit| hit.at).unwrap()
    };
    let apart = if at(&a) > at(&b) { at(&a) - at(&b) } else { at(&b) - at(&a) };
    assert!(apart < Duration::from_millis(100), "{apart:?}");
}

#[tokio::test(start_paused = true)]
async fn crawl_delay_beats_a_shorter_delay() {
    let web = Web::new()
        .on("http://a.example/robots.txt", [Reply::text("User-agent: *\nCrawl-delay: 10")])
        .page("http://a.example/", "<a href=/1>x</a><a href=/2>x</a>");
    crawl_with(web.clone(), &["http://a.example/"], dragline::Config::default()).await;
    let asked = web.asked();
    assert_eq!(asked.len(), 4);
    for pair in asked.windows(2) {
        assert!(pair[1].at - pair[0].at >= Duration::from_secs(10), "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_silences_the_whole_host() {
    let busy = Reply::status(429).header("retry-after", "120");
    let web = Web::new()
        .page("http://a.example/", "<a href=/1>x</a><a href=/2>x</a>")
        .on("http://a.example/1", [busy, Reply::html("")])
        .page("http://a.example/2", "");
    let crawled =
        crawl_with(web.clone(), &["http://a.example/"], dragline::Config::default()).await;
    let first = web.times("http://a.example/1");
    assert_eq!(first.len(), 2);
    assert!(first[1] - first[0] >= Duration::from_secs(120));
    let other = web.times("http://a.example/2")[0];
    assert!(other < first[0] || other - first[0] >= Duration::from_secs(120), "{:?}", web.asked());
    assert_eq!(crawled.summary.stats.done, 3);
    assert_eq!(crawled.record("http://a.example/1").attempts, 2);
}
