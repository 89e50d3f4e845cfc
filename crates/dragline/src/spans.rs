//! The spans of a URL, from its turn to its commit, for the `tracing` crate; without the feature `tracing` they are
//! nothing. Begun by the engine, entered by the worker.

use dragline_frontier::{Directory, Ticket};
#[cfg(feature = "tracing")]
use tracing::{Instrument, debug_span, field, info_span};

use crate::record::PageRecord;

/// A span, which lasts until its last clone is gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Span(#[cfg(feature = "tracing")] Option<tracing::Span>);

#[cfg(feature = "tracing")]
impl Span {
    /// Begins the span of a URL whose turn it is.
    pub(crate) fn of(ticket: &Ticket, directory: &Directory) -> Self {
        let pending = &ticket.pending;
        let (url, depth, attempt) = (pending.url(), pending.depth(), ticket.attempt + 1);
        let (host, status, error) = (field::Empty, field::Empty, field::Empty);
        let span = info_span!("url", url, host, depth, attempt, status, error);
        if !span.is_disabled()
            && let Some(host) = directory.name(pending.host())
        {
            span.record("host", field::display(host));
        }
        Self(Some(span))
    }

    /// Notes how the URL ended.
    pub(crate) fn ended(&self, record: &PageRecord) {
        if let Some(span) = &self.0 {
            if let Some(status) = record.status {
                span.record("status", status);
            }
            if let Some(error) = record.error {
                span.record("error", error);
            }
        }
    }

    /// Begins the span of its fetch.
    pub(crate) fn fetch(&self) -> Self {
        Self(self.0.as_ref().map(|parent| debug_span!(parent: parent, "fetch")))
    }

    /// Begins the span of reading its page.
    pub(crate) fn parse(&self) -> Self {
        Self(self.0.as_ref().map(|parent| debug_span!(parent: parent, "parse")))
    }

    /// Has a future run in the span.
    pub(crate) async fn around<F: Future>(self, work: F) -> F::Output {
        match self.0 {
            Some(span) => work.instrument(span).await,
            None => work.await,
        }
    }

    /// Runs something in the span.
    pub(crate) fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(span) => span.in_scope(work),
            None => work(),
        }
    }
}

#[cfg(not(feature = "tracing"))]
impl Span {
    pub(crate) fn of(_: &Ticket, _: &Directory) -> Self {
        Self()
    }

    pub(crate) fn ended(&self, _: &PageRecord) {
        let Self() = self;
    }

    pub(crate) fn fetch(&self) -> Self {
        self.clone()
    }

    pub(crate) fn parse(&self) -> Self {
        self.clone()
    }

    pub(crate) fn around<F: Future>(self, work: F) -> F {
        let Self() = self;
        work
    }

    pub(crate) fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        let Self() = self;
        work()
    }
}
