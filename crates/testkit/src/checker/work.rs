//! Which pages are known and not asked for yet: what a host's time could be used for, and what is lost.

use dragline::{Config, RobotsPolicy, ScopeKind};
use dragline_frontier::{Robots, Rule as Allowed};

use crate::checker::promises::{MAX_REDIRECTS, Promises};
use crate::log::{Entry, Log, Outcome};
use crate::place::Place;
use crate::plan::RobotsPlan;
use crate::report::Report;
use crate::world::World;

/// The pages of all graphs.
pub(super) struct Work<'a> {
    log: &'a Log,
    hosts: Vec<HostWork>,
    known: u64,
    asked: u64,
    /// Nanoseconds in which hosts had work, and in which they had it and were idle.
    open: u64,
    idle: u64,
}

struct HostWork {
    state: Vec<Page>,
    /// Whether the crawl may go there.
    inside: bool,
    /// All rules the host ever gives.
    rules: Vec<Robots>,
    /// Pages that are known, allowed and not asked for.
    waiting: u64,
    waiting_since: u64,
    /// Whether its robots.txt failed, so that any page may have been refused.
    gave_up: bool,
    /// Until when its pages may fail unsent, because it does not answer.
    down_until: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Page {
    Unknown,
    Waiting,
    /// Known, and robots.txt may keep it away, or it may have failed unsent.
    Refusable,
    Asked,
}

impl<'a> Work<'a> {
    pub(super) fn new(log: &'a Log, config: &Config, promises: &Promises) -> Self {
        let any = matches!(config.scope.kind, ScopeKind::Any);
        let hosts = log.world.hosts.iter().map(|host| HostWork {
            state: vec![Page::Unknown; host.graph().map_or(0, |graph| graph.pages as usize)],
            inside: any,
            rules: Vec::new(),
            waiting: 0,
            waiting_since: 0,
            gave_up: false,
            down_until: 0,
        });
        let mut hosts: Vec<_> = hosts.collect();
        if promises.robots == RobotsPolicy::Obey {
            for (number, host) in (0..).zip(&mut hosts) {
                gather(&log.world, number, 0, &mut |body| {
                    host.rules.push(Robots::parse(body, &promises.agent));
                });
            }
        }
        for entry in log.entries().filter(|entry| entry.place() != Place::Robots) {
            hosts[entry.host as usize].inside = true;
        }
        Self { log, hosts, known: 0, asked: 0, open: 0, idle: 0 }
    }

    /// Takes a request that the pace and the rules permitted from an instant on.
    pub(super) fn start(&mut self, entry: &Entry, permitted: u64) {
        let now = entry.start;
        let host = &mut self.hosts[entry.host as usize];
        if host.waiting > 0 && !host.gave_up {
            self.idle += now.saturating_sub(permitted.max(host.waiting_since));
        }
        let Place::Page(page) = entry.place() else { return };
        let Some(state) = host.state.get_mut(page as usize) else { return };
        match std::mem::replace(state, Page::Asked) {
            Page::Asked => return,
            Page::Unknown => self.known += 1,
            Page::Refusable => {}
            Page::Waiting => {
                host.waiting -= 1;
                if host.waiting == 0 && !host.gave_up {
                    self.open += now - host.waiting_since;
                }
            }
        }
        self.asked += 1;
    }

    /// Takes the end of a request: what it led to is known from now on.
    pub(super) fn end(&mut self, entry: &Entry, now: u64, retried: bool) {
        if entry.outcome != Outcome::Answered || retried {
            return;
        }
        let world = &self.log.world;
        match (entry.place(), entry.status) {
            (Place::Page(page), 200) => {
                world.links(entry.host, page, |host, page| self.learn(host, page, now));
            }
            (place, 302) => {
                if let Some((host, Place::Page(page))) =
                    world.redirected(entry.host, place, entry.fault)
                {
                    self.learn(host, page, now);
                }
            }
            _ => {}
        }
    }

    /// Takes no more account of a host whose robots.txt failed.
    pub(super) fn give_up(&mut self, host: u32, now: u64) {
        let host = &mut self.hosts[host as usize];
        if host.waiting > 0 && !host.gave_up {
            self.open += now.saturating_sub(host.waiting_since);
        }
        host.gave_up = true;
    }

    /// Lets the pages of a host that does not answer fail unsent, as far as they are known by `until`.
    pub(super) fn let_go(&mut self, host: u32, now: u64, until: u64) {
        let host = &mut self.hosts[host as usize];
        host.down_until = until;
        if host.waiting == 0 {
            return;
        }
        if !host.gave_up {
            self.open += now - host.waiting_since;
        }
        host.waiting = 0;
        let waiting = host.state.iter_mut().filter(|state| **state == Page::Waiting);
        waiting.for_each(|state| *state = Page::Refusable);
    }

    /// Writes what became of the pages.
    pub(super) fn finish(self, report: &mut Report) {
        report.pages.known = self.known;
        report.pages.asked = self.asked;
        for (number, host) in (0..).zip(&self.hosts) {
            for (page, state) in (0..).zip(&host.state) {
                match state {
                    Page::Waiting if !host.gave_up => {
                        report.lose(|| self.log.world.url(number, Place::Page(page)));
                    }
                    Page::Waiting | Page::Refusable => report.pages.refused += 1,
                    Page::Unknown | Page::Asked => {}
                }
            }
        }
        let open = self.open.max(1) as f64;
        report.utilisation = 1.0 - self.idle as f64 / open;
    }

    fn learn(&mut self, number: u32, page: u32, now: u64) {
        let host = &mut self.hosts[number as usize];
        let Some(state) = host.state.get_mut(page as usize) else { return };
        if *state != Page::Unknown || !host.inside {
            return;
        }
        self.known += 1;
        let path = Place::Page(page).path();
        let kept_away = |rules: &Robots| matches!(rules.rule(&path), Allowed::Disallowed { .. });
        if now < host.down_until || host.rules.iter().any(kept_away) {
            *state = Page::Refusable;
            return;
        }
        *state = Page::Waiting;
        host.waiting += 1;
        if host.waiting == 1 {
            host.waiting_since = now;
        }
    }
}

/// Calls `take` with each robots.txt that may ever be in force at a host, also of where it redirects.
fn gather(world: &World, number: u32, redirects: u8, take: &mut impl FnMut(&[u8])) {
    let host = &world.hosts[number as usize];
    if let Some(listing) = host.listing(Place::Robots) {
        host.listed[listing as usize].1.iter().for_each(|reply| take(&reply.body));
    }
    for plan in host.plan.robots.all() {
        match plan {
            RobotsPlan::Text(text) => take(text.as_bytes()),
            RobotsPlan::Redirect(url) if redirects < MAX_REDIRECTS => {
                if let Some((to, Place::Robots)) = world.find(url) {
                    gather(world, to, redirects + 1, take);
                }
            }
            _ => {}
        }
    }
}
