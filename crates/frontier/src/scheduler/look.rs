//! A look at one host that changes nothing: what it waits for. Made only when somebody asks.

use std::time::{Duration, Instant};

use crate::directory::HostId;
use crate::host::{Host, RobotsOutcome, RobotsState};
use crate::look::{HostLook, Spared, Waits};
use crate::scheduler::Scheduler;
use crate::scheduler::entry::Again;

impl Scheduler {
    /// Tells what a host waits for at `now`; `None` when nothing is known of it.
    ///
    /// Costs some nanoseconds, unless the host has nothing but retries: then all retries are looked through.
    pub fn look(&self, host: HostId, now: Instant) -> Option<HostLook> {
        let (id, now) = (host, self.nanos(now));
        let host = self.hosts.get(id)?;
        let (waits, until) = self.waits(id, host, now);
        let left = until.map(|until| Duration::from_nanos(until.saturating_sub(now)));
        Some(HostLook {
            waits,
            left,
            in_flight: host.in_flight,
            in_hand: host.hot.len() + host.retrying as usize,
            pace: host.pace(&self.politeness),
            paced_by: self.paced_by(host),
        })
    }

    /// Returns what the robots.txt of a host says of how its pages may be used; see
    /// [`Robots::content_signal`](crate::Robots::content_signal).
    pub fn content_signal(&self, host: HostId) -> Option<&str> {
        match &self.hosts.get(host)?.robots {
            RobotsState::Known(known) => match &known.outcome {
                RobotsOutcome::Rules(robots) => robots.content_signal(),
                RobotsOutcome::Unavailable(_) | RobotsOutcome::Unreachable(_) => None,
            },
            _ => None,
        }
    }

    /// Returns what a host waits for, and until when if that is known.
    fn waits(&self, id: HostId, host: &Host, now: u64) -> (Waits, Option<u64>) {
        if host.down_until() > now {
            return (Waits::Down, Some(host.down_until()));
        }
        let errands = host.has_errands();
        if matches!(host.robots, RobotsState::Fetching) && !errands {
            return (Waits::Robots, None);
        }
        let queued = errands || !host.hot.is_empty() || host.more;
        if host.in_flight > 0 && (!queued || host.in_flight >= host.slots(&self.politeness)) {
            return (Waits::Server, None);
        }
        if !queued {
            return match host.retrying {
                0 => (Waits::Nothing, None),
                _ => (Waits::Retry, self.next_retry(id)),
            };
        }
        let at = host.arrival.at();
        if at > now {
            let waits = match host.spared {
                Spared::RetryAfter => Waits::RetryAfter,
                Spared::Backoff => Waits::Backoff,
                Spared::Bandwidth => Waits::Bandwidth,
                Spared::Pace | Spared::Kept | Spared::Unsent => self.paced_by(host),
            };
            return (waits, Some(at));
        }
        if let Some(group) = self.groups.of(id) {
            match self.groups.peek(group).at(self.politeness.per_group) {
                Some(at) if at <= now => {}
                at => return (Waits::Group, at),
            }
        }
        if self.meter.at() > now {
            return (Waits::Bandwidth, Some(self.meter.at()));
        }
        (Waits::Place, None)
    }

    /// Tells what the pace of a host comes from.
    fn paced_by(&self, host: &Host) -> Waits {
        let crawl_delay = Duration::from_millis(host.crawl_delay.into());
        if host.pace(&self.politeness) > self.politeness.delay.max(crawl_delay) {
            let slowed = host.trouble.as_ref().is_some_and(|trouble| trouble.slowdown > 1.0);
            return if slowed { Waits::Slowdown } else { Waits::Latency };
        }
        if crawl_delay > self.politeness.delay { Waits::CrawlDelay } else { Waits::Delay }
    }

    fn next_retry(&self, id: HostId) -> Option<u64> {
        let of_host = |again: &Again| match again {
            Again::Page(ticket) => ticket.pending.host() == id,
            Again::Robots(fetch) => fetch.host == id,
        };
        self.later.iter().filter(|later| of_host(&later.0.what)).map(|later| later.0.at).min()
    }

    /// Gives back the place in a host's pace that was taken for a request that was not sent.
    ///
    /// Only where that is certain: one request at a time, no groups, and nothing else moved the host meanwhile.
    /// Whatever was sent to the host before has had its delay when this one's turn came.
    pub(super) fn give_back(&mut self, id: HostId, now: u64) {
        let alone = self.politeness.per_host <= 1
            && self.politeness.group == crate::politeness::Group::None;
        if let Some(host) = self.hosts.get_mut(id)
            && alone
            && host.in_flight == 1
            && host.spared == Spared::Pace
        {
            host.arrival.not_after(now);
            host.spared = Spared::Unsent;
        }
    }
}
