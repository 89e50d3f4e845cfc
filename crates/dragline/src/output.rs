//! What a spider pushes items and requests into. Requests are admitted here, on the worker.

use std::sync::Arc;

use dragline_frontier::{Admission, Pending, Skip, Step};
use dragline_parse::LinkKinds;
use url::Url;

use crate::page::Page;
use crate::request::{Request, encode_route};
use crate::spider::Spider;
use crate::stats::Links;

/// Takes what one page gives: items, and requests to follow.
///
/// Nothing leaves it before the page is parsed to its end, so a page counts whole or not at all.
#[derive(Debug)]
pub struct Output<'a, S: Spider> {
    admission: &'a Admission,
    page: &'a Page<S::Route>,
    referrer: Arc<str>,
    pub(crate) items: Vec<S::Item>,
    pub(crate) found: Found,
}

/// What following the links of a page gave.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) pending: Vec<Pending>,
    pub(crate) sitemaps: Vec<Pending>,
    pub(crate) links: Links,
    /// The target of a redirect that was one too many.
    pub(crate) endless: Option<String>,
}

impl<'a, S: Spider> Output<'a, S> {
    pub(crate) fn new(admission: &'a Admission, page: &'a Page<S::Route>) -> Self {
        let referrer = Arc::from(page.pending().url());
        Self { admission, page, referrer, items: Vec::new(), found: Found::default() }
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
        // A route is a value of the spider's own type, so only a broken Serialize can fail here.
        let Ok(route) = encode_route(&request.route) else {
            self.found.links.not_crawlable += 1;
            return;
        };
        let (from, referrer) = (self.page.pending(), &self.referrer);
        let link = self.admission.link(request.url, from, referrer, Step::Link, route);
        self.found.take(link.map(|pending| request.priority.place(pending)));
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
        // One route for all; a broken Serialize fails for the first as for each.
        let route = encode_route(&S::Route::default());
        let (page, admission) = (self.page, self.admission);
        let (from, referrer, found) = (page.pending(), &self.referrer, &mut self.found);
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
            Err(Skip::TooManyRedirects { url }) => self.endless = Some(url),
            Err(skip) => self.links.count(&skip),
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
