//! How well a host is by its answers, and how the settings promise to spare one that is not.

use dragline::Politeness;

use crate::checker::promises::nanos;
use crate::log::{Entry, Outcome};

const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLISECOND;
/// The longest wait after a 429 or 503 that does not say how long.
const MAX_PENALTY: u64 = 300 * SECOND;
/// How long a host that was given up is left alone at first, and at last.
const DOWN: u64 = 600 * SECOND;
const MAX_DOWN: u64 = 24 * 60 * 60 * SECOND;

/// The health of one host, by the answers so far; times in nanoseconds.
#[derive(Debug)]
pub(super) struct Health {
    /// What its answers take in milliseconds, smoothed.
    latency: u64,
    slowdown: f64,
    /// Clean answers since the slowdown changed.
    clean: u32,
    /// Penalties without a clean answer between them.
    busy: u32,
    /// Requests in a row that were not answered.
    faults: u32,
    /// Waits since the host stopped answering.
    rounds: u8,
    /// When the last penalty or wait began; a request sent before that tells nothing new.
    since: u64,
    down_until: u64,
}

/// Why and for how long a host is to be left alone after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// It is busy and did not say how long.
    Busy(u64),
    /// It did not answer.
    Fault(u64),
}

impl Health {
    pub(super) fn new() -> Self {
        Self {
            latency: 0,
            slowdown: 1.0,
            clean: 0,
            busy: 0,
            faults: 0,
            rounds: 0,
            since: 0,
            down_until: 0,
        }
    }

    /// Takes the end of a request to a host with this delay, and returns the wait that it leads to.
    pub(super) fn end(
        &mut self,
        entry: &Entry,
        now: u64,
        delay: u64,
        politeness: &Politeness,
    ) -> Option<Wait> {
        let took = (now - entry.start) / MILLISECOND;
        match entry.outcome {
            Outcome::InFlight | Outcome::Dropped => None,
            Outcome::Passing | Outcome::Failed => {
                if took > self.latency {
                    self.smooth(took);
                }
                self.suspect(entry, now, politeness)
            }
            Outcome::Answered | Outcome::Truncated => {
                (self.faults, self.rounds, self.down_until) = (0, 0, 0);
                let at_once = entry.retry_after().is_some_and(|wait| wait.is_zero());
                if matches!(entry.status, 429 | 503) && !at_once {
                    return self.penalize(entry, now, delay);
                }
                self.smooth(took);
                self.recover(entry.start);
                None
            }
        }
    }

    /// Returns the least time between two requests, where the configured one or the host's own is `delay`.
    pub(super) fn pace(&self, delay: u64, politeness: &Politeness) -> u64 {
        let mut adapted = 0;
        if !politeness.delay.is_zero() {
            let factor = u64::from(politeness.adaptive.latency_factor);
            adapted = self.latency.saturating_mul(MILLISECOND).saturating_mul(factor);
        }
        if self.slowdown > 1.0 {
            adapted = adapted.max((delay.max(SECOND / 10) as f64 * self.slowdown) as u64);
        }
        delay.max(adapted.min(nanos(politeness.adaptive.ceiling)))
    }

    /// Tells whether the host only gets one request at a time, to see whether it answers again.
    pub(super) fn is_probed(&self) -> bool {
        self.rounds > 0
    }

    /// Returns until when URLs of the host may fail unsent; an instant that has passed when they may not.
    pub(super) fn down_until(&self) -> u64 {
        self.down_until
    }

    fn penalize(&mut self, entry: &Entry, now: u64, delay: u64) -> Option<Wait> {
        if entry.start < self.since {
            return None;
        }
        let wait = delay.max(SECOND).saturating_mul(1 << self.busy.min(9)).min(MAX_PENALTY);
        self.busy += 1;
        self.clean = 0;
        self.slowdown = (self.slowdown * 2.0).min(65_536.0);
        self.since = now;
        entry.retry_after().is_none().then_some(Wait::Busy(wait))
    }

    fn recover(&mut self, began: u64) {
        if began >= self.since {
            self.busy = 0;
            self.clean += 1;
            if self.clean >= 20 {
                self.clean = 0;
                self.slowdown *= 0.9;
            }
        }
        if self.slowdown < 1.05 && self.busy == 0 {
            *self = Self { latency: self.latency, ..Self::new() };
        }
    }

    fn suspect(&mut self, entry: &Entry, now: u64, politeness: &Politeness) -> Option<Wait> {
        let settings = &politeness.host_down;
        if settings.faults == 0 {
            return None;
        }
        self.faults = self.faults.saturating_add(1);
        if self.faults < settings.faults || (self.rounds > 0 && entry.start < self.since) {
            return None;
        }
        let (before, rounds) = (self.rounds, settings.rounds.min(20));
        self.rounds = before.saturating_add(1);
        self.since = now;
        if before < rounds {
            return Some(Wait::Fault(nanos(settings.wait).saturating_mul(1 << before)));
        }
        let wait = (DOWN << (before - rounds).min(8)).min(MAX_DOWN);
        self.down_until = now.saturating_add(wait);
        Some(Wait::Fault(wait))
    }

    fn smooth(&mut self, took: u64) {
        self.latency = (self.latency * 3 + took) / 4;
    }
}
