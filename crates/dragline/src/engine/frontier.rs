//! Where the URLs of a crawl wait: in a store of its own, or in one that it shares with other workers.

use dragline_frontier::{Ending, HostId, Pending, Robots, Store};
use tokio::time::Instant;

use crate::engine::lease::Lease;
use crate::engine::member::{Away, Keeps, Member, Whose};
use crate::fleet_stats::FleetStats;

/// Where the URLs of a crawl wait.
pub(crate) enum Frontier {
    /// In a store of its own.
    Own(Box<dyn Store>),
    /// In a store that it shares with other workers.
    Shared(Box<Member>),
}

impl Frontier {
    pub(super) fn store(&mut self) -> &mut dyn Store {
        match self {
            Self::Own(store) => &mut **store,
            Self::Shared(member) => &mut *member.store,
        }
    }

    /// Tells what is kept for a later run.
    pub(super) fn keeps(&self) -> Keeps {
        match self {
            Self::Own(_) => Keeps::All,
            Self::Shared(member) => member.keeps,
        }
    }

    /// Takes note of a URL that ended.
    pub(super) fn ended(&mut self, pending: &Pending, ending: &Ending) {
        if let Self::Shared(member) = self {
            if let Some(taken) = member.taken.get_mut(&pending.host()) {
                *taken = taken.saturating_sub(1);
            }
            member.ended.push((pending.fingerprint(), ending.clone()));
        }
    }

    /// Takes note of a URL that is in a worker's hands from now on.
    pub(super) fn went_out(&mut self, pending: &Pending) {
        if let Self::Shared(member) = self {
            let away = Away { host: pending.host(), whose: Whose::Ours };
            member.away.insert(pending.fingerprint(), away);
        }
    }

    /// Takes note of a URL that came back, and tells whether its host is held since it went out.
    pub(super) fn came_back(&mut self, pending: &Pending) -> Whose {
        let Self::Shared(member) = self else { return Whose::Ours };
        let away = member.away.remove(&pending.fingerprint());
        let whose = away.map_or(Whose::Lost, |away| away.whose);
        member.stats.pages_lost += u64::from(whose == Whose::Lost);
        whose
    }

    /// Returns the lease under which something is sent, and a copy of what that is.
    pub(super) fn lease<T: Clone>(&self, what: &T) -> Option<(Lease, T)> {
        match self {
            Self::Own(_) => None,
            Self::Shared(member) => Some((member.lease.clone(), what.clone())),
        }
    }

    /// Has the rules of a host kept for all workers.
    pub(super) fn learned(&mut self, origin: HostId, rules: &Robots) {
        if let Self::Shared(member) = self {
            let bytes = [member.agent.as_bytes(), b"\n", &rules.to_bytes()].concat();
            member.rules.push((origin, bytes));
        }
    }

    /// Returns when the engine has to look after it, at the latest.
    pub(super) fn wakes(&self, until: Option<Instant>) -> Option<Instant> {
        let Self::Shared(member) = self else { return until };
        let claim = member.hungry.then_some(member.claims.next);
        [until, claim, Some(member.due), Some(member.check)].into_iter().flatten().min()
    }

    /// Returns what is known of the crawl of all workers.
    pub(super) fn stats(&self) -> Option<FleetStats> {
        match self {
            Self::Own(_) => None,
            Self::Shared(member) => Some(member.stats.clone()),
        }
    }
}
