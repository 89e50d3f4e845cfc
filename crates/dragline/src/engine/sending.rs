//! How a request is let go: what is counted, and the task that carries it.

use dragline_frontier::{RobotsFetch, Ticket};

use crate::engine::{Engine, Returned};
use crate::message;
use crate::robots;
use crate::spans::Span;
use crate::spider::Spider;
use crate::worker;

impl<S: Spider> Engine<S> {
    /// Has a worker carry a page.
    pub(super) fn send(&mut self, ticket: Ticket) {
        self.stats.requests += 1;
        self.stats.retries += u64::from(ticket.attempt > 0);
        self.pages_in_flight += 1;
        self.hosts.sent(ticket.pending.host());
        let before = self.before.get(&ticket.pending.fingerprint()).cloned();
        let jar = self.sessions.jar(message::session(ticket.pending.payload()));
        let span = Span::of(&ticket, &self.directory);
        self.store.went_out(&ticket.pending);
        let lease = self.store.lease(&ticket);
        let work = worker::carry(self.shared.clone(), ticket, before, jar, span);
        match lease {
            None => self.workers.spawn(async move { Returned::Page(work.await) }),
            Some((lease, ticket)) => self.workers.spawn(async move {
                let report = lease.during(work).await;
                report.map_or(Returned::Cut(ticket), Returned::Page)
            }),
        };
    }

    /// Has a worker carry a robots.txt.
    pub(super) fn send_robots(&mut self, fetch: RobotsFetch) {
        self.stats.requests += 1;
        self.stats.retries += u64::from(fetch.attempt > 0);
        self.hosts.sent(fetch.host);
        let lease = self.store.lease(&fetch);
        let work = robots::carry(self.shared.clone(), fetch);
        match lease {
            None => self.workers.spawn(async move { Returned::Robots(work.await) }),
            Some((lease, fetch)) => self.workers.spawn(async move {
                let report = lease.during(work).await;
                report.map_or(Returned::CutRobots(fetch), Returned::Robots)
            }),
        };
    }
}
