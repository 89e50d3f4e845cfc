//! Limits: pages, depth, time, concurrency, sizes.

use std::time::Duration;

use dragline::{Config, Crawler, Ended, ErrorKind};
use dragline_site::{Answer, Site};
use dragline_testkit::{Reply, SimulatedWeb};

use crate::common::{FollowAll, crawl, crawl_with, links, local, wide};

#[tokio::test]
async fn the_page_limit_is_exact() {
    let site = wide(50).start().await.unwrap();
    let mut config = local();
    config.politeness.per_host = 8;
    config.limits.max_pages = Some(20);
    let crawled = crawl(&site, "/", config).await;
    assert_eq!(crawled.summary.ended, Ended::MaxPages);
    assert_eq!(crawled.records.len(), 20);
    assert_eq!(site.hits().len(), 21, "20 pages and robots.txt");
    assert_eq!(crawled.summary.stats.waiting, 31);
}

#[tokio::test]
async fn depth_counts_links_from_the_seed() {
    let site = Site::new()
        .page("/", "<a href=/1>x</a>")
        .page("/1", "<a href=/2>x</a>")
        .page("/2", "<a href=/3>x</a>")
        .start()
        .await
        .unwrap();
    let mut config = local();
    config.limits.max_depth = Some(2);
    let crawled = crawl(&site, "/", config).await;
    assert_eq!(crawled.paths(), ["/", "/1", "/2"]);
    assert_eq!(crawled.summary.stats.links.too_deep, 1);
}

#[tokio::test(start_paused = true)]
async fn time_ends_a_crawl_that_would_go_on() {
    // Each page links to the next, for ever.
    let web = SimulatedWeb::builder().on("http://a.example/", [Reply::html("<a href=/1>x</a>")]);
    let web = (1..1000).fold(web, |web, page| {
        web.page(&format!("http://a.example/{page}"), &format!("<a href=/{}>x</a>", page + 1))
    });
    let mut config = Config::default();
    config.limits.max_time = Some(Duration::from_secs(60));
    let crawled = crawl_with(&web.build(), &["http://a.example/"], config).await;
    assert_eq!(crawled.summary.ended, Ended::MaxTime);
    assert!((55..=60).contains(&crawled.summary.stats.done), "{}", crawled.summary);
    assert_eq!(crawled.summary.stats.elapsed.as_secs(), 60);
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed() {
    let slow = |asked: &dragline_site::Asked| {
        (asked.path != "/").then(|| Answer::html("").delay(Duration::from_millis(5)))
    };
    let site = Site::new().dynamic(slow).page("/", links(40)).start().await.unwrap();
    let mut config = local();
    config.politeness.per_host = 5;
    let crawled = crawl(&site, "/", config.clone()).await;
    assert_eq!(crawled.summary.stats.done, 41);
    assert_eq!(site.most_in_flight(), 5, "all slots are used, and no more");
}

#[tokio::test]
async fn a_body_over_the_limit_is_an_error_and_the_crawl_goes_on() {
    let site = Site::new()
        .page("/", "<a href=/large>1</a><a href=/small>2</a>")
        .page("/large", "x".repeat(5000))
        .page("/small", "")
        .start()
        .await
        .unwrap();
    let mut config = local();
    config.fetch.max_body = 4096;
    let crawled = crawl(&site, "/", config).await;
    let record = crawled.record(&site.url("/large"));
    assert_eq!(record.error, Some("too_large"));
    assert!(record.message.as_deref().unwrap().contains("4096"), "{:?}", record.message);
    assert_eq!(crawled.record(&site.url("/small")).status, Some(200));
}

#[tokio::test]
async fn a_setting_that_cannot_be_is_an_error_before_anything_is_sent() {
    let mut config = local();
    config.limits.max_pages = Some(0);
    let error = Crawler::new(FollowAll(vec!["http://a.example/".to_owned()]))
        .config(config)
        .run()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("max_pages"), "{error}");
}

#[test]
fn a_crawl_outside_a_runtime_is_an_error_and_no_panic() {
    let crawler = Crawler::new(FollowAll(vec!["http://a.example/".to_owned()]));
    assert_eq!(crawler.start().unwrap_err().kind(), ErrorKind::Runtime);
}
