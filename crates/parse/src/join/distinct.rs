//! The references of one page that were seen before, told apart by their bytes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;

/// The most references that room is made for beforehand: some 24 KiB.
const MOST_ROOM: usize = 512;

/// References that were seen, and whether they were to be followed. Bounded by the length of the page.
#[derive(Debug)]
pub(super) struct Distinct<'h> {
    // Hashed with a random key, so that a page cannot prepare references that collide.
    seen: HashMap<&'h str, Seen, RandomState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Followable,
    Nofollow,
    Both,
}

impl<'h> Distinct<'h> {
    /// Makes room for the references of a page with so many links, as far as they are usually distinct.
    pub(super) fn of(links: usize) -> Self {
        let room = (links / 2).min(MOST_ROOM);
        Self { seen: HashMap::with_capacity_and_hasher(room, RandomState::default()) }
    }

    /// Takes note of a reference, and says whether it is new: one that may be followed is, beside the
    /// same one that may not.
    pub(super) fn insert(&mut self, reference: &'h str, nofollow: bool) -> bool {
        let kind = if nofollow { Seen::Nofollow } else { Seen::Followable };
        match self.seen.entry(reference) {
            Entry::Vacant(place) => {
                place.insert(kind);
                true
            }
            Entry::Occupied(mut seen) => {
                let before = *seen.get();
                let new = before != kind && before != Seen::Both;
                if new {
                    seen.insert(Seen::Both);
                }
                new
            }
        }
    }
}
