//! What is ordered of all workers of a fleet: heard every few seconds, and obeyed.

use std::time::Duration;

use dragline_frontier::HostId;
use tokio::time::Instant;
use url::Url;

use crate::engine::Engine;
use crate::engine::sharing::Frontier;
use crate::error::Error;
use crate::event::Event;
use crate::shared_store::Run;
use crate::spider::Spider;
use crate::stats::Ended;

/// How often a worker tells that it is there, and hears what is ordered.
pub(super) const CHECK_IN: Duration = Duration::from_secs(3);

impl<S: Spider> Engine<S> {
    /// Hears what is ordered, and does it.
    pub(super) async fn check_in(&mut self) -> Result<(), Error> {
        let Frontier::Shared(member) = &mut self.store else { return Ok(()) };
        let orders = member.store.check_in().await?;
        member.check = Instant::now() + CHECK_IN;
        let before = std::mem::replace(&mut member.run, orders.run);
        for url in orders.seeds.iter().filter_map(|url| Url::parse(url).ok()) {
            // It is in the frontier already; what counts is the scope that it brings.
            let _ = self.shared.admission.seed(url, None);
        }
        if let Some(limits) = orders.limits {
            let known = limits.into_iter().map(|(host, limit)| (self.directory.id(&host), limit));
            member.limits = known.collect();
            for host in member.store.held() {
                self.limit(host);
            }
        }
        match (before, orders.run) {
            (before, run) if before == run => {}
            (_, Run::Stop) => self.stop(Ended::Stopped),
            (_, Run::Pause) => {
                self.paused = true;
                self.teller.tell(Event::Paused);
            }
            (_, Run::Go) => {
                self.paused = false;
                self.trust_again();
                self.teller.tell(Event::Resumed);
            }
        }
        Ok(())
    }

    /// Has a host asked no faster than was ordered.
    pub(super) fn limit(&mut self, host: HostId) {
        if let Frontier::Shared(member) = &self.store
            && let Some(limit) = member.limits.get(&host)
        {
            let delay = limit.delay.unwrap_or_default();
            self.scheduler.limit(host, delay, limit.parallel, Instant::now().into_std());
        }
    }
}
