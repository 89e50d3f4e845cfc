//! What a scheduler does for a worker that shares its frontier: it leaves hosts that others hold now, takes
//! up rules that others read, and tells how long a host has to rest.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::directory::HostId;
use crate::host::{RobotsOutcome, RobotsState};
use crate::robots::Robots;
use crate::scheduler::entry::{Again, Later};
use crate::scheduler::{EAGER_HOSTS, Scheduler, nanos};

impl Scheduler {
    /// Leases no more hosts than this, 4,096 at most, while one of them may be asked, and so many at a time when all
    /// of them have to wait: others may want some too. 0 counts as 1.
    #[must_use]
    pub fn eager_hosts(mut self, hosts: usize) -> Self {
        self.eager_hosts = hosts.clamp(1, EAGER_HOSTS);
        self
    }

    /// Drops all that waits of some hosts, since they are not leased any more. What is in flight to them is
    /// still to be settled, and what is held to be let go. Looks at all that is to be tried again.
    pub fn leave(&mut self, hosts: &[HostId]) {
        let left: HashSet<HostId> = hosts.iter().copied().collect();
        let mut untried = Vec::new();
        self.later.retain(|Reverse(Later { what, .. })| {
            let (host, counted) = match what {
                Again::Page(ticket) => (ticket.pending.host(), true),
                Again::Robots(fetch) => (fetch.origin, false),
            };
            let stays = !left.contains(&host);
            if !stays {
                untried.push((host, counted));
            }
            stays
        });
        for (id, counted) in untried {
            let (host, _) = self.enter(id);
            match counted {
                true => host.retrying -= 1,
                false => host.robots = RobotsState::Unknown,
            }
        }
        for id in left {
            let Some(host) = self.hosts.get_mut(id) else { continue };
            host.hot.clear();
            host.more = false;
            if host.has_errands() {
                host.drop_errands_of(id);
                host.robots = RobotsState::Unknown;
            }
            self.release(id);
        }
    }

    /// Takes up the rules of an origin that were read elsewhere and hold for this long, 24 hours at most. What
    /// is known of them already, or being fetched, stays.
    pub fn take_rules(&mut self, origin: HostId, rules: Robots, left: Duration, now: Instant) {
        let now = self.tick(now);
        if !matches!(self.enter(origin).0.robots, RobotsState::Unknown) {
            return;
        }
        self.learn(origin, RobotsOutcome::Rules(rules), now);
        if let Some(host) = self.hosts.get_mut(origin)
            && let RobotsState::Known(known) = &mut host.robots
        {
            known.expires = known.expires.min(now.saturating_add(nanos(left)));
        }
        self.release(origin);
    }

    /// Returns how long a host is to be left alone by whoever is given it next.
    pub fn rest(&self, host: HostId, now: Instant) -> Duration {
        let now = self.nanos(now);
        let at = match self.hosts.get(host) {
            Some(host) if host.in_flight > 0 => {
                let pace = nanos(host.pace(&self.politeness));
                host.arrival.at().max(now.saturating_add(pace))
            }
            Some(host) => host.arrival.at(),
            None => self.hosts.parked(host).map_or(0, |parked| parked.arrival),
        };
        Duration::from_nanos(at.saturating_sub(now))
    }
}
