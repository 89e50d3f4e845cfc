//! Extraction health in a running crawl: pages in doubt are held back until it is known whether their route is at
//! fault, and what the settings ask for is done when it is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use dragline_frontier::{HostId, Pending};

use crate::engine::Engine;
use crate::error::Error;
use crate::event::Event;
use crate::health::{
    self, Bodies, Expected, HealthAction, HealthFault, HealthReport, Suspect, Watch,
};
use crate::spider::Spider;
use crate::stats::Ended;
use crate::worker::Finished;

/// Pages that are held back, at most; of more, the oldest count as they are.
const MAX_HELD: usize = 1_000;
/// The bytes of the bodies that their items were taken from, at most: 64 MiB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A page that was read, and what came of it.
type Read<I> = (Pending, Finished<I>);

/// The health of a crawl. One that nobody asked for has none.
pub(crate) struct HealthWatch<I> {
    watch: Watch,
    action: HealthAction,
    bodies: Option<Bodies>,
    baseline: Option<PathBuf>,
    standing: Standing,
    /// Pages in doubt that are not committed, by their number in the watch. Invariant: their hosts are held in the
    /// scheduler, and their links are handed on.
    held: BTreeMap<u64, Read<I>>,
    bytes: u64,
}

/// What becomes of pages in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// They count once they left the window of their route.
    Trusted,
    /// They are to be read again by a later run.
    AtFault,
}

impl<I> HealthWatch<I> {
    pub(crate) fn new(expected: &Arc<Expected>) -> Result<Self, Error> {
        let health = &expected.health;
        Ok(Self {
            watch: Watch::new(expected.clone()),
            action: health.action,
            bodies: health.keep.clone().map(Bodies::new).transpose()?,
            baseline: health.baseline.clone(),
            standing: Standing::Trusted,
            held: BTreeMap::new(),
            bytes: 0,
        })
    }

    /// Returns the watch.
    pub(super) fn watch(&mut self) -> &mut Watch {
        &mut self.watch
    }

    /// Returns how many pages are held back.
    pub(super) fn held(&self) -> u64 {
        self.held.len() as u64
    }

    /// Returns what was found at fault so far.
    pub(super) fn faults(&self) -> &[HealthFault] {
        self.watch.faults()
    }

    /// Returns what was found so far.
    pub(super) fn report(&self) -> HealthReport {
        self.watch.report(self.held())
    }
}

impl<S: Spider> Engine<S> {
    /// Looks at how well a page was read. Returns it, unless it is held back.
    ///
    /// Called before its host is settled, so that the lease stays.
    pub(super) fn look_at(
        &mut self,
        pending: Pending,
        mut finished: Finished<S::Item>,
    ) -> Result<Option<Read<S::Item>>, Error> {
        let Some(health) = &mut self.health else { return Ok(Some((pending, finished))) };
        let Some(observation) = &mut finished.observation else {
            return Ok(Some((pending, finished)));
        };
        let doubt = observation.doubt.as_ref();
        let verdict = health.watch.look(observation.seen.clone(), doubt, pending.url());
        if let (Some(bodies), Some(doubt), Some(body)) =
            (&mut health.bodies, doubt, observation.body.take())
        {
            bodies.take(Suspect {
                url: pending.url().to_owned(),
                fingerprint: pending.fingerprint().bits(),
                route: observation.seen.route.clone(),
                reason: doubt.words(),
                body,
            })?;
        }
        // Without a state there is no later run that could read it again.
        let hold = doubt.is_some()
            && self.keeper.is_some()
            && health.action != HealthAction::Warn
            && verdict.passed != Some(verdict.number);
        let found_at_fault = !verdict.faults.is_empty();
        for fault in verdict.faults {
            if let Some(bodies) = &mut health.bodies {
                bodies.fault(&fault.route)?;
            }
            self.teller.tell(Event::Health(fault));
        }
        if found_at_fault && health.action != HealthAction::Warn {
            health.standing = Standing::AtFault;
        }
        let counts = match hold {
            false => Some((pending, finished)),
            true => {
                self.scheduler.hold(pending.host());
                // Its links are as good as ever, and the crawl goes on by them.
                finished.found.unsent = self.hand_on(std::mem::take(&mut finished.found));
                let health = self.health.as_mut().expect("it was there a moment ago");
                health.bytes += finished.record.bytes;
                health.held.insert(verdict.number, (pending, finished));
                None
            }
        };
        self.let_pass(verdict.passed);
        if found_at_fault {
            self.act();
        }
        Ok(counts)
    }

    /// Has a page count that left the window of its route while that was not at fault, and the oldest ones if too
    /// many are held back.
    fn let_pass(&mut self, passed: Option<u64>) {
        let Some(health) = &self.health else { return };
        if health.standing == Standing::AtFault {
            return;
        }
        if let Some(number) = passed {
            self.pass(number);
        }
        while let Some(health) = &self.health
            && (health.held.len() > MAX_HELD || health.bytes > MAX_BYTES)
            && let Some((&oldest, _)) = health.held.first_key_value()
        {
            self.pass(oldest);
        }
    }

    fn pass(&mut self, number: u64) {
        let Some(health) = &mut self.health else { return };
        let Some((pending, finished)) = health.held.remove(&number) else { return };
        health.bytes -= finished.record.bytes;
        let host = pending.host();
        self.end_page(pending, finished);
        self.scheduler.let_go(host);
    }

    /// Drops the pages that are held back of some hosts, which others fetch again.
    pub(super) fn forget_held(&mut self, hosts: &[HostId]) {
        let Some(health) = &mut self.health else { return };
        let of_hosts = |(_, (pending, _)): &(&u64, &Read<S::Item>)| hosts.contains(&pending.host());
        let numbers: Vec<u64> = health.held.iter().filter(of_hosts).map(|(at, _)| *at).collect();
        for (pending, finished) in numbers.iter().filter_map(|number| health.held.remove(number)) {
            health.bytes -= finished.record.bytes;
            self.scheduler.let_go(pending.host());
        }
    }

    /// Has all pages count that are held back. Tells whether there were any.
    pub(super) fn pass_all(&mut self) -> bool {
        let Some(health) = &mut self.health else { return false };
        let held: Vec<u64> = health.held.keys().copied().collect();
        for &number in &held {
            self.pass(number);
        }
        !held.is_empty()
    }

    /// Does what is asked for when something is at fault.
    fn act(&mut self) {
        match self.health.as_ref().map(|health| health.action) {
            Some(HealthAction::Pause) if !self.paused => {
                self.paused = true;
                self.teller.tell(Event::Paused);
            }
            Some(HealthAction::Stop) => self.stop(Ended::Health),
            _ => {}
        }
    }

    /// Goes on after a pause: whoever wants that takes the pages as they are.
    pub(super) fn trust_again(&mut self) {
        if let Some(health) = &mut self.health {
            health.standing = Standing::Trusted;
        }
        self.pass_all();
    }

    /// Has what is held back count, unless it is to be read again; leaves behind what the next crawl compares with.
    pub(super) fn end_health(&mut self, ended: Ended) -> Result<(), Error> {
        let Some(health) = &self.health else { return Ok(()) };
        if health.standing == Standing::Trusted {
            self.pass_all();
        }
        match &self.health {
            Some(HealthWatch { watch, baseline: Some(path), .. }) if ended == Ended::Finished => {
                health::write(path, watch.totals())
            }
            _ => Ok(()),
        }
    }
}
