//! Changes to the tables that become true together, in one piece of memory.

use std::collections::BTreeMap;

use crate::disk::tables::{RunKey, Table};
use crate::store::OutputFile;

/// Rows to put and to remove, and the fingerprints that are new with them.
#[derive(Debug, Default)]
pub(super) struct Changes {
    bytes: Vec<u8>,
    ops: Vec<Span>,
    /// Fingerprints of new URLs.
    pub(super) fingerprints: Vec<u64>,
    /// URLs that these changes are about: what a commit is measured in.
    pub(super) urls: usize,
    // Runs get ever higher numbers, so these two tell whether a run put by one set of changes is removed
    // by a later one. A batch must not name a key twice.
    lowest_put: Option<u64>,
    highest_removed: Option<u64>,
    /// Rows of which only the latest counts.
    notes: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Files that must be sure before these changes are.
    pub(super) files: Vec<OutputFile>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    table: Table,
    key: u32,
    value: Option<u32>,
}

/// One change of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op<'a> {
    Put(Table, &'a [u8], &'a [u8]),
    Remove(Table, &'a [u8]),
}

impl Changes {
    /// Puts a row whose value `write` appends.
    pub(super) fn put(
        &mut self,
        table: Table,
        key: &[u8],
        write: impl FnOnce(Vec<u8>) -> postcard::Result<Vec<u8>>,
    ) {
        self.bytes.extend_from_slice(key);
        let start = self.bytes.len();
        self.bytes = write(std::mem::take(&mut self.bytes))
            .expect("a growing vector takes any value that serde knows");
        let value = length(self.bytes.len() - start);
        self.ops.push(Span { table, key: length(key.len()), value: Some(value) });
    }

    pub(super) fn remove(&mut self, table: Table, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        self.ops.push(Span { table, key: length(key.len()), value: None });
    }

    /// Notes that a run is put with these changes.
    pub(super) fn puts_run(&mut self, key: RunKey) {
        self.lowest_put.get_or_insert(key.sequence);
    }

    pub(super) fn remove_run(&mut self, key: RunKey) {
        self.highest_removed = self.highest_removed.max(Some(key.sequence));
        self.remove(Table::Queue, &key.bytes());
    }

    /// Sets a note; of several with one key the last counts.
    pub(super) fn note(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.notes.insert(key, value);
    }

    /// Notes files that must be sure before these changes are; as many as there are sinks, and a few more when
    /// those go from one file to the next.
    pub(super) fn relies_on(&mut self, files: Vec<OutputFile>) {
        for file in files {
            if !self.files.contains(&file) {
                self.files.push(file);
            }
        }
    }

    /// Tells whether `later` removes something that these changes put.
    pub(super) fn is_undone_by(&self, later: &Self) -> bool {
        matches!((self.lowest_put, later.highest_removed), (Some(put), Some(gone)) if put <= gone)
    }

    /// Adds later changes, which do not undo any of these.
    pub(super) fn append(&mut self, later: Self) {
        debug_assert!(!self.is_undone_by(&later));
        if self.ops.is_empty() && self.notes.is_empty() {
            *self = later;
            return;
        }
        self.bytes.extend_from_slice(&later.bytes);
        self.ops.extend(later.ops);
        self.fingerprints.extend(later.fingerprints);
        self.urls += later.urls;
        self.lowest_put = self.lowest_put.or(later.lowest_put);
        self.highest_removed = self.highest_removed.max(later.highest_removed);
        self.notes.extend(later.notes);
        self.relies_on(later.files);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ops.is_empty() && self.notes.is_empty()
    }

    /// Returns the changes in the order in which they were made.
    pub(super) fn ops(&self) -> impl Iterator<Item = Op<'_>> {
        let mut rest = self.bytes.as_slice();
        let mut cut = move |length: u32| {
            let (head, tail) = rest.split_at(length as usize);
            rest = tail;
            head
        };
        let rows = self.ops.iter().map(move |span| {
            let key = cut(span.key);
            match span.value {
                Some(value) => Op::Put(span.table, key, cut(value)),
                None => Op::Remove(span.table, key),
            }
        });
        rows.chain(self.notes.iter().map(|(key, value)| Op::Put(Table::Notes, key, value)))
    }
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a row is far below 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_come_out_as_they_went_in_and_the_last_note_counts() {
        let mut first = Changes::default();
        first.put(Table::Queue, b"key", |mut out| {
            out.extend_from_slice(b"value");
            Ok(out)
        });
        first.note(b"n".to_vec(), b"old".to_vec());
        let mut second = Changes::default();
        second.remove(Table::Seen, b"gone");
        second.note(b"n".to_vec(), b"new".to_vec());
        first.append(second);
        let seen: Vec<_> = first.ops().map(|op| format!("{op:?}")).collect();
        let expected = [
            Op::Put(Table::Queue, b"key", b"value"),
            Op::Remove(Table::Seen, b"gone"),
            Op::Put(Table::Notes, b"n", b"new"),
        ];
        assert_eq!(seen, expected.map(|op| format!("{op:?}")));
    }

    #[test]
    fn a_run_that_goes_soon_after_it_came_is_noticed() {
        let mut first = Changes::default();
        first.puts_run(RunKey::new(1, 0, 7));
        first.puts_run(RunKey::new(1, 0, 8));
        let mut later = Changes::default();
        later.remove_run(RunKey::new(1, 0, 6));
        assert!(!first.is_undone_by(&later));
        later.remove_run(RunKey::new(1, 0, 8));
        assert!(first.is_undone_by(&later));
    }
}
