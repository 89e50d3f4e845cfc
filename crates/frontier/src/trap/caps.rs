//! Caps on the pages of a host or domain, and on the hosts of a domain.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use dashmap::DashMap;

use crate::admission::Skip;
use crate::canonical::Parts;
use crate::directory::HostId;
use crate::trap::TrapConfig;

/// Counts pages by host and by domain where there is a cap, and hosts by domain: some 60 bytes each.
#[derive(Debug, Default)]
pub(super) struct Caps {
    pages_of_host: DashMap<HostId, u64>,
    pages_of_domain: DashMap<Box<str>, u64>,
    hosts_of_domain: Mutex<HashMap<Box<str>, u32>>,
}

impl Caps {
    /// Counts a page that was answered. Each is answered once, however often it is linked.
    pub(super) fn page(&self, config: &TrapConfig, host: HostId, url: &Parts<'_>) {
        if config.max_pages_per_host.is_some() {
            *self.pages_of_host.entry(host).or_default() += 1;
        }
        if let (Some(_), Some(domain)) = (config.max_pages_per_domain, url.domain()) {
            *self.pages_of_domain.entry(domain.into()).or_default() += 1;
        }
    }

    /// Tells whether a host and its domain may have further pages.
    pub(super) fn check(
        &self,
        config: &TrapConfig,
        host: HostId,
        url: &Parts<'_>,
    ) -> Result<(), Skip> {
        if let Some(most) = config.max_pages_per_host
            && self.pages_of_host.get(&host).is_some_and(|pages| *pages >= most)
        {
            return Err(Skip::HostFull);
        }
        if let (Some(most), Some(domain)) = (config.max_pages_per_domain, url.domain())
            && self.pages_of_domain.get(domain).is_some_and(|pages| *pages >= most)
        {
            return Err(Skip::DomainFull);
        }
        Ok(())
    }

    /// Counts a host that may be new, as `is_new` tells under the lock, unless its domain has too many.
    pub(super) fn host(
        &self,
        most: u32,
        url: &Parts<'_>,
        is_new: impl FnOnce() -> bool,
    ) -> Result<(), Skip> {
        let Some(domain) = url.domain().filter(|_| url.named) else { return Ok(()) };
        let mut counts = self.hosts_of_domain.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(domain) {
            Some(count) if *count >= most => return Err(Skip::ManyHosts),
            Some(count) => *count += u32::from(is_new()),
            None => {
                counts.insert(domain.into(), u32::from(is_new()));
            }
        }
        Ok(())
    }
}
