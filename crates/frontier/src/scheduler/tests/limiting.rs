//! Limits of single hosts.

use super::*;
use crate::HostLimit;

#[test]
fn a_host_that_is_limited_is_asked_at_that_pace_and_the_others_at_their_own() {
    let robots = RobotsPolicy::Ignore;
    let mut bench = Bench::new(Politeness { robots, ..Politeness::default() });
    bench.offer(&["http://a.example/1", "http://a.example/2", "http://a.example/3"]);
    let first = bench.ready();
    let host = first.pending.host();
    bench.finish(&first);
    let delay = Some(Duration::from_secs(5));
    let limit = HostLimit { delay, parallel: None };
    bench.scheduler.limit(host, Some(limit), bench.now);
    // When it would have been its turn without, it is looked at again.
    bench.advance(Duration::from_secs(1));
    assert_eq!(bench.pop(), bench.at(Duration::from_secs(5)));
    bench.offer(&["http://b.example/1"]);
    let other = bench.ready();
    assert_eq!(other.pending.url(), "http://b.example/1");
    bench.finish(&other);
    bench.advance(Duration::from_secs(4));
    let second = bench.ready();
    bench.finish(&second);
    assert_eq!(bench.pop(), bench.at(Duration::from_secs(10)));
    // One that asks for less than all are given changes nothing.
    bench.advance(Duration::from_secs(5));
    let delay = Some(Duration::from_millis(10));
    bench.scheduler.limit(host, Some(HostLimit { delay, parallel: None }), bench.now);
    let third = bench.ready();
    bench.offer(&["http://a.example/4"]);
    bench.finish(&third);
    assert_eq!(bench.pop(), bench.at(Duration::from_secs(11)));
}

#[test]
fn a_host_with_fewer_requests_at_once_has_no_more_in_flight_until_it_is_allowed() {
    let robots = RobotsPolicy::Ignore;
    let delay = Duration::ZERO;
    let mut bench = Bench::new(Politeness { robots, delay, per_host: 3, ..Politeness::default() });
    bench.offer(&["http://a.example/1"]);
    let first = bench.ready();
    let host = first.pending.host();
    let limit = HostLimit { delay: None, parallel: Some(0) };
    bench.scheduler.limit(host, Some(limit), bench.now);
    bench.offer(&["http://a.example/2", "http://a.example/3"]);
    assert_eq!(bench.pop(), Next::Busy);
    bench.finish(&first);
    let second = bench.ready();
    assert_eq!(bench.pop(), Next::Busy);
    bench.scheduler.limit(host, None, bench.now);
    let third = bench.ready();
    bench.finish(&second);
    bench.finish(&third);
    assert_eq!(bench.pop(), Next::Done);
}

#[test]
fn a_limit_outlives_the_record_of_its_host() {
    let robots = RobotsPolicy::Ignore;
    let mut bench = Bench::new(Politeness { robots, ..Politeness::default() });
    let host = bench.pending("http://a.example/1").host();
    let limit = HostLimit { delay: Some(Duration::from_secs(5)), parallel: None };
    // It has no record yet.
    bench.scheduler.limit(host, Some(limit), bench.now);
    bench.offer(&["http://a.example/1", "http://a.example/2"]);
    let first = bench.ready();
    bench.finish(&first);
    assert_eq!(bench.pop(), bench.at(Duration::from_secs(5)));
}
