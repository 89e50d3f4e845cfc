//! The engine of a worker that shares its frontier: it claims hosts as they become free, renews their leases, and
//! leaves those that it lost. A crawl with a store of its own passes through here without a stop.

use std::collections::HashSet;
use std::time::Duration;

use dragline_frontier::{
    Claim, Completion, HostId, Lease as Chunk, Receipt, Robots, RobotsFetch, Ticket,
};
use tokio::time::Instant;

use crate::engine::Engine;
use crate::engine::frontier::Frontier;
use crate::engine::hosts::Errand;
use crate::engine::member::{CLAIM_WAIT, Whose};
use crate::error::Error;
use crate::spider::Spider;
use crate::state::HostNoted;
use crate::times::PageTimes;

/// How long robots rules hold for all workers (RFC 9309 section 2.4).
const RULES_HOLD: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the totals of all workers are shown before they are asked for again.
const TOTALS: Duration = Duration::from_secs(10);
impl<S: Spider> Engine<S> {
    /// Does what a worker that shares its frontier has to do from time to time.
    pub(super) async fn tend(&mut self) -> Result<(), Error> {
        let Frontier::Shared(member) = &mut self.store else { return Ok(()) };
        let now = Instant::now();
        if member.hungry && now >= member.claims.next {
            member.hungry = false;
            self.scheduler.note_resumed();
        }
        let (due, check) = (member.due, member.check);
        if now >= due {
            Box::pin(self.renew()).await?;
        }
        if now >= check {
            Box::pin(self.check_in()).await?;
        }
        Ok(())
    }

    /// Returns when it may be asked again whether something may be sent; `None` when it may.
    pub(super) async fn rests(&mut self) -> Result<Option<Instant>, Error> {
        let Frontier::Shared(member) = &self.store else { return Ok(None) };
        if Instant::now() < member.lease.until() {
            return Ok(None);
        }
        Box::pin(self.renew()).await?;
        let Frontier::Shared(member) = &self.store else { return Ok(None) };
        let now = Instant::now();
        // The answer took longer than the lease.
        Ok((now >= member.lease.until()).then(|| now + CLAIM_WAIT.0))
    }

    async fn renew(&mut self) -> Result<(), Error> {
        let Frontier::Shared(member) = &mut self.store else { return Ok(()) };
        let idle = member.store.idle();
        if !idle.is_empty() {
            member.store.release(idle).await?;
        }
        let sent = Instant::now();
        let renewal = member.store.renew().await?;
        member.renewed(sent);
        let mut lost = renewal.lost;
        // Nothing more is sent there, but what is in flight still counts.
        let mut leaving = std::mem::take(&mut member.leaving);
        leaving.extend(&renewal.blocked);
        leaving.retain(|host| !lost.contains(host));
        let mut busy: HashSet<HostId> = member.away.values().map(|away| away.host).collect();
        for host in &leaving {
            // A robots.txt may be in flight, which is no page of anybody's.
            let look = self.scheduler.look(*host, sent.into_std());
            if look.is_some_and(|look| look.in_flight > 0) {
                busy.insert(*host);
            }
        }
        let (busy, free): (Vec<_>, Vec<_>) = leaving.iter().partition(|host| busy.contains(host));
        member.leaving = busy;
        if !free.is_empty() {
            member.store.release(free.clone()).await?;
            lost.extend(free);
        }
        if member.asked.elapsed() >= TOTALS {
            member.count().await?;
        }
        self.scheduler.leave(&renewal.blocked);
        self.lose(&lost);
        self.publish();
        Ok(())
    }

    /// Asks the store for hosts and chunks.
    pub(super) async fn claim(&mut self, claim: &Claim) -> Result<Vec<Chunk>, Error> {
        let member = match &mut self.store {
            Frontier::Own(store) => return Ok(store.claim(claim.clone()).await?),
            Frontier::Shared(member) => member,
        };
        let now = Instant::now();
        if claim.hosts > 0 && now < member.claims.next {
            member.hungry = true;
            return Ok(Vec::new());
        }
        let chunks = member.store.claim(claim.clone()).await?;
        let (refilled, fresh) = chunks.split_at(claim.refill.len());
        let lost = refilled.iter().map(|chunk| chunk.host);
        let lost: Vec<HostId> = lost.filter(|host| !member.store.holds(*host)).collect();
        if claim.hosts > 0 && fresh.len() < claim.hosts {
            member.hungry = true;
            match fresh.is_empty() {
                true => member.claims.was_in_vain(now),
                false => member.claims.gave(now),
            }
        }
        if !fresh.is_empty() {
            member.looks.gave(now);
        }
        for chunk in &chunks {
            let urls = chunk.urls.len() as u64;
            *member.taken.entry(chunk.host).or_default() += urls;
            self.stats.discovered += urls;
            self.stats.waiting += urls;
        }
        let (now, at) = (Instant::now().into_std(), self.shared.clock.since_epoch());
        for Chunk { host, .. } in fresh {
            // A note that cannot be read says nothing that a host would be hurt by.
            let note = member.store.note(*host).map(serde_json::from_slice::<HostNoted>);
            if let Some(Ok(noted)) = note {
                self.scheduler.restore(*host, &noted.aged(at), now);
            }
            if let Some((bytes, left)) = member.store.take_rules(*host)
                && let Some(bytes) = bytes.strip_prefix(member.agent.as_bytes())
                && let Some(rules) = bytes.strip_prefix(b"\n").and_then(Robots::from_bytes)
            {
                self.scheduler.take_rules(*host, rules, left, now);
            }
        }
        self.lose(&lost);
        Ok(chunks)
    }

    /// Has the store take what ended and what that led to.
    pub(super) async fn settle(&mut self, batch: Completion) -> Result<Receipt, Error> {
        let member = match &mut self.store {
            Frontier::Own(store) => return Ok(store.complete(batch).await?),
            Frontier::Shared(member) => member,
        };
        let mut hosts: Vec<HostId> = batch.done.iter().map(|done| done.pending.host()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let now = Instant::now().into_std();
        for host in hosts {
            member.store.spare(host, self.scheduler.rest(host, now));
        }
        let settled = member.store.settle(batch).await?;
        let ended = std::mem::take(&mut member.ended);
        if !settled.refused.is_empty() {
            for (_, ending) in ended.iter().filter(|(url, _)| settled.refused.contains(url)) {
                member.take_back(ending, &mut self.stats);
            }
        }
        // After what they led to, so that who finds them finds the sitemaps that they name too.
        for (host, rules) in std::mem::take(&mut member.rules) {
            member.store.keep_rules(host, rules, RULES_HOLD).await?;
        }
        self.lose(&settled.lost);
        Ok(settled.receipt)
    }

    /// Counts what the store said of URLs that were offered: here they are this worker's once it claims them.
    pub(super) fn count_offered(&mut self, receipt: &Receipt) {
        match &self.store {
            Frontier::Own(_) => self.stats.offered(receipt),
            Frontier::Shared(_) => self.stats.links.duplicates += receipt.duplicates,
        }
    }

    /// Leaves hosts that others hold now, or nobody: nothing more is sent there, and what is in flight does not
    /// count.
    fn lose(&mut self, hosts: &[HostId]) {
        if hosts.is_empty() {
            return;
        }
        self.forget_held(hosts);
        self.scheduler.leave(hosts);
        let Frontier::Shared(member) = &mut self.store else { return };
        for host in hosts {
            let urls = member.taken.remove(host).unwrap_or_default();
            self.stats.discovered -= urls;
            self.stats.waiting -= urls;
            member.stats.hosts_lost += 1;
        }
        for away in member.away.values_mut().filter(|away| hosts.contains(&away.host)) {
            away.whose = Whose::Lost;
        }
    }

    /// Tells whether nothing is left to do, for other workers neither.
    pub(super) async fn is_over(&mut self) -> Result<Over, Error> {
        let Frontier::Shared(member) = &mut self.store else { return Ok(Over::Yes) };
        member.hungry = true;
        let now = Instant::now();
        if now >= member.looks.next {
            member.looks.was_in_vain(now);
            // Partitions answer one after the other, so what moves between them could be missed. Their counters
            // only grow: if no sum changed, there was a moment at which all of this was true.
            let counts = member.count().await?;
            if counts.waiting == 0 && member.count().await? == counts {
                return Ok(Over::Yes);
            }
        }
        Ok(Over::NotBefore(member.looks.next))
    }

    /// Gives back all hosts, at the end.
    pub(super) async fn give_back(&mut self) -> Result<(), Error> {
        let Frontier::Shared(member) = &mut self.store else { return Ok(()) };
        let now = Instant::now().into_std();
        let held = member.store.held();
        for host in &held {
            member.store.spare(*host, self.scheduler.rest(*host, now));
        }
        member.store.release(held).await?;
        let urls: u64 = member.taken.drain().map(|(_, urls)| urls).sum();
        self.stats.discovered -= urls;
        self.stats.waiting -= urls;
        member.count().await?;
        Ok(())
    }

    /// Takes note of a robots.txt that was cut off because the leases were over.
    pub(super) fn cut_robots(&mut self, fetch: RobotsFetch) {
        let now = Instant::now().into_std();
        let (host, origin) = (fetch.host, fetch.origin);
        self.hosts.returned(host, Errand::Robots, Duration::ZERO, &PageTimes::default());
        self.scheduler.retry_robots(fetch, now, now);
        self.leave_unheld(origin);
    }

    /// Leaves a host whose robots.txt would be asked for again though the host was lost meanwhile.
    pub(super) fn leave_unheld(&mut self, origin: HostId) {
        if let Frontier::Shared(member) = &self.store
            && !member.store.holds(origin)
        {
            self.scheduler.leave(&[origin]);
        }
    }

    /// Takes note of a page that was cut off because the leases were over.
    pub(super) fn cut(&mut self, ticket: Ticket) {
        self.pages_in_flight -= 1;
        let now = Instant::now().into_std();
        let host = ticket.pending.host();
        self.hosts.returned(host, Errand::Page, Duration::ZERO, &PageTimes::default());
        match self.store.came_back(&ticket.pending) {
            Whose::Ours => {
                if let Frontier::Shared(member) = &mut self.store {
                    member.stats.pages_lost += 1;
                }
                self.scheduler.retry(ticket, now, now);
            }
            Whose::Lost => self.scheduler.settle(host, now),
        }
    }
}

/// Whether a crawl is over.
pub(super) enum Over {
    Yes,
    /// It is to be asked again then.
    NotBefore(Instant),
}
