//! Tests of what a scheduler does for a worker that shares its frontier.

use super::*;

const PAGES: [&str; 3] = ["http://a.example/1", "http://a.example/2", "http://a.example/3"];

#[test]
fn nothing_more_is_sent_to_a_host_that_was_left() {
    let mut bench = Bench::new(without_robots());
    bench.offer(&PAGES);
    let again = bench.ready();
    let host = again.pending.host();
    bench.scheduler.retry(again, bench.now + Duration::from_secs(30), bench.now);
    bench.now += Duration::from_secs(5);
    let in_flight = bench.ready();
    bench.scheduler.leave(&[host]);
    assert_eq!(bench.pop(), Next::Busy);
    bench.finish(&in_flight);
    bench.now += Duration::from_secs(3600);
    assert_eq!(bench.pop(), Next::Done);
    assert_eq!(bench.scheduler.held, 0);
}

#[test]
fn a_host_that_is_left_and_leased_again_has_its_rules_read_again() {
    let mut bench = Bench::new(Politeness::default());
    bench.offer(&PAGES);
    let fetch = bench.robots_fetch();
    let host = fetch.host;
    bench.scheduler.retry_robots(fetch, bench.now, bench.now);
    bench.scheduler.leave(&[host]);
    let pending = bench.pending(PAGES[0]);
    let claim = Claim { hosts: 1, refill: Vec::new(), chunk: 1 };
    let lease = Lease { host, urls: vec![pending], more: More::Empty };
    bench.scheduler.grant(&claim, vec![lease]);
    bench.now += Duration::from_secs(5);
    assert_eq!(bench.robots_fetch().origin, host);
}

#[test]
fn rules_that_others_read_are_obeyed_and_not_asked_for() {
    let mut bench = Bench::new(Politeness::default());
    bench.offer(&PAGES);
    let host = bench.pending(PAGES[0]).host();
    let rules = Robots::parse(b"User-agent: *\nDisallow: /1\nCrawl-delay: 20\n", "x");
    bench.scheduler.take_rules(host, rules, Duration::from_secs(60), bench.now);
    // Nobody here knows when it was asked last.
    assert_eq!(bench.pop(), Next::WaitUntil(bench.now + Duration::from_secs(20)));
    assert_eq!(bench.scheduler.rest(host, bench.now), Duration::from_secs(20));
    bench.now += Duration::from_secs(20);
    assert!(matches!(bench.pop(), Next::Refused(_, Refusal::Disallowed { line: Some(2) })));
    let ticket = bench.ready();
    assert_eq!(bench.scheduler.rest(host, bench.now), Duration::from_secs(20));
    bench.finish(&ticket);
    bench.now += Duration::from_secs(60);
    assert_eq!(bench.robots_fetch().origin, host, "they hold as long as they were said to");
}

#[test]
fn who_shares_leases_few_hosts_while_one_may_be_asked() {
    let mut bench = Bench::new(without_robots());
    bench.scheduler = bench.scheduler.eager_hosts(2);
    let hosts: Vec<String> = (0..5).map(|host| format!("http://h{host}.example/")).collect();
    bench.offer(&hosts.iter().map(String::as_str).collect::<Vec<_>>());
    bench.ready();
    assert_eq!(bench.scheduler.held, 2);
    bench.ready();
    assert_eq!(bench.scheduler.held, 2);
    bench.ready();
    assert_eq!(bench.scheduler.held, 4, "it takes more once all of them have to wait");
}
