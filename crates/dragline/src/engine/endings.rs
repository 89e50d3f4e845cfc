//! How URLs end: what is counted, what is recorded, and what the store is told.

use std::sync::Arc;

use dragline_frontier::{Completed, End, Lease, Pending, Refusal, Revisit};
use http::Method;

use crate::batch::Origin;
use crate::engine::member::Whose;
use crate::engine::{Engine, Returned};
use crate::message::Message;
use crate::packed::Unsendable;
use crate::record::PageRecord;
use crate::request::without_user;
use crate::spider::Spider;
use crate::worker::Finished;

impl<S: Spider> Engine<S> {
    /// Ends a URL whose turn came but which must not be sent.
    pub(super) fn refuse(&mut self, pending: Pending, refusal: &Refusal) {
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
        let told = matches!(refusal, Refusal::Unreachable(_) | Refusal::HostDown(_));
        match told {
            true => self.tell_unsent(pending, code, message),
            false => self.end_refused(pending, code, message),
        }
    }

    /// Has a worker tell the spider of a URL that failed without being sent. It ends when that is done.
    fn tell_unsent(&mut self, pending: Pending, code: &'static str, message: String) {
        self.scheduler.hold(pending.host());
        self.store.went_out(&pending);
        self.pages_in_flight += 1;
        let record = self.unsent_pending(&pending, code, message);
        let shared = self.shared.clone();
        self.workers.spawn(async move {
            let finished = shared.end_unsent(&pending, record);
            Returned::Unsent(pending, Box::new(finished))
        });
    }

    /// Ends a URL that was not sent, once the spider knows.
    pub(super) fn end_told(&mut self, pending: Pending, mut finished: Finished<S::Item>) {
        self.pages_in_flight -= 1;
        let host = pending.host();
        if self.store.came_back(&pending) == Whose::Ours {
            finished.revisit = self.known_of(&pending);
            self.end_finished(pending, finished);
        }
        self.scheduler.let_go(host);
    }

    /// Counts how a URL ended, and has it and all that it gave go into the next commit.
    pub(super) fn end_finished(&mut self, pending: Pending, finished: Finished<S::Item>) {
        let Finished { record, items, found, revisit, preferences, .. } = finished;
        let count = items.len();
        self.stats.items += count as u64;
        self.stats.spider_faults += u64::from(finished.spider_fault);
        self.count_end(&record);
        self.batch.items.extend(items);
        for Unsendable { url, code, message } in self.hand_on(found) {
            let referrer = Some(Arc::from(pending.url()));
            let base = PageRecord { depth: pending.depth(), referrer, ..PageRecord::default() };
            self.end_unsent(base, &url, code, message);
        }
        let url = pending.fingerprint().bits();
        self.complete(pending, &record, revisit);
        self.batch.end(record, Origin { url, items: count, preferences, ..Origin::default() });
    }

    /// Takes what is known from the crawl before of a URL that is not asked, so that it still holds.
    fn known_of(&mut self, pending: &Pending) -> Option<Box<Revisit>> {
        let before = self.before.remove(&pending.fingerprint());
        before.map(|before| Box::new(Revisit::clone(&before)))
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
        let record = self.unsent_pending(&pending, code, message);
        self.count_end(&record);
        let revisit = self.known_of(&pending);
        let url = pending.fingerprint().bits();
        self.complete(pending, &record, revisit);
        self.batch.end(record, Origin { url, ..Origin::default() });
    }

    /// Has the store told, with the next commit, how a URL ended.
    pub(super) fn complete(
        &mut self,
        pending: Pending,
        record: &PageRecord,
        revisit: Option<Box<Revisit>>,
    ) {
        self.hosts.ended(pending.host());
        #[cfg(feature = "metrics")]
        self.meters.ended(pending.host(), &self.directory);
        let ending = record.ending(self.shared.clock.wall());
        self.store.ended(&pending, &ending);
        self.batch.completion.done.push(Completed { pending, ending, revisit });
    }

    /// Ends a URL that never got into the frontier, but is worth a record.
    pub(super) fn end_unsent(
        &mut self,
        base: PageRecord,
        url: &str,
        code: &'static str,
        message: String,
    ) {
        self.stats.discovered += 1;
        self.stats.waiting += 1;
        let record = self.unsent(without_user(url), code, message);
        let record = PageRecord { depth: base.depth, referrer: base.referrer, ..record };
        self.count_end(&record);
        self.keep_beside(record.end() == End::Skipped);
        self.batch.end(record, Origin { ordinal: self.ended_beside, ..Origin::default() });
        self.ended_beside += 1;
    }

    fn unsent_pending(&self, pending: &Pending, code: &'static str, message: String) -> PageRecord {
        let record = self.unsent(pending.url().to_owned(), code, message);
        let method = Message::read(pending.payload()).map(|message| message.method);
        let method = method.filter(|method| method != Method::GET);
        PageRecord {
            method: method.map(|method| method.as_str().to_owned()),
            depth: pending.depth(),
            referrer: pending.referrer().cloned(),
            ..record
        }
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
            if !self.examples.contains_key(code) {
                self.examples.insert(code.into(), record.url.clone());
            }
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
