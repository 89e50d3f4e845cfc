//! The record of one host: what waits there, what is in flight, and from when it may be asked again.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::directory::HostId;
use crate::host_limit::HostLimit;
use crate::look::Spared;
use crate::meter::Meter;
use crate::pending::Pending;
use crate::politeness::Arrival;
use crate::robots::{Robots, Rule};
use crate::trouble::Trouble;

/// What the scheduler knows of one host: 80 bytes, and its queue.
#[derive(Debug, Default)]
pub(crate) struct Host {
    pub(crate) arrival: Arrival,
    pub(crate) meter: Meter,
    /// The chunk claimed from the store, and retries whose time has come.
    pub(crate) hot: VecDeque<Ticket>,
    /// Fetches of robots.txt that go to this host, for itself or redirected here.
    #[expect(clippy::box_collection, reason = "few hosts have one, and it saves 24 bytes in each")]
    errands: Option<Box<VecDeque<RobotsFetch>>>,
    pub(crate) robots: RobotsState,
    pub(crate) trouble: Option<Box<Trouble>>,
    /// What somebody limits it to.
    pub(crate) limit: Option<Box<HostLimit>>,
    /// The host's `Crawl-delay` in milliseconds, cut to the longest that is obeyed.
    pub(crate) crawl_delay: u32,
    /// What its answers take, in milliseconds, smoothed.
    pub(crate) latency: u32,
    /// URLs that are elsewhere: they wait for a further try, or were refused and are not completed yet.
    pub(crate) retrying: u32,
    pub(crate) in_flight: u32,
    /// What moved `arrival` since the last request; told, and heeded when nothing was sent.
    pub(crate) spared: Spared,
    /// How often in a row its robots.txt could not be had.
    pub(crate) robots_failures: u8,
    /// Whether the store holds more of this host than `hot`.
    pub(crate) more: bool,
    /// Whether the store leased this host to us.
    pub(crate) held: bool,
    // Invariant: true iff the ready heap holds an entry of this host, or it waits for its group.
    pub(crate) listed: bool,
    // Invariant: true iff the queue of idle hosts holds this host.
    pub(crate) queued_idle: bool,
}

impl Host {
    /// Tells whether something could be sent here, were it time.
    pub(crate) fn has_work(&self) -> bool {
        if self.has_errands() {
            return true;
        }
        !matches!(self.robots, RobotsState::Fetching) && (!self.hot.is_empty() || self.more)
    }

    /// Tells whether the lease has nothing left that could need it.
    pub(crate) fn is_idle(&self) -> bool {
        self.hot.is_empty() && !self.more && self.in_flight == 0 && self.retrying == 0
    }

    /// Tells whether nothing refers to the record, so that it may be dropped.
    pub(crate) fn is_at_rest(&self) -> bool {
        let robots = matches!(self.robots, RobotsState::Fetching);
        self.is_idle() && !self.held && !self.listed && !robots && !self.has_errands()
    }

    pub(crate) fn has_errands(&self) -> bool {
        self.errands.is_some()
    }

    pub(crate) fn push_errand(&mut self, errand: RobotsFetch) {
        self.errands.get_or_insert_default().push_back(errand);
    }

    /// Drops what was to be fetched of its own robots.txt.
    pub(crate) fn drop_errands_of(&mut self, origin: HostId) {
        let Some(errands) = self.errands.as_mut() else { return };
        errands.retain(|errand| errand.origin != origin);
        if errands.is_empty() {
            self.errands = None;
        }
    }

    pub(crate) fn pop_errand(&mut self) -> Option<RobotsFetch> {
        let errands = self.errands.as_mut()?;
        let errand = errands.pop_front();
        if errands.is_empty() {
            self.errands = None;
        }
        errand
    }
}

/// A URL that may be sent, and how often it was tried before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The URL and how it was found.
    pub pending: Pending,
    /// Tries before this one.
    pub attempt: u8,
}

/// A robots.txt to fetch. It waits for the politeness of the host it goes to, like any page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RobotsFetch {
    /// The host whose rules are wanted.
    pub origin: HostId,
    /// The host that is asked: another one after a redirect.
    pub host: HostId,
    /// The URL to fetch.
    pub url: Box<str>,
    /// Redirects so far.
    pub redirects: u8,
    /// Tries before this one.
    pub attempt: u8,
}

/// What came of fetching a robots.txt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RobotsOutcome {
    /// These rules hold, for 24 hours (RFC 9309 section 2.4).
    Rules(Robots),
    /// The server failed, so that nothing may be fetched (RFC 9309 section 2.3.1.4); in words.
    Unavailable(Arc<str>),
    /// The host could not be reached.
    Unreachable(Arc<HostFault>),
}

/// Why a host could not be reached: what each of its URLs ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFault {
    /// A stable code, such as `dns`.
    pub code: &'static str,
    /// The error in words.
    pub message: String,
}

/// Why a URL is not sent though its turn has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A line of robots.txt disallows it.
    Disallowed {
        /// The line that decided, counted from 1; `None` when no single line did.
        line: Option<u32>,
    },
    /// The robots.txt could not be had from a server that failed; in words.
    RobotsUnavailable(Arc<str>),
    /// The host cannot be reached.
    Unreachable(Arc<HostFault>),
    /// The host stopped answering, and was given up after this last fault.
    HostDown(Arc<HostFault>),
}

/// Where a host's robots.txt stands.
#[derive(Debug, Default)]
pub(crate) enum RobotsState {
    #[default]
    Unknown,
    Fetching,
    Known(Box<Known>),
}

#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) outcome: RobotsOutcome,
    /// Nanoseconds since the scheduler's epoch.
    pub(crate) expires: u64,
}

impl Known {
    /// Decides about a URL given by its whole text.
    pub(crate) fn decide(&self, url: &str) -> Result<(), Refusal> {
        match &self.outcome {
            RobotsOutcome::Rules(robots) => match robots.rule(path_and_query(url)) {
                Rule::Allowed { .. } => Ok(()),
                Rule::Disallowed { line } => Err(Refusal::Disallowed { line }),
            },
            RobotsOutcome::Unavailable(why) => Err(Refusal::RobotsUnavailable(why.clone())),
            RobotsOutcome::Unreachable(fault) => Err(Refusal::Unreachable(fault.clone())),
        }
    }
}

/// Returns the path and query of a canonical URL, which always has both an authority and a path.
fn path_and_query(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |scheme| scheme + 3);
    url[authority..].find('/').map_or("/", |path| &url[authority + path..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_host_costs_what_its_documentation_says() {
        assert_eq!(size_of::<Host>() - size_of::<VecDeque<Ticket>>(), 80);
    }

    #[test]
    fn rules_see_the_path_and_the_query() {
        assert_eq!(path_and_query("https://a.example:8443/b/c?d=/e"), "/b/c?d=/e");
        assert_eq!(path_and_query("http://a.example/"), "/");
    }
}
