//! How often each URL was asked for, and whether it had to be.

use std::collections::HashMap;

use crate::checker::Broken;
use crate::checker::promises::Promises;
use crate::log::{Entry, Log};
use crate::place::Place;
use crate::report::Rule;

/// The tries of all URLs but robots.txt: a byte for each page of a graph, an entry for each other URL.
#[derive(Debug)]
pub(super) struct Tries {
    pages: Vec<Vec<u8>>,
    others: HashMap<(u32, Place), u8>,
    /// The last try of URLs whose answer may pass, and when the next one may be made.
    again: HashMap<(u32, Place), (u64, usize)>,
}

impl Tries {
    pub(super) fn new(log: &Log) -> Self {
        let pages = log
            .world
            .hosts
            .iter()
            .map(|host| vec![0; host.graph().map_or(0, |graph| graph.pages as usize)]);
        Self { pages: pages.collect(), others: HashMap::new(), again: HashMap::new() }
    }

    /// Takes a request, and tells which rules it breaks.
    pub(super) fn start(
        &mut self,
        index: usize,
        entry: &Entry,
        promises: &Promises,
        broken: &mut Vec<Broken>,
    ) {
        let key = (entry.host, entry.place());
        let before = self.again.remove(&key);
        let tries = self.count(key);
        if *tries > 0 {
            match before {
                None => broken.push((Rule::Repeated, None)),
                Some((_, first)) if *tries >= promises.tries => {
                    broken.push((Rule::Tries, Some(first)));
                }
                Some((at, first)) if entry.start < at => broken.push((Rule::Backoff, Some(first))),
                Some(_) => {}
            }
        }
        *tries = tries.saturating_add(1);
        if entry.may_pass() {
            let at = entry.ended() + promises.backoff(entry, *tries);
            self.again.insert(key, (at, index));
        }
    }

    /// Tells whether a request that ended is tried again.
    pub(super) fn is_retried(&self, entry: &Entry, promises: &Promises) -> bool {
        let key = (entry.host, entry.place());
        let tries = match entry.place() {
            Place::Page(page) => {
                self.pages[entry.host as usize].get(page as usize).copied().unwrap_or(0)
            }
            _ => self.others.get(&key).copied().unwrap_or(0),
        };
        entry.may_pass() && tries < promises.tries
    }

    fn count(&mut self, key: (u32, Place)) -> &mut u8 {
        let (host, place) = key;
        if let Place::Page(page) = place
            && let Some(tries) = self.pages[host as usize].get_mut(page as usize)
        {
            return tries;
        }
        self.others.entry(key).or_default()
    }
}
