//! Politeness settings, and the governor cell that spaces the requests to one host.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use serde::{Deserialize, Serialize};

/// How gently each host is treated. The strictest of these, the host's robots.txt and its own
/// `Retry-After` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Politeness {
    /// Requests in flight to one host. Default 1; 0 counts as 1.
    pub per_host: usize,
    /// Least time between two requests to one host. Default 1 s; 0 is no delay.
    ///
    /// It is counted from the start of the one before, and also from its end when nothing else is in
    /// flight to the host, so that a slow server is not hurried.
    #[serde(with = "humantime_serde")]
    pub delay: Duration,
    /// Whether robots.txt (RFC 9309) is fetched and obeyed. Default: it is.
    pub robots: RobotsPolicy,
    /// The longest `Crawl-delay` of a robots.txt that is obeyed; a longer one is cut to it. Default 60 s.
    #[serde(with = "humantime_serde")]
    pub max_crawl_delay: Duration,
    /// The longest `Retry-After` that is obeyed; a longer one is cut to it. Default 24 h.
    #[serde(with = "humantime_serde")]
    pub max_retry_after: Duration,
    /// How a host that is slow, or that says it is busy, is given more time.
    pub adaptive: Adaptive,
    /// When a host that does not answer is left alone, and when it is given up.
    pub host_down: HostDown,
    /// What hosts share a second limit, beside their own. Default: none.
    pub group: Group,
    /// Least time between two requests to one group. Default 1 s; 0 is no delay.
    #[serde(with = "humantime_serde")]
    pub group_delay: Duration,
    /// Requests in flight to one group. Default 1; 0 counts as 1.
    pub per_group: usize,
    /// Bytes per second that all answers may take on the wire. Default: no limit; 0 counts as 1.
    ///
    /// An answer is charged when it has ended, and pays for what comes after it: over any time the
    /// bodies have at most this rate, one second's worth, and what was in flight.
    pub max_bandwidth: Option<u64>,
    /// The same for the answers of one host. Default: no limit; 0 counts as 1.
    pub max_host_bandwidth: Option<u64>,
}

/// How a host that is slow, or that says it is busy, is given more time.
///
/// The delay of a host is the largest of three, the last two cut to `ceiling`: what is set (`delay`,
/// and the `Crawl-delay` of its robots.txt); `latency_factor` times what its answers take, smoothed
/// over some four of them, unless `delay` is 0; and, after a 429 or 503, what is set, but at least
/// 0.1 s, times a slowdown that doubles with each and loses a tenth with every 20 clean answers. So a
/// host that answers well within its delay is asked at just that delay, and without a delay only a
/// 429 or 503 paces a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adaptive {
    /// The delay is at least so many times what an answer takes. Default 1; 0 does not look at it.
    pub latency_factor: u32,
    /// The longest delay that comes of this. Default 60 s.
    #[serde(with = "humantime_serde")]
    pub ceiling: Duration,
}

impl Default for Adaptive {
    fn default() -> Self {
        Self { latency_factor: 1, ceiling: Duration::from_secs(60) }
    }
}

/// When a host that does not answer is left alone, and when it is given up.
///
/// After `faults` requests in a row without an answer nothing is sent to the host for `wait`, then
/// one URL probes; each further fault doubles the wait, to which up to a tenth is added at random.
/// When the probe after the last of `rounds` waits fails as well, the URLs of the host fail unsent;
/// ten minutes later one more may probe, then after twice that, up to a day. An answer of any status
/// ends all this. By default a dead host is given up after 10 + 20 + 40 + 80 seconds of waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostDown {
    /// Requests in a row without an answer. Default 5; 0 never leaves a host alone.
    pub faults: u32,
    /// The first wait. Default 10 s.
    #[serde(with = "humantime_serde")]
    pub wait: Duration,
    /// Waits before the host is given up, 20 at most. Default 4.
    pub rounds: u8,
}

impl Default for HostDown {
    fn default() -> Self {
        Self { faults: 5, wait: Duration::from_secs(10), rounds: 4 }
    }
}

/// What hosts share a second limit, beside their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// None: each host stands for itself.
    #[default]
    None,
    /// Those of one registrable domain, by the public suffix list.
    Domain,
    /// Those whose last answer came from one address; before its first answer a host is in no group.
    Address,
}

impl Default for Politeness {
    fn default() -> Self {
        Self {
            per_host: 1,
            delay: Duration::from_secs(1),
            robots: RobotsPolicy::Obey,
            max_crawl_delay: Duration::from_secs(60),
            max_retry_after: Duration::from_secs(24 * 60 * 60),
            adaptive: Adaptive::default(),
            host_down: HostDown::default(),
            group: Group::None,
            group_delay: Duration::from_secs(1),
            per_group: 1,
            max_bandwidth: None,
            max_host_bandwidth: None,
        }
    }
}

/// Whether robots.txt is fetched and obeyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RobotsPolicy {
    /// It is read before the first page of a host and obeyed.
    #[default]
    Obey,
    /// It is not fetched.
    Ignore,
}

/// The longest delay, 100 years: governor counts in nanoseconds and panics where they do not fit.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The instant from which a host may be asked again: governor's theoretical arrival time.
///
/// The limiter is built around it for each decision, so that a host's quota may change at any time and
/// a penalty is one store. All times are nanoseconds since the scheduler's epoch; were each limiter's
/// own start the reference, as governor has it by default, a new quota would carry a wrong past.
#[derive(Debug, Default)]
pub(crate) struct Arrival(Cell<u64>);

impl Arrival {
    /// Takes the slot at `now`, or returns the instant from which there is one.
    pub(crate) fn check(&self, delay: Duration, now: u64) -> Result<(), u64> {
        let Some(quota) = Quota::with_period(delay.min(LONGEST)) else {
            // No delay: only a penalty can hold the host back.
            let at = self.0.get();
            return if at > now { Err(at) } else { Ok(()) };
        };
        let clock = EpochClock { now, started: Cell::new(false) };
        let limiter = RateLimiter::<NotKeyed, _, _, NoOpMiddleware<Nanos>>::new(
            quota.allow_burst(NonZeroU32::MIN),
            self,
            clock,
        );
        limiter.check().map_err(|wait| wait.earliest_possible().as_u64())
    }

    /// Returns the instant from which the host may be asked.
    pub(crate) fn at(&self) -> u64 {
        self.0.get()
    }

    /// Allows nothing before `at`; an earlier instant changes nothing.
    pub(crate) fn not_before(&self, at: u64) {
        self.0.set(self.0.get().max(at));
    }

    /// Allows what comes at `at` or later, whatever was said before.
    pub(crate) fn not_after(&self, at: u64) {
        self.0.set(self.0.get().min(at));
    }
}

impl StateStore for &Arrival {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (outcome, next) = f(Some(Nanos::from(self.0.get())))?;
        self.0.set(next.as_u64());
        Ok(outcome)
    }
}

/// Reads zero when the limiter notes its start, and the scheduler's `now` after that.
#[derive(Debug)]
struct EpochClock {
    now: u64,
    started: Cell<bool>,
}

impl Clock for EpochClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        if self.started.replace(true) { Nanos::from(self.now) } else { Nanos::from(0) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn requests_are_a_delay_apart() {
        let arrival = Arrival::default();
        let delay = Duration::from_secs(1);
        assert_eq!(arrival.check(delay, 5 * SECOND), Ok(()));
        assert_eq!(arrival.check(delay, 5 * SECOND + 1), Err(6 * SECOND));
        assert_eq!(arrival.check(delay, 6 * SECOND), Ok(()));
    }

    #[test]
    fn a_new_quota_holds_from_the_next_request_on() {
        let arrival = Arrival::default();
        assert_eq!(arrival.check(Duration::from_secs(1), 100 * SECOND), Ok(()));
        assert_eq!(arrival.check(Duration::from_secs(10), 101 * SECOND), Ok(()));
        assert_eq!(arrival.check(Duration::from_secs(10), 102 * SECOND), Err(111 * SECOND));
    }

    #[test]
    fn an_absurd_delay_is_a_long_wait() {
        let arrival = Arrival::default();
        assert_eq!(arrival.check(Duration::MAX, SECOND), Ok(()));
        assert!(arrival.check(Duration::MAX, SECOND * 1_000_000_000).is_err());
    }

    #[test]
    fn a_penalty_holds_without_a_delay() {
        let arrival = Arrival::default();
        arrival.not_before(3 * SECOND);
        assert_eq!(arrival.check(Duration::ZERO, SECOND), Err(3 * SECOND));
        assert_eq!(arrival.check(Duration::ZERO, 3 * SECOND), Ok(()));
    }

    proptest! {
        // Holds governor to a model of three lines, so that an upgrade cannot change the pace unseen.
        #[test]
        fn spacing_equals_a_naive_model(steps in prop::collection::vec((0u64..3_000, 0u64..4, any::<bool>()), 1..200)) {
            let arrival = Arrival::default();
            let (mut now, mut free_at) = (0u64, 0u64);
            for (gap, delay, penalty) in steps {
                now += gap * 1_000_000;
                let delay = Duration::from_secs(delay);
                if penalty {
                    arrival.not_before(now + SECOND);
                    free_at = free_at.max(now + SECOND);
                }
                let expected = if now < free_at { Err(free_at) } else { Ok(()) };
                prop_assert_eq!(arrival.check(delay, now), expected);
                if expected.is_ok() && !delay.is_zero() {
                    free_at = free_at.max(now) + delay.as_nanos() as u64;
                }
            }
        }
    }
}
