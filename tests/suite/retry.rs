//! Retries: what may pass is tried again, later and not for ever. In virtual time.

use std::time::Duration;

use dragline::Config;
use dragline::fetch::ErrorKind;
use dragline_testkit::{Reply, SimulatedWeb};

use crate::common::crawl_with;

const URL: &str = "http://a.example/";

fn web(replies: impl IntoIterator<Item = Reply>) -> SimulatedWeb {
    SimulatedWeb::builder().on(URL, replies).build()
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_is_not_seen_in_the_record() {
    let web = web([Reply::status(503), Reply::error(ErrorKind::Reset), Reply::html("fine")]);
    let crawled = crawl_with(&web, &[URL], Config::default()).await;
    let record = crawled.record(URL);
    assert_eq!((record.status, record.error, record.attempts), (Some(200), None, 3));
    assert_eq!(crawled.summary.stats.retries, 2);
}

#[tokio::test(start_paused = true)]
async fn tries_are_limited_and_the_last_answer_counts() {
    for (reply, status, error) in [
        (Reply::status(500), Some(500), None),
        (Reply::error(ErrorKind::Reset), None, Some("reset")),
    ] {
        let web = web([reply]);
        let crawled = crawl_with(&web, &[URL], Config::default()).await;
        let record = crawled.record(URL);
        assert_eq!((record.status, record.error, record.attempts), (status, error, 3));
        assert_eq!(web.log().times(URL).len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn waits_grow() {
    let web = web([Reply::status(502)]);
    let mut config = Config::default();
    config.limits.retries = 5;
    config.politeness.delay = Duration::ZERO;
    crawl_with(&web, &[URL], config).await;
    let times = web.log().times(URL);
    assert_eq!(times.len(), 6);
    for (attempt, pair) in times.windows(2).enumerate() {
        let full = Duration::from_secs(1 << attempt);
        let gap = pair[1] - pair[0];
        assert!(gap >= full / 2 && gap < full + Duration::from_millis(100), "{attempt}: {gap:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_stays_is_not_tried_again() {
    for reply in [Reply::status(404), Reply::status(403), Reply::error(ErrorKind::BlockedAddress)] {
        let web = web([reply]);
        let crawled = crawl_with(&web, &[URL], Config::default()).await;
        assert_eq!(crawled.record(URL).attempts, 1);
        assert_eq!(web.log().times(URL).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn other_pages_of_the_host_do_not_wait_for_a_retry() {
    let web = SimulatedWeb::builder()
        .page(URL, "<a href=/bad>x</a><a href=/1>x</a><a href=/2>x</a>")
        .on("http://a.example/bad", [Reply::error(ErrorKind::Timeout), Reply::html("")])
        .build();
    let mut config = Config::default();
    config.politeness.delay = Duration::from_millis(10);
    crawl_with(&web, &[URL], config).await;
    let again = web.log().times("http://a.example/bad")[1];
    assert!(web.log().times("http://a.example/2")[0] < again);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_that_is_a_date_is_obeyed() {
    // The crawl's dates come from its own clock, so this one lies in its past: no wait beyond backoff.
    let past = Reply::status(503).header("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT");
    let web = web([past, Reply::html("")]);
    crawl_with(&web, &[URL], Config::default()).await;
    let times = web.log().times(URL);
    assert!(times[1] - times[0] <= Duration::from_millis(1_100), "{times:?}");
}
