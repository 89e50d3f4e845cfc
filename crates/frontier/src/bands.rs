//! A host's queue in memory: one line for each priority band. Shared by the stores.

use std::collections::VecDeque;

/// Values that lie together, at most. A long line is made of many such blocks, since one that doubles leaves
/// room unused, and holes where it lay before.
const BLOCK: usize = 512;

/// Values waiting in lines, the lowest band first, each line in the order in which it was filled.
///
/// Lines are made as they are needed: 24 bytes when empty, 72 for each band in use.
#[derive(Debug)]
pub(crate) struct Bands<T> {
    // Invariant: sorted by band, no band twice.
    lines: Vec<(u8, Line<T>)>,
}

/// Values in the order in which they came.
#[derive(Debug)]
struct Line<T> {
    first: VecDeque<T>,
    // Invariant: none is empty, and all but the last are full.
    further: VecDeque<VecDeque<T>>,
}

impl<T> Bands<T> {
    pub(crate) fn push(&mut self, band: u8, value: T) {
        let at = match self.lines.binary_search_by_key(&band, |(band, _)| *band) {
            Ok(at) => at,
            Err(at) => {
                self.lines.insert(at, (band, Line::default()));
                at
            }
        };
        self.lines[at].1.push(value);
    }

    /// Takes the first value, and the band it was in.
    pub(crate) fn pop(&mut self) -> Option<(u8, T)> {
        while let Some((band, line)) = self.lines.first_mut() {
            if let Some(value) = line.pop() {
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
        self.lines.iter().all(|(_, line)| line.len() == 0)
    }

    /// Returns how many values wait in one band.
    pub(crate) fn len_of(&self, band: u8) -> usize {
        self.lines.iter().find(|(other, _)| *other == band).map_or(0, |(_, line)| line.len())
    }
}

impl<T> Line<T> {
    fn push(&mut self, value: T) {
        if self.further.is_empty() && self.first.len() < BLOCK {
            return self.first.push_back(value);
        }
        match self.further.back_mut().filter(|last| last.len() < BLOCK) {
            Some(last) => last.push_back(value),
            None => {
                let mut block = VecDeque::with_capacity(BLOCK);
                block.push_back(value);
                self.further.push_back(block);
            }
        }
    }

    fn pop(&mut self) -> Option<T> {
        if self.first.is_empty() {
            self.first = self.further.pop_front()?;
        }
        self.first.pop_front()
    }

    fn len(&self) -> usize {
        let full = self.further.len().saturating_sub(1) * BLOCK;
        self.first.len() + full + self.further.back().map_or(0, VecDeque::len)
    }
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { first: VecDeque::new(), further: VecDeque::new() }
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
    fn a_long_line_keeps_its_order_its_count_and_no_room_that_it_does_not_need() {
        let mut bands = Bands::default();
        let room = |bands: &Bands<usize>| {
            let line = bands.lines.first().map(|(_, line)| line);
            line.map_or(0, |line| {
                line.first.capacity() + line.further.iter().map(VecDeque::capacity).sum::<usize>()
            })
        };
        for value in 0..100_000 {
            bands.push(0, value);
            assert_eq!(bands.len(), value + 1);
            assert!(room(&bands) <= value + 1 + 2 * BLOCK);
        }
        for value in 0..99_000 {
            assert_eq!(bands.pop(), Some((0, value)));
            assert!(room(&bands) <= bands.len() + 2 * BLOCK);
        }
        bands.push(0, 100_000);
        let rest: Vec<_> = std::iter::from_fn(|| bands.pop()).map(|(_, value)| value).collect();
        assert!(rest.into_iter().eq(99_000..=100_000));
        assert!(bands.is_empty());
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
