//! The spider: what a user writes to say where a crawl starts and what each page gives.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::BoxError;
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
}
