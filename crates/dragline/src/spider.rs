//! The spider: what a user writes to say where a crawl starts and what each page gives.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::BoxError;
use crate::failure::Failure;
use crate::health;
use crate::output::Output;
use crate::page::Page;
use crate::request::Request;

/// Where a crawl starts, and what to take from each page.
///
/// One spider serves all workers at once, by shared reference: what it counts itself goes into atomics.
pub trait Spider: Send + Sync + Sized + 'static {
    /// What the spider produces.
    type Item: Send + 'static;

    /// Which kind of page a request leads to, and the state carried there: a serde enum when there are
    /// several kinds, `()` when there is one.
    type Route: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Returns the seeds: the requests the crawl begins with.
    ///
    /// # Errors
    /// Whatever makes the crawl pointless; it ends before anything is fetched.
    fn start(&self) -> Result<Vec<Request<Self::Route>>, BoxError>;

    /// Takes items and requests from a page, and pushes them into `out`.
    ///
    /// It is called once for each answer with a 2xx status. It is synchronous: elements of the document
    /// cannot be held over an await, and what costs CPU time stays visible.
    ///
    /// # Errors
    /// A page this spider cannot read. What was pushed before is dropped, and the URL counts as failed
    /// with the code `spider`; so it does when this panics.
    fn parse(&self, page: &Page<Self::Route>, out: &mut Output<'_, Self>) -> Result<(), BoxError>;

    /// Names the kind of page that a route stands for, in reports on extraction health. Usually the variant of the
    /// route as serde writes it; nothing for a route without variants.
    fn route_name(&self, route: &Self::Route) -> String {
        health::route_name(route)
    }

    /// Takes note of a URL that ended without a page; what it pushes into `out` counts as if a page gave it.
    /// Does nothing unless a spider says otherwise.
    ///
    /// It is called once for each URL that failed, after its last try, and for each whose answer has a status
    /// of 400 or above, or whose host was given up before it was sent. It is not called for what was skipped
    /// (robots.txt, traps, too many redirects), for sitemaps, for what never was a request, such as a seed
    /// that is no URL, nor when [`parse`](Self::parse) could not read its page.
    ///
    /// ```
    /// # use dragline::{BoxError, Failure, Output, Page, Request, Spider};
    /// # struct Names;
    /// impl Spider for Names {
    ///     type Item = String;
    ///     # type Route = ();
    ///     # fn start(&self) -> Result<Vec<Request>, BoxError> { Ok(Vec::new()) }
    ///     # fn parse(&self, page: &Page, out: &mut Output<Self>) -> Result<(), BoxError> { Ok(()) }
    ///     fn failed(&self, failure: &Failure, out: &mut Output<Self>) -> Result<(), BoxError> {
    ///         out.item(format!("{} is missing: {}", failure.url(), failure.message()));
    ///         Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// Whatever keeps this spider from it. What was pushed before is dropped, [`Stats::spider_faults`] counts
    /// it, and nothing else changes; so it does when this panics.
    ///
    /// [`Stats::spider_faults`]: crate::Stats::spider_faults
    fn failed(
        &self,
        failure: &Failure<Self::Route>,
        out: &mut Output<'_, Self>,
    ) -> Result<(), BoxError> {
        let _ = (failure, out);
        Ok(())
    }
}
