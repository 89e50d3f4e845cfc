//! Random crawls in virtual time, held to a naive model of every rule: nothing too early, nothing too
//! many, nothing lost, and nothing kept waiting that might be sent.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::host::HostFault;
use crate::{Exchange, Health, Robots};

const TENTH: f32 = 0.9;

/// What one host may be asked, by the rules as they are documented.
#[derive(Debug, Default)]
struct Model {
    domain: u64,
    /// Nothing may be sent before `earliest`, and something must be from `latest` on; they differ by
    /// the random part of waits.
    earliest: Duration,
    latest: Duration,
    in_flight: usize,
    /// URLs that are neither under way nor waiting for a retry.
    waiting: usize,
    robots: Rules,
    crawl_delay: Duration,
    latency: u64,
    slowdown: f32,
    clean: u32,
    busy: u32,
    faults: u32,
    rounds: u32,
    since: Duration,
    down_until: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Rules {
    #[default]
    Unknown,
    Fetching,
    Known,
}

impl Model {
    fn set(&self, politeness: &Politeness) -> Duration {
        politeness.delay.max(self.crawl_delay)
    }

    fn pace(&self, politeness: &Politeness) -> Duration {
        let set = self.set(politeness);
        let ceiling = politeness.adaptive.ceiling;
        let mut pace = set;
        if !politeness.delay.is_zero() {
            let latency = Duration::from_millis(self.latency) * politeness.adaptive.latency_factor;
            pace = pace.max(latency.min(ceiling));
        }
        if self.slowdown > 1.0 {
            let floor = set.max(Duration::from_millis(100));
            let slowed = floor.as_secs_f64() * f64::from(self.slowdown);
            pace = pace.max(Duration::from_secs_f64(slowed.min(ceiling.as_secs_f64())));
        }
        pace
    }

    fn slots(&self, politeness: &Politeness) -> usize {
        if self.rounds > 0 { 1 } else { politeness.per_host }
    }

    fn hold(&mut self, until: Duration, jitter: Duration) {
        self.earliest = self.earliest.max(until);
        self.latest = self.latest.max(until + jitter);
    }

    fn wait(&mut self, now: Duration, wait: Duration) {
        self.hold(now + wait, (wait / 10).min(Duration::from_secs(10)));
    }

    fn start(&mut self, politeness: &Politeness, now: Duration) {
        self.in_flight += 1;
        self.hold(now + self.pace(politeness), Duration::ZERO);
    }

    fn observe(&mut self, exchange: &Exchange, politeness: &Politeness, now: Duration) {
        let began = now - exchange.elapsed;
        let latest = exchange.elapsed.as_millis() as u64;
        if let Some(asked) = exchange.retry_after {
            self.wait(now, asked);
        }
        let answered = !matches!(exchange.health, Health::Fault(_));
        if answered {
            (self.faults, self.rounds, self.down_until) = (0, 0, Duration::ZERO);
        }
        match &exchange.health {
            Health::Busy if exchange.retry_after != Some(Duration::ZERO) => {
                if began >= self.since {
                    let wait = self.set(politeness).max(SECOND) * 2u32.pow(self.busy.min(9));
                    self.busy += 1;
                    self.clean = 0;
                    self.slowdown = self.slowdown.max(1.0) * 2.0;
                    self.since = now;
                    if exchange.retry_after.is_none() {
                        self.wait(now, wait.min(Duration::from_secs(300)));
                    }
                }
            }
            Health::Fault(_) => {
                if latest > self.latency {
                    self.latency = (self.latency * 3 + latest) / 4;
                }
                self.faults += 1;
                let news = self.rounds == 0 || began >= self.since;
                if self.faults >= politeness.host_down.faults && news {
                    self.rounds += 1;
                    self.since = now;
                    let before = self.rounds - 1;
                    let most = u32::from(politeness.host_down.rounds);
                    if before < most {
                        self.wait(now, politeness.host_down.wait * 2u32.pow(before));
                    } else {
                        self.down_until = now + Duration::from_secs(600) * 2u32.pow(before - most);
                    }
                }
            }
            _ => {
                self.latency = (self.latency * 3 + latest) / 4;
                if began >= self.since {
                    self.busy = 0;
                    self.clean += 1;
                    if self.clean == 20 {
                        self.clean = 0;
                        self.slowdown *= TENTH;
                        if self.slowdown < 1.05 {
                            self.slowdown = 1.0;
                        }
                    }
                }
                if self.slowdown <= 1.0 && self.busy == 0 {
                    (self.since, self.clean) = (Duration::ZERO, 0);
                }
            }
        }
    }

    fn end(&mut self, politeness: &Politeness, now: Duration) {
        self.in_flight -= 1;
        let pace = self.pace(politeness);
        if self.in_flight == 0 && !pace.is_zero() {
            self.hold(now + pace, Duration::ZERO);
        }
    }

    /// Whether something could be sent to the host, were it time.
    fn has_work(&self) -> bool {
        self.waiting > 0 && self.robots != Rules::Fetching
    }
}

/// The second limit, of hosts of one domain.
#[derive(Debug, Default)]
struct Shared {
    free_at: Duration,
    in_flight: usize,
}

enum Flight {
    Page(Ticket),
    Robots(RobotsFetch),
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        // Multiply and shift of a linear congruential generator: enough to spread choices.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn millis(&mut self, limit: u64) -> Duration {
        Duration::from_millis(self.below(limit))
    }

    fn exchange(&mut self, elapsed: Duration, ill: bool) -> Exchange {
        let fault = HostFault { code: "reset", message: String::new() };
        let (health, retry_after) = match self.below(if ill { 4 } else { 16 }) {
            0 => (Health::Busy, None),
            1 => (Health::Busy, Some(Duration::from_secs(self.below(40)))),
            2 => (Health::Fault(fault), None),
            3 if ill => (Health::Fault(fault), None),
            3 => (Health::Answered, Some(Duration::from_secs(self.below(10)))),
            _ => (Health::Answered, None),
        };
        Exchange { elapsed, health, retry_after, ..Exchange::default() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    // The promise: whatever happens, no rule of politeness is broken, no URL is lost or sent twice, and
    // nothing waits that need not.
    #[test]
    fn a_random_crawl_does_what_the_model_permits_and_no_less(
        seed in any::<u64>(),
        hosts in 1u64..12,
        pages in 1usize..200,
        per_host in 1usize..4,
        delay in prop_oneof![Just(0u64), 0u64..3_000],
        grouped in any::<bool>(),
        per_group in 1usize..4,
    ) {
        let group = if grouped { Group::Domain } else { Group::None };
        let mut random = Random(seed);
        let politeness = Politeness {
            per_host,
            delay: Duration::from_millis(delay),
            group,
            per_group,
            group_delay: random.millis(1_500),
            ..Politeness::default()
        };
        let mut bench = Bench::new(politeness.clone());
        let mut unknown: Vec<String> = (0..pages)
            .map(|page| {
                let host = random.below(hosts);
                let kind = if random.below(8) == 0 { "no" } else { "yes" };
                format!("http://h{host}.d{}.example/{kind}{page}", host % 3)
            })
            .collect();
        let mut models: BTreeMap<HostId, Model> = BTreeMap::new();
        let mut shared: BTreeMap<u64, Shared> = BTreeMap::new();
        let first = unknown.split_off(unknown.len().saturating_sub(3));
        let mut known = HashSet::new();
        let learn = |bench: &Bench, models: &mut BTreeMap<HostId, Model>, url: &str| {
            let pending = bench.pending(url);
            let model = models.entry(pending.host()).or_default();
            model.waiting += 1;
            model.domain = url.as_bytes()[url.find(".d").unwrap() + 2].into();
            pending
        };
        for url in &first {
            let pending = learn(&bench, &mut models, url);
            known.insert(url.clone());
            let receipt = now_or_never(bench.store.offer(vec![pending]));
            bench.scheduler.note(&receipt);
        }
        let mut flights: Vec<(Instant, Instant, Flight)> = Vec::new();
        let mut retries: Vec<(Duration, HostId)> = Vec::new();
        let mut ended: Vec<String> = Vec::new();
        let mut over = false;
        for _ in 0..100_000 {
            let now = bench.now - bench.epoch;
            retries.retain(|(at, host)| {
                if *at <= now {
                    models.get_mut(host).unwrap().waiting += 1;
                }
                *at > now
            });
            let next = bench.pop();
            let (host, flight) = match next {
                Next::Ready(ticket) => {
                    let model = models.get_mut(&ticket.pending.host()).unwrap();
                    prop_assert!(!ticket.pending.url().contains("/no"), "robots were not obeyed");
                    prop_assert_eq!(model.robots, Rules::Known, "a page came before robots.txt");
                    model.waiting -= 1;
                    (ticket.pending.host(), Flight::Page(ticket))
                }
                Next::NeedRobots(fetch) => {
                    let model = models.get_mut(&fetch.host).unwrap();
                    prop_assert!(model.robots != Rules::Fetching, "two fetches of one robots.txt");
                    model.robots = Rules::Fetching;
                    (fetch.host, Flight::Robots(fetch))
                }
                Next::Refused(pending, refusal) => {
                    let model = models.get_mut(&pending.host()).unwrap();
                    model.waiting -= 1;
                    match refusal {
                        Refusal::HostDown(_) => prop_assert!(model.down_until > now),
                        _ => prop_assert_eq!(model.robots, Rules::Known),
                    }
                    ended.push(pending.url().to_owned());
                    bench.complete(&pending);
                    continue;
                }
                Next::Claim(_) => unreachable!("the bench answers claims"),
                Next::Done => {
                    over = true;
                    break;
                }
                Next::WaitUntil(_) | Next::Busy => {
                    let until = match next {
                        Next::WaitUntil(at) => at - bench.epoch,
                        _ => Duration::MAX,
                    };
                    prop_assert!(until > now, "a wait for the past");
                    for model in models.values().filter(|model| model.has_work()) {
                        let shared = shared.entry(model.domain).or_default();
                        let free = model.in_flight < model.slots(&politeness)
                            && (!grouped || shared.in_flight < per_group);
                        let at = if grouped { shared.free_at.max(model.latest) } else { model.latest };
                        // A host that went down while it waited is looked at when its wait ends.
                        prop_assert!(!free || at >= until, "something is kept waiting until {until:?}: {model:?}");
                    }
                    flights.sort_by_key(|(at, ..)| *at);
                    let first_end = flights.first().map(|(at, ..)| *at);
                    if until < Duration::MAX && first_end.is_none_or(|end| bench.epoch + until < end) {
                        bench.now = bench.epoch + until;
                        continue;
                    }
                    let (at, began, flight) = flights.remove(0);
                    bench.now = bench.now.max(at);
                    let now = bench.now - bench.epoch;
                    let host = match &flight {
                        Flight::Page(ticket) => ticket.pending.host(),
                        Flight::Robots(fetch) => fetch.host,
                    };
                    let model = models.get_mut(&host).unwrap();
                    // Every third host is ill all the time.
                    let exchange = random.exchange(bench.now - began, host.index() % 3 == 2);
                    bench.scheduler.observe(host, &exchange, bench.now);
                    model.observe(&exchange, &politeness, now);
                    match flight {
                        Flight::Robots(fetch) => {
                            let rules = format!("User-agent: *\nDisallow: /no\nCrawl-delay: {}", random.below(4));
                            let rules = Robots::parse(rules.as_bytes(), "dragline");
                            model.crawl_delay = rules.crawl_delay().unwrap();
                            model.robots = Rules::Known;
                            let outcome = RobotsOutcome::Rules(rules);
                            bench.scheduler.robots(&fetch, outcome, bench.now);
                        }
                        Flight::Page(ticket) if random.below(5) == 0 && ticket.attempt < 3 => {
                            let at = bench.now + random.millis(5_000);
                            retries.push((at - bench.epoch, host));
                            bench.scheduler.retry(ticket, at, bench.now);
                        }
                        Flight::Page(ticket) => {
                            ended.push(ticket.pending.url().to_owned());
                            bench.scheduler.settle(host, bench.now);
                            let keep = unknown.len().saturating_sub(random.below(6) as usize);
                            let found = unknown.split_off(keep);
                            known.extend(found.iter().cloned());
                            let completion = Completion {
                                done: vec![completed(&ticket.pending)],
                                found: found.iter().map(|url| learn(&bench, &mut models, url)).collect(),
                                ..Completion::default()
                            };
                            let receipt = now_or_never(bench.store.complete(completion));
                            bench.scheduler.note(&receipt);
                        }
                    }
                    let model = models.get_mut(&host).unwrap();
                    model.end(&politeness, now);
                    let shared = shared.entry(model.domain).or_default();
                    shared.in_flight -= 1;
                    if shared.in_flight == 0 && !politeness.group_delay.is_zero() {
                        shared.free_at = shared.free_at.max(now + politeness.group_delay);
                    }
                    continue;
                }
            };
            let model = models.get_mut(&host).unwrap();
            prop_assert!(now >= model.earliest, "{host:?} was asked at {now:?}: {model:?}");
            prop_assert!(model.down_until <= now, "a host that was given up was asked: {model:?}");
            prop_assert!(model.in_flight < model.slots(&politeness), "too many in flight: {model:?}");
            model.start(&politeness, now);
            let shared = shared.entry(model.domain).or_default();
            if grouped {
                prop_assert!(now >= shared.free_at, "the group was asked too soon: {shared:?}");
                prop_assert!(shared.in_flight < per_group, "too many of the group in flight");
                shared.free_at = now + politeness.group_delay;
            }
            shared.in_flight += 1;
            // Some take long enough to outlast what the others lead to.
            let longest = if random.below(8) == 0 { 60_000 } else { 4_000 };
            let takes = Duration::from_millis(1) + random.millis(longest);
            flights.push((bench.now + takes, bench.now, flight));
        }
        prop_assert!(over, "the crawl does not end");
        prop_assert_eq!(ended.len(), known.len(), "a URL was lost or sent twice");
        prop_assert_eq!(ended.into_iter().collect::<HashSet<_>>(), known);
        prop_assert_eq!(bench.scheduler.in_flight(), 0);
        prop_assert_eq!(bench.scheduler.held, 0);
    }
}
