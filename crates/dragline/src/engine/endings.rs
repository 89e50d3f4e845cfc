//! How URLs end: what is counted, what is recorded, and what the store is told.

use dragline_frontier::{Completed, End, Lease, Pending, Refusal, Revisit};

use crate::engine::Engine;
use crate::record::PageRecord;
use crate::spider::Spider;

impl<S: Spider> Engine<S> {
    /// Ends a URL whose turn came but which must not be sent.
    pub(super) fn refuse(&mut self, pending: Pending, refusal: Refusal) {
        let (code, message) = match refusal {
            Refusal::Disallowed { line: Some(line) } => {
                ("robots", format!("disallowed by line {line} of robots.txt"))
            }
            Refusal::Disallowed { line: None } => ("robots", "disallowed by robots.txt".to_owned()),
            Refusal::RobotsUnavailable(why) => ("robots", why.as_ref().to_owned()),
            Refusal::Unreachable(fault) => (fault.code, fault.message.clone()),
            Refusal::HostDown(fault) => (
                "host_down",
                format!("the host stopped answering; its last fault: {}", fault.message),
            ),
        };
        self.end_refused(pending, code, message);
    }

    /// Ends the URLs of leases that were found to be traps since they were admitted.
    pub(super) fn drop_traps(&mut self, leases: &mut [Lease]) {
        for lease in leases {
            let (admission, mut traps) = (&self.shared.admission, Vec::new());
            lease.urls.retain(|pending| match admission.reconsider(pending) {
                Ok(()) => true,
                Err(skip) => {
                    traps.push((pending.clone(), skip));
                    false
                }
            });
            for (pending, skip) in traps {
                self.end_refused(pending, skip.name(), skip.to_string());
            }
        }
    }

    fn end_refused(&mut self, pending: Pending, code: &'static str, message: String) {
        let mut record = self.unsent(pending.url().to_owned(), code, message);
        record.depth = pending.depth();
        record.referrer = pending.referrer().cloned();
        self.count_end(&record);
        // It was not asked, so what is known of it still holds.
        let before = self.before.remove(&pending.fingerprint());
        let revisit = before.map(|before| Box::new(Revisit::clone(&before)));
        self.complete(pending, &record, revisit);
        self.batch.records.push(record);
    }

    /// Has the store told, with the next commit, how a URL ended.
    pub(super) fn complete(
        &mut self,
        pending: Pending,
        record: &PageRecord,
        revisit: Option<Box<Revisit>>,
    ) {
        let ending = record.ending(self.shared.clock.wall());
        self.batch.completion.done.push(Completed { pending, ending, revisit });
    }

    /// Ends a URL that never got into the frontier, but is worth a record.
    pub(super) fn end_unsent(
        &mut self,
        base: PageRecord,
        url: String,
        code: &'static str,
        message: String,
    ) {
        self.stats.discovered += 1;
        self.stats.waiting += 1;
        let record = self.unsent(url, code, message);
        let record = PageRecord { depth: base.depth, referrer: base.referrer, ..record };
        self.count_end(&record);
        self.keep_beside(record.end() == End::Skipped);
        self.batch.records.push(record);
    }

    fn unsent(&self, url: String, code: &'static str, message: String) -> PageRecord {
        let fetched_at = PageRecord::timestamp(self.shared.clock.wall());
        let error = Some(code);
        PageRecord { url, error, message: Some(message), fetched_at, ..PageRecord::default() }
    }

    /// Moves one URL from waiting to its end.
    pub(super) fn count_end(&mut self, record: &PageRecord) {
        self.stats.waiting -= 1;
        if let Some(code) = record.error {
            *self.stats.errors.entry(code.into()).or_default() += 1;
        }
        match record.end() {
            End::Done => {
                self.stats.done += 1;
                if let Some(status) = record.status {
                    *self.stats.statuses.entry(status).or_default() += 1;
                }
            }
            End::Skipped => self.stats.skipped += 1,
            End::Failed => self.stats.failed += 1,
        }
    }
}
