//! The jar: the cookies of one session, bounded, shared by its clones.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use http::HeaderValue;
use url::Url;

use super::{Cookie, Transport};

/// The most cookies of one domain.
const MAX_PER_DOMAIN: usize = 50;
/// The most cookies in all.
const MAX_COOKIES: usize = 3000;

/// The cookies of one session (RFC 6265); a clone is the same jar.
///
/// It holds at most 50 cookies of a domain, 3,000 in all and 4 KiB each; those unused for the
/// longest go first. Domains are checked against the public suffix list, and cookies set over
/// `http` are never marked as secure. It is kept in memory only.
#[derive(Clone, Default)]
pub struct Jar(Arc<Mutex<Cookies>>);

#[derive(Default)]
struct Cookies {
    domains: HashMap<Box<str>, Vec<Kept>>,
    // Invariant: the number of cookies in `domains`.
    count: usize,
    /// Counts stores and uses, so that order does not depend on the clock.
    tick: u64,
}

struct Kept {
    cookie: Cookie,
    created: u64,
    used: u64,
}

impl Jar {
    /// Makes an empty jar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one `set-cookie` value of a response from `url`, unless the rules refuse it.
    pub fn store(&self, url: &Url, set_cookie: impl AsRef<[u8]>, now: SystemTime) {
        if let Some(cookie) = Cookie::parse(url, set_cookie.as_ref(), now) {
            self.lock().store(cookie, url, now);
        }
    }

    /// Returns the `cookie` header for a request to `url`; `None` when no cookie goes with it.
    pub fn header(&self, url: &Url, now: SystemTime) -> Option<HeaderValue> {
        let text = self.lock().header(url, now);
        if text.is_empty() {
            return None;
        }
        let mut value = HeaderValue::from_bytes(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Returns how many cookies the jar holds, expired ones that nobody asked for included.
    pub fn count(&self) -> usize {
        self.lock().count
    }

    /// Empties the jar.
    pub fn clear(&self) {
        *self.lock() = Cookies::default();
    }

    fn lock(&self) -> MutexGuard<'_, Cookies> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jar").field("count", &self.count()).finish_non_exhaustive()
    }
}

impl Cookies {
    fn store(&mut self, cookie: Cookie, url: &Url, now: SystemTime) {
        self.tick += 1;
        let tick = self.tick;
        let kept = self.domains.get_mut(&cookie.domain);
        let old = kept.and_then(|kept| {
            let index = kept.iter().position(|old| cookie.replaces(&old.cookie))?;
            Some((kept, index))
        });
        if let Some((kept, index)) = old {
            // Who can read along must not overwrite what was set in secret.
            if kept[index].cookie.transport == Transport::Https && url.scheme() != "https" {
                return;
            }
            if !cookie.expired(now) {
                // The time of creation stays, and with it the order (section 5.3, step 11).
                let created = kept[index].created;
                kept[index] = Kept { cookie, created, used: tick };
                return;
            }
            kept.remove(index);
            self.count -= 1;
            if kept.is_empty() {
                self.domains.remove(&cookie.domain);
            }
            return;
        }
        if cookie.expired(now) {
            return;
        }
        self.make_room(&cookie.domain, now);
        let kept = self.domains.entry(cookie.domain.clone()).or_default();
        kept.push(Kept { cookie, created: tick, used: tick });
        self.count += 1;
    }

    /// Makes room for one more cookie of the domain: expired ones go, then the least used.
    fn make_room(&mut self, domain: &str, now: SystemTime) {
        if let Some(kept) = self.domains.get_mut(domain)
            && kept.len() >= MAX_PER_DOMAIN
        {
            let before = kept.len();
            kept.retain(|kept| !kept.cookie.expired(now));
            if kept.len() >= MAX_PER_DOMAIN
                && let Some(index) = least_used(kept)
            {
                kept.remove(index);
            }
            self.count -= before - kept.len();
        }
        if self.count >= MAX_COOKIES {
            self.drop_expired(now);
        }
        if self.count >= MAX_COOKIES {
            let oldest =
                self.domains.iter().min_by_key(|(_, kept)| kept.iter().map(|kept| kept.used).min());
            let Some(domain) = oldest.map(|(domain, _)| domain.clone()) else { return };
            if let Some(kept) = self.domains.get_mut(&domain)
                && let Some(index) = least_used(kept)
            {
                kept.remove(index);
                self.count -= 1;
            }
            self.domains.retain(|_, kept| !kept.is_empty());
        }
    }

    fn drop_expired(&mut self, now: SystemTime) {
        self.domains.retain(|_, kept| {
            kept.retain(|kept| !kept.cookie.expired(now));
            !kept.is_empty()
        });
        self.count = self.domains.values().map(Vec::len).sum();
    }

    /// Puts the cookies for `url` together, longer paths first, then older ones (section 5.4).
    fn header(&mut self, url: &Url, now: SystemTime) -> Vec<u8> {
        self.tick += 1;
        let mut text = Vec::new();
        let Some(host) = url.host_str() else { return text };
        let mut chosen: Vec<(usize, u64, &Cookie)> = Vec::new();
        let mut used = Vec::new();
        // Which domains are at or above the host; an address has no domain above it.
        let mut next = Some(host);
        while let Some(domain) = next {
            if self.domains.contains_key(domain) {
                used.push(domain);
            }
            let above = domain.split_once('.').map(|(_, above)| above);
            next = above.filter(|_| matches!(url.host(), Some(url::Host::Domain(_))));
        }
        for domain in &used {
            let Some(kept) = self.domains.get_mut(*domain) else { continue };
            for kept in kept {
                if !kept.cookie.expired(now) && kept.cookie.goes_with(url) {
                    kept.used = self.tick;
                }
            }
        }
        for kept in used.iter().filter_map(|domain| self.domains.get(*domain)).flatten() {
            if kept.used == self.tick {
                chosen.push((kept.cookie.path.len(), kept.created, &kept.cookie));
            }
        }
        chosen.sort_by_key(|(path, created, _)| (std::cmp::Reverse(*path), *created));
        for (_, _, cookie) in chosen {
            if !text.is_empty() {
                text.extend_from_slice(b"; ");
            }
            text.extend_from_slice(&cookie.name);
            text.push(b'=');
            text.extend_from_slice(&cookie.value);
        }
        text
    }
}

fn least_used(kept: &[Kept]) -> Option<usize> {
    let (index, _) = kept.iter().enumerate().min_by_key(|(_, kept)| kept.used)?;
    Some(index)
}
