//! A look at one host whose turn has come: the only place where a request is let go.

use crate::directory::HostId;
use crate::host::{Known, Refusal, RobotsFetch, RobotsOutcome, RobotsState};
use crate::look::Spared;
use crate::politeness::{Group, RobotsPolicy};
use crate::scheduler::entry::{Entry, Whose};
use crate::scheduler::{Next, Scheduler, Turn};
use crate::store::Claim;

impl Scheduler {
    /// Takes the turn of a host or of a group.
    pub(super) fn take_turn(&mut self, whose: Whose, now: u64) -> Option<Next> {
        match whose {
            Whose::Host(id) => self.visit(id, now),
            Whose::Group(id) => {
                let group = self.groups.get(id);
                group.listed = false;
                if group.at(self.politeness.per_group).is_none_or(|at| at > now) {
                    self.list_group(id);
                    return None;
                }
                let host = group.waiting.pop_front();
                let next = host.and_then(|host| self.visit(host, now));
                self.list_group(id);
                next
            }
        }
    }

    /// Looks at a host whose turn has come.
    fn visit(&mut self, id: HostId, now: u64) -> Option<Next> {
        let host = self.hosts.get_mut(id).expect("a listed host keeps its record");
        host.listed = false;
        if !host.has_work() {
            self.release(id);
            return None;
        }
        if let Some(fault) = host.down(now) {
            if let Some(errand) = host.pop_errand() {
                self.learn(errand.origin, RobotsOutcome::Unreachable(fault), now);
                self.list(errand.origin);
                self.release(errand.origin);
                self.list(id);
                self.release(id);
                return None;
            }
            if !host.hot.is_empty() {
                return Some(self.refuse(id, Refusal::HostDown(fault)));
            }
        } else if self.politeness.robots == RobotsPolicy::Obey && !host.has_errands() {
            match &host.robots {
                RobotsState::Known(known) if known.expires > now => {
                    if let Some(Err(refusal)) =
                        host.hot.front().map(|ticket| known.decide(ticket.pending.url()))
                    {
                        return Some(self.refuse(id, refusal));
                    }
                }
                RobotsState::Fetching => return None,
                RobotsState::Known(_) | RobotsState::Unknown => {
                    let name = self.directory.name(id).expect("the directory numbered the host");
                    let url = name.robots_txt().into_boxed_str();
                    host.robots = RobotsState::Fetching;
                    let fetch = RobotsFetch { origin: id, host: id, url, redirects: 0, attempt: 0 };
                    host.push_errand(fetch);
                }
            }
        }
        if !host.has_errands() && host.hot.is_empty() {
            let hosts = 0;
            return Some(Next::Claim(Claim { hosts, refill: vec![id], chunk: self.chunk() }));
        }
        // When it was listed it had a free slot, but its slots may have become fewer since.
        if host.in_flight >= host.slots(&self.politeness) {
            return None;
        }
        if host.arrival.at() > now {
            self.list(id);
            return None;
        }
        if self.take_group_turn(id, now) == Turn::Waits {
            return None;
        }
        let host = self.hosts.get_mut(id).expect("a listed host keeps its record");
        let pace = host.pace(&self.politeness);
        if host.arrival.check(pace, now).is_err() {
            unreachable!("its instant had come, and a limiter of one request says the same");
        }
        host.spared = Spared::Pace;
        host.in_flight += 1;
        self.in_flight += 1;
        let next = match host.pop_errand() {
            Some(errand) => Next::NeedRobots(errand),
            None => Next::Ready(host.hot.pop_front().expect("checked above")),
        };
        self.list(id);
        Some(next)
    }

    /// Takes a turn of the host's group, or has the host wait for one.
    fn take_group_turn(&mut self, id: HostId, now: u64) -> Turn {
        if self.politeness.group == Group::None {
            return Turn::Taken;
        }
        let Some(group_id) = self.groups.of(id) else { return Turn::Taken };
        let group = self.groups.get(group_id);
        let free = group.at(self.politeness.per_group).is_some_and(|at| at <= now);
        if free && group.arrival.check(self.politeness.group_delay, now).is_ok() {
            group.in_flight += 1;
            return Turn::Taken;
        }
        group.waiting.push_back(id);
        if let Some(host) = self.hosts.get_mut(id) {
            host.listed = true;
        }
        self.list_group(group_id);
        Turn::Waits
    }

    /// Puts a group into the ready heap, if a host waits for it and it has a free slot.
    pub(super) fn list_group(&mut self, id: crate::group::GroupId) {
        let group = self.groups.get(id);
        if group.listed || group.waiting.is_empty() {
            return;
        }
        if let Some(at) = group.at(self.politeness.per_group) {
            group.listed = true;
            self.turn += 1;
            let entry = Entry { at, turn: self.turn, whose: Whose::Group(id) };
            self.ready.push(std::cmp::Reverse(entry));
        }
    }

    /// Takes the first URL of a host, which must not be sent.
    fn refuse(&mut self, id: HostId, refusal: Refusal) -> Next {
        let host = self.hosts.get_mut(id).expect("a visited host has a record");
        let ticket = host.hot.pop_front().expect("something is refused");
        self.list(id);
        self.release(id);
        Next::Refused(ticket.pending, refusal)
    }

    /// Notes what a robots.txt says, and until when that holds.
    pub(super) fn learn(&mut self, origin: HostId, outcome: RobotsOutcome, now: u64) {
        let longest = self.politeness.max_crawl_delay;
        self.enter(origin);
        let host = self.hosts.get_mut(origin).expect("a host that was entered has a record");
        let before = host.pace(&self.politeness);
        let (lifetime, crawl_delay) = match &outcome {
            RobotsOutcome::Rules(robots) => {
                host.robots_failures = 0;
                (super::ROBOTS_LIFETIME, robots.crawl_delay().unwrap_or_default().min(longest))
            }
            RobotsOutcome::Unavailable(_) | RobotsOutcome::Unreachable(_) => {
                let lifetime = super::ROBOTS_FAILURE_LIFETIME
                    .saturating_mul(1 << host.robots_failures.min(8))
                    .min(super::ROBOTS_LIFETIME);
                host.robots_failures = host.robots_failures.saturating_add(1);
                // The delay that was asked for before is no more than what is kept of caution.
                (lifetime, std::time::Duration::from_millis(host.crawl_delay.into()))
            }
        };
        host.crawl_delay = super::millis(crawl_delay);
        // What was sent last was spaced for the old pace, and its end may space nothing: another host may
        // have given the rules, or more may be in flight.
        let pace = host.pace(&self.politeness);
        if pace > before {
            host.arrival.not_before(now.saturating_add(super::nanos(pace)));
            host.spared = Spared::Kept;
        }
        let expires = now.saturating_add(super::nanos(lifetime));
        host.robots = RobotsState::Known(Box::new(Known { outcome, expires }));
    }
}
