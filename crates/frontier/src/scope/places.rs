//! The part of the web around the seeds of a crawl; a decision allocates nothing.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;

use url::Url;

use crate::canonical::Parts;
use crate::scope::ScopeKind;

/// The part of the web around the seeds.
#[derive(Clone, Debug)]
pub(super) struct Places {
    kind: ScopeKind,
    /// By host name, or by registrable domain when the kind is `Domain`.
    hosts: HashMap<Box<str>, Vec<Place>>,
}

/// What belongs to a crawl on one host.
#[derive(Clone, Debug)]
struct Place {
    port: Port,
    // Invariant: no folder begins with another one, so that the last one not after a path in the
    // order of text is the only one that can hold it.
    folders: BTreeSet<Box<str>>,
}

/// A port, where those that http and https have by default are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    Default,
    Number(u16),
    /// Every port, as a domain has them.
    Any,
}

impl Places {
    pub(super) fn new(kind: ScopeKind) -> Self {
        Self { kind, hosts: HashMap::new() }
    }

    /// Adds what lies around a seed; a URL without a host adds nothing.
    pub(super) fn add(&mut self, seed: &Url) {
        if self.kind == ScopeKind::Any {
            return;
        }
        let seed = Parts::of(seed);
        let Some(host) = self.host(&seed) else { return };
        let port = self.port(&seed);
        let folder = match self.kind {
            ScopeKind::Prefix => folder(seed.path),
            ScopeKind::Host | ScopeKind::Domain | ScopeKind::Any => "/",
        };
        if !self.hosts.contains_key(host) {
            self.hosts.insert(host.into(), Vec::new());
        }
        let places = self.hosts.get_mut(host).expect("the host was just added");
        match places.iter_mut().find(|place| place.port == port) {
            Some(place) => place.add(folder),
            None => places.push(Place { port, folders: BTreeSet::from([folder.into()]) }),
        }
    }

    /// Says whether a URL lies around a seed.
    pub(super) fn contain(&self, url: &Parts<'_>) -> bool {
        self.kind == ScopeKind::Any || self.around(url).any(|place| place.holds(url.path))
    }

    /// Says whether any URL with such an origin may lie around a seed.
    pub(super) fn reach(&self, url: &Parts<'_>) -> bool {
        self.kind == ScopeKind::Any || self.around(url).next().is_some()
    }

    /// Returns the places of a URL's host and port.
    fn around(&self, url: &Parts<'_>) -> impl Iterator<Item = &Place> {
        let port = self.port(url);
        let places = self.host(url).and_then(|host| self.hosts.get(host));
        places.into_iter().flatten().filter(move |place| place.port == port)
    }

    fn host<'a>(&self, url: &Parts<'a>) -> Option<&'a str> {
        if self.kind == ScopeKind::Domain { url.domain() } else { url.host }
    }

    fn port(&self, url: &Parts<'_>) -> Port {
        match (self.kind, url.port) {
            (ScopeKind::Domain, _) => Port::Any,
            (_, None) => Port::Default,
            (_, Some(port)) => Port::Number(port),
        }
    }
}

impl Place {
    fn add(&mut self, folder: &str) {
        if self.holds(folder) {
            return;
        }
        // In the order of text, everything below a folder stands right behind it.
        let onward = (Bound::Excluded(folder), Bound::Unbounded);
        let following = self.folders.range::<str, _>(onward);
        let below: Vec<_> =
            following.take_while(|known| known.starts_with(folder)).cloned().collect();
        for known in below {
            self.folders.remove(&known);
        }
        self.folders.insert(folder.into());
    }

    fn holds(&self, path: &str) -> bool {
        let upward = (Bound::Unbounded, Bound::Included(path));
        self.folders
            .range::<str, _>(upward)
            .next_back()
            .is_some_and(|last| path.starts_with(&**last))
    }
}

/// The path up to its last slash, that slash included.
fn folder(path: &str) -> &str {
    path.rfind('/').map_or("/", |slash| &path[..=slash])
}
