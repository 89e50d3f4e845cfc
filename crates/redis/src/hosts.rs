//! The hosts that a worker holds: how long they rest when it lets go of them, and their robots rules, which one
//! worker reads for all.

use std::time::Duration;

use dragline_frontier::{HostId, More, Pending, StoreError};

use crate::script::Script;
use crate::store::RedisStore;

/// The longest robots rules that are kept, in bytes: those of usual files have some hundred.
const MAX_RULES: usize = 16 * 1024;

impl RedisStore {
    /// Tells whether the worker holds a host, as far as it knows.
    pub fn holds(&self, host: HostId) -> bool {
        self.held.contains_key(&host)
    }

    /// Tells whether the worker holds a URL, as far as it knows.
    pub fn holds_url(&self, url: &Pending) -> bool {
        let held = self.held.get(&url.host());
        held.is_some_and(|held| held.claimed.contains_key(&url.fingerprint()))
    }

    /// Returns the hosts that the worker holds, in no order.
    pub fn held(&self) -> Vec<HostId> {
        self.held.keys().copied().collect()
    }

    /// Returns the hosts that the worker holds for nothing: none of their URLs is claimed, and no more is known to
    /// be queued.
    pub fn idle(&self) -> Vec<HostId> {
        let idle = self.held.iter();
        let idle = idle.filter(|(_, held)| held.claimed.is_empty() && held.more == More::Empty);
        idle.map(|(host, _)| *host).collect()
    }

    /// Says how long a host that the worker holds is left alone when it lets go of it, whichever way. Unless it is
    /// said, that is [`RedisOptions::rest`](crate::RedisOptions::rest).
    pub fn spare(&mut self, host: HostId, rest: Duration) {
        if let Some(held) = self.held.get_mut(&host) {
            held.spared = Some(rest);
        }
    }

    /// Takes the robots rules of a host as [`keep_rules`](Self::keep_rules) had them when it was leased, and how
    /// long they held then.
    pub fn take_rules(&mut self, host: HostId) -> Option<(Box<[u8]>, Duration)> {
        self.held.get_mut(&host)?.rules.take()
    }

    /// Keeps the robots rules of a host, in the caller's own encoding, for whoever leases it within this time. Those
    /// of over 16 KiB are not kept.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn keep_rules(
        &mut self,
        host: HostId,
        rules: &[u8],
        hold: Duration,
    ) -> Result<(), StoreError> {
        if rules.len() > MAX_RULES || hold.as_millis() == 0 {
            return Ok(());
        }
        let name = self.host_name(host)?;
        let mut call = self.call_to(Script::Rules, self.partition(&name));
        call.push(name.as_str());
        call.number(hold.as_millis());
        call.push(rules);
        self.call(call).await.map(drop)
    }
}
