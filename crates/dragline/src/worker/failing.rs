//! Telling a spider of a URL that ended without a page.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dragline_frontier::{Content, End, Pending};
use http::StatusCode;
use url::Url;

use crate::failure::Failure;
use crate::message;
use crate::output::{Found, Output};
use crate::record::PageRecord;
use crate::request::decode_route;
use crate::sitemap::Errand;
use crate::spider::Spider;
use crate::worker::{Finished, Shared};

impl<S: Spider> Shared<S> {
    /// Ends a URL that was not sent.
    pub(crate) fn end_unsent(&self, pending: &Pending, record: PageRecord) -> Finished<S::Item> {
        let mut finished = Finished::new(record);
        self.tell_failure(&mut finished, pending);
        finished
    }

    /// Lets the spider know of a URL that ended without a page. What it pushes counts only when it gets to the
    /// end.
    pub(super) fn tell_failure(&self, finished: &mut Finished<S::Item>, pending: &Pending) {
        let record = &finished.record;
        let status = record.status.and_then(|status| StatusCode::from_u16(status).ok());
        let code = match (record.end(), status) {
            (End::Failed, _) => record.error.unwrap_or("status"),
            (End::Done, Some(status)) if status.as_u16() >= 400 => "status",
            _ => return,
        };
        if Errand::read(pending.payload()).is_some() {
            return;
        }
        let told = Url::parse(pending.url()).ok().and_then(|url| {
            let failure = Failure {
                url,
                route: decode_route(message::route(pending.payload())).ok()?,
                code,
                status,
                message: match (&record.message, status) {
                    (Some(message), _) => message.clone(),
                    (None, Some(status)) => format!("the server answered {status}"),
                    (None, None) => code.to_owned(),
                },
                attempts: record.attempts,
                depth: record.depth,
                referrer: record.referrer.as_deref().map(str::to_owned),
            };
            let mut out = Output::pageless(&self.admission, pending);
            // A panic is a bug in the spider, and the crawl is not to end for it.
            let told = catch_unwind(AssertUnwindSafe(|| self.spider.failed(&failure, &mut out)));
            matches!(told, Ok(Ok(()))).then_some((out.items, out.found))
        });
        match told {
            Some((items, found)) => (finished.items, finished.found) = (items, found),
            None => finished.spider_fault = true,
        }
    }
}

impl<I> Finished<I> {
    /// A URL of which nothing but the record is known.
    pub(super) fn new(record: PageRecord) -> Self {
        let (items, found, content) = (Vec::new(), Found::default(), Content::New);
        let (bail, hash, revisit) = (None, None, None);
        let (preferences, observation, spider_fault) = (None, None, false);
        Self {
            record,
            items,
            found,
            content,
            bail,
            hash,
            revisit,
            preferences,
            observation,
            spider_fault,
        }
    }
}
