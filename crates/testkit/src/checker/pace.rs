//! The pace at one host: requests in flight, spacing, and the silence it asked for or is owed.

use crate::checker::Broken;
use crate::checker::health::{Health, Wait};
use crate::checker::promises::Promises;
use crate::log::Entry;
use crate::report::Rule;

/// The most that is added to a wait at random.
const MAX_JITTER: u64 = 10_000_000_000;

/// What was sent to one host, and when it may be asked again; times in nanoseconds.
#[derive(Debug)]
pub(super) struct Pace {
    /// The delay in force: the configured one, or the host's own if that is longer.
    pub(super) delay: u64,
    health: Health,
    in_flight: Vec<usize>,
    last_start: Option<(u64, usize)>,
    last_end: Option<(u64, usize)>,
    /// The longest silence for each reason: what the host asked for, and what it is owed.
    silences: [Option<Silence>; 2],
    /// The latest end of a silence, with what may be added to it at random.
    eased: u64,
    /// When all its slots were last taken.
    full_until: u64,
}

/// A time in which a host is left alone.
#[derive(Clone, Copy, Debug)]
struct Silence {
    rule: Rule,
    since: u64,
    until: u64,
    /// The request whose answer began it.
    index: usize,
}

impl Pace {
    pub(super) fn new(delay: u64) -> Self {
        Self {
            delay,
            health: Health::new(),
            in_flight: Vec::new(),
            last_start: None,
            last_end: None,
            silences: [None; 2],
            eased: 0,
            full_until: 0,
        }
    }

    /// Returns the first instant at which the host may be asked, as things stand.
    pub(super) fn permitted(&self, promises: &Promises) -> u64 {
        let pace = self.health.pace(self.delay, &promises.politeness);
        let after = |last: Option<(u64, usize)>| last.map_or(0, |(at, _)| at.saturating_add(pace));
        let rested = if self.in_flight.is_empty() { after(self.last_end) } else { 0 };
        after(self.last_start).max(rested).max(self.eased).max(self.full_until)
    }

    /// Returns until when URLs of the host may fail unsent, because it does not answer.
    pub(super) fn down_until(&self) -> u64 {
        self.health.down_until()
    }

    /// Takes a request, and tells which rules it breaks.
    pub(super) fn start(
        &mut self,
        index: usize,
        now: u64,
        promises: &Promises,
        broken: &mut Vec<Broken>,
    ) {
        if self.in_flight.len() >= promises.per_host {
            broken.push((Rule::PerHost, self.in_flight.first().copied()));
        }
        let spacings = [
            (Rule::Delay, self.last_start),
            (Rule::Rest, self.last_end.filter(|_| self.in_flight.is_empty())),
        ];
        for (rule, last) in spacings {
            let Some((at, first)) = last else { continue };
            let gap = now - at.min(now);
            if gap < promises.delay {
                broken.push((rule, Some(first)));
            } else if gap < self.delay {
                broken.push((Rule::CrawlDelay, Some(first)));
            }
        }
        for silence in self.silences.iter().flatten() {
            // What was sent at the very instant of the answer may have been sent before it.
            if silence.since < now && now < silence.until {
                broken.push((silence.rule, Some(silence.index)));
            }
        }
        self.in_flight.push(index);
        self.last_start = Some((now, index));
    }

    /// Takes the end of a request.
    pub(super) fn end(&mut self, index: usize, entry: &Entry, now: u64, promises: &Promises) {
        if self.in_flight.len() >= promises.per_host || self.health.is_probed() {
            self.full_until = now;
        }
        self.in_flight.retain(|other| *other != index);
        self.last_end = Some((now, index));
        if let Some(wait) = promises.asked(entry) {
            self.silence(Rule::RetryAfter, wait, now, index);
        }
        match self.health.end(entry, now, self.delay, &promises.politeness) {
            Some(Wait::Busy(wait)) => self.silence(Rule::RetryAfter, wait, now, index),
            Some(Wait::Fault(wait)) => self.silence(Rule::HostDown, wait, now, index),
            None => {}
        }
    }

    fn silence(&mut self, rule: Rule, wait: u64, now: u64, index: usize) {
        let silence = Silence { rule, since: now, until: now.saturating_add(wait), index };
        self.eased = self.eased.max(silence.until.saturating_add((wait / 10).min(MAX_JITTER)));
        let known = &mut self.silences[usize::from(rule == Rule::HostDown)];
        if known.is_none_or(|known| known.until < silence.until) {
            *known = Some(silence);
        }
    }
}
