//! A host's queue in memory: one line for each priority band. Shared by the stores.

use std::collections::VecDeque;

/// The room of a line, in values, that is kept however few are in it.
const KEPT: usize = 1024;

/// Values waiting in lines, the lowest band first, each line in the order in which it was filled.
///
/// Lines are made as they are needed: 24 bytes when empty, 40 for each band in use.
#[derive(Debug)]
pub(crate) struct Bands<T> {
    // Invariant: sorted by band, no band twice.
    lines: Vec<(u8, VecDeque<T>)>,
}

impl<T> Bands<T> {
    pub(crate) fn push(&mut self, band: u8, value: T) {
        let at = match self.lines.binary_search_by_key(&band, |(band, _)| *band) {
            Ok(at) => at,
            Err(at) => {
                self.lines.insert(at, (band, VecDeque::new()));
                at
            }
        };
        self.lines[at].1.push_back(value);
    }

    /// Takes the first value, and the band it was in.
    pub(crate) fn pop(&mut self) -> Option<(u8, T)> {
        while let Some((band, line)) = self.lines.first_mut() {
            if let Some(value) = line.pop_front() {
                // A queue that was long once does not keep its room for ever.
                if line.capacity() > KEPT && line.len() < line.capacity() / 4 {
                    line.shrink_to(line.capacity() / 2);
                }
                return Some((*band, value));
            }
            self.lines.remove(0);
        }
        None
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.iter().map(|(_, line)| line.len()).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.iter().all(|(_, line)| line.is_empty())
    }

    /// Returns how many values wait in one band.
    pub(crate) fn len_of(&self, band: u8) -> usize {
        self.lines.iter().find(|(other, _)| *other == band).map_or(0, |(_, line)| line.len())
    }
}

impl<T> Default for Bands<T> {
    fn default() -> Self {
        Self { lines: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_long_gives_its_room_back() {
        let mut bands = Bands::default();
        for value in 0..100_000 {
            bands.push(0, value);
        }
        for value in 0..99_000 {
            assert_eq!(bands.pop(), Some((0, value)));
        }
        assert!(bands.lines[0].1.capacity() <= 4 * 1024, "{}", bands.lines[0].1.capacity());
        assert_eq!(std::iter::from_fn(|| bands.pop()).count(), 1000);
    }

    #[test]
    fn lower_bands_come_first_and_each_in_its_order() {
        let mut bands = Bands::default();
        for (band, value) in [(2, 'a'), (0, 'b'), (2, 'c'), (1, 'd')] {
            bands.push(band, value);
        }
        assert_eq!(bands.pop(), Some((0, 'b')));
        bands.push(0, 'e');
        let rest: Vec<_> = std::iter::from_fn(|| bands.pop()).collect();
        assert_eq!(rest, [(0, 'e'), (1, 'd'), (2, 'a'), (2, 'c')]);
    }
}
