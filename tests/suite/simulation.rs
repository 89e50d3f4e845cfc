//! Whole crawls of a simulated web with faults, checked request by request against what the settings promise.

use std::time::Duration;

use dragline::{Config, Crawler, Ended, Summary};
use dragline_testkit::{
    Fault, Graph, HostPlan, Pages, RedirectTo, Report, RobotsPlan, SimulatedWeb, Trap, Trouble,
    WebBuilder, When,
};

use crate::common::{FollowAll, collect};

const HOSTS: u32 = 50;
const SECOND: Duration = Duration::from_secs(1);

fn text(rules: &str) -> RobotsPlan {
    RobotsPlan::Text(format!("User-agent: *\n{rules}"))
}

fn fault(when: When, what: Trouble) -> Vec<Fault> {
    vec![Fault { when, what }]
}

/// The plan of the host with this number: each of ten has another trouble.
fn plan(number: u32, pages: u32) -> HostPlan {
    let plan = HostPlan {
        jitter: Duration::from_millis(40),
        robots: text("Disallow: /private"),
        pages: Pages::Graph(Graph { pages, links: 4 }),
        ..HostPlan::default()
    };
    let retry_after = Some(Duration::from_secs(7));
    let window = When::During { from: 30 * SECOND, until: 50 * SECOND };
    let faults = match number % 10 {
        1 => fault(When::Every(9), Trouble::TooManyRequests { retry_after }),
        2 => fault(
            When::Flapping { up: 20 * SECOND, down: SECOND },
            Trouble::Unavailable { retry_after: None },
        ),
        3 => fault(window, Trouble::Unavailable { retry_after: Some(30 * SECOND) }),
        4 => fault(When::Every(5), Trouble::Reset),
        5 => fault(When::Every(13), Trouble::Timeout { after: 30 * SECOND }),
        6 => fault(When::Pages { one_in: 4 }, Trouble::Redirect(RedirectTo::Within)),
        7 => fault(When::Pages { one_in: 4 }, Trouble::Redirect(RedirectTo::Across)),
        8 => [
            fault(When::Every(8), Trouble::Truncated),
            fault(When::Every(7), Trouble::Slow { by: 3 * SECOND }),
            fault(When::Pages { one_in: 20 }, Trouble::Status(500)),
        ]
        .concat(),
        9 => fault(When::Pages { one_in: 6 }, Trouble::Redirect(RedirectTo::Loop)),
        _ => Vec::new(),
    };
    match number % 10 {
        0 => HostPlan { robots: text("Crawl-delay: 2\nDisallow: /p/1"), ..plan },
        1 => HostPlan { robots: RobotsPlan::Missing, faults, ..plan },
        6 => HostPlan { bandwidth: Some(1000), faults, ..plan },
        _ => HostPlan { faults, ..plan },
    }
}

fn name(number: u32) -> String {
    format!("h{number}.example")
}

fn faulty(seed: u64, pages: u32) -> WebBuilder {
    (0..HOSTS).fold(SimulatedWeb::builder().seed(seed), |web, number| {
        web.host(&name(number), plan(number, pages))
    })
}

/// Crawls all hosts of a web from their front pages.
async fn crawl(web: &SimulatedWeb, hosts: u32, config: &Config) -> (Summary, Report) {
    let seeds = (0..hosts).map(|number| format!("http://{}/", name(number))).collect();
    let crawler = Crawler::new(FollowAll(seeds)).config(config.clone());
    let crawled = collect(crawler.fetcher(web.clone()).random(7)).await;
    let report = web.check(config);
    assert_eq!(report.requests, crawled.summary.stats.requests, "each request is in the log");
    (crawled.summary, report)
}

#[tokio::test(start_paused = true)]
async fn no_rule_is_broken_and_no_page_is_lost_whatever_goes_wrong() {
    let web = faulty(1, 210).build();
    let (summary, report) = crawl(&web, HOSTS, &Config::default()).await;
    assert!(report.is_clean(), "{report}");
    assert!(report.utilisation > 0.95, "{report}");
    assert!(report.pages.known > 10_000, "{report}");
    assert_eq!(report.pages.refused, summary.stats.skipped, "{report}");
    assert_eq!(summary.ended, Ended::Finished);
}

#[tokio::test(start_paused = true)]
async fn several_requests_to_a_host_at_once_break_no_rule_either() {
    let web = faulty(2, 210).build();
    let mut config = Config::default();
    config.politeness.per_host = 3;
    config.politeness.delay = Duration::from_millis(30);
    config.limits.concurrency = 40;
    let (_, report) = crawl(&web, HOSTS, &config).await;
    assert!(report.is_clean(), "{report}");
    assert!(report.utilisation > 0.95, "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_crawl_of_days_reads_robots_again_and_obeys_what_changed() {
    let day = Duration::from_secs(24 * 60 * 60);
    let robots = RobotsPlan::Changes {
        before: Box::new(text("Disallow: /private")),
        at: day / 2,
        after: Box::new(text("Disallow: /p/2")),
    };
    let pages = Pages::Graph(Graph { pages: 300, links: 1 });
    let web =
        SimulatedWeb::builder().host(&name(0), HostPlan { robots, pages, ..HostPlan::default() });
    let web = web.build();
    let mut config = Config::default();
    config.politeness.delay = Duration::from_secs(600);
    let (_, report) = crawl(&web, 1, &config).await;
    assert!(report.is_clean(), "{report}");
    let read = web.log().times("http://h0.example/robots.txt");
    assert_eq!(read.len(), 2);
    assert!(read[1] - read[0] >= day, "{read:?}");
    assert_eq!(web.log().times("http://h0.example/p/199").len(), 1);
    assert_eq!(web.log().times("http://h0.example/p/200").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn hosts_whose_robots_fail_are_left_alone() {
    let robots = [RobotsPlan::Status(503), RobotsPlan::Status(500), RobotsPlan::Status(429)];
    let pages = Pages::Graph(Graph { pages: 5, links: 1 });
    let web = (0..).zip(robots).fold(SimulatedWeb::builder(), |web, (number, robots)| {
        let plan = HostPlan { robots, pages: pages.clone(), ..HostPlan::default() };
        web.host(&name(number), plan)
    });
    let web = web.build();
    let (_, report) = crawl(&web, 3, &Config::default()).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.pages.asked, 5, "a 429 allows in the end: {report}");
}

#[tokio::test(start_paused = true)]
async fn traps_are_as_deep_as_the_crawl_is_allowed_to_go() {
    let traps = vec![Trap::Calendar, Trap::Session, Trap::GrowingPath];
    let pages = Pages::Graph(Graph { pages: 1, links: 1 });
    let plan = HostPlan { traps, pages, ..HostPlan::default() };
    let web = SimulatedWeb::builder().host(&name(0), plan).build();
    let mut config = Config::default();
    config.limits.max_depth = Some(5);
    let (summary, report) = crawl(&web, 1, &config).await;
    assert!(report.broken.is_empty(), "{report}");
    // The front page, five months, five growing paths, and 1 + 3 + 9 + 27 + 81 sessions.
    assert_eq!(summary.stats.done, 1 + 5 + 5 + 121);
}

#[test]
fn the_same_seed_gives_the_same_log() {
    let log = |seed| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let web = faulty(seed, 12).build();
            crawl(&web, HOSTS, &Config::default()).await;
            web.log().fingerprint()
        })
    };
    assert_eq!(log(5), log(5));
    assert_ne!(log(5), log(6));
}

#[tokio::test(start_paused = true)]
async fn all_troubles_at_once_and_robots_that_lead_elsewhere_break_no_rule() {
    let pages = 60;
    let faults: Vec<_> = (0..10).flat_map(|number| plan(number, pages).faults).collect();
    let web = (0..20).fold(SimulatedWeb::builder().seed(3), |web, number| {
        let robots = match number % 3 {
            0 => RobotsPlan::Redirect(format!("http://{}/robots.txt", name((number + 7) % 20))),
            _ => text("Disallow: /p/3"),
        };
        web.host(&name(number), HostPlan { robots, faults: faults.clone(), ..plan(number, pages) })
    });
    let (summary, report) = crawl(&web.build(), 20, &Config::default()).await;
    assert!(report.is_clean(), "{report}");
    assert!(report.utilisation > 0.95, "{report}");
    assert!(summary.stats.retries > 100, "{summary}");
}
