//! The checker: replays a log in order of time and holds each request against the rules.

mod health;
mod pace;
mod promises;
mod rules_in_force;
#[cfg(test)]
mod tests;
mod tries;
mod work;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use dragline::Config;

use crate::checker::pace::Pace;
use crate::checker::promises::Promises;
use crate::checker::rules_in_force::RulesInForce;
use crate::checker::tries::Tries;
use crate::checker::work::Work;
use crate::log::{Entry, Log};
use crate::place::Place;
use crate::report::{Report, Rule, Violation};

/// Checks a log against what a crawl with this configuration promises.
pub(crate) fn check(log: &Log, config: &Config) -> Report {
    let hosts = log.world.hosts.len();
    let promises = Promises::new(config);
    let mut checker = Checker {
        log,
        paces: (0..hosts).map(|_| Pace::new(promises.delay)).collect(),
        rules: RulesInForce::new(log, &promises),
        tries: Tries::new(log),
        work: Work::new(log, config, &promises),
        in_flight: BinaryHeap::new(),
        full_until: 0,
        report: Report::default(),
        promises,
    };
    for (index, entry) in log.entries().enumerate() {
        checker.end_until(entry.start);
        checker.start(index, entry);
    }
    checker.end_until(u64::MAX - 1);
    checker.strand(0);
    checker.work.finish(&mut checker.report);
    checker.report
}

/// A broken rule, and the number of the earlier request that shows it.
pub(crate) type Broken = (Rule, Option<usize>);

struct Checker<'a> {
    log: &'a Log,
    promises: Promises,
    paces: Vec<Pace>,
    rules: RulesInForce<'a>,
    tries: Tries,
    work: Work<'a>,
    /// When each request in flight ends, whether it is answered, and its number. Of those that end at one
    /// instant an answer comes last, so that in doubt a host counts as well.
    in_flight: BinaryHeap<Reverse<(u64, bool, usize)>>,
    /// When all slots of the crawl were last taken.
    full_until: u64,
    report: Report,
}

impl Checker<'_> {
    fn start(&mut self, index: usize, entry: &Entry) {
        self.report.requests += 1;
        let now = entry.start;
        let mut broken: Vec<Broken> = Vec::new();
        if self.in_flight.len() >= self.promises.concurrency {
            broken.push((Rule::Concurrency, self.in_flight.peek().map(|Reverse((.., at))| *at)));
        }
        let pace = &mut self.paces[entry.host as usize];
        let permitted = pace.permitted(&self.promises).max(self.full_until);
        pace.start(index, now, &self.promises, &mut broken);
        if entry.place() == Place::Robots {
            self.rules.ask(entry, &mut broken);
        } else {
            self.rules.page(entry, &mut broken);
            self.tries.start(index, entry, &self.promises, &mut broken);
        }
        let known_since = match self.rules.retries(entry.host) {
            true => now,
            false => self.rules.known_since(entry.host),
        };
        self.work.start(entry, permitted.max(known_since));
        self.in_flight.push(Reverse((entry.ended(), entry.status != 0, index)));
        for (rule, first) in broken {
            if self.report.breaks(rule) {
                let first = first.map(|first| self.log.asked(self.log.entry(first)));
                self.report.violations.push(Violation {
                    rule,
                    first,
                    second: self.log.asked(entry),
                });
            }
        }
    }

    /// Takes the ends of requests up to an instant, that included: an answer is there before what it allows.
    fn end_until(&mut self, now: u64) {
        while let Some(Reverse((end, _, index))) = self.in_flight.peek().copied() {
            if end > now {
                break;
            }
            if self.in_flight.len() >= self.promises.concurrency {
                self.full_until = end;
            }
            self.in_flight.pop();
            let entry = self.log.entry(index);
            let host = entry.host as usize;
            self.paces[host].end(index, entry, end, &self.promises);
            for origin in self.rules.end(index, entry, end) {
                self.paces[origin as usize].delay = self.rules.delay(origin, &self.promises);
                if self.rules.failed(origin) {
                    self.work.give_up(origin, end);
                }
            }
            let down_until = self.paces[host].down_until();
            if down_until > end {
                self.work.let_go(entry.host, end, down_until);
                self.strand(end);
            }
            self.work.end(entry, end, self.tries.is_retried(entry, &self.promises));
        }
    }

    /// Takes no more account of hosts whose robots.txt waits for a host that does not answer.
    fn strand(&mut self, now: u64) {
        for (asked, origin) in self.rules.unread() {
            if self.paces[asked as usize].down_until() > 0 {
                self.work.give_up(origin, now);
            }
        }
    }
}
