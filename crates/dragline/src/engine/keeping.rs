//! What is kept for a restart beside the URLs: counters, how far the output is, and what hosts are spared
//! for. All of it goes into the same commit as the ends of URLs.

use std::collections::HashSet;
use std::time::Duration;

use dragline_frontier::{Exchange, Health, HostId, HostNote, Progress};
use tokio::time::Instant;
use url::Url;

use crate::batch::{Ask, Committed};
use crate::engine::seeds::next_seed;
use crate::engine::{Engine, Frontier, Keeps, Member};
use crate::error::Error;
#[cfg(feature = "metrics")]
use crate::meters::Meters;
use crate::spider::Spider;
use crate::state::{HostNoted, Kept, Opened, Resumed};

/// Seeds added to a running crawl whose scope is kept, at most.
const MAX_ADDED: usize = 10_000;

/// Keeps what a restart must not forget. A crawl in memory has none.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    kept: Kept,
    /// Seeds added to the running crawl or to earlier runs whose scope is kept.
    added: usize,
    /// Hosts of which something is kept.
    hosts: HashSet<HostId>,
    /// Those of which something else is to be kept now.
    due: HashSet<HostId>,
    /// How long the runs before this one took.
    elapsed: Duration,
}

impl Keeper {
    /// Tells whether something of a host is to be kept now.
    pub(super) fn has_due(&self) -> bool {
        !self.due.is_empty()
    }
}

impl<S: Spider> Engine<S> {
    /// Takes up what was found in the state.
    pub(crate) fn restore(&mut self, opened: Opened) {
        let Opened { store, kept, found, resumed } = opened;
        self.store = Frontier::Own(Box::new(store));
        self.stats = kept.stats.clone();
        self.stats.discovered = resumed.counts.discovered;
        self.stats.done = resumed.counts.done;
        self.stats.failed = resumed.counts.failed;
        self.stats.skipped = resumed.counts.skipped;
        self.stats.waiting = resumed.counts.waiting;
        self.pages_before = self.stats.done + self.stats.failed;
        self.seeds_before = kept.seeds_read;
        self.crawl = found.crawl;
        #[cfg(feature = "metrics")]
        {
            self.meters = Meters::new(self.stats.clone());
        }
        self.ended_beside = kept.failed_beside + kept.skipped_beside;
        let now = self.shared.clock.since_epoch();
        let mut keeper = Keeper { elapsed: self.stats.elapsed, ..Keeper::default() };
        for note in found.hosts {
            // A note that cannot be read says nothing that a host would be hurt by.
            let Ok(noted) = serde_json::from_slice::<HostNoted>(&note.note) else { continue };
            let state = noted.aged(now);
            self.scheduler.restore(note.host, &state, Instant::now().into_std());
            keeper.hosts.insert(note.host);
        }
        keeper.added = found.seeds.len();
        for url in found.seeds.iter().filter_map(|url| Url::parse(url).ok()) {
            // It is known already; what counts is the scope that it brings.
            let _ = self.shared.admission.seed(url, None);
        }
        if resumed.progress != Progress::Fresh {
            self.scheduler.note_resumed();
        }
        if let Some(health) = &mut self.health {
            health.watch().restore(kept.health.clone());
        }
        keeper.kept = kept;
        self.keeper = Some(keeper);
        self.resumed = Some(resumed);
    }

    /// Takes part in a frontier that is shared. These seeds were added to it by whoever did.
    pub(crate) fn share(&mut self, member: Member, seeds: &[Box<str>], resumed: Resumed) {
        self.store = Frontier::Shared(Box::new(member));
        for url in seeds.iter().filter_map(|url| Url::parse(url).ok()) {
            // It is known already; what counts is the scope that it brings.
            let _ = self.shared.admission.seed(url, None);
        }
        self.keeper = Some(Keeper { added: seeds.len(), ..Keeper::default() });
        self.scheduler.note_resumed();
        self.resumed = Some(resumed);
    }

    /// Reads the seeds that were given before the restart, so that what is in scope because of them still is.
    pub(super) async fn reread_seeds(&mut self) -> Result<(), Error> {
        while self.seeds_before > 0 {
            match next_seed(&mut self.seeds).await {
                Some(seed) => self.seed(seed).await?,
                None => break,
            }
        }
        self.seeds_before = 0;
        Ok(())
    }

    /// Notes that a URL ended that never entered the store.
    pub(super) fn keep_beside(&mut self, skipped: bool) {
        if let Some(keeper) = &mut self.keeper {
            let count = match skipped {
                true => &mut keeper.kept.skipped_beside,
                false => &mut keeper.kept.failed_beside,
            };
            *count += 1;
        }
    }

    /// Notes that a seed was read from the stream of them.
    pub(super) fn keep_read(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            keeper.kept.seeds_read += 1;
        }
    }

    /// Notes the scope of a seed that was added to the running crawl.
    pub(super) fn keep_added(&mut self, url: &Url) {
        if let Some(keeper) = &mut self.keeper
            && keeper.added < MAX_ADDED
        {
            keeper.added += 1;
            self.batch.completion.seeds.push(url.as_str().into());
        }
    }

    /// Notes that a host is in trouble, or is not any more.
    pub(super) fn keep_host(&mut self, host: HostId, exchange: &Exchange) {
        if let Some(keeper) = &mut self.keeper {
            let spared = exchange.retry_after.is_some()
                || matches!(exchange.health, Health::Busy | Health::Fault(_));
            if spared || keeper.hosts.contains(&host) {
                keeper.due.insert(host);
            }
        }
    }

    /// Adds to the next commit what is to be kept with it.
    pub(super) fn keep(&mut self, output: Committed) {
        let keeps = self.store.keeps();
        let Some(keeper) = &mut self.keeper else { return };
        let at = self.shared.clock.since_epoch();
        let now = Instant::now().into_std();
        for host in keeper.due.drain() {
            let state = self.scheduler.host_state(host, now);
            match state {
                Some(_) => keeper.hosts.insert(host),
                None => keeper.hosts.remove(&host),
            };
            let noted = HostNoted::new(state.unwrap_or_default(), at);
            let note = serde_json::to_vec(&noted).expect("durations and numbers become JSON");
            let note = note.into_boxed_slice();
            self.batch.completion.hosts.push(HostNote { host, note });
        }
        if keeps == Keeps::Nothing {
            return;
        }
        self.batch.completion.sinks = output.positions;
        self.batch.completion.files = output.files;
        if keeps == Keeps::Outputs {
            return;
        }
        keeper.kept.stats.clone_from(&self.stats);
        if let Some(health) = &mut self.health {
            keeper.kept.health = health.watch().totals();
        }
        let kept = serde_json::to_vec(&keeper.kept).expect("counters become JSON");
        self.batch.completion.stats = Some(kept.into_boxed_slice());
    }

    /// Tells sinks that the state relies on them, at the end or when one of them waits for that.
    pub(super) async fn settle_sinks(&mut self, ask: Ask) -> Result<(), Error> {
        let (items, records, events) = (&mut self.items, &mut self.records, self.teller.sinks());
        let awaited = Committed::awaits_state(items)
            || Committed::awaits_state(records)
            || Committed::awaits_state(events);
        if awaited || ask == Ask::Finish {
            self.store.store().flush().await?;
            Committed::settle(items).await?;
            Committed::settle(records).await?;
            Committed::settle(events).await?;
        }
        Ok(())
    }

    /// Returns how long the crawl took, earlier runs included.
    pub(super) fn elapsed(&self) -> Duration {
        let before = self.keeper.as_ref().map(|keeper| keeper.elapsed).unwrap_or_default();
        before + self.shared.clock.elapsed()
    }
}
