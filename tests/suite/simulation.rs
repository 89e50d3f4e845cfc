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
async fn a_crawl_delay_holds_from_the_very_next_request_however_it_came_to_be_known() {
    let day = Duration::from_secs(24 * 60 * 60);
    let rules = |first: u32| RobotsPlan::Changes {
        before: Box::new(text(&format!("Crawl-delay: {first}"))),
        at: day / 2,
        after: Box::new(text("Crawl-delay: 1200\nDisallow: /p/2")),
    };
    let (pages, links) = (330, 2);
    // Two hosts have their rules elsewhere; two take so long that several requests are under way.
    let plan = |number: u32| HostPlan {
        robots: match number {
            0 | 1 => RobotsPlan::Redirect(format!("http://rules{number}.example/robots.txt")),
            _ => rules(0),
        },
        latency: if number < 2 { SECOND } else { 500 * SECOND },
        pages: Pages::Graph(Graph { pages, links }),
        ..HostPlan::default()
    };
    let web = (0..4)
        .fold(SimulatedWeb::builder().seed(4), |web, number| web.host(&name(number), plan(number)));
    let web = (0..2).fold(web, |web, number| {
        let robots = rules(if number == 0 { 600 } else { 0 });
        web.host(&format!("rules{number}.example"), HostPlan { robots, ..HostPlan::default() })
    });
    let web = web.build();
    let mut config = Config::default();
    config.politeness.per_host = 3;
    config.politeness.delay = Duration::from_secs(300);
    config.politeness.max_crawl_delay = Duration::from_secs(3600);
    let (_, report) = crawl(&web, 4, &config).await;
    assert!(report.is_clean(), "{report}");
    assert!(report.utilisation > 0.95, "{report}");
    for number in 0..4 {
        let read = web.log().times(&format!("http://{}/robots.txt", name(number)));
        assert!(read.len() >= 2, "{number}: {read:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn hosts_that_die_flap_or_are_slow_break_no_rule_and_lose_no_page() {
    let timeout = Trouble::Timeout { after: 30 * SECOND };
    let unavailable = Trouble::Unavailable { retry_after: None };
    let death = When::During { from: 60 * SECOND, until: 1_000_000 * SECOND };
    let illness = When::During { from: 60 * SECOND, until: 400 * SECOND };
    let flaps = |up, down| When::Flapping { up: up * SECOND, down: down * SECOND };
    let web = |seed| {
        (0..24).fold(SimulatedWeb::builder().seed(seed), |web, number| {
            let plan = HostPlan {
                jitter: Duration::from_millis(40),
                robots: text("Disallow: /private"),
                pages: Pages::Graph(Graph { pages: 200, links: 4 }),
                ..HostPlan::default()
            };
            let plan = match number % 8 {
                0 => HostPlan { faults: fault(death, timeout), ..plan },
                1 => HostPlan { faults: fault(illness, Trouble::Reset), ..plan },
                2 => HostPlan { faults: fault(flaps(90, 10), unavailable), ..plan },
                3 => HostPlan { faults: fault(flaps(300, 300), timeout), ..plan },
                4 => HostPlan { faults: fault(When::Always, timeout), ..plan },
                // Its rules are at a host that is dead by the time it is asked for them.
                5 => HostPlan {
                    robots: RobotsPlan::Redirect(format!("http://{}/robots.txt", name(number - 1))),
                    ..plan
                },
                6 => HostPlan { bandwidth: Some(200), ..plan },
                _ => HostPlan { faults: fault(When::Every(3), Trouble::Reset), ..plan },
            };
            web.host(&name(number), plan)
        })
    };
    for per_host in [1, 3] {
        let web = web(per_host as u64).build();
        let mut config = Config::default();
        config.politeness.per_host = per_host;
        let (summary, report) = crawl(&web, 24, &config).await;
        assert!(report.is_clean(), "{report}\n{summary}");
        assert!(report.utilisation > 0.95, "{report}");
        assert!(summary.stats.errors["host_down"] > 100, "{summary}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_by_bandwidth_holds_for_the_crawl_and_breaks_no_rule() {
    let web = (0..10).fold(SimulatedWeb::builder(), |web, number| {
        let pages = Pages::Graph(Graph { pages: 100, links: 20 });
        web.host(&name(number), HostPlan { pages, ..HostPlan::default() })
    });
    let web = web.build();
    let mut config = Config::default();
    config.politeness.max_bandwidth = Some(2_000);
    let (summary, report) = crawl(&web, 10, &config).await;
    assert!(report.is_clean(), "{report}");
    let most = 2_000.0 * (summary.stats.elapsed.as_secs_f64() + 1.0);
    // What was in flight comes on top, ten pages at most; and the time is not let pass.
    let read = summary.stats.bytes as f64;
    assert!(read <= most + 10.0 * 2_000.0 && read > 0.95 * most, "{read} of {most}");
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
    // The front page, five months, 1 + 3 + 9 + 27 + 81 sessions, and of the growing paths four, since
    // the fifth repeats itself once too often.
    assert_eq!(summary.stats.done, 1 + 5 + 121 + 4);
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
