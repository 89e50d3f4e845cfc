//! What ended since the last commit, and how it is written. Owned by the engine.

use dragline_frontier::Completion;

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
        self.records.is_empty()
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

/// Has all that the sinks took committed.
pub(crate) async fn commit<T: 'static>(sinks: &mut [Box<dyn Sink<T>>]) -> Result<(), SinkError> {
    for sink in sinks {
        sink.commit().await?;
    }
    Ok(())
}
