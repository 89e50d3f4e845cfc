//! Tests of what the scheduler tells of a host, and of requests that were not sent after all.

use super::*;
use crate::{Exchange, Health, Waits};

impl Bench {
    fn looks(&self, ticket: &Ticket) -> (Waits, Option<Duration>) {
        let look = self.scheduler.look(ticket.pending.host(), self.now).unwrap();
        (look.waits, look.left)
    }

    fn show(&mut self, ticket: &Ticket, exchange: &Exchange) {
        self.scheduler.observe(ticket.pending.host(), exchange, self.now);
    }
}

const PAGES: [&str; 3] = ["http://a.example/1", "http://a.example/2", "http://a.example/3"];

fn unsent() -> Exchange {
    Exchange { health: Health::Unsent, ..Exchange::default() }
}

#[test]
fn a_host_tells_what_it_waits_for_and_how_long() {
    let mut bench = Bench::new(without_robots());
    bench.offer(&PAGES);
    let ticket = bench.ready();
    assert_eq!(bench.looks(&ticket), (Waits::Server, None));
    bench.finish(&ticket);
    assert_eq!(bench.looks(&ticket), (Waits::Delay, Some(SECOND)));
    bench.advance(SECOND);
    assert_eq!(bench.looks(&ticket), (Waits::Place, None));
    let ticket = bench.ready();
    let minute = Some(60 * SECOND);
    let busy = Exchange { health: Health::Busy, retry_after: minute, ..Exchange::default() };
    bench.show(&ticket, &busy);
    bench.finish(&ticket);
    let (waits, left) = bench.looks(&ticket);
    assert_eq!(waits, Waits::RetryAfter);
    assert!(left >= minute, "{left:?}");
    bench.advance(left.unwrap());
    let ticket = bench.ready();
    bench.finish(&ticket);
    assert_eq!(bench.looks(&ticket).0, Waits::Nothing);
}

#[test]
fn a_host_waits_for_its_robots_txt_and_then_as_long_as_that_asks() {
    let mut bench = Bench::new(Politeness::default());
    bench.offer(&PAGES);
    let fetch = bench.robots_fetch();
    let look = |bench: &Bench| bench.scheduler.look(fetch.host, bench.now).unwrap();
    assert_eq!(look(&bench).waits, Waits::Robots);
    let rules = Robots::parse(b"User-agent: *\nCrawl-delay: 7", "dragline");
    bench.scheduler.robots(&fetch, RobotsOutcome::Rules(rules), bench.now);
    let told = look(&bench);
    assert_eq!((told.waits, told.left), (Waits::CrawlDelay, Some(7 * SECOND)));
    assert_eq!((told.pace, told.paced_by), (7 * SECOND, Waits::CrawlDelay));
}

#[test]
fn what_waits_for_a_further_try_says_when_that_is() {
    let mut bench = Bench::new(without_robots());
    bench.offer(&PAGES[..1]);
    let ticket = bench.ready();
    bench.scheduler.retry(ticket.clone(), bench.now + 4 * SECOND, bench.now);
    assert_eq!(bench.looks(&ticket), (Waits::Retry, Some(4 * SECOND)));
}

#[test]
fn what_was_not_sent_takes_no_place_in_the_pace() {
    let mut bench = Bench::new(without_robots());
    bench.offer(&PAGES);
    for _ in 0..2 {
        let ticket = bench.ready();
        bench.show(&ticket, &unsent());
        bench.finish(&ticket);
    }
    let ticket = bench.ready();
    bench.finish(&ticket);
    assert_eq!(bench.looks(&ticket).0, Waits::Nothing);
    bench.offer(&["http://a.example/4"]);
    assert_eq!(bench.pop(), bench.at(SECOND), "the one that was sent has its delay");
}

#[test]
fn a_request_that_was_sent_keeps_its_delay_whatever_is_not_sent_after_it() {
    let mut bench = Bench::new(without_robots());
    bench.offer(&PAGES);
    let sent = bench.ready();
    bench.finish(&sent);
    assert_eq!(bench.pop(), bench.at(SECOND));
    bench.advance(SECOND);
    let ticket = bench.ready();
    // Meanwhile somebody asks to spare the host.
    bench.scheduler.park(ticket.pending.host(), bench.now + 5 * SECOND);
    bench.show(&ticket, &unsent());
    bench.finish(&ticket);
    assert_eq!(bench.pop(), bench.at(6 * SECOND));
}

#[test]
fn requests_that_overlap_are_all_paced_even_if_they_are_not_sent() {
    let mut bench = Bench::new(Politeness { per_host: 2, ..without_robots() });
    bench.offer(&PAGES);
    let ticket = bench.ready();
    bench.show(&ticket, &unsent());
    bench.finish(&ticket);
    assert_eq!(bench.pop(), bench.at(SECOND));
}
