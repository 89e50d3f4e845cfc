//! The engine's end of events: to readers who come and go, and to sinks, which get each one. Events are made
//! only while somebody wants them.

use std::sync::Arc;

use dragline_frontier::End;
use tokio::sync::broadcast;

use crate::batch::{Ask, Committed};
use crate::clock::Clock;
use crate::event::{Event, EventRecord, Source, WAITING};
use crate::record::PageRecord;
use crate::sink::{Entry, ItemKey, Provenance, Schema, Sink, SinkError};

/// Tells what happens.
pub(crate) struct Teller {
    events: broadcast::Sender<Event>,
    sinks: Vec<Box<dyn Sink<EventRecord>>>,
    clock: Clock,
    /// What the readers are told once it is committed: no more than a batch of pages.
    ready: Vec<Event>,
    /// What the sinks get with the next commit: no more than a batch of pages, and what happened beside them.
    unwritten: Vec<EventRecord>,
    written: u64,
}

impl Teller {
    pub(crate) fn new(sinks: Vec<Box<dyn Sink<EventRecord>>>, clock: Clock) -> (Self, Source) {
        let events = broadcast::Sender::new(WAITING);
        let source = Source::of(&events);
        let (ready, unwritten) = (Vec::new(), Vec::new());
        (Self { events, sinks, clock, ready, unwritten, written: 0 }, source)
    }

    /// Tells whether an event is worth making.
    pub(crate) fn is_heard(&self) -> bool {
        !self.sinks.is_empty() || self.events.receiver_count() > 0
    }

    /// Tells whether something waits to be written.
    pub(crate) fn has_unwritten(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// Tells what happened now.
    pub(crate) fn tell(&mut self, event: Event) {
        self.record(&event);
        self.send(event);
    }

    /// Tells the readers alone.
    pub(crate) fn send(&self, event: Event) {
        // Nobody listening is as good.
        let _ = self.events.send(event);
    }

    /// Has the sinks get an event with the next commit.
    pub(crate) fn record(&mut self, event: &Event) {
        if !self.sinks.is_empty() {
            let time = PageRecord::timestamp(self.clock.wall());
            self.unwritten.push(EventRecord { time, event: event.clone() });
        }
    }

    /// Notes URLs that ended, which is so once they are committed.
    pub(crate) fn note(&mut self, records: &[PageRecord]) {
        if !self.is_heard() {
            return;
        }
        for record in records {
            let event = Event::of(record.clone());
            self.record(&event);
            if self.events.receiver_count() > 0 {
                self.ready.push(event);
            }
        }
    }

    /// Hands what happened to the sinks, for the commit that makes it true.
    pub(crate) async fn write(
        &mut self,
        crawl: u64,
        ask: Ask,
        output: &mut Committed,
    ) -> Result<(), SinkError> {
        for record in self.unwritten.drain(..) {
            let (url, ordinal) = (self.clock.run(), self.written);
            let key = ItemKey { crawl, url, schema: Schema::Event, ordinal };
            self.written += 1;
            let provenance = Provenance { fetched_at: &record.time, ..Provenance::default() };
            let entry = Entry::new(&record, key, provenance);
            for sink in &mut self.sinks {
                sink.write(&entry)?;
            }
        }
        output.ask(ask, &mut self.sinks).await
    }

    /// Returns the sinks of events.
    pub(crate) fn sinks(&mut self) -> &mut [Box<dyn Sink<EventRecord>>] {
        &mut self.sinks
    }

    /// Tells the readers what was noted.
    pub(crate) fn commit(&mut self) {
        for event in self.ready.drain(..) {
            let _ = self.events.send(event);
        }
    }
}

impl Event {
    fn of(record: PageRecord) -> Self {
        let record = Arc::new(record);
        match record.end() {
            End::Done => Self::Finished(record),
            End::Failed => Self::Failed(record),
            End::Skipped => Self::Skipped(record),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_reader_is_told_how_many_events_it_missed() {
        let (mut teller, source) = Teller::new(Vec::new(), Clock::start());
        assert!(!teller.is_heard());
        let mut events = source.listen();
        for seeds in 0..WAITING + 10 {
            teller.tell(Event::Added { seeds });
        }
        drop(teller);
        assert_eq!(events.next().await, Some(Event::Missed { events: 10 }));
        assert_eq!(events.next().await, Some(Event::Added { seeds: 10 }));
        let mut rest = 0;
        while events.next().await.is_some() {
            rest += 1;
        }
        assert_eq!(rest, WAITING - 1);
        assert_eq!(source.listen().next().await, None, "the crawl has ended");
    }
}
