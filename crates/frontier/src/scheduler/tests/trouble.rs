//! Tests of what hosts are spared for: penalties, slowness, faults, groups, bandwidth, and what is kept.

use super::*;
use crate::host::HostFault;
use crate::host_state::HostState;
use crate::{Adaptive, Exchange, Group, Health, HostDown};

const MINUTE: Duration = Duration::from_secs(60);

impl Bench {
    /// Offers so many pages of one host.
    fn pages(&mut self, host: &str, count: usize) {
        for page in 0..count {
            self.offer(&[&format!("http://{host}/{page}")]);
        }
    }

    /// Ends a page after what its exchange took, and finishes it.
    fn answer(&mut self, ticket: &Ticket, exchange: &Exchange) {
        self.now += exchange.elapsed;
        self.scheduler.observe(ticket.pending.host(), exchange, self.now);
        self.finish(ticket);
    }

    /// Waits for the next page; returns it and how long it took to come.
    fn wait(&mut self) -> (Ticket, Duration) {
        let from = self.now;
        loop {
            match self.pop() {
                Next::WaitUntil(at) => self.now = at,
                Next::Ready(ticket) => return (ticket, self.now - from),
                next => panic!("expected a page, got {next:?}"),
            }
        }
    }

    /// Waits for the next answer that is no wait.
    fn after_waits(&mut self) -> Next {
        loop {
            match self.pop() {
                Next::WaitUntil(at) => self.now = at,
                next => return next,
            }
        }
    }
}

fn well() -> Exchange {
    Exchange { health: Health::Answered, ..Exchange::default() }
}

fn slow(seconds: u64) -> Exchange {
    Exchange { elapsed: Duration::from_secs(seconds), ..well() }
}

fn busy(retry_after: Option<u64>) -> Exchange {
    let retry_after = retry_after.map(Duration::from_secs);
    Exchange { health: Health::Busy, retry_after, ..Exchange::default() }
}

fn fault() -> Exchange {
    let fault = HostFault { code: "connect", message: "no answer".to_owned() };
    Exchange { health: Health::Fault(fault), ..Exchange::default() }
}

fn unpaced() -> Politeness {
    Politeness { delay: Duration::ZERO, ..without_robots() }
}

/// Asserts that a wait is what was asked for, or at most a tenth more.
fn assert_waits(waited: Duration, asked: Duration) {
    assert!(waited >= asked && waited <= asked + asked / 10, "{waited:?} for {asked:?}");
}

#[test]
fn a_retry_after_is_waited_for_and_a_little_longer_but_never_less() {
    for seed in 0..50 {
        let mut bench = Bench::new(unpaced());
        bench.scheduler = bench.scheduler.seeded(seed);
        bench.pages("a.example", 2);
        let ticket = bench.ready();
        bench.answer(&ticket, &busy(Some(60)));
        let (_, waited) = bench.wait();
        assert_waits(waited, MINUTE);
    }
}

#[test]
fn hosts_that_were_busy_together_do_not_come_back_together() {
    let mut bench = Bench::new(unpaced());
    let hosts: Vec<_> = (0..8).map(|host| format!("h{host}.example")).collect();
    for host in &hosts {
        bench.pages(host, 2);
    }
    let tickets: Vec<_> = hosts.iter().map(|_| bench.ready()).collect();
    for ticket in &tickets {
        bench.answer(ticket, &busy(Some(100)));
    }
    let mut starts = HashSet::new();
    for _ in &hosts {
        bench.wait();
        starts.insert(bench.now);
    }
    assert!(starts.len() > 4, "{starts:?}");
}

#[test]
fn a_retry_after_holds_robots_txt_as_well() {
    let mut bench = Bench::new(Politeness { delay: Duration::ZERO, ..Politeness::default() });
    bench.pages("a.example", 1);
    let fetch = bench.robots_fetch();
    bench.scheduler.observe(fetch.host, &busy(Some(30)), bench.now);
    let at = bench.now + SECOND;
    bench.scheduler.retry_robots(fetch, at, bench.now);
    let from = bench.now;
    assert!(matches!(bench.after_waits(), Next::NeedRobots(_)));
    assert_waits(bench.now - from, Duration::from_secs(30));
}

#[test]
fn an_absurd_retry_after_is_cut() {
    let max_retry_after = Duration::from_secs(10);
    let mut bench = Bench::new(Politeness { max_retry_after, ..unpaced() });
    bench.pages("a.example", 2);
    let ticket = bench.ready();
    bench.answer(&ticket, &busy(Some(1_000_000)));
    assert_waits(bench.wait().1, max_retry_after);
}

#[test]
fn a_busy_host_that_does_not_say_how_long_is_left_alone_twice_as_long_each_time() {
    let mut bench = Bench::new(unpaced());
    bench.pages("a.example", 12);
    let mut ticket = bench.ready();
    for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
        bench.answer(&ticket, &busy(None));
        let (next, waited) = bench.wait();
        assert_waits(waited, Duration::from_secs(expected));
        ticket = next;
    }
}

#[test]
fn answers_that_were_under_way_together_are_one_penalty() {
    let mut bench = Bench::new(Politeness { per_host: 4, ..unpaced() });
    bench.pages("a.example", 5);
    let tickets: Vec<_> = (0..4).map(|_| bench.ready()).collect();
    bench.advance(SECOND);
    for ticket in &tickets {
        let exchange = Exchange { elapsed: SECOND, ..busy(None) };
        bench.scheduler.observe(ticket.pending.host(), &exchange, bench.now);
        bench.finish(ticket);
    }
    assert_waits(bench.wait().1, SECOND);
}

#[test]
fn a_slowdown_doubles_with_a_penalty_and_fades_with_clean_answers() {
    let mut bench = Bench::new(without_robots());
    bench.pages("a.example", 200);
    let ticket = bench.ready();
    bench.answer(&ticket, &busy(Some(1)));
    let (mut ticket, waited) = bench.wait();
    assert_waits(waited, 2 * SECOND);
    let mut waits = Vec::new();
    for _ in 0..190 {
        bench.answer(&ticket, &well());
        let (next, waited) = bench.wait();
        waits.push(waited);
        ticket = next;
    }
    assert_eq!(waits[0], 2 * SECOND);
    assert!(waits[25] < 2 * SECOND && waits[25] > Duration::from_millis(1_700), "{:?}", waits[25]);
    assert_eq!(waits[189], SECOND, "it is over");
}

#[test]
fn a_slow_host_is_given_as_much_time_as_it_takes() {
    let mut bench = Bench::new(without_robots());
    bench.pages("a.example", 40);
    let mut ticket = bench.ready();
    for _ in 0..30 {
        bench.answer(&ticket, &slow(5));
        ticket = bench.wait().0;
    }
    bench.answer(&ticket, &slow(5));
    let (_, waited) = bench.wait();
    assert!(waited > Duration::from_millis(4_900) && waited <= 5 * SECOND, "{waited:?}");
}

#[test]
fn latency_never_asks_for_more_than_the_ceiling() {
    let adaptive = Adaptive { latency_factor: 10, ceiling: 7 * SECOND };
    let mut bench = Bench::new(Politeness { adaptive, ..without_robots() });
    bench.pages("a.example", 2);
    let ticket = bench.ready();
    bench.answer(&ticket, &slow(30));
    assert_eq!(bench.wait().1, 7 * SECOND);
}

#[test]
fn absurd_settings_are_long_waits() {
    let adaptive = Adaptive { latency_factor: u32::MAX, ceiling: Duration::MAX };
    let mut bench = Bench::new(Politeness { adaptive, delay: Duration::MAX, ..without_robots() });
    bench.pages("a.example", 2);
    let ticket = bench.ready();
    bench.answer(&ticket, &busy(None));
    assert!(matches!(bench.pop(), Next::WaitUntil(at) if at - bench.now > 1_000_000 * MINUTE));
}

#[test]
fn a_host_that_answers_within_its_delay_keeps_it_and_without_a_delay_nothing_is_paced() {
    for (politeness, takes, expected) in [
        (without_robots(), Duration::from_millis(900), SECOND),
        (unpaced(), 5 * SECOND, Duration::ZERO),
    ] {
        let mut bench = Bench::new(politeness);
        bench.pages("a.example", 20);
        let mut ticket = bench.ready();
        for _ in 0..19 {
            bench.answer(&ticket, &Exchange { elapsed: takes, ..well() });
            let (next, waited) = bench.wait();
            assert_eq!(waited, expected);
            ticket = next;
        }
    }
}

#[test]
fn a_dead_host_is_left_alone_longer_and_longer_and_then_given_up() {
    let mut bench = Bench::new(unpaced());
    bench.pages("a.example", 12);
    for _ in 0..4 {
        let ticket = bench.ready();
        bench.answer(&ticket, &fault());
    }
    let mut ticket = bench.ready();
    for expected in [10, 20, 40, 80] {
        bench.answer(&ticket, &fault());
        let (next, waited) = bench.wait();
        assert_waits(waited, Duration::from_secs(expected));
        ticket = next;
    }
    bench.answer(&ticket, &fault());
    for _ in 0..3 {
        match bench.pop() {
            Next::Refused(pending, Refusal::HostDown(fault)) => {
                assert_eq!((fault.code, fault.message.as_str()), ("connect", "no answer"));
                bench.complete(&pending);
            }
            next => panic!("expected a refusal, got {next:?}"),
        }
    }
    assert_eq!(bench.pop(), Next::Done);
    // Ten minutes later one more may try, and an answer ends it all.
    bench.advance(10 * MINUTE);
    bench.offer(&["http://a.example/later", "http://a.example/latest"]);
    let ticket = bench.ready();
    bench.answer(&ticket, &well());
    bench.ready();
}

#[test]
fn one_url_alone_probes_a_host_that_did_not_answer() {
    let mut bench = Bench::new(Politeness { per_host: 4, ..unpaced() });
    bench.pages("a.example", 12);
    let tickets: Vec<_> = (0..4).map(|_| bench.ready()).collect();
    for ticket in &tickets {
        bench.answer(ticket, &fault());
    }
    let ticket = bench.ready();
    bench.answer(&ticket, &fault());
    let (probe, _) = bench.wait();
    assert_eq!(bench.pop(), Next::Busy, "nothing goes with the probe");
    bench.answer(&probe, &well());
    for _ in 0..4 {
        bench.ready();
    }
}

#[test]
fn a_probe_waits_for_what_was_under_way_before() {
    let mut bench = Bench::new(Politeness { per_host: 3, ..unpaced() });
    bench.pages("a.example", 12);
    let straggler = bench.ready();
    bench.advance(SECOND);
    for _ in 0..5 {
        let ticket = bench.ready();
        bench.answer(&ticket, &fault());
    }
    assert_eq!(bench.after_waits(), Next::Busy, "one is in flight");
    bench.advance(20 * SECOND);
    let late = Exchange { elapsed: 21 * SECOND, ..fault() };
    bench.scheduler.observe(straggler.pending.host(), &late, bench.now);
    bench.finish(&straggler);
    // It was sent before the wait, so it does not make it longer.
    bench.ready();
}

#[test]
fn an_answer_between_faults_starts_the_count_anew() {
    let mut bench = Bench::new(unpaced());
    bench.pages("a.example", 30);
    for answer in 0..29 {
        let ticket = bench.ready();
        let exchange = if answer % 5 == 4 { well() } else { fault() };
        bench.answer(&ticket, &exchange);
    }
}

#[test]
fn a_host_without_an_answer_fails_the_robots_of_those_it_serves() {
    let host_down = HostDown { faults: 1, rounds: 0, ..HostDown::default() };
    let mut bench = Bench::new(Politeness { host_down, ..Politeness::default() });
    bench.pages("a.example", 1);
    let fetch = bench.robots_fetch();
    bench.scheduler.observe(fetch.host, &fault(), bench.now);
    bench.scheduler.retry_robots(fetch, bench.now + SECOND, bench.now);
    match bench.after_waits() {
        Next::Refused(pending, Refusal::HostDown(fault) | Refusal::Unreachable(fault)) => {
            assert_eq!(fault.code, "connect");
            bench.complete(&pending);
        }
        next => panic!("expected a refusal, got {next:?}"),
    }
    assert_eq!(bench.after_waits(), Next::Done);
}

#[test]
fn hosts_of_one_domain_share_its_limit() {
    let group_delay = 3 * SECOND;
    let mut bench = Bench::new(Politeness { group: Group::Domain, group_delay, ..unpaced() });
    bench.offer(&["http://a.one.example/", "http://b.one.example/", "http://c.two.example/"]);
    let first = bench.ready();
    let other = bench.ready();
    assert_eq!(other.pending.url(), "http://c.two.example/");
    assert_eq!(bench.pop(), Next::Busy);
    bench.answer(&first, &well());
    assert_waits(bench.wait().1, group_delay);
}

#[test]
fn hosts_at_one_address_share_its_limit_once_it_is_known() {
    let group_delay = 3 * SECOND;
    let mut bench = Bench::new(Politeness { group: Group::Address, group_delay, ..unpaced() });
    bench.pages("a.example", 3);
    bench.pages("b.example", 3);
    let at = |address: &str| Exchange { remote: address.parse().ok(), ..well() };
    for _ in 0..2 {
        let ticket = bench.ready();
        bench.answer(&ticket, &at("192.0.2.1"));
    }
    let mut starts = Vec::new();
    for _ in 0..4 {
        let (ticket, waited) = bench.wait();
        assert_eq!(waited, group_delay);
        starts.push(ticket.pending.host());
        bench.answer(&ticket, &at("192.0.2.1"));
    }
    assert!(starts[0] != starts[1] && starts[0] == starts[2], "they take turns: {starts:?}");
}

#[test]
fn bandwidth_is_capped_for_a_host_and_for_all() {
    let large = Exchange { bytes: 3_000, ..well() };
    let mut bench = Bench::new(Politeness { max_host_bandwidth: Some(1_000), ..unpaced() });
    bench.advance(MINUTE);
    bench.pages("a.example", 2);
    bench.pages("b.example", 1);
    let ticket = bench.ready();
    bench.answer(&ticket, &large);
    assert_eq!(bench.wait().1, Duration::ZERO, "another host is free");
    assert_eq!(bench.wait().1, 2 * SECOND, "three seconds' worth, one of them saved up");

    let mut bench = Bench::new(Politeness { max_bandwidth: Some(1_000), ..unpaced() });
    bench.advance(MINUTE);
    bench.pages("a.example", 1);
    bench.pages("b.example", 1);
    let ticket = bench.ready();
    bench.answer(&ticket, &large);
    let (ticket, waited) = bench.wait();
    assert_eq!(waited, 2 * SECOND);
    bench.answer(&ticket, &large);
    assert_eq!(bench.pop(), Next::Done, "what is over does not wait");
}

#[test]
fn idle_hosts_are_let_go_but_what_holds_them_back_is_not() {
    let mut bench = Bench::new(without_robots());
    bench.offer(&["http://busy.example/"]);
    let ticket = bench.ready();
    let busy_host = ticket.pending.host();
    bench.answer(&ticket, &busy(Some(3_600)));
    let hosts = 10_000;
    for host in 0..hosts {
        bench.offer(&[&format!("http://h{host}.example/")]);
        let ticket = bench.ready();
        bench.answer(&ticket, &well());
    }
    assert!(bench.scheduler.hosts.len() < 4_200, "{}", bench.scheduler.hosts.len());
    let state = bench.scheduler.host_state(busy_host, bench.now).unwrap();
    assert!(state.not_before >= Duration::from_secs(3_600));
    // Its delay runs on for one that was let go just now, too.
    bench.offer(&["http://h0.example/more", "http://busy.example/more"]);
    let from = bench.now;
    let (ticket, waited) = bench.wait();
    assert_eq!((ticket.pending.url(), waited), ("http://h0.example/more", SECOND));
    bench.answer(&ticket, &well());
    let (ticket, _) = bench.wait();
    assert_eq!(ticket.pending.url(), "http://busy.example/more");
    assert_waits(bench.now - from, Duration::from_secs(3_600));
}

#[test]
fn a_restart_does_not_forget_a_retry_after() {
    let mut bench = Bench::new(without_robots());
    bench.pages("a.example", 2);
    let ticket = bench.ready();
    bench.answer(&ticket, &busy(Some(600)));
    let state = bench.scheduler.host_state(ticket.pending.host(), bench.now).unwrap();
    let text = serde_json::to_string(&state).unwrap();
    let state: HostState = serde_json::from_str(&text).unwrap();

    let mut bench = Bench::new(without_robots());
    bench.pages("a.example", 2);
    let host = bench.pending("http://a.example/0").host();
    bench.scheduler.restore(host, &state.aged(MINUTE), bench.now);
    let (ticket, waited) = bench.wait();
    assert!(waited >= Duration::from_secs(540) && waited <= Duration::from_secs(550), "{waited:?}");
    bench.answer(&ticket, &well());
    assert_eq!(bench.wait().1, 2 * SECOND, "the slowdown is not forgotten either");
}

#[test]
fn a_host_that_was_given_up_stays_so_over_a_restart() {
    let mut bench = Bench::new(unpaced());
    bench.pages("a.example", 1);
    let host = bench.pending("http://a.example/0").host();
    let state = HostState { faults: 9, rounds: 5, down_for: MINUTE, ..HostState::default() };
    bench.scheduler.restore(host, &state, bench.now);
    assert_eq!(bench.scheduler.host_state(host, bench.now).unwrap().down_for, MINUTE);
    assert!(matches!(bench.pop(), Next::Refused(_, Refusal::HostDown(_))));
}

#[test]
fn a_healthy_host_has_nothing_to_remember() {
    let mut bench = Bench::new(unpaced());
    bench.pages("a.example", 1);
    let ticket = bench.ready();
    bench.answer(&ticket, &well());
    assert_eq!(bench.scheduler.host_state(ticket.pending.host(), bench.now), None);
}

#[test]
fn a_robots_txt_that_cannot_be_had_is_asked_for_less_and_less() {
    let mut bench = Bench::new(Politeness::default());
    for minutes in [10, 20, 40] {
        bench.offer(&[&format!("http://a.example/{minutes}")]);
        let fetch = match bench.after_waits() {
            Next::NeedRobots(fetch) => fetch,
            next => panic!("expected a robots.txt, got {next:?}"),
        };
        let outcome = RobotsOutcome::Unavailable(Arc::from("500"));
        bench.scheduler.robots(&fetch, outcome, bench.now);
        let until = bench.now + minutes * MINUTE;
        bench.advance(minutes * MINUTE - SECOND);
        bench.offer(&[&format!("http://a.example/{minutes}/b")]);
        for _ in 0..2 {
            match bench.pop() {
                Next::Refused(pending, Refusal::RobotsUnavailable(_)) => bench.complete(&pending),
                next => panic!("expected a refusal, got {next:?}"),
            }
        }
        bench.now = until;
    }
}

#[test]
fn sitemaps_are_told_when_the_rules_are_read() {
    let mut bench = Bench::new(Politeness::default());
    bench.pages("a.example", 1);
    let fetch = bench.robots_fetch();
    let rules = Robots::parse(b"Sitemap: http://a.example/s.xml", "dragline");
    let sitemaps = bench.scheduler.robots(&fetch, RobotsOutcome::Rules(rules), bench.now);
    assert_eq!(sitemaps, ["http://a.example/s.xml"]);
}
