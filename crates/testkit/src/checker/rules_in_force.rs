//! Which robots rules are in force at each host, worked out from the log and the hosts' plans.

use std::collections::HashMap;
use std::time::Duration;

use dragline::RobotsPolicy;
use dragline_frontier::{Robots, Rule as Allowed};

use crate::checker::Broken;
use crate::checker::promises::{MAX_REDIRECTS, Promises, nanos};
use crate::log::{Entry, Log, Outcome};
use crate::place::Place;
use crate::plan::RobotsPlan;
use crate::report::Rule;

/// How long a robots.txt holds (RFC 9309 section 2.4).
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The rules at all hosts.
pub(super) struct RulesInForce<'a> {
    log: &'a Log,
    promises: Promises,
    origins: Vec<Origin>,
    /// Redirected fetches: at which place each goes on, and for which host.
    hops: HashMap<(u32, Place), Vec<Hop>>,
}

#[derive(Clone, Copy)]
struct Hop {
    origin: u32,
    redirects: u8,
    since: u64,
}

#[derive(Default)]
struct Origin {
    state: State,
    /// robots.txt requests so far, which are how many replies were given for it.
    asked: usize,
    /// Tries of the fetch that is on.
    tries: u8,
    /// Whether a redirect of another host's robots.txt ever led here.
    shared: bool,
    known_since: u64,
}

#[derive(Default)]
enum State {
    #[default]
    Unknown,
    /// The number of the request that gave them, and when they expire.
    Known(usize, u64, Box<Robots>),
    /// It could not be read: nothing may be asked for.
    Failed(usize),
}

impl<'a> RulesInForce<'a> {
    pub(super) fn new(log: &'a Log, promises: &Promises) -> Self {
        let origins = log.world.hosts.iter().map(|_| Origin::default()).collect();
        Self { log, promises: promises.clone(), origins, hops: HashMap::new() }
    }

    /// Returns from when the rules of a host, as they are, were known.
    pub(super) fn known_since(&self, host: u32) -> u64 {
        self.origins[host as usize].known_since
    }

    /// Tells whether a host's robots.txt failed in a way that may pass, and is tried again.
    pub(super) fn retries(&self, host: u32) -> bool {
        self.origins[host as usize].tries > 0
    }

    /// Tells whether a host's robots.txt could not be read.
    pub(super) fn failed(&self, host: u32) -> bool {
        matches!(self.origins[host as usize].state, State::Failed(_))
    }

    /// Returns each fetch of a robots.txt that is under way: the host that is asked, and the one whose
    /// rules are wanted.
    pub(super) fn unread(&self) -> Vec<(u32, u32)> {
        let hops = self
            .hops
            .iter()
            .flat_map(|((asked, _), hops)| hops.iter().map(|hop| (*asked, hop.origin)));
        let own = (0..).zip(&self.origins).filter(|(_, origin)| origin.tries > 0);
        hops.chain(own.map(|(number, _)| (number, number))).collect()
    }

    /// Returns the delay in force at a host.
    pub(super) fn delay(&self, host: u32, promises: &Promises) -> u64 {
        let State::Known(_, _, robots) = &self.origins[host as usize].state else {
            return promises.delay;
        };
        let own = robots.crawl_delay().unwrap_or_default().min(promises.max_crawl_delay);
        promises.delay.max(nanos(own))
    }

    /// Takes a request for robots.txt.
    pub(super) fn ask(&mut self, entry: &Entry, broken: &mut Vec<Broken>) {
        let origin = &mut self.origins[entry.host as usize];
        origin.asked += 1;
        if let State::Known(first, expires, _) = origin.state
            && entry.start < expires
            && !origin.shared
        {
            broken.push((Rule::RobotsAgain, Some(first)));
        }
    }

    /// Takes a request for a page, and tells which rules it breaks.
    pub(super) fn page(&self, entry: &Entry, broken: &mut Vec<Broken>) {
        if self.promises.robots == RobotsPolicy::Ignore
            || self.hops.contains_key(&(entry.host, entry.place()))
        {
            return;
        }
        match &self.origins[entry.host as usize].state {
            State::Unknown => broken.push((Rule::RobotsFirst, None)),
            State::Failed(first) => broken.push((Rule::Disallowed, Some(*first))),
            State::Known(first, expires, robots) => {
                if entry.start >= *expires {
                    broken.push((Rule::RobotsExpired, Some(*first)));
                }
                let path = self.path(entry);
                if let Some(path) = path
                    && matches!(robots.rule(&path), Allowed::Disallowed { .. })
                {
                    broken.push((Rule::Disallowed, Some(*first)));
                }
            }
        }
    }

    /// Takes the end of a request, and returns the hosts whose rules it changed.
    pub(super) fn end(&mut self, index: usize, entry: &Entry, now: u64) -> Vec<u32> {
        if entry.outcome == Outcome::Dropped {
            return Vec::new();
        }
        let key = (entry.host, entry.place());
        let mut hops = Vec::new();
        if let Some(waiting) = self.hops.get_mut(&key) {
            waiting.retain(|hop| {
                let later = entry.start < hop.since;
                if !later {
                    hops.push(*hop);
                }
                later
            });
            if waiting.is_empty() {
                self.hops.remove(&key);
            }
        }
        if entry.place() == Place::Robots {
            hops.push(Hop { origin: entry.host, redirects: 0, since: 0 });
        }
        hops.into_iter().filter_map(|hop| self.read(hop, index, entry, now)).collect()
    }

    /// Takes what one fetch of robots.txt gave, for the host whose rules it is.
    fn read(&mut self, hop: Hop, index: usize, entry: &Entry, now: u64) -> Option<u32> {
        let answered = entry.outcome == Outcome::Answered;
        let redirect = answered && (301..=308).contains(&entry.status);
        if redirect
            && hop.redirects < MAX_REDIRECTS
            && let Some(target) = self.target(entry)
        {
            if target.1 == Place::Robots {
                self.origins[target.0 as usize].shared = true;
            }
            let hop = Hop { redirects: hop.redirects + 1, since: now, ..hop };
            self.hops.entry(target).or_default().push(hop);
            return None;
        }
        let may_pass = entry.may_pass();
        let body = (answered && (200..=299).contains(&entry.status)).then(|| self.body(entry));
        let agent = self.promises.agent.clone();
        let origin = &mut self.origins[hop.origin as usize];
        origin.tries = origin.tries.saturating_add(1);
        let tried_out = origin.tries >= self.promises.tries;
        if may_pass && !tried_out {
            if hop.redirects > 0 {
                // The same hop is tried again.
                let key = (entry.host, entry.place());
                self.hops.entry(key).or_default().push(Hop { since: now, ..hop });
            }
            return None;
        }
        origin.tries = 0;
        origin.known_since = now;
        origin.state = match (entry.status, body) {
            (_, Some(body)) => {
                State::Known(index, now + nanos(LIFETIME), Box::new(Robots::parse(&body, &agent)))
            }
            (300..=499, _) if answered => {
                State::Known(index, now + nanos(LIFETIME), Box::new(Robots::allow_all()))
            }
            _ => State::Failed(index),
        };
        Some(hop.origin)
    }

    /// Returns where a redirect led; `None` where that is no place of the simulated web.
    fn target(&self, entry: &Entry) -> Option<(u32, Place)> {
        let world = &self.log.world;
        let host = &world.hosts[entry.host as usize];
        if let Some(listing) = host.listing(entry.place()) {
            let replies = &host.listed[listing as usize].1;
            let headers = replies.iter().flat_map(|reply| &reply.headers);
            let (_, location) =
                headers.rev().find(|(name, _)| name.eq_ignore_ascii_case("location"))?;
            let base = url::Url::parse(&world.url(entry.host, entry.place())).ok()?;
            return world.locate(&base.join(location).ok()?);
        }
        match host.plan.robots.at(Duration::from_nanos(entry.start)) {
            RobotsPlan::Redirect(url) if entry.place() == Place::Robots => world.find(url),
            _ => world.redirected(entry.host, entry.place(), entry.fault),
        }
    }

    /// Returns what an answered request for rules was answered with.
    fn body(&self, entry: &Entry) -> Vec<u8> {
        let host = &self.log.world.hosts[entry.host as usize];
        if let Some(listing) = host.listing(entry.place()) {
            let replies = &host.listed[listing as usize].1;
            let asked = self.origins[entry.host as usize].asked;
            let nth = if entry.place() == Place::Robots { asked.saturating_sub(1) } else { 0 };
            return replies
                .get(nth)
                .or(replies.last())
                .map_or(Vec::new(), |reply| reply.body.to_vec());
        }
        match host.plan.robots.at(Duration::from_nanos(entry.start)) {
            RobotsPlan::Text(text) => text.clone().into_bytes(),
            _ => Vec::new(),
        }
    }

    /// Returns the path of a request; `None` of one that is known only by its hash.
    fn path(&self, entry: &Entry) -> Option<String> {
        match entry.place() {
            Place::Other(_) => None,
            Place::Listed(number) => {
                let host = &self.log.world.hosts[entry.host as usize];
                Some(host.listed[number as usize].0.clone())
            }
            place => Some(place.path()),
        }
    }
}
