//! How deep the tree would be, as far as tags tell: an estimate that is rarely too high, and too low by no
//! more than a few levels. Only what a tree flattens, and what it re-creates, depends on it.

use super::name::{BARRIER, FORMATTING, Known, LINK, Name, Role, SPECIAL, TABLE, TABLE_PART};

/// The open elements and the formatting elements that wait to be re-created.
pub(super) struct Nesting {
    /// At most [`MAX_OPEN`].
    open: Vec<(u64, &'static Known)>,
    /// Formatting elements that were not ended, by name. The bound of the nodes keeps them few.
    active: Vec<u64>,
    /// How many of the open elements are tables and an `a`, by [`Known::weight`].
    counts: u32,
    /// Whether there were more open elements than are kept.
    overflowed: bool,
}

/// How many open elements are kept; more than a tree has levels.
const MAX_OPEN: usize = 1024;

/// How many open elements room is made for beforehand.
const USUAL: usize = 64;

/// How far an end tag looks for its element.
const FAR: usize = 64;

impl Default for Nesting {
    fn default() -> Self {
        let (open, active) = (Vec::with_capacity(USUAL), Vec::with_capacity(USUAL));
        Self { open, active, counts: 0, overflowed: false }
    }
}

impl Nesting {
    /// Returns how deep the next element is at most.
    pub(super) fn depth(&self) -> usize {
        if self.overflowed {
            return usize::MAX / 2;
        }
        // A table may have a body and a row that nobody wrote.
        let tables = (self.counts / TABLE) as usize;
        self.open.len() + 2 * tables + self.active.len()
    }

    /// Returns how many formatting elements wait to be re-created.
    pub(super) fn formatting(&self) -> usize {
        self.active.len()
    }

    pub(super) fn open(&mut self, name: Name, known: &'static Known) {
        if known.is(FORMATTING) {
            // An `a` ends the one before it.
            if known.weight() == LINK
                && (self.counts & (TABLE - 1) != 0 || self.active.contains(&name.key()))
            {
                self.close(name, known);
            }
            self.active.push(name.key());
        }
        if self.open.len() == MAX_OPEN {
            self.overflowed = true;
            return;
        }
        self.counts += known.weight();
        self.open.push((name.key(), known));
    }

    /// Ends the element that was opened last, if the end tag whose name begins at `at` is its own and has
    /// nothing else in it, and returns the place behind the tag.
    #[inline]
    pub(super) fn close_last(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let (key, known) = *self.open.last()?;
        let length = known.ends(key, u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))?;
        self.pop();
        if known.is(FORMATTING) {
            self.forget(key);
        }
        Some(at + length + 1)
    }

    pub(super) fn close(&mut self, name: Name, known: &Known) {
        let key = name.key();
        if self.open.last().is_some_and(|last| last.0 == key) {
            self.pop();
        } else {
            match self.find(key, known) {
                Found::At(place) => {
                    while self.open.len() > place {
                        self.pop();
                    }
                }
                Found::Apart => return,
                Found::Not => {}
            }
        }
        if known.is(FORMATTING) {
            self.forget(key);
        }
    }

    /// Lets a formatting element wait no longer.
    fn forget(&mut self, key: u64) {
        if self.active.last() == Some(&key) {
            self.active.pop();
        } else if let Some(place) = self.active.iter().rposition(|active| *active == key) {
            self.active.remove(place);
        }
    }

    fn pop(&mut self) {
        if let Some((_, known)) = self.open.pop() {
            self.counts -= known.weight();
        }
    }

    /// Finds the element that an end tag ends.
    fn find(&self, key: u64, known: &Known) -> Found {
        for (place, (open, around)) in self.open.iter().enumerate().rev().take(FAR) {
            if *open == key {
                return Found::At(place);
            }
            let stops = if known.is(TABLE_PART) {
                matches!(around.role, Role::Table | Role::Template)
            } else {
                around.is(BARRIER)
            };
            if stops {
                return Found::Apart;
            }
            if around.is(SPECIAL) && !known.is(SPECIAL) {
                return Found::Not;
            }
        }
        if self.open.len() > FAR { Found::Apart } else { Found::Not }
    }
}

enum Found {
    At(usize),
    /// Nowhere, or where the end tag does not count, but a formatting element ends nevertheless.
    Not,
    /// Not on this side of something that keeps end tags in.
    Apart,
}

#[cfg(test)]
mod tests {
    use super::{Name, Nesting};

    #[test]
    fn only_its_own_end_tag_ends_the_last_element_at_once() {
        let open = || {
            let (mut nesting, (name, known)) = (Nesting::default(), Name::read(b"li>", 0));
            nesting.open(name, known);
            nesting
        };
        let mut nesting = open();
        assert_eq!((nesting.close_last(b"li></ul>", 0), nesting.depth()), (Some(3), 0));
        assert_eq!(nesting.close_last(b"li></ul>", 0), None, "nothing is open");
        // `W` and `i` differ by the bits of `>`.
        for other in
            ["l></ul></li>", "lix></ul>", "lW></ul>", "LI></ul>", "li ></ul>", "></li></li>"]
        {
            assert_eq!(open().close_last(other.as_bytes(), 0), None, "{other}");
        }
    }
}
