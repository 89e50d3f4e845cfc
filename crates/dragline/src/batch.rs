//! What ended since the last commit, and how it is written. Owned by the engine.

use dragline_frontier::{Completion, SinkPosition};

use crate::record::PageRecord;
use crate::sink::{Sink, SinkError};

/// Pages that ended and are not committed yet: at most those in flight, and a bounded run of refusals.
#[derive(Debug)]
pub(crate) struct Batch<I> {
    pub(crate) items: Vec<I>,
    pub(crate) records: Vec<PageRecord>,
    pub(crate) completion: Completion,
}

impl<I: 'static> Batch<I> {
    pub(crate) fn new() -> Self {
        Self { items: Vec::new(), records: Vec::new(), completion: Completion::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.completion.found.is_empty()
    }

    /// Hands items and records to their sinks.
    pub(crate) fn write(
        &mut self,
        items: &mut [Box<dyn Sink<I>>],
        records: &mut [Box<dyn Sink<PageRecord>>],
    ) -> Result<(), SinkError> {
        put(items, &self.items)?;
        put(records, &self.records)?;
        self.records.clear();
        Ok(())
    }
}

fn put<T: 'static>(sinks: &mut [Box<dyn Sink<T>>], values: &[T]) -> Result<(), SinkError> {
    for sink in sinks {
        for value in values {
            sink.write(value)?;
        }
    }
    Ok(())
}

/// Has all that the sinks took committed, and returns how far those are that a later run can continue.
pub(crate) async fn commit<T: 'static>(
    sinks: &mut [Box<dyn Sink<T>>],
) -> Result<Vec<SinkPosition>, SinkError> {
    let mut positions = Vec::new();
    for sink in sinks {
        let position = sink.commit().await?;
        if let Some(name) = sink.name() {
            positions.push(SinkPosition { name: name.into(), position });
        }
    }
    Ok(positions)
}

/// Has all sinks begin where their output ended at the last commit; a new one at its start.
pub(crate) fn begin<T: 'static>(
    sinks: &mut [Box<dyn Sink<T>>],
    positions: &[SinkPosition],
) -> Result<(), SinkError> {
    for sink in sinks {
        let known = |name| positions.iter().find(|position| &*position.name == name);
        let position = sink.name().and_then(known).map_or(0, |known| known.position);
        sink.begin(position)?;
    }
    Ok(())
}
