//! Which URLs of a batch may start by their host, and those set aside until it has a place.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use url::{Position, Url};

use super::stream::Entry;

/// The most URLs set aside at once.
pub(super) const MAX_HELD: usize = 1_000;

/// The hosts of a batch that have something under way, and at most 1,000 URLs set aside.
pub(super) struct Hosts {
    per_host: usize,
    // Invariant: a host is here iff it has something under way or due.
    hosts: HashMap<Arc<str>, Host>,
    /// The URLs set aside, over all hosts.
    held: usize,
    /// The URLs that got the place of one that ended, the first to come first.
    due: VecDeque<Entry>,
}

#[derive(Default)]
struct Host {
    /// Under way or due, at most `per_host`.
    active: usize,
    waiting: VecDeque<Entry>,
}

impl Hosts {
    pub(super) fn new(per_host: usize) -> Self {
        Self { per_host, hosts: HashMap::new(), held: 0, due: VecDeque::new() }
    }

    /// Returns whether another URL may be set aside.
    pub(super) fn may_hold(&self) -> bool {
        self.held < MAX_HELD
    }

    /// Returns whether nothing that was set aside has a place.
    pub(super) fn nothing_due(&self) -> bool {
        self.due.is_empty()
    }

    /// Returns a URL that was set aside and has a place now.
    pub(super) fn due(&mut self) -> Option<Entry> {
        self.due.pop_front()
    }

    /// Gives the URL back if its host has a place, which it then holds; sets it aside if not.
    pub(super) fn enter(&mut self, mut entry: Entry) -> Option<Entry> {
        entry.target = entry.target.parsed();
        // What is not a URL fails at once and needs no place.
        let Some(url) = entry.target.url() else { return Some(entry) };
        let key = key(url);
        let key = match self.hosts.get_key_value(&*key) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(key),
        };
        entry.host = Some(Arc::clone(&key));
        let host = self.hosts.entry(key).or_default();
        if host.active < self.per_host {
            host.active += 1;
            return Some(entry);
        }
        host.waiting.push_back(entry);
        self.held += 1;
        None
    }

    /// Gives a place back, to the URL of the host that has waited for longest.
    pub(super) fn leave(&mut self, key: &str) {
        let Some(host) = self.hosts.get_mut(key) else { return };
        if let Some(next) = host.waiting.pop_front() {
            self.held -= 1;
            self.due.push_back(next);
            return;
        }
        host.active -= 1;
        if host.active == 0 {
            self.hosts.remove(key);
        }
    }
}

/// Scheme, host and port, as the pool counts them: without user name and password.
fn key(url: &Url) -> Cow<'_, str> {
    if url.username().is_empty() && url.password().is_none() {
        return Cow::Borrowed(&url[..Position::BeforePath]);
    }
    let host = &url[Position::BeforeHost..Position::AfterPort];
    Cow::Owned(format!("{}://{host}", url.scheme()))
}
