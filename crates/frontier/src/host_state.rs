//! What a restart must not forget of a host: small, plain data for a store to keep.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::host::Host;
use crate::hosts::Parked;
use crate::look::Spared;
use crate::politeness::Arrival;
use crate::trouble::Trouble;

/// What is to be remembered of a host over a restart.
///
/// All times count from the instant at which the state was taken, so that whoever keeps it notes the
/// wall-clock time beside it, and takes off what has passed since by [`aged`](Self::aged).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostState {
    /// Nothing is sent before this time has passed.
    pub not_before: Duration,
    /// The `Crawl-delay` of its robots.txt, as it is obeyed.
    pub crawl_delay: Duration,
    /// What its answers take, smoothed.
    pub latency: Duration,
    /// How many times slower than usual it is asked; 0 and 1 are not slower.
    pub slowdown: f32,
    /// Answers in a row that said it is busy.
    pub busy: u8,
    /// Requests in a row that were not answered.
    pub faults: u32,
    /// Waits since it stopped answering.
    pub rounds: u8,
    /// How long its URLs still fail unsent, because it was given up.
    pub down_for: Duration,
}

impl HostState {
    /// Returns what is left of the state after some time.
    #[must_use]
    pub fn aged(self, time: Duration) -> Self {
        let not_before = self.not_before.saturating_sub(time);
        let down_for = self.down_for.saturating_sub(time);
        Self { not_before, down_for, ..self }
    }

    /// Reads the state off a record; `None` when nothing of it is worth keeping.
    pub(crate) fn of(host: &Host, now: u64) -> Option<Self> {
        let mut state = Self::from_parts(&host.arrival, host.trouble.as_deref(), now);
        state.crawl_delay = Duration::from_millis(host.crawl_delay.into());
        state.latency = Duration::from_millis(host.latency.into());
        (state != Self::default()).then_some(state)
    }

    /// Reads the state off what is remembered of a host without a record.
    pub(crate) fn of_parked(parked: &Parked, now: u64) -> Option<Self> {
        let arrival = Arrival::default();
        arrival.not_before(parked.arrival);
        let state = Self::from_parts(&arrival, parked.trouble.as_deref(), now);
        (state != Self::default()).then_some(state)
    }

    /// Puts the state into a record; what the record knows already is not weakened.
    pub(crate) fn restore(&self, host: &mut Host, now: u64) {
        let after = |time: Duration| now.saturating_add(crate::scheduler::nanos(time));
        host.arrival.not_before(after(self.not_before));
        host.spared = Spared::Kept;
        host.crawl_delay = host.crawl_delay.max(crate::scheduler::millis(self.crawl_delay));
        host.latency = host.latency.max(crate::scheduler::millis(self.latency));
        // A state from a file may hold anything.
        let slowdown =
            if self.slowdown.is_finite() { self.slowdown.clamp(1.0, 65_536.0) } else { 1.0 };
        if slowdown > 1.0 || self.busy > 0 || self.faults > 0 || self.rounds > 0 {
            let trouble = host.trouble.get_or_insert_default();
            trouble.slowdown = trouble.slowdown.max(slowdown);
            trouble.busy = trouble.busy.max(self.busy);
            trouble.faults = trouble.faults.max(self.faults);
            trouble.rounds = trouble.rounds.max(self.rounds);
            if !self.down_for.is_zero() {
                trouble.down_until = trouble.down_until.max(after(self.down_for));
            }
        }
    }

    fn from_parts(arrival: &Arrival, trouble: Option<&Trouble>, now: u64) -> Self {
        let until = |at: u64| Duration::from_nanos(at.saturating_sub(now));
        let mut state = Self { not_before: until(arrival.at()), ..Self::default() };
        if let Some(trouble) = trouble {
            state.slowdown = trouble.slowdown;
            state.busy = trouble.busy;
            state.faults = trouble.faults;
            state.rounds = trouble.rounds;
            state.down_for = until(trouble.down_until);
        }
        state
    }
}
