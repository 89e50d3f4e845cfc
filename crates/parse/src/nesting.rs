//! How deep and how many items are extracted within items: a recursive type must not follow a
//! hostile page for ever.

use std::cell::Cell;

/// The deepest that items may nest; each level takes stack.
const MAX_DEPTH: usize = 128;

/// The most items within one that is itself in none. A recursive type that searches all
/// descendants would double with each level.
const MAX_ITEMS: usize = 100_000;

/// What is being extracted from a document right now.
#[derive(Debug, Default)]
pub(crate) struct Nesting {
    depth: Cell<usize>,
    /// How many were entered since the outermost item was started.
    items: Cell<usize>,
    /// Whether a bound was met since then. Nothing more is entered, so that the outermost item
    /// ends soon instead of meeting the bound at each of many places.
    exceeded: Cell<bool>,
}

impl Nesting {
    /// Enters an item within the current one; nothing if that is too deep or one too many.
    pub(crate) fn enter(&self) -> Option<Level<'_>> {
        if self.depth.get() == MAX_DEPTH || self.items.get() == MAX_ITEMS {
            self.exceeded.set(true);
        }
        if self.exceeded.get() {
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        self.items.set(self.items.get() + 1);
        Some(Level(self))
    }

    /// Starts an item; outermost ones start the count anew.
    pub(crate) fn start(&self) {
        if self.depth.get() == 0 {
            self.items.set(0);
            self.exceeded.set(false);
        }
    }
}

/// One level of nesting, left when dropped.
#[derive(Debug)]
pub(crate) struct Level<'n>(&'n Nesting);

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.0.depth.set(self.0.depth.get() - 1);
    }
}
