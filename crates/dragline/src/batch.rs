//! What ended since the last commit, and how it is written. Owned by the engine.

use std::fs::File;
use std::sync::Arc;

use dragline_frontier::{Completion, OutputFile, SinkPosition};

use crate::record::PageRecord;
use crate::sink::{Entry, ItemKey, Position, Preferences, Provenance, Schema, Sink, SinkError};
use crate::spans::Span;

/// Pages that ended and are not committed yet: at most those in flight, and a bounded run of refusals.
#[derive(Debug)]
pub(crate) struct Batch<I> {
    pub(crate) items: Vec<I>,
    pub(crate) records: Vec<PageRecord>,
    /// What goes with each record. Invariant: their items are those of the batch, in the same order.
    origins: Vec<Origin>,
    /// The spans of its pages.
    pub(crate) spans: Vec<Span>,
    pub(crate) completion: Completion,
}

/// What the entries of a URL have in common, beside what its record says.
#[derive(Debug, Default)]
pub(crate) struct Origin {
    /// The fingerprint of the URL.
    pub(crate) url: u64,
    /// The ordinal of the record.
    pub(crate) ordinal: u64,
    /// How many items it gave.
    pub(crate) items: usize,
    /// What the page asks for, if that is wanted.
    pub(crate) preferences: Option<Box<Preferences>>,
}

/// How far sinks are that a later run can continue, and the files that this relies on.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    pub(crate) positions: Vec<SinkPosition>,
    pub(crate) files: Vec<OutputFile>,
}

/// What is asked of sinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Commit,
    Finish,
}

impl<I: 'static> Batch<I> {
    pub(crate) fn new() -> Self {
        let (items, records, origins) = (Vec::new(), Vec::new(), Vec::new());
        let (spans, completion) = Default::default();
        Self { items, records, origins, spans, completion }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.completion.found.is_empty()
    }

    /// Adds the record of a URL, whose items are there already.
    pub(crate) fn end(&mut self, record: PageRecord, origin: Origin) {
        self.records.push(record);
        self.origins.push(origin);
    }

    /// Hands items and records to their sinks.
    pub(crate) fn write(
        &mut self,
        crawl: u64,
        items: &mut [Box<dyn Sink<I>>],
        records: &mut [Box<dyn Sink<PageRecord>>],
    ) -> Result<(), SinkError> {
        for sink in items {
            let mut values = self.items.iter();
            for (record, origin) in self.records.iter().zip(&self.origins) {
                for (ordinal, value) in (0..).zip(values.by_ref().take(origin.items)) {
                    let key = ItemKey { crawl, url: origin.url, schema: Schema::Item, ordinal };
                    sink.write(&Entry::new(value, key, origin.provenance(record)))?;
                }
            }
            debug_assert!(values.next().is_none(), "an item of no page");
        }
        for sink in records {
            for (record, origin) in self.records.iter().zip(&self.origins) {
                let &Origin { url, ordinal, .. } = origin;
                let key = ItemKey { crawl, url, schema: Schema::Page, ordinal };
                sink.write(&Entry::new(record, key, origin.provenance(record)))?;
            }
        }
        self.records.clear();
        self.origins.clear();
        Ok(())
    }
}

impl Origin {
    fn provenance<'a>(&'a self, record: &'a PageRecord) -> Provenance<'a> {
        Provenance::of(record, self.preferences.as_deref())
    }
}

impl Committed {
    /// Has all that sinks took committed, or finished.
    pub(crate) async fn ask<T: 'static>(
        &mut self,
        ask: Ask,
        sinks: &mut [Box<dyn Sink<T>>],
    ) -> Result<(), SinkError> {
        for sink in sinks {
            let position = match ask {
                Ask::Commit => sink.commit().await?,
                Ask::Finish => sink.finish().await?,
            };
            if let Some(name) = sink.name() {
                self.add(name, position, sink.file());
            }
        }
        Ok(())
    }

    /// Tells whether one of the sinks waits for the state.
    pub(crate) fn awaits_state<T: 'static>(sinks: &[Box<dyn Sink<T>>]) -> bool {
        sinks.iter().any(|sink| sink.awaits_state())
    }

    /// Tells sinks that the state relies on what they returned.
    pub(crate) async fn settle<T: 'static>(
        sinks: &mut [Box<dyn Sink<T>>],
    ) -> Result<(), SinkError> {
        for sink in sinks {
            sink.settled().await?;
        }
        Ok(())
    }

    /// Adds how far an output is, and the file that this relies on.
    pub(crate) fn add(&mut self, name: &str, position: Position, file: Option<Arc<File>>) {
        let position = position.into_bytes();
        self.positions.push(SinkPosition { name: name.into(), position });
        self.files.extend(file.map(OutputFile));
    }
}

/// Has all sinks begin where their output ended at the last commit; a new one at its start.
pub(crate) fn begin<T: 'static>(
    sinks: &mut [Box<dyn Sink<T>>],
    positions: &[SinkPosition],
) -> Result<(), SinkError> {
    for sink in sinks {
        let known = |name| positions.iter().find(|position| &*position.name == name);
        let known = sink.name().and_then(known);
        let position = known.map(|known| Position::from_bytes(&known.position));
        sink.begin(position.as_ref())?;
    }
    Ok(())
}
