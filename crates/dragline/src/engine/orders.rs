//! What is ordered of all workers of a fleet: heard every few seconds, and obeyed.

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::engine::Engine;
use crate::engine::frontier::Frontier;
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
            let now = Instant::now().into_std();
            for host in std::mem::take(&mut member.limited) {
                self.scheduler.limit(host, None, now);
            }
            for (host, limit) in limits {
                let host = self.directory.id(&host);
                self.scheduler.limit(host, Some(limit), now);
                member.limited.push(host);
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
}
