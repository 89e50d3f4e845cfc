//! Where a crawl begins: pages, sitemaps and feeds.

use toml::de::DeValue;
use url::Url;

use super::item::Item;
use super::keys::{Entry, Keys, Text, named};
use super::names::Names;
use super::problem::Problems;
use super::route::{Listing, Route};
use crate::request::Request;
use crate::sitemap;

/// Where the crawl begins.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) url: Url,
    pub(super) route: Option<String>,
    pub(super) list: Option<Listing>,
}

impl Start {
    /// Returns the request of it.
    pub(super) fn to_request(&self) -> Request<Route> {
        let route = Route { name: self.route.clone(), list: self.list, carried: Item::default() };
        let request = Request::from(self.url.clone()).route(route);
        match self.list {
            Some(Listing::Sitemap) => request.max_body(sitemap::MAX_BODY),
            _ => request,
        }
    }
}

/// Reads a list of URLs to start from: each a text, or a table with its route.
pub(super) fn starts_of(
    key: &'static str,
    list: Option<Listing>,
    entry: &Entry<'_>,
    names: &mut Names,
    problems: &mut Problems<'_>,
    starts: &mut Vec<Start>,
) {
    let entries: &[Entry<'_>] = match entry.get_ref() {
        DeValue::Array(entries) => entries,
        _ => std::slice::from_ref(entry),
    };
    for entry in entries {
        let (url, route) = match entry.get_ref() {
            DeValue::String(url) => (Some(Text { value: url, span: entry.span() }), None),
            DeValue::Table(table) => {
                let mut keys = Keys::new("a start", table);
                let (url, route) = (keys.text("url", problems), keys.text("route", problems));
                if url.is_none() && keys.span("url").is_none() {
                    problems.add(entry.span(), "a start says its `url`");
                }
                keys.finish(problems);
                (url, route)
            }
            other => {
                let message = format!("`{key}` lists URLs as texts, not {}", named(other));
                problems.add(entry.span(), message);
                continue;
            }
        };
        let Some(url) = url else { continue };
        names.lead(route.as_ref());
        match Url::parse(url.value.trim()) {
            Ok(parsed) if matches!(parsed.scheme(), "http" | "https") => {
                let route = route.map(|route| route.value.to_owned());
                starts.push(Start { url: parsed, route, list });
            }
            Ok(parsed) => {
                let message =
                    format!("`{}` URLs cannot be crawled; write https://..", parsed.scheme());
                problems.add(url.span, message);
            }
            Err(error) => {
                let message = format!(
                    "this is not an absolute URL ({error}); write it like https://example.org/"
                );
                problems.add(url.span, message);
            }
        }
    }
}
