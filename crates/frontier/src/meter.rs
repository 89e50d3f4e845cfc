//! A byte meter: charges what was read, and tells from when more may be.

/// What may be spent at once after a pause: one second's worth, in nanoseconds.
const CREDIT: u64 = 1_000_000_000;

/// The instant at which all that was charged is paid for, in nanoseconds since the epoch.
#[derive(Debug, Default)]
pub(crate) struct Meter(u64);

impl Meter {
    /// Charges bytes that were read by `now` at so many per second.
    pub(crate) fn charge(&mut self, bytes: u64, rate: u64, now: u64) {
        let cost = u128::from(bytes) * 1_000_000_000 / u128::from(rate.max(1));
        let cost = u64::try_from(cost).unwrap_or(u64::MAX).min(u64::MAX / 4);
        self.0 = self.0.max(now.saturating_sub(CREDIT)).saturating_add(cost).min(u64::MAX / 2);
    }

    /// Returns the instant from which more may be read.
    pub(crate) fn at(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_pause_is_worth_one_second_and_no_more() {
        let mut meter = Meter::default();
        meter.charge(1_000, 1_000, 100 * SECOND);
        assert_eq!(meter.at(), 100 * SECOND);
        meter.charge(1_000, 1_000, 100 * SECOND);
        assert_eq!(meter.at(), 101 * SECOND);
    }

    #[test]
    fn absurd_amounts_are_a_long_wait_and_no_overflow() {
        let mut meter = Meter::default();
        meter.charge(u64::MAX, 0, 5);
        meter.charge(u64::MAX, 0, 5);
        assert!(meter.at() >= u64::MAX / 4);
    }

    proptest! {
        // What is read by anyone who waits for the meter keeps within its documented bound.
        #[test]
        fn the_rate_holds_over_any_time(sizes in prop::collection::vec(0u64..50_000, 1..100), rate in 1_000u64..100_000) {
            let mut meter = Meter::default();
            let mut now = 10 * SECOND;
            let mut total = 0;
            for size in &sizes {
                now = now.max(meter.at());
                total += size;
                meter.charge(*size, rate, now);
            }
            let most = (now - 10 * SECOND) as f64 / SECOND as f64 * rate as f64;
            let last = *sizes.last().unwrap() as f64;
            prop_assert!(total as f64 <= most + rate as f64 + last + sizes.len() as f64);
        }
    }
}
