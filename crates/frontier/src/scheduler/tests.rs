//! Tests of the scheduler: single rules, and in `model` random crawls that are held to all of them.

use std::collections::HashSet;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use url::Url;

use super::*;
use crate::host::HostFault;
use crate::{
    Admission, Completed, Completion, End, Ending, FingerprintKey, MemoryStore, Robots,
    RobotsPolicy, Scope, ScopeConfig, ScopeKind, Store,
};

/// A scheduler over a memory store, with a clock that is set by hand.
struct Bench {
    scheduler: Scheduler,
    store: MemoryStore,
    admission: Admission,
    epoch: Instant,
    now: Instant,
}

impl Bench {
    fn new(politeness: Politeness) -> Self {
        let directory = Arc::new(Directory::default());
        let config = ScopeConfig { kind: ScopeKind::Any, ..ScopeConfig::default() };
        let scope = Scope::new(&config, []).unwrap();
        let key = FingerprintKey::from_bits(1);
        let epoch = Instant::now();
        Self {
            scheduler: Scheduler::new(politeness, directory.clone(), epoch),
            store: MemoryStore::new(),
            admission: Admission::new(scope, directory, key, None),
            epoch,
            now: epoch,
        }
    }

    fn offer(&mut self, urls: &[&str]) {
        let batch = urls.iter().map(|url| self.pending(url)).collect();
        let receipt = now_or_never(self.store.offer(batch));
        self.scheduler.note(&receipt);
    }

    fn pending(&self, url: &str) -> Pending {
        self.admission.seed(Url::parse(url).unwrap(), None).unwrap()
    }

    /// Pops until the answer is something that a caller would act on.
    fn pop(&mut self) -> Next {
        loop {
            match self.scheduler.pop(self.now) {
                Next::Claim(claim) => {
                    let leases = now_or_never(self.store.claim(claim.clone()));
                    self.scheduler.grant(&claim, leases);
                }
                next => return next,
            }
        }
    }

    fn ready(&mut self) -> Ticket {
        match self.pop() {
            Next::Ready(ticket) => ticket,
            next => panic!("expected a page, got {next:?}"),
        }
    }

    fn robots_fetch(&mut self) -> RobotsFetch {
        match self.pop() {
            Next::NeedRobots(fetch) => fetch,
            next => panic!("expected a robots.txt, got {next:?}"),
        }
    }

    fn finish(&mut self, ticket: &Ticket) {
        self.scheduler.settle(ticket.pending.host(), self.now);
        self.complete(&ticket.pending);
    }

    fn complete(&mut self, pending: &Pending) {
        let done = vec![completed(pending)];
        let completion = Completion { done, ..Completion::default() };
        let receipt = now_or_never(self.store.complete(completion));
        self.scheduler.note(&receipt);
    }

    fn advance(&mut self, time: Duration) {
        self.now += time;
    }

    fn at(&self, time: Duration) -> Next {
        Next::WaitUntil(self.epoch + time)
    }
}

fn completed(pending: &Pending) -> Completed {
    let ending = Ending { end: End::Done, code: None, status: Some(200), at: 0 };
    Completed { pending: pending.clone(), ending, revisit: None }
}

/// The memory store is never pending.
fn now_or_never<T>(future: impl Future<Output = Result<T, crate::StoreError>>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value.unwrap(),
        Poll::Pending => panic!("the memory store was pending"),
    }
}

fn without_robots() -> Politeness {
    Politeness { robots: RobotsPolicy::Ignore, ..Politeness::default() }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_host_is_kept_while_a_refused_url_of_it_is_not_completed() {
    let mut bench = Bench::new(Politeness::default());
    bench.offer(&["http://a.example/1"]);
    let fetch = bench.robots_fetch();
    let fault = HostFault { code: "dns", message: "no such name".to_owned() };
    let unreachable = RobotsOutcome::Unreachable(Arc::new(fault));
    bench.scheduler.robots(&fetch, unreachable, bench.now);
    let refused = |bench: &mut Bench| match bench.pop() {
        Next::Refused(pending, _) => {
            bench.scheduler.hold(pending.host());
            pending
        }
        next => panic!("expected a refusal, got {next:?}"),
    };
    bench.advance(2 * SECOND);
    let first = refused(&mut bench);
    assert_eq!(bench.pop(), Next::Done, "it is the caller's to wait");
    // What comes now goes to a lease that the store still counts as held.
    bench.offer(&["http://a.example/2"]);
    bench.complete(&first);
    bench.scheduler.let_go(first.host());
    bench.advance(2 * SECOND);
    let second = refused(&mut bench);
    assert_eq!(second.url(), "http://a.example/2");
    bench.complete(&second);
    bench.scheduler.let_go(second.host());
    assert_eq!(bench.pop(), Next::Done);
}

#[test]
fn nothing_to_do_is_done() {
    assert_eq!(Bench::new(Politeness::default()).pop(), Next::Done);
}

#[test]
fn a_url_is_handed_out_once() {
    let mut bench = Bench::new(without_robots());
    bench.offer(&["http://a.example/", "http://a.example/#top", "http://A.example:80/"]);
    let ticket = bench.ready();
    bench.finish(&ticket);
    assert_eq!(bench.pop(), Next::Done);
}

#[test]
fn the_delay_counts_from_the_start_and_from_the_end() {
    let mut bench = Bench::new(without_robots());
    bench.offer(&["http://a.example/1", "http://a.example/2"]);
    let first = bench.ready();
    assert_eq!(bench.pop(), Next::Busy);
    bench.advance(Duration::from_secs(3));
    bench.finish(&first);
    assert_eq!(bench.pop(), bench.at(Duration::from_secs(4)));
    bench.advance(SECOND);
    bench.ready();
}

#[test]
fn starts_are_spaced_where_several_may_be_in_flight() {
    let mut bench = Bench::new(Politeness { per_host: 2, ..without_robots() });
    bench.offer(&["http://a.example/1", "http://a.example/2", "http://a.example/3"]);
    bench.ready();
    assert_eq!(bench.pop(), bench.at(SECOND));
    bench.advance(SECOND);
    bench.ready();
    bench.advance(SECOND);
    assert_eq!(bench.pop(), Next::Busy, "two are in flight");
}

#[test]
fn hosts_do_not_wait_for_each_other() {
    let mut bench = Bench::new(without_robots());
    bench.offer(&["http://a.example/1", "http://a.example/2", "http://b.example/1"]);
    let hosts: HashSet<_> = [bench.ready(), bench.ready()].map(|t| t.pending.host()).into();
    assert_eq!(hosts.len(), 2);
}

#[test]
fn the_port_and_the_scheme_make_another_host() {
    let mut bench = Bench::new(without_robots());
    bench.offer(&["http://a.example/", "https://a.example/", "http://a.example:8080/"]);
    bench.ready();
    bench.ready();
    bench.ready();
}

#[test]
fn robots_come_first_and_are_spaced_like_a_page() {
    let mut bench = Bench::new(Politeness::default());
    bench.offer(&["http://a.example/secret", "http://a.example/open"]);
    let fetch = bench.robots_fetch();
    assert_eq!(&*fetch.url, "http://a.example/robots.txt");
    assert_eq!(bench.pop(), Next::Busy);
    let rules = Robots::parse(b"User-agent: *\nDisallow: /secret", "dragline");
    bench.scheduler.robots(&fetch, RobotsOutcome::Rules(rules), bench.now);
    assert_eq!(bench.pop(), bench.at(SECOND));
    bench.advance(SECOND);
    // A refusal sends nothing, so it does not use up the host's turn.
    match bench.pop() {
        Next::Refused(pending, Refusal::Disallowed { line: Some(2) }) => {
            assert_eq!(pending.url(), "http://a.example/secret");
            bench.complete(&pending);
        }
        next => panic!("expected a refusal, got {next:?}"),
    }
    assert_eq!(bench.ready().pending.url(), "http://a.example/open");
}

#[test]
fn crawl_delay_beats_a_shorter_configured_delay_from_the_first_page_on() {
    let mut bench = Bench::new(Politeness::default());
    bench.offer(&["http://a.example/"]);
    let fetch = bench.robots_fetch();
    let rules = Robots::parse(b"User-agent: *\nCrawl-delay: 7", "dragline");
    bench.scheduler.robots(&fetch, RobotsOutcome::Rules(rules), bench.now);
    assert_eq!(bench.pop(), bench.at(Duration::from_secs(7)));
}

#[test]
fn a_crawl_delay_that_another_host_tells_spaces_the_first_page() {
    let mut bench = Bench::new(Politeness::default());
    bench.offer(&["http://a.example/"]);
    let fetch = bench.robots_fetch();
    let host = bench.pending("http://b.example/").host();
    let url = "http://b.example/robots.txt".into();
    let to = RobotsFetch { host, url, redirects: 1, ..fetch.clone() };
    bench.scheduler.redirect_robots(&fetch, to, bench.now);
    let hop = bench.robots_fetch();
    let rules = Robots::parse(b"User-agent: *\nCrawl-delay: 7", "dragline");
    bench.scheduler.robots(&hop, RobotsOutcome::Rules(rules), bench.now);
    assert_eq!(bench.pop(), bench.at(Duration::from_secs(7)));
}

#[test]
fn a_longer_crawl_delay_holds_at_once_while_a_page_is_in_flight() {
    let mut bench = Bench::new(Politeness { per_host: 3, ..Politeness::default() });
    bench.offer(&["http://a.example/1", "http://a.example/2"]);
    let fetch = bench.robots_fetch();
    bench.scheduler.robots(&fetch, RobotsOutcome::Rules(Robots::allow_all()), bench.now);
    bench.advance(ROBOTS_LIFETIME - SECOND);
    bench.ready();
    bench.advance(SECOND);
    let fetch = bench.robots_fetch();
    let rules = Robots::parse(b"User-agent: *\nCrawl-delay: 7", "dragline");
    bench.scheduler.robots(&fetch, RobotsOutcome::Rules(rules), bench.now);
    assert_eq!(bench.pop(), bench.at(ROBOTS_LIFETIME + Duration::from_secs(7)));
}

#[test]
fn an_absurd_crawl_delay_is_cut() {
    let mut bench = Bench::new(Politeness::default());
    bench.offer(&["http://a.example/"]);
    let fetch = bench.robots_fetch();
    let rules = Robots::parse(b"User-agent: *\nCrawl-delay: 86400", "dragline");
    bench.scheduler.robots(&fetch, RobotsOutcome::Rules(rules), bench.now);
    assert_eq!(bench.pop(), bench.at(Duration::from_secs(60)));
}

#[test]
fn robots_are_read_again_after_a_day() {
    let mut bench = Bench::new(Politeness::default());
    bench.offer(&["http://a.example/1"]);
    let fetch = bench.robots_fetch();
    bench.scheduler.robots(&fetch, RobotsOutcome::Rules(Robots::allow_all()), bench.now);
    bench.advance(SECOND);
    let first = bench.ready();
    bench.finish(&first);
    bench.advance(ROBOTS_LIFETIME);
    bench.offer(&["http://a.example/2"]);
    bench.robots_fetch();
}

#[test]
fn a_redirected_robots_waits_for_the_host_it_goes_to() {
    let mut bench = Bench::new(Politeness::default());
    bench.offer(&["http://a.example/", "http://b.example/"]);
    let (a, b) = (bench.robots_fetch(), bench.robots_fetch());
    let to =
        RobotsFetch { host: b.host, url: "http://b.example/r".into(), redirects: 1, ..a.clone() };
    bench.scheduler.redirect_robots(&a, to, bench.now);
    assert_eq!(bench.pop(), Next::Busy, "b has one slot, and it is taken");
    bench.scheduler.robots(&b, RobotsOutcome::Rules(Robots::allow_all()), bench.now);
    assert_eq!(bench.pop(), bench.at(SECOND));
    bench.advance(SECOND);
    let hop = bench.robots_fetch();
    assert_eq!((hop.origin, hop.host), (a.origin, b.host));
    bench.scheduler.robots(&hop, RobotsOutcome::Rules(Robots::allow_all()), bench.now);
    assert_eq!(bench.ready().pending.url(), "http://a.example/");
}

#[test]
fn an_unreachable_host_fails_its_urls_and_no_others() {
    let mut bench = Bench::new(Politeness::default());
    bench.offer(&["http://a.example/1", "http://a.example/2"]);
    let fetch = bench.robots_fetch();
    let fault = Arc::new(HostFault { code: "dns", message: "no such host".to_owned() });
    let outcome = RobotsOutcome::Unreachable(fault.clone());
    bench.scheduler.robots(&fetch, outcome, bench.now);
    bench.advance(SECOND);
    for _ in 0..2 {
        match bench.pop() {
            Next::Refused(pending, refusal) => {
                assert_eq!(refusal, Refusal::Unreachable(fault.clone()));
                bench.complete(&pending);
            }
            next => panic!("expected a refusal, got {next:?}"),
        }
    }
    assert_eq!(bench.pop(), Next::Done);
}

#[test]
fn a_retry_waits_its_time_and_counts_its_tries() {
    let mut bench = Bench::new(without_robots());
    bench.offer(&["http://a.example/"]);
    let ticket = bench.ready();
    bench.scheduler.retry(ticket, bench.now + Duration::from_secs(5), bench.now);
    assert_eq!(bench.pop(), bench.at(Duration::from_secs(5)));
    bench.advance(Duration::from_secs(5));
    let again = bench.ready();
    assert_eq!(again.attempt, 1);
    bench.finish(&again);
    assert_eq!(bench.pop(), Next::Done);
}

#[test]
fn a_parked_host_is_left_alone() {
    let mut bench = Bench::new(without_robots());
    bench.offer(&["http://a.example/1", "http://a.example/2"]);
    let ticket = bench.ready();
    bench.scheduler.park(ticket.pending.host(), bench.now + Duration::from_secs(120));
    bench.finish(&ticket);
    assert_eq!(bench.pop(), bench.at(Duration::from_secs(120)));
}

#[test]
fn links_found_last_are_not_lost() {
    // Regression guard: the lease ends with the last URL, while that URL's links are being added.
    let mut bench = Bench::new(without_robots());
    bench.offer(&["http://a.example/1"]);
    let ticket = bench.ready();
    bench.scheduler.settle(ticket.pending.host(), bench.now);
    let completion = Completion {
        done: vec![completed(&ticket.pending)],
        found: vec![bench.pending("http://a.example/2")],
        ..Completion::default()
    };
    let receipt = now_or_never(bench.store.complete(completion));
    bench.scheduler.note(&receipt);
    bench.advance(SECOND);
    assert_eq!(bench.ready().pending.url(), "http://a.example/2");
}

mod limiting;
mod look;
mod model;
mod sharing;
mod trouble;
