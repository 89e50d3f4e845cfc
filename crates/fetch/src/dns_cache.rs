//! A bounded cache in front of any resolver, with one lookup at a time for each name.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::resolve::{Resolve, ResolveError, Resolved};

/// The most names remembered.
const MAX_NAMES: usize = 4_096;
/// How many names stay when the cache is full of fresh ones, so that not every new name scans it.
const KEPT_NAMES: usize = MAX_NAMES / 4 * 3;
/// The shortest time that an answer is remembered, so that a time to live of zero does not cost
/// a lookup for every connection of a burst.
const LEAST_TTL: Duration = Duration::from_secs(1);
/// How long a failed lookup is remembered.
const NEGATIVE_TTL: Duration = Duration::from_secs(10);

/// The addresses of the names asked for lately: at most 4,096 names.
///
/// An answer is remembered for as long as it says, within one second and `dns_ttl`. Failures are
/// remembered for ten seconds; a lookup that timed out or found no descriptor is not.
#[derive(Debug)]
pub(crate) struct DnsCache {
    resolver: Box<dyn Resolve>,
    ttl: Duration,
    names: DashMap<Box<str>, Arc<Entry>>,
}

/// One name. The cell is empty while its first lookup runs, and whoever else asks waits on it;
/// when the one who looks up is cancelled, the next one waiting takes over.
#[derive(Debug, Default)]
struct Entry {
    answer: OnceCell<Answer>,
}

#[derive(Debug)]
struct Answer {
    result: Result<Arc<[IpAddr]>, ResolveError>,
    expires: Instant,
}

impl DnsCache {
    pub(crate) fn new(resolver: Box<dyn Resolve>, ttl: Duration) -> Self {
        Self { resolver, ttl, names: DashMap::new() }
    }

    /// Returns the addresses of a name, at least one, from the cache or from the resolver.
    pub(crate) async fn lookup(&self, name: &str) -> Result<Arc<[IpAddr]>, ResolveError> {
        let entry = self.entry(name, Instant::now());
        let answer = entry.answer.get_or_try_init(|| self.ask(name)).await?;
        answer.result.clone()
    }

    /// Asks the resolver; an `Err` is not to be remembered.
    async fn ask(&self, name: &str) -> Result<Answer, ResolveError> {
        let (result, ttl) = match self.resolver.resolve(name).await {
            Ok(Resolved { addresses, valid_for }) if !addresses.is_empty() => {
                let ttl = valid_for.map_or(self.ttl, |ttl| ttl.max(LEAST_TTL).min(self.ttl));
                (Ok(Arc::from(addresses)), ttl)
            }
            Ok(_) => (Err(ResolveError::NotFound { name: name.to_owned() }), NEGATIVE_TTL),
            Err(error @ (ResolveError::TimedOut { .. } | ResolveError::Descriptors { .. })) => {
                return Err(error);
            }
            Err(error) => (Err(error), NEGATIVE_TTL),
        };
        let now = Instant::now();
        let expires = now.checked_add(ttl).unwrap_or(now);
        Ok(Answer { result, expires })
    }

    /// Returns the entry of a name, a new one if there is none that is fresh.
    fn entry(&self, name: &str, now: Instant) -> Arc<Entry> {
        if let Some(entry) = self.names.get(name)
            && !entry.expired(now)
        {
            return Arc::clone(&entry);
        }
        if self.names.len() >= MAX_NAMES {
            self.make_room(now);
        }
        let mut entry = self.names.entry(name.into()).or_default();
        // Another task may have replaced the expired entry in the meantime.
        if entry.expired(now) {
            *entry = Arc::default();
        }
        Arc::clone(&entry)
    }

    /// Drops what has expired or was abandoned, then any names until a quarter is free.
    fn make_room(&self, now: Instant) {
        self.names.retain(|_, entry| {
            !entry.expired(now) && (entry.answer.initialized() || Arc::strong_count(entry) > 1)
        });
        let mut surplus = self.names.len().saturating_sub(KEPT_NAMES);
        self.names.retain(|_, _| {
            let keep = surplus == 0;
            surplus = surplus.saturating_sub(1);
            keep
        });
    }
}

impl Entry {
    fn expired(&self, now: Instant) -> bool {
        self.answer.get().is_some_and(|answer| answer.expires <= now)
    }
}

#[cfg(test)]
mod tests;
