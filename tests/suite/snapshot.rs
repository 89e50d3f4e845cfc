//! What a running crawl tells of its hosts, and at its end.

use std::time::Duration;

use dragline::{Config, Crawler, Phase, Waits};
use dragline_testkit::{Reply, SimulatedWeb};

use crate::common::{FollowAll, links};

/// Two hosts with twenty pages each; one asks for a delay of ten seconds.
fn web() -> SimulatedWeb {
    let robots = Reply::text("User-agent: *\nCrawl-delay: 10");
    let fronts = SimulatedWeb::builder()
        .on("http://a.example/robots.txt", [robots])
        .page("http://a.example/", &links(20))
        .page("http://b.example/", &links(20));
    let web = (0..20).fold(fronts, |web, page| {
        web.page(&format!("http://a.example/{page}"), "")
            .page(&format!("http://b.example/{page}"), "")
    });
    web.build()
}

fn crawler(web: &SimulatedWeb) -> Crawler<FollowAll> {
    let seeds = ["http://a.example/", "http://b.example/"].map(str::to_owned);
    Crawler::new(FollowAll(seeds.into())).config(Config::default()).fetcher(web.clone())
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_says_what_each_host_waits_for_the_slowest_first() {
    let crawl = crawler(&web()).start().unwrap();
    let handle = crawl.handle();
    let end = tokio::spawn(crawl.finish());
    tokio::time::sleep(Duration::from_millis(25_500)).await;
    let snapshot = handle.snapshot(9).await.unwrap();
    assert_eq!(snapshot.phase, Phase::Running);
    assert_eq!(snapshot.hosts.len(), 1, "the other one has nothing left: {snapshot:#?}");
    let slow = &snapshot.hosts[0];
    assert_eq!(slow.host, "http://a.example:80");
    assert_eq!((slow.waits, slow.paced_by), (Waits::CrawlDelay, Waits::CrawlDelay));
    assert_eq!(slow.pace, Duration::from_secs(10));
    assert!(slow.left.unwrap() <= slow.pace, "{slow:?}");
    assert_eq!(slow.ended + slow.waiting, 21);
    assert!(slow.ahead() > Duration::from_secs(170), "{slow:?}");
    let stats = snapshot.stats;
    assert_eq!(stats.discovered, stats.done + stats.failed + stats.skipped + stats.waiting);
    handle.pause().await.unwrap();
    assert_eq!(handle.snapshot(0).await.unwrap().phase, Phase::Paused);
    handle.resume().await.unwrap();
    let summary = end.await.unwrap().unwrap();
    assert!(handle.snapshot(1).await.is_err(), "the crawl is over");
    let [first, second] = &summary.slowest[..] else { panic!("{:#?}", summary.slowest) };
    assert_eq!((first.host.as_str(), first.ended), ("http://a.example:80", 21));
    assert_eq!((second.host.as_str(), second.ended), ("http://b.example:80", 21));
    // 21 pages and a robots.txt that take 50 ms each, with 21 delays between them.
    assert!(first.paused >= Duration::from_secs(200) && first.paused < Duration::from_secs(215));
    assert_eq!(first.robots, Duration::from_millis(50));
    assert_eq!(first.server, Duration::from_millis(21 * 50));
    assert_eq!(first.first_byte, first.server + first.robots, "a phase of each request");
}

#[tokio::test(start_paused = true)]
async fn what_failed_or_was_refused_has_an_example() {
    let web = SimulatedWeb::builder()
        .on("http://a.example/robots.txt", [Reply::text("User-agent: *\nDisallow: /1")])
        .page("http://a.example/", &links(2))
        .page("http://a.example/0", "")
        .build();
    let crawler = Crawler::new(FollowAll(vec!["http://a.example/".to_owned()]));
    let stats = crawler.fetcher(web).run().await.unwrap().stats;
    assert_eq!(stats.errors["robots"], 1);
    assert_eq!(stats.examples["robots"], "http://a.example/1");
}
