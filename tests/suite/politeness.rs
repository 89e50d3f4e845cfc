//! Politeness: what a server sees of us, by its own log.

use std::time::Duration;

use dragline::fetch::ErrorKind;
use dragline_site::{Answer, Site};
use dragline_testkit::{Reply, SimulatedWeb};

use crate::common::{crawl, crawl_urls, crawl_with, local, wide};

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
    let web = SimulatedWeb::builder()
        .on("http://a.example/robots.txt", [Reply::text("User-agent: *\nCrawl-delay: 10")])
        .page("http://a.example/", "<a href=/1>x</a><a href=/2>x</a>")
        .build();
    crawl_with(&web, &["http://a.example/"], dragline::Config::default()).await;
    let asked = web.log().requests().collect::<Vec<_>>();
    assert_eq!(asked.len(), 4);
    for pair in asked.windows(2) {
        assert!(pair[1].at - pair[0].at >= Duration::from_secs(10), "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_silences_the_whole_host() {
    let busy = Reply::status(429).header("retry-after", "120");
    let web = SimulatedWeb::builder()
        .page("http://a.example/", "<a href=/1>x</a><a href=/2>x</a>")
        .on("http://a.example/1", [busy, Reply::html("")])
        .page("http://a.example/2", "")
        .build();
    let crawled = crawl_with(&web, &["http://a.example/"], dragline::Config::default()).await;
    let first = web.log().times("http://a.example/1");
    assert_eq!(first.len(), 2);
    assert!(first[1] - first[0] >= Duration::from_secs(120));
    let other = web.log().times("http://a.example/2")[0];
    assert!(
        other < first[0] || other - first[0] >= Duration::from_secs(120),
        "{:?}",
        web.log().requests().collect::<Vec<_>>()
    );
    assert_eq!(crawled.summary.stats.done, 3);
    assert_eq!(crawled.record("http://a.example/1").attempts, 2);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_stops_answering_is_probed_and_then_given_up_while_others_go_on() {
    let links: String = (0..40).map(|page| format!("<a href=/{page}>x</a>")).collect();
    let fronts =
        SimulatedWeb::builder().page("http://a.example/", &links).page("http://b.example/", &links);
    let web = (0..40).fold(fronts, |web, page| {
        web.on(&format!("http://a.example/{page}"), [Reply::error(ErrorKind::Connect)])
            .page(&format!("http://b.example/{page}"), "")
    });
    let web = web.build();
    let mut config = dragline::Config::default();
    config.limits.retries = 0;
    let crawled = crawl_with(&web, &["http://a.example/", "http://b.example/"], config).await;
    let stats = &crawled.summary.stats;
    assert_eq!((stats.done, stats.failed), (42, 40));
    // Five faults, and a probe after each of four waits.
    assert_eq!((stats.errors["connect"], stats.errors["host_down"]), (9, 31));
    let down = crawled.records.iter().find(|record| record.error == Some("host_down")).unwrap();
    let message = down.message.as_deref().unwrap();
    assert!(message.contains("simulated") && down.attempts == 0, "{message}");
    let last = web.log().requests().last().unwrap().at;
    assert!(last > Duration::from_secs(150) && last < Duration::from_secs(220), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn a_busy_host_is_asked_less_often_even_if_it_does_not_say_so() {
    let web = SimulatedWeb::builder()
        .page("http://a.example/", "<a href=/1>x</a><a href=/2>x</a>")
        .on("http://a.example/1", [Reply::status(503), Reply::status(503), Reply::html("")])
        .page("http://a.example/2", "")
        .build();
    let mut config = dragline::Config::default();
    config.politeness.delay = Duration::ZERO;
    let crawled = crawl_with(&web, &["http://a.example/"], config).await;
    assert_eq!(crawled.summary.stats.done, 3);
    let busy = web.log().times("http://a.example/1");
    let asked: Vec<_> = web.log().requests().collect();
    for busy in &busy[..2] {
        for after in asked.iter().filter(|asked| asked.at > *busy) {
            assert!(after.at - *busy >= Duration::from_secs(1), "{asked:?}");
        }
    }
}
