//! What a spider pushes items and requests into. Requests are admitted here, on the worker.

use std::sync::Arc;

use dragline_frontier::{Admission, Pending, Skip, Step};
use dragline_parse::LinkKinds;
use url::Url;

use crate::message::{self, Message};
use crate::packed::{Packed, Placed, Unsendable};
use crate::page::Page;
use crate::request::{Request, encode_route};
use crate::spider::Spider;
use crate::stats::Links;

/// Takes what one page gives, or one URL that failed: items, and requests to follow.
///
/// Nothing leaves it before the page is parsed to its end, so a page counts whole or not at all. Requests
/// that name no session stay in that of the page.
///
/// Items and routes are those of the spider; others do not compile:
///
/// ```compile_fail,E0308
/// # use dragline::{BoxError, Output, Page, Request, Spider};
/// # struct Names;
/// impl Spider for Names {
///     type Item = String;
///     # type Route = ();
///     # fn start(&self) -> Result<Vec<Request>, BoxError> { Ok(Vec::new()) }
///     fn parse(&self, page: &Page, out: &mut Output<Self>) -> Result<(), BoxError> {
///         out.item(page.depth()); // a number is no String
///         Ok(())
///     }
/// }
/// ```
///
/// ```compile_fail,E0308
/// # use dragline::{BoxError, Output, Page, Request, Spider};
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// enum Route { List, Detail }
/// # struct Names;
/// impl Spider for Names {
///     type Route = Route;
///     # type Item = String;
///     # fn start(&self) -> Result<Vec<Request<Route>>, BoxError> { Ok(Vec::new()) }
///     fn parse(&self, page: &Page<Route>, out: &mut Output<Self>) -> Result<(), BoxError> {
///         for link in page.links("a")? {
///             out.request(Request::from(link)); // which route?
///         }
///         Ok(())
///     }
/// }
/// ```
///
/// ```compile_fail,E0599
/// # use dragline::{BoxError, Output, Page, Request, Spider};
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// enum Route { List, Detail }
/// # struct Names;
/// impl Spider for Names {
///     type Route = Route;
///     # type Item = String;
///     # fn start(&self) -> Result<Vec<Request<Route>>, BoxError> { Ok(Vec::new()) }
///     fn parse(&self, page: &Page<Route>, out: &mut Output<Self>) -> Result<(), BoxError> {
///         out.follow_all(page.links("a")?); // no route is the default one
///         Ok(())
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Output<'a, S: Spider> {
    admission: &'a Admission,
    from: &'a Pending,
    /// `None` for a URL that ended without one.
    page: Option<&'a Page<S::Route>>,
    session: Option<&'a str>,
    referrer: Arc<str>,
    /// Requests so far.
    asked: u64,
    pub(crate) items: Vec<S::Item>,
    pub(crate) found: Found,
}

/// What following the links of a page gave.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What is known by its URL.
    pub(crate) pending: Vec<Pending>,
    /// What is known by more than its URL.
    pub(crate) apart: Vec<Pending>,
    pub(crate) sitemaps: Vec<Pending>,
    pub(crate) links: Links,
    /// What never gets into the frontier, but is worth a record.
    pub(crate) unsent: Vec<Unsendable>,
}

impl<'a, S: Spider> Output<'a, S> {
    pub(crate) fn new(admission: &'a Admission, page: &'a Page<S::Route>) -> Self {
        Self { page: Some(page), ..Self::pageless(admission, page.pending()) }
    }

    /// Makes the output of a URL that ended without a page.
    pub(crate) fn pageless(admission: &'a Admission, from: &'a Pending) -> Self {
        Self {
            admission,
            from,
            page: None,
            session: message::session(from.payload()),
            referrer: Arc::from(from.url()),
            asked: 0,
            items: Vec::new(),
            found: Found::default(),
        }
    }

    /// Adds an item.
    pub fn item(&mut self, item: S::Item) {
        self.items.push(item);
    }

    /// Adds items.
    pub fn items(&mut self, items: impl IntoIterator<Item = S::Item>) {
        self.items.extend(items);
    }

    /// Asks for a page. One that is known already, or out of scope, is counted and dropped.
    pub fn request(&mut self, request: Request<S::Route>) {
        self.asked += 1;
        let packed = match Packed::new(request, self.session) {
            Ok(packed) => packed,
            Err(unsendable) => return self.found.unsent.push(unsendable),
        };
        let Packed { url, payload, placing } = packed;
        let link = self.admission.link(url, self.from, &self.referrer, Step::Link, payload);
        match link {
            Ok(pending) => {
                let origin = [self.from.fingerprint().bits(), self.asked].map(u64::to_be_bytes);
                self.found.place(placing.place(pending, origin.as_flattened()));
            }
            skipped => self.found.take(skipped),
        }
    }
}

impl<S: Spider> Output<'_, S>
where
    S::Route: Default,
{
    /// Follows a link, with the default route.
    pub fn follow(&mut self, url: Url) {
        self.request(Request::from(url).route(S::Route::default()));
    }

    /// Follows links, each with the default route.
    pub fn follow_all(&mut self, urls: impl IntoIterator<Item = Url>) {
        for url in urls {
            self.follow(url);
        }
    }

    /// Follows all links of these kinds that the page has, each with the default route.
    ///
    /// The same links in the same order as [`Page::found`] gives, but without making a [`Url`] of each.
    pub fn follow_found(&mut self, kinds: LinkKinds) {
        let Some(page) = self.page else { return };
        // One payload for all; a broken Serialize fails for the first as for each.
        let route = encode_route(&S::Route::default()).map(|route| {
            match Message::of_session(self.session) {
                None => route,
                Some(message) => message.write(route.as_deref()),
            }
        });
        let (from, admission) = (self.from, self.admission);
        let (referrer, found) = (&self.referrer, &mut self.found);
        page.visit(kinds, |url| match &route {
            Ok(_) if admission.knows(url, from) => found.links.duplicates += 1,
            Ok(route) => {
                let link = admission.link_str(url, from, referrer, Step::Link, route.clone());
                found.take(link);
            }
            Err(_) => found.links.not_crawlable += 1,
        });
    }
}

impl Found {
    /// Takes what admission said of a URL.
    pub(crate) fn take(&mut self, answer: Result<Pending, Skip>) {
        match answer {
            Ok(pending) => self.pending.push(pending),
            Err(Skip::TooManyRedirects { url }) => {
                let message = "more redirects in a row lead here than are followed".to_owned();
                self.unsent.push(Unsendable { url, code: "too_many_redirects", message });
            }
            Err(skip) => self.links.count(&skip),
        }
    }

    /// Takes a request that was admitted.
    pub(crate) fn place(&mut self, placed: Placed) {
        match placed {
            Placed::ByUrl(pending) => self.pending.push(pending),
            Placed::Apart(pending) => self.apart.push(pending),
        }
    }

    /// Takes what admission said of a sitemap.
    pub(crate) fn take_sitemap(&mut self, answer: Result<Pending, Skip>) {
        match answer {
            Ok(sitemap) => self.sitemaps.push(sitemap),
            skipped => self.take(skipped),
        }
    }
}
