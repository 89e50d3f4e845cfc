//! What a host's answers and faults change: its slowdown, its penalties, and whether it is left alone.

use std::sync::Arc;
use std::time::Duration;

use crate::exchange::{Exchange, Health};
use crate::host::{Host, HostFault};
use crate::look::Spared;
use crate::politeness::{Adaptive, Politeness};
use crate::scheduler::nanos;

/// The shortest first wait after a 429 or 503 that does not say how long.
const MIN_PENALTY: Duration = Duration::from_secs(1);
/// The longest wait after a 429 or 503 that does not say how long.
const MAX_PENALTY: Duration = Duration::from_secs(5 * 60);
/// What a slowdown multiplies where no delay is set.
const MIN_SLOWED: Duration = Duration::from_millis(100);
/// Clean answers after which a slowdown loses a tenth.
const CLEAN: u8 = 20;
/// The most that is added to a wait at random.
const MAX_JITTER: u64 = 10_000_000_000;
/// How long a host that was given up is not asked at first, and at last.
const DOWN: Duration = Duration::from_secs(10 * 60);
const MAX_DOWN: Duration = Duration::from_secs(24 * 60 * 60);
/// The most waits of a host that does not answer.
const MAX_ROUNDS: u8 = 20;

/// What is kept of a host that is not well. Hosts that answer well have none.
#[derive(Debug)]
pub(crate) struct Trouble {
    /// How much slower than usual the host is asked; at least 1.
    pub(crate) slowdown: f32,
    /// Clean answers since the slowdown changed.
    clean: u8,
    /// Penalties without a clean answer between them.
    pub(crate) busy: u8,
    /// Requests in a row that were not answered.
    pub(crate) faults: u32,
    /// Waits since the host stopped answering.
    pub(crate) rounds: u8,
    /// When the last penalty or wait began; a request sent before that tells nothing new.
    since: u64,
    /// Until when URLs of the host fail unsent; 0 when it was not given up.
    pub(crate) down_until: u64,
    /// The last fault.
    pub(crate) last: Option<Arc<HostFault>>,
}

impl Default for Trouble {
    fn default() -> Self {
        Self {
            slowdown: 1.0,
            clean: 0,
            busy: 0,
            faults: 0,
            rounds: 0,
            since: 0,
            down_until: 0,
            last: None,
        }
    }
}

impl Trouble {
    /// Notes an answer: whatever it says, the host is there.
    fn answered(&mut self) {
        self.faults = 0;
        self.rounds = 0;
        self.down_until = 0;
        self.last = None;
    }

    /// Notes an answer without complaint to a request that was sent at `began`.
    fn clean(&mut self, began: u64) {
        if began < self.since {
            return;
        }
        self.busy = 0;
        self.clean += 1;
        if self.clean >= CLEAN {
            self.clean = 0;
            self.slowdown *= 0.9;
            if self.slowdown < 1.05 {
                self.slowdown = 1.0;
            }
        }
    }

    fn is_over(&self) -> bool {
        self.slowdown <= 1.0 && self.busy == 0 && self.faults == 0 && self.rounds == 0
    }
}

impl Host {
    /// Notes what an exchange that ended at `now` showed.
    pub(crate) fn observe(
        &mut self,
        exchange: &Exchange,
        politeness: &Politeness,
        now: u64,
        random: &mut fastrand::Rng,
    ) {
        if let Some(rate) = politeness.max_host_bandwidth {
            self.meter.charge(exchange.bytes, rate, now);
            self.arrival.not_before(self.meter.at());
            self.spared = Spared::Bandwidth;
        }
        let began = now.saturating_sub(nanos(exchange.elapsed));
        let asked = exchange.retry_after.map(|asked| asked.min(politeness.max_retry_after));
        if let Some(asked) = asked {
            self.hold(nanos(asked), Spared::RetryAfter, now, random);
        }
        match &exchange.health {
            Health::Unknown | Health::Unsent => {}
            // Who is busy and says that it takes no time is not.
            Health::Busy if asked != Some(Duration::ZERO) => {
                self.trouble.get_or_insert_default().answered();
                self.penalize(asked, politeness, began, now, random);
            }
            Health::Answered | Health::Busy => {
                self.smooth(exchange.elapsed);
                if let Some(trouble) = &mut self.trouble {
                    trouble.answered();
                    trouble.clean(began);
                    if trouble.is_over() {
                        self.trouble = None;
                    }
                }
            }
            Health::Fault(fault) => {
                // A fault that was quick says nothing of how fast the host is.
                if exchange.elapsed > Duration::from_millis(self.latency.into()) {
                    self.smooth(exchange.elapsed);
                }
                self.suspect(fault, politeness, began, now, random);
            }
        }
    }

    /// Returns the least time between two requests now.
    pub(crate) fn pace(&self, politeness: &Politeness) -> Duration {
        let set = politeness.delay.max(Duration::from_millis(self.crawl_delay.into()));
        let limit = self.limit.as_ref().and_then(|limit| limit.delay);
        let set = set.max(limit.unwrap_or_default());
        let Adaptive { latency_factor, ceiling } = politeness.adaptive;
        let mut adapted = Duration::ZERO;
        if !politeness.delay.is_zero() {
            let latency = Duration::from_millis(self.latency.into());
            adapted = latency.saturating_mul(latency_factor);
        }
        if let Some(trouble) = &self.trouble
            && trouble.slowdown > 1.0
        {
            let slowed = set.max(MIN_SLOWED).as_secs_f64() * f64::from(trouble.slowdown);
            adapted = adapted.max(Duration::try_from_secs_f64(slowed).unwrap_or(ceiling));
        }
        set.max(adapted.min(ceiling))
    }

    /// Returns how many requests may be in flight.
    pub(crate) fn slots(&self, politeness: &Politeness) -> u32 {
        match &self.trouble {
            Some(trouble) if trouble.rounds > 0 => 1,
            _ => {
                let all = u32::try_from(politeness.per_host.max(1)).unwrap_or(u32::MAX);
                let limit = self.limit.as_ref().and_then(|limit| limit.parallel);
                limit.map_or(all, |limit| all.min(limit.max(1)))
            }
        }
    }

    /// Returns until when the host is given up; 0 when it is not.
    pub(crate) fn down_until(&self) -> u64 {
        self.trouble.as_ref().map_or(0, |trouble| trouble.down_until)
    }

    /// Returns the fault for which the host is given up at `now`.
    pub(crate) fn down(&self, now: u64) -> Option<Arc<HostFault>> {
        let trouble = self.trouble.as_ref().filter(|trouble| trouble.down_until > now)?;
        let fault = trouble.last.clone();
        Some(fault.unwrap_or_else(|| {
            let message = "the host did not answer before the crawl was resumed".to_owned();
            Arc::new(HostFault { code: "host_down", message })
        }))
    }

    /// Waits longer each time the host says it is busy, unless it says itself how long.
    fn penalize(
        &mut self,
        asked: Option<Duration>,
        politeness: &Politeness,
        began: u64,
        now: u64,
        random: &mut fastrand::Rng,
    ) {
        let set = politeness.delay.max(Duration::from_millis(self.crawl_delay.into()));
        let trouble = self.trouble.get_or_insert_default();
        // Of requests that were under way together only the first answer is news.
        if began < trouble.since {
            return;
        }
        let wait = set.max(MIN_PENALTY).saturating_mul(1 << trouble.busy.min(9)).min(MAX_PENALTY);
        trouble.busy = trouble.busy.saturating_add(1);
        trouble.clean = 0;
        // No delay is so short that a larger factor would be felt.
        trouble.slowdown = (trouble.slowdown * 2.0).min(65_536.0);
        trouble.since = now;
        if asked.is_none() {
            self.hold(nanos(wait), Spared::Backoff, now, random);
        }
    }

    /// Counts requests that were not answered, and leaves the host alone when they are too many.
    fn suspect(
        &mut self,
        fault: &HostFault,
        politeness: &Politeness,
        began: u64,
        now: u64,
        random: &mut fastrand::Rng,
    ) {
        let settings = &politeness.host_down;
        if settings.faults == 0 {
            return;
        }
        let trouble = self.trouble.get_or_insert_default();
        trouble.faults = trouble.faults.saturating_add(1);
        trouble.last = Some(Arc::new(fault.clone()));
        if trouble.faults < settings.faults || (trouble.rounds > 0 && began < trouble.since) {
            return;
        }
        let rounds = settings.rounds.min(MAX_ROUNDS);
        let before = trouble.rounds;
        trouble.rounds = before.saturating_add(1);
        trouble.since = now;
        if before < rounds {
            let wait = settings.wait.saturating_mul(1 << before);
            self.hold(nanos(wait), Spared::Backoff, now, random);
        } else {
            let time = DOWN.saturating_mul(1 << (before - rounds).min(8)).min(MAX_DOWN);
            trouble.down_until = now.saturating_add(nanos(time));
        }
    }

    /// Sends nothing for `wait`, and a random little longer, never shorter.
    fn hold(&mut self, wait: u64, why: Spared, now: u64, random: &mut fastrand::Rng) {
        let jitter = random.u64(0..=(wait / 10).min(MAX_JITTER));
        let until = now.saturating_add(wait).saturating_add(jitter);
        if until > self.arrival.at() {
            self.spared = why;
        }
        self.arrival.not_before(until);
    }

    /// Moves what an answer takes a quarter of the way to the latest one.
    fn smooth(&mut self, elapsed: Duration) {
        let latest = u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX);
        let smoothed = (u64::from(self.latency) * 3 + u64::from(latest)) / 4;
        self.latency = u32::try_from(smoothed).expect("a mean is no larger than its parts");
    }
}
