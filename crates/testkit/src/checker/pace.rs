//! The pace at one host: requests in flight, spacing, and the silence it asked for.

use crate::checker::Broken;
use crate::checker::promises::Promises;
use crate::log::Entry;
use crate::report::Rule;

/// What was sent to one host, and when it may be asked again; times in nanoseconds.
#[derive(Debug)]
pub(super) struct Pace {
    /// The delay in force: the configured one, or the host's own if that is longer.
    pub(super) delay: u64,
    in_flight: Vec<usize>,
    last_start: Option<(u64, usize)>,
    last_end: Option<(u64, usize)>,
    /// Until when the host wants to be left alone, and by which answer it said so.
    silent: Option<(u64, usize)>,
    /// When all its slots were last taken.
    full_until: u64,
}

impl Pace {
    pub(super) fn new(delay: u64) -> Self {
        Self {
            delay,
            in_flight: Vec::new(),
            last_start: None,
            last_end: None,
            silent: None,
            full_until: 0,
        }
    }

    /// Returns the first instant at which the host may be asked, as things stand.
    pub(super) fn permitted(&self) -> u64 {
        let after = |last: Option<(u64, usize)>, delay| last.map_or(0, |(at, _)| at + delay);
        let rested = if self.in_flight.is_empty() { after(self.last_end, self.delay) } else { 0 };
        after(self.last_start, self.delay)
            .max(rested)
            .max(after(self.silent, 0))
            .max(self.full_until)
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
        if let Some((until, first)) = self.silent
            && now < until
        {
            broken.push((Rule::RetryAfter, Some(first)));
        }
        self.in_flight.push(index);
        self.last_start = Some((now, index));
    }

    /// Takes the end of a request.
    pub(super) fn end(&mut self, index: usize, entry: &Entry, now: u64, promises: &Promises) {
        if self.in_flight.len() >= promises.per_host {
            self.full_until = now;
        }
        self.in_flight.retain(|other| *other != index);
        self.last_end = Some((now, index));
        if let Some(wait) = promises.silence(entry) {
            self.silent = self.silent.max(Some((now.saturating_add(wait), index)));
        }
    }
}
