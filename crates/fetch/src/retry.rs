//! When a request is sent again, after which wait, and how often in all.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Phase};

/// When a request is sent again, and after which wait.
///
/// Sent again is what failed for a [transient](Error::is_transient) reason and what was answered
/// with one of the statuses. The wait is random between zero and a bound that grows by `factor`,
/// but at least what `retry-after` asks for. Nothing is held while waiting: no connection and
/// no permit.
///
/// [`Default`] is three attempts; a client's configuration has [`off`](Self::off).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// How often a request is sent at most, the first time included. Default 3.
    pub attempts: u32,
    /// The statuses to try again on. Default 408, 425, 429, 500, 502, 503, 504.
    pub statuses: BTreeSet<u16>,
    /// The bound of the first wait. Default 0.5 s.
    #[serde(with = "humantime_serde")]
    pub base: Duration,
    /// What the bound is multiplied by after each attempt. Default 2.
    pub factor: u32,
    /// The most the bound grows to. Default 30 s.
    #[serde(with = "humantime_serde")]
    pub cap: Duration,
    /// The longest `retry-after` that is waited for; with a longer one the answer is returned.
    /// Default 120 s.
    #[serde(with = "humantime_serde")]
    pub retry_after_cap: Duration,
    /// Which methods are sent again. Default the idempotent ones.
    pub methods: RetryMethods,
    /// How many further attempts all requests of a client may cause together, in per cent of
    /// their number; ten are always granted at the start. Default 20.
    pub budget: u32,
}

/// Which methods a [`Retry`] sends again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryMethods {
    /// Those that may be repeated without harm (RFC 9110, section 9.2.2). Any other only if no
    /// connection was made, so that nothing was sent.
    Idempotent,
    /// All of them.
    Any,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 3,
            statuses: [408, 425, 429, 500, 502, 503, 504].into(),
            base: Duration::from_millis(500),
            factor: 2,
            cap: Duration::from_secs(30),
            retry_after_cap: Duration::from_secs(120),
            methods: RetryMethods::Idempotent,
            budget: 20,
        }
    }
}

impl Retry {
    /// Sends every request once.
    pub fn off() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    pub(crate) fn enabled(&self) -> bool {
        self.attempts > 1
    }

    /// Returns how long to wait after an answer, if it is to be asked for again.
    pub(crate) fn after_answer(
        &self,
        (attempt, method): (u32, &Method),
        (status, headers): (StatusCode, &HeaderMap),
        random: &mut fastrand::Rng,
    ) -> Option<Duration> {
        let again = attempt < self.attempts
            && self.statuses.contains(&status.as_u16())
            && self.allows(method);
        if !again {
            return None;
        }
        let wait = self.wait(attempt, random);
        let asked = headers
            .get(RETRY_AFTER)
            .and_then(|value| retry_after(value.to_str().ok()?, SystemTime::now()));
        match asked {
            Some(asked) if asked > self.retry_after_cap => None,
            Some(asked) => Some(wait.max(asked)),
            None => Some(wait),
        }
    }

    /// Returns how long to wait after a failure, if the request is to be sent again.
    pub(crate) fn after_failure(
        &self,
        (attempt, method): (u32, &Method),
        error: &Error,
        random: &mut fastrand::Rng,
    ) -> Option<Duration> {
        let unsent = error.phase().is_some_and(|phase| phase < Phase::Head);
        let again =
            attempt < self.attempts && error.is_transient() && (unsent || self.allows(method));
        again.then(|| self.wait(attempt, random))
    }

    fn allows(&self, method: &Method) -> bool {
        self.methods == RetryMethods::Any || method.is_idempotent()
    }

    /// Draws the wait after an attempt, counted from one: full jitter below a growing bound.
    fn wait(&self, attempt: u32, random: &mut fastrand::Rng) -> Duration {
        let grown = self.factor.saturating_pow(attempt.saturating_sub(1));
        let bound = self.base.saturating_mul(grown).min(self.cap);
        bound.mul_f64(random.f64())
    }
}

/// Reads `retry-after`: seconds, or the date to wait for (RFC 9110, section 10.2.3).
///
/// `None` when it is neither; a number too large to count is the largest.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim_ascii();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = http_date(value)?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Reads an HTTP date in any of its three forms; a day that its month lacks is none.
fn http_date(value: &str) -> Option<SystemTime> {
    let date = httpdate::parse_http_date(value).ok()?;
    // The library rolls the 29th of a short February over into March.
    let written =
        value.split(|letter: char| !letter.is_ascii_digit()).find(|digits| !digits.is_empty())?;
    let day = httpdate::fmt_http_date(date).get(5..7)?.parse::<u32>().ok()?;
    (written.parse() == Ok(day)).then_some(date)
}

/// How many further attempts the requests of one client may cause, in hundredths of one.
#[derive(Debug)]
pub(crate) struct Budget(AtomicU32);

impl Budget {
    /// Ten attempts are granted from the start.
    const START: u32 = 10 * 100;
    /// The most that is saved up: a hundred attempts.
    const FULL: u32 = 100 * 100;

    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(Self::START))
    }

    /// Adds what one request earns.
    pub(crate) fn earn(&self, percent: u32) {
        let add = |saved: u32| Some(saved.saturating_add(percent).min(Self::FULL));
        // The closure never declines.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Takes one attempt, if there is one left.
    pub(crate) fn spend(&self) -> bool {
        let take = |saved: u32| saved.checked_sub(100);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::error::ErrorKind;

    fn rows(text: &str) -> Vec<Value> {
        serde_json::from_str::<Value>(text).unwrap()["cases"].as_array().unwrap().clone()
    }

    #[test]
    fn retry_after_is_read_as_the_table_says() {
        let cap = Retry::default().retry_after_cap;
        for row in rows(include_str!("../tests/data/http/retry_after.json")) {
            let now = http_date(row["now"].as_str().unwrap()).unwrap();
            let found = retry_after(row["value"].as_str().unwrap(), now);
            match &row["wait_s"] {
                Value::String(_) => assert!(found.unwrap() > cap, "{row}"),
                expected => {
                    assert_eq!(found.map(|wait| wait.as_secs()), expected.as_u64(), "{row}")
                }
            }
        }
    }

    #[test]
    fn dates_are_read_as_the_table_says() {
        for row in rows(include_str!("../tests/data/http/http_date.json")) {
            let found = http_date(row["value"].as_str().unwrap());
            let unix =
                found.map(|date| date.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs());
            assert_eq!(unix, row["unix"].as_u64(), "{row}");
        }
    }

    #[test]
    fn waits_grow_up_to_their_cap_and_are_spread() {
        let retry = Retry::default();
        let mut random = fastrand::Rng::with_seed(7);
        for (attempt, bound) in [(1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (u32::MAX, 30.0)] {
            let waits: Vec<f64> =
                (0..200).map(|_| retry.wait(attempt, &mut random).as_secs_f64()).collect();
            let most = waits.iter().copied().fold(0.0, f64::max);
            let least = waits.iter().copied().fold(f64::MAX, f64::min);
            assert!(
                most <= bound && most > bound * 0.9 && least < bound * 0.1,
                "{attempt}: {least}..{most}"
            );
        }
    }

    #[test]
    fn a_post_is_sent_again_only_if_nothing_was_sent() {
        let retry = Retry::default();
        let mut random = fastrand::Rng::with_seed(7);
        let mut again = |method: Method, phase| {
            let error = Error::new(ErrorKind::Timeout, "").with_phase(phase);
            retry.after_failure((1, &method), &error, &mut random).is_some()
        };
        assert!(again(Method::GET, Phase::Head) && again(Method::PUT, Phase::Body));
        assert!(again(Method::POST, Phase::Connect) && !again(Method::POST, Phase::Head));
    }

    #[test]
    fn the_budget_is_ten_and_then_a_fifth() {
        let budget = Budget::new();
        let granted = (0..1000)
            .filter(|_| {
                budget.earn(20);
                budget.spend()
            })
            .count();
        assert!((205..=215).contains(&granted), "{granted}");
    }
}
