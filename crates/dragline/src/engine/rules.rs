//! The rules of an origin: what came of asking for its robots.txt, and what follows.

use dragline_frontier::{Canonical, Robots, RobotsFetch, RobotsOutcome};
use tokio::time::Instant;

use crate::engine::Engine;
use crate::engine::hosts::Errand;
use crate::robots::{Hop, RobotsReport};
use crate::spider::Spider;

impl<S: Spider> Engine<S> {
    /// Takes what came of asking for a robots.txt.
    pub(super) fn robots(&mut self, report: RobotsReport) {
        let RobotsReport { fetch, exchange, recording, times, outcome } = report;
        self.record(recording);
        self.hosts.returned(fetch.host, Errand::Robots, exchange.elapsed, &times);
        // Rules that are nowhere count as an answer that there are none.
        self.count_unsent(&exchange, true);
        let now = Instant::now();
        self.observe(fetch.host, &exchange, now);
        match outcome {
            Hop::Again => {
                let again = self.again_at(fetch.attempt, now);
                let origin = fetch.origin;
                self.scheduler.retry_robots(fetch, again, now.into_std());
                self.leave_unheld(origin);
            }
            Hop::Read(outcome) => self.learn(&fetch, outcome, now),
            Hop::Redirect(target) => match Canonical::new(target) {
                Ok(target) => {
                    let next = RobotsFetch {
                        host: self.directory.id(&target.host_key()),
                        url: String::from(target.into_url()).into_boxed_str(),
                        redirects: fetch.redirects + 1,
                        attempt: 0,
                        ..fetch
                    };
                    self.scheduler.redirect_robots(&fetch, next, now.into_std());
                }
                // It leads out of the web, so there are no rules (RFC 9309 section 2.3.1.3).
                Err(_) => {
                    let rules = Robots::allow_all();
                    self.learn(&fetch, RobotsOutcome::Rules(rules), now);
                }
            },
        }
    }

    /// Takes the rules of an origin.
    fn learn(&mut self, fetch: &RobotsFetch, outcome: RobotsOutcome, now: Instant) {
        let read = matches!(outcome, RobotsOutcome::Rules(_));
        if let RobotsOutcome::Rules(rules) = &outcome {
            self.store.learned(fetch.origin, rules);
        }
        let named = self.scheduler.robots(fetch, outcome, now.into_std());
        if read {
            self.ask_for_sitemaps(fetch.origin, &named);
        }
    }
}
