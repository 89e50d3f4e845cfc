//! Tests of the checker: it can fail, for every rule.

use std::time::Duration;

use dragline::{Config, RobotsPolicy};

use crate::checker::check;
use crate::log::{Entry, Log, Outcome};
use crate::plan::{Graph, HostPlan, Pages, RobotsPlan};
use crate::report::{Report, Rule};
use crate::{SimulatedWeb, WebBuilder};

/// One request, written by hand.
#[derive(Clone, Copy)]
struct Sent {
    url: &'static str,
    /// Milliseconds.
    from: u64,
    to: u64,
    status: u16,
    outcome: Outcome,
    wait: Option<u32>,
}

fn sent(url: &'static str, from: u64, to: u64) -> Sent {
    Sent { url, from, to, status: 200, outcome: Outcome::Answered, wait: None }
}

impl Sent {
    fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    fn wait(self, seconds: u32) -> Self {
        Self { wait: Some(seconds), ..self }
    }

    fn outcome(self, outcome: Outcome) -> Self {
        Self { outcome, status: 0, ..self }
    }
}

const ROBOTS: &str = "http://a.example/robots.txt";
const FRONT: &str = "http://a.example/";
const ONE: &str = "http://a.example/p/1";
const TWO: &str = "http://a.example/p/2";
const DAY: u64 = 24 * 60 * 60 * 1000;

fn graph(pages: u32) -> HostPlan {
    HostPlan { pages: Pages::Graph(Graph { pages, links: 1 }), ..HostPlan::default() }
}

fn one_host() -> WebBuilder {
    SimulatedWeb::builder().host("a.example", graph(3))
}

fn log(web: WebBuilder, requests: &[Sent]) -> Log {
    let mut log = web.build().log();
    for request in requests {
        let (host, place) = log.world.find(request.url).unwrap();
        let mut entry = Entry::new(host, place, request.from * 1_000_000);
        entry.status = request.status;
        entry.ask_to_wait(request.wait);
        entry.end(request.to * 1_000_000, request.outcome);
        log.push(entry);
    }
    log
}

fn report(web: WebBuilder, config: &Config, requests: &[Sent]) -> Report {
    check(&log(web, requests), config)
}

/// Checks requests to one host with the default configuration, and returns the rules they break.
fn broken(requests: &[Sent]) -> Vec<Rule> {
    report(one_host(), &Config::default(), requests).broken.into_keys().collect()
}

#[test]
fn a_polite_crawl_breaks_nothing_and_loses_nothing() {
    let requests = [
        sent(ROBOTS, 0, 50),
        sent(FRONT, 1050, 1100),
        sent(ONE, 2100, 2150).status(503),
        sent(TWO, 3150, 3200),
        sent(ONE, 4200, 4250),
    ];
    // The second page is found on the first, so it must not be lost before that is answered.
    let report = report(one_host(), &Config::default(), &requests);
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.pages.known, report.pages.asked), (3, 3));
}

#[test]
fn more_in_flight_than_promised_is_seen() {
    let mut config = Config::default();
    config.limits.concurrency = 1;
    let web = one_host().host("b.example", graph(1));
    let requests = [sent(ROBOTS, 0, 50), sent("http://b.example/robots.txt", 10, 60)];
    let report = report(web, &config, &requests);
    assert_eq!(report.broken.into_keys().collect::<Vec<_>>(), [Rule::Concurrency]);
    assert_eq!(report.violations[0].first.as_ref().unwrap().url, ROBOTS);
    assert_eq!(report.violations[0].second.url, "http://b.example/robots.txt");
}

#[test]
fn more_in_flight_at_a_host_than_promised_is_seen() {
    let requests = [sent(ROBOTS, 0, 50), sent(FRONT, 1050, 4000), sent(ONE, 2100, 2150)];
    assert_eq!(broken(&requests), [Rule::PerHost]);
}

#[test]
fn starts_too_close_are_seen() {
    let mut config = Config::default();
    config.politeness.per_host = 2;
    let requests = [sent(ROBOTS, 0, 50), sent(FRONT, 1050, 5000), sent(ONE, 2049, 5000)];
    let report = report(one_host(), &config, &requests);
    assert_eq!(report.broken.into_keys().collect::<Vec<_>>(), [Rule::Delay]);
    assert_eq!(report.violations[0].first.as_ref().unwrap().url, FRONT);
}

#[test]
fn a_slow_host_that_is_hurried_is_seen() {
    let requests = [sent(ROBOTS, 0, 50), sent(FRONT, 1050, 3000), sent(ONE, 3999, 4050)];
    assert_eq!(broken(&requests), [Rule::Rest]);
}

#[test]
fn a_crawl_delay_that_is_passed_over_is_seen() {
    let web = |text: &str| {
        let robots = RobotsPlan::Text(text.to_owned());
        SimulatedWeb::builder().host("a.example", HostPlan { robots, ..graph(3) })
    };
    let requests = [sent(ROBOTS, 0, 50), sent(FRONT, 2050, 2100), sent(ONE, 4099, 4150)];
    let config = Config::default();
    let late = report(web("User-agent: *\nCrawl-delay: 2"), &config, &requests);
    assert_eq!(late.broken.into_keys().collect::<Vec<_>>(), [Rule::CrawlDelay]);
    let mut cut = Config::default();
    cut.politeness.max_crawl_delay = Duration::from_secs(1);
    assert!(report(web("User-agent: *\nCrawl-delay: 2"), &cut, &requests).broken.is_empty());
}

#[test]
fn a_retry_after_holds_for_the_whole_host() {
    let busy = sent(FRONT, 1050, 1100).status(429).wait(30);
    for (second, from) in [(ONE, 31_099), (FRONT, 31_099), (ROBOTS, 31_099)] {
        let rules = broken(&[sent(ROBOTS, 0, 50), busy, sent(second, from, from + 50)]);
        assert!(rules.contains(&Rule::RetryAfter), "{second}: {rules:?}");
    }
    assert_eq!(broken(&[sent(ROBOTS, 0, 50), busy, sent(ONE, 31_100, 31_150)]), []);
    let mut cut = Config::default();
    cut.politeness.max_retry_after = Duration::from_secs(10);
    let requests = [sent(ROBOTS, 0, 50), busy, sent(ONE, 11_100, 11_150)];
    assert!(report(one_host(), &cut, &requests).broken.is_empty());
}

#[test]
fn a_503_without_retry_after_silences_its_host_for_a_second_and_twice_as_long_each_time() {
    let mut config = Config::default();
    config.politeness.delay = Duration::ZERO;
    let broken = |second: u64, third: u64| {
        let requests = [
            sent(ROBOTS, 0, 50),
            sent(FRONT, 50, 100).status(503),
            sent(ONE, second, second + 100).status(503),
            sent(TWO, third, third + 50),
        ];
        report(one_host(), &config, &requests).broken.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(broken(1_099, 3_200), [Rule::RetryAfter]);
    assert_eq!(broken(1_100, 3_199), [Rule::RetryAfter]);
    assert_eq!(broken(1_100, 3_200), []);
}

/// Requests that time out, one second each, that begin at these milliseconds.
fn unanswered(web: WebBuilder, starts: &[u64]) -> Report {
    let mut config = Config::default();
    config.politeness.delay = Duration::ZERO;
    config.limits.retries = 9;
    config.politeness.host_down.faults = 2;
    config.politeness.host_down.rounds = 1;
    let timeout = |from: &u64| sent(ONE, *from, from + 1_000).outcome(Outcome::Passing);
    let mut requests = vec![sent(ROBOTS, 0, 50), sent(FRONT, 50, 100)];
    requests.extend(starts.iter().map(timeout));
    report(web, &config, &requests)
}

#[test]
fn a_host_that_does_not_answer_is_to_be_left_alone() {
    let broken = |last| unanswered(one_host(), &[100, 2_100, last]).broken;
    assert_eq!(broken(13_099).into_keys().collect::<Vec<_>>(), [Rule::HostDown]);
    assert!(broken(13_100).is_empty());
    // The probe failed as well: ten minutes.
    let broken = |last| unanswered(one_host(), &[100, 2_100, 13_100, last]).broken;
    assert_eq!(broken(614_099).into_keys().collect::<Vec<_>>(), [Rule::HostDown]);
    assert!(broken(614_100).is_empty());
}

#[test]
fn pages_of_a_host_that_was_given_up_are_refused_and_not_lost() {
    // The front page links to some more, which are left when the probe fails.
    let web = || {
        let pages = Pages::Graph(Graph { pages: 40, links: 40 });
        SimulatedWeb::builder().host("a.example", HostPlan { pages, ..HostPlan::default() })
    };
    let early = unanswered(web(), &[100, 2_100]);
    assert!(early.pages.lost > 5 && early.pages.refused == 0, "{early}");
    let given_up = unanswered(web(), &[100, 2_100, 13_100]);
    assert!(given_up.is_clean(), "{given_up}");
    assert_eq!(given_up.pages.refused, early.pages.lost);
}

#[test]
fn a_page_before_robots_is_seen() {
    assert_eq!(broken(&[sent(FRONT, 0, 50)]), [Rule::RobotsFirst]);
    let mut config = Config::default();
    config.politeness.robots = RobotsPolicy::Ignore;
    assert!(report(one_host(), &config, &[sent(FRONT, 0, 50)]).broken.is_empty());
    // Asked for, but not read: the answer may pass and another try is due.
    let unread = sent(ROBOTS, 0, 50).status(429);
    assert_eq!(broken(&[unread, sent(FRONT, 1050, 1100)]), [Rule::RobotsFirst]);
}

#[test]
fn a_disallowed_page_is_seen() {
    let robots = RobotsPlan::Text("User-agent: *\nDisallow: /p/1".to_owned());
    let web = SimulatedWeb::builder().host("a.example", HostPlan { robots, ..graph(3) });
    let requests = [sent(ROBOTS, 0, 50), sent(FRONT, 1050, 1100), sent(ONE, 2100, 2150)];
    let report = report(web, &Config::default(), &requests);
    assert_eq!(report.broken.into_keys().collect::<Vec<_>>(), [Rule::Disallowed]);
    assert_eq!(report.violations[0].first.as_ref().unwrap().url, ROBOTS);
}

#[test]
fn a_page_of_a_host_whose_robots_failed_is_seen() {
    let mut config = Config::default();
    config.limits.retries = 0;
    for unread in [sent(ROBOTS, 0, 50).status(500), sent(ROBOTS, 0, 50).outcome(Outcome::Passing)] {
        let report = report(one_host(), &config, &[unread, sent(FRONT, 1050, 1100)]);
        assert_eq!(report.broken.into_keys().collect::<Vec<_>>(), [Rule::Disallowed]);
    }
}

#[test]
fn the_rules_of_a_redirected_robots_hold_at_the_host_that_redirected() {
    let text = RobotsPlan::Text("User-agent: *\nDisallow: /p/".to_owned());
    let web = SimulatedWeb::builder()
        .host(
            "a.example",
            HostPlan {
                robots: RobotsPlan::Redirect("http://b.example/robots.txt".to_owned()),
                ..graph(3)
            },
        )
        .host("b.example", HostPlan { robots: text, ..HostPlan::default() });
    let requests = [
        sent(ROBOTS, 0, 50).status(302),
        sent("http://b.example/robots.txt", 50, 100),
        sent(FRONT, 1050, 1100),
        sent(ONE, 2100, 2150),
    ];
    let report = report(web, &Config::default(), &requests);
    assert_eq!(report.broken.into_keys().collect::<Vec<_>>(), [Rule::Disallowed]);
    assert_eq!(report.violations[0].first.as_ref().unwrap().url, "http://b.example/robots.txt");
}

#[test]
fn robots_older_than_a_day_are_seen() {
    let fresh = [sent(ROBOTS, 0, 50), sent(FRONT, 50 + DAY - 1, 60 + DAY)];
    assert_eq!(broken(&fresh), []);
    let stale = [sent(ROBOTS, 0, 50), sent(FRONT, 50 + DAY, 60 + DAY)];
    assert_eq!(broken(&stale), [Rule::RobotsExpired]);
    let again = [sent(ROBOTS, 0, 50), sent(ROBOTS, 49 + DAY, 60 + DAY)];
    assert_eq!(broken(&again), [Rule::RobotsAgain]);
}

#[test]
fn what_was_answered_is_not_to_be_asked_for_again() {
    let requests = [sent(ROBOTS, 0, 50), sent(FRONT, 1050, 1100), sent(FRONT, 3000, 3050)];
    assert_eq!(broken(&requests), [Rule::Repeated]);
}

#[test]
fn a_try_too_many_is_seen() {
    let try_at = |from: u64| sent(FRONT, from, from + 50).outcome(Outcome::Passing);
    let requests =
        [sent(ROBOTS, 0, 50), try_at(1_050), try_at(5_000), try_at(10_000), try_at(20_000)];
    assert_eq!(broken(&requests[..4]), []);
    assert_eq!(broken(&requests), [Rule::Tries]);
}

#[test]
fn a_try_too_soon_is_seen() {
    let mut config = Config::default();
    config.politeness.delay = Duration::ZERO;
    let failed = sent(FRONT, 50, 100).outcome(Outcome::Passing);
    let second = sent(FRONT, 600, 700).outcome(Outcome::Passing);
    let early = [sent(ROBOTS, 0, 50), failed, sent(FRONT, 599, 700)];
    let early = report(one_host(), &config, &early);
    assert_eq!(early.broken.into_keys().collect::<Vec<_>>(), [Rule::Backoff]);
    // The second wait is twice as long.
    let early = [sent(ROBOTS, 0, 50), failed, second, sent(FRONT, 1_699, 1_800)];
    let early = report(one_host(), &config, &early);
    assert_eq!(early.broken.into_keys().collect::<Vec<_>>(), [Rule::Backoff]);
    let late = [sent(ROBOTS, 0, 50), failed, second, sent(FRONT, 1_700, 1_800)];
    assert!(report(one_host(), &config, &late).broken.is_empty());
}

#[test]
fn a_page_that_was_linked_and_never_asked_for_is_lost() {
    let requests = [sent(ROBOTS, 0, 50), sent(FRONT, 1050, 1100)];
    let report = report(one_host(), &Config::default(), &requests);
    assert!(!report.is_clean());
    assert_eq!(report.pages.lost_urls, [ONE]);
}

#[test]
fn a_page_that_robots_keep_away_is_refused_and_not_lost() {
    let robots = RobotsPlan::Text("User-agent: *\nDisallow: /p/1".to_owned());
    let web = SimulatedWeb::builder().host("a.example", HostPlan { robots, ..graph(3) });
    let requests = [sent(ROBOTS, 0, 50), sent(FRONT, 1050, 1100)];
    let report = report(web, &Config::default(), &requests);
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.pages.refused, 1);
}

#[test]
fn idle_time_is_measured_from_the_instant_at_which_the_host_could_be_asked() {
    let requests =
        |last: u64| [sent(ROBOTS, 0, 50), sent(FRONT, 1050, 1100), sent(ONE, last, last + 100)];
    let busy = report(one_host(), &Config::default(), &requests(2_100));
    assert!((busy.utilisation - 1.0).abs() < 1e-9, "{busy}");
    // The page was known at 1,100 and permitted at 2,100; sent at 3,100, half of its wait was idle.
    let idle = report(one_host(), &Config::default(), &requests(3_100));
    assert!((idle.utilisation - 0.5).abs() < 1e-9, "{idle}");
}
