//! What a running spider takes from a page: items, links, and from a list of pages all of them.

use std::sync::Arc;

use dragline_parse::{ExtractError, FieldError, FieldErrorKind, LinkKinds};
use url::Url;

use super::TomlSpider;
use super::definition::Definition;
use super::follow_rule::{FollowRule, Links};
use super::item::{Item, Value};
use super::item_rule::ItemRule;
use super::node::{Body, Node};
use super::reading::Reading;
use super::route::{Listing, Route};
use super::tally::{Counters, described};
use crate::error::BoxError;
use crate::output::Output;
use crate::page::Page;
use crate::request::Request;
use crate::sitemap;
use crate::structured::SitemapEntry;

/// The most that is carried to one page, in bytes of JSON: it waits in the frontier with the URL.
const MAX_CARRIED: usize = 16 * 1024;

/// Most indexes of sitemaps one within the other.
const MAX_INDEXES: u16 = 3;

/// The most faults that the error of a page names.
const MAX_FAULTS: usize = 10;

/// Takes the items and links of a page.
pub(super) fn page(
    definition: &Definition,
    page: &Page<Route>,
    counters: &Counters,
    out: &mut Output<'_, TomlSpider>,
) -> Result<(), BoxError> {
    let body = Body::read(page)?;
    let (mut good, mut leads) = (0_usize, 0_usize);
    let mut faults = Faults::default();
    for (index, rule) in definition.items.iter().enumerate() {
        if !rule.on.take_in(page.route().name(), page.url()) || !body.fits(rule.format) {
            continue;
        }
        for item in items(rule, page, &body) {
            match page.noted(item) {
                Ok(item) => {
                    counters.found(index);
                    good += 1;
                    out.item(item);
                }
                Err(error) => {
                    counters.left_out(index, &error);
                    faults.add(&error);
                }
            }
        }
    }
    for rule in &definition.follows {
        if !rule.on.take_in(page.route().name(), page.url()) || !body.fits(rule.format) {
            continue;
        }
        for link in links(rule, page, &body) {
            match link {
                Ok((url, route)) => {
                    leads += 1;
                    out.request(Request::from(url).route(route));
                }
                Err(error) => faults.add(&error),
            }
        }
    }
    if good == 0 && leads == 0 && faults.count > 0 {
        return Err(faults.told().into());
    }
    Ok(())
}

/// Reads the items of one kind.
pub(super) fn items<'a>(
    rule: &'a ItemRule,
    page: &'a Page<Route>,
    body: &'a Body<'a>,
) -> impl Iterator<Item = Result<Item, ExtractError>> + 'a {
    let reading = Reading::new(page.url(), &page.route().carried);
    body.each(rule.each.as_ref()).into_iter().map(move |node| {
        let item = reading.item(&rule.fields, node)?;
        Ok(named(rule.name.as_ref(), item))
    })
}

/// Puts the name of an item before its fields.
fn named(name: Option<&Arc<str>>, item: Item) -> Item {
    let Some(name) = name else { return item };
    let mut named = Item::default();
    named.push("type".into(), Value::Text((**name).to_owned()));
    named.extend(item);
    named
}

/// Finds the links of one rule, each with the route it leads to.
///
/// What cannot be carried along is an error in place of the links it would go with.
pub(super) fn links(
    rule: &FollowRule,
    page: &Page<Route>,
    body: &Body<'_>,
) -> Vec<Result<(Url, Route), ExtractError>> {
    let reading = Reading::new(page.url(), &page.route().carried);
    let mut links = Vec::new();
    for node in body.each(rule.each.as_ref()) {
        let urls = urls(rule, page, node);
        if urls.is_empty() {
            continue;
        }
        let carried = match reading.item(&rule.carry, node).and_then(|item| bounded(item, page)) {
            Ok(carried) => carried,
            Err(error) => {
                links.push(Err(error));
                continue;
            }
        };
        for url in urls {
            let route = Route { name: rule.route.clone(), list: None, carried: carried.clone() };
            links.push(Ok((url, route)));
        }
    }
    links
}

fn urls(rule: &FollowRule, page: &Page<Route>, node: Node<'_>) -> Vec<Url> {
    let urls = match (&rule.links, node) {
        (Links::All, _) => page.found(LinkKinds::default()),
        (Links::Css(found), Node::Element(element)) => {
            found.find(element).filter_map(|found| found.url().ok()).collect()
        }
        (Links::Pointer(pointer), Node::Json(value)) => {
            let values = match value.at(&pointer.tokens) {
                Some(Value::List(values)) => values.as_slice(),
                Some(value) => std::slice::from_ref(value),
                None => &[],
            };
            let texts = values.iter().filter_map(|value| match value {
                Value::Text(text) => Some(text),
                _ => None,
            });
            texts.filter_map(|text| page.url().join(text).ok()).collect()
        }
        _ => Vec::new(),
    };
    let wanted = urls.into_iter().filter(|url| matches!(url.scheme(), "http" | "https"));
    let urls = wanted.map(|mut url| {
        url.set_fragment(None);
        url
    });
    urls.filter(|url| rule.pattern.as_ref().is_none_or(|pattern| pattern.is_match(url.as_str())))
        .collect()
}

/// Returns what is carried if it is not too much.
fn bounded(carried: Item, page: &Page<Route>) -> Result<Item, ExtractError> {
    let long = serde_json::to_vec(&carried).map_or(0, |json| json.len());
    if long <= MAX_CARRIED {
        return Ok(carried);
    }
    let reason =
        format!("{long} bytes of JSON are more than the {MAX_CARRIED} that can be carried");
    let kind = FieldErrorKind::parse("", reason);
    Err(ExtractError::new(page.url()).field(FieldError::new("carry", "", kind)))
}

/// Asks for the pages of a sitemap or feed.
pub(super) fn list(
    page: &Page<Route>,
    list: Listing,
    out: &mut Output<'_, TomlSpider>,
) -> Result<(), BoxError> {
    let pages = Route { list: None, ..page.route().clone() };
    let (mut listed, mut fault): (usize, Option<BoxError>) = (0, None);
    match list {
        Listing::Sitemap => {
            for entry in page.sitemap().entries() {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(error) => {
                        fault = Some(error.into());
                        continue;
                    }
                };
                let Ok(url) = page.url().join(entry.location()) else { continue };
                listed += 1;
                let request = Request::from(url);
                out.request(match entry {
                    // Each is one link further from the start.
                    SitemapEntry::Sitemap { .. } if page.depth() >= MAX_INDEXES => continue,
                    SitemapEntry::Sitemap { .. } => {
                        request.route(page.route().clone()).max_body(sitemap::MAX_BODY)
                    }
                    _ => request.route(pages.clone()),
                });
            }
        }
        Listing::Feed => {
            for entry in page.feed().entries() {
                match entry {
                    Ok(entry) => {
                        let Some(url) = entry.link() else { continue };
                        listed += 1;
                        out.request(Request::from(url.clone()).route(pages.clone()));
                    }
                    Err(error) => fault = Some(error.into()),
                }
            }
        }
    }
    match fault {
        Some(fault) if listed == 0 => Err(fault),
        _ => Ok(()),
    }
}

/// The faults of one page, the first of them in words.
#[derive(Debug, Default)]
struct Faults {
    count: usize,
    told: Vec<String>,
}

impl Faults {
    fn add(&mut self, error: &ExtractError) {
        self.count += error.fields().len().max(1);
        let room = MAX_FAULTS.saturating_sub(self.told.len());
        self.told.extend(error.fields().iter().take(room).map(described));
    }

    fn told(self) -> String {
        let more = self.count.saturating_sub(self.told.len());
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        format!("no item of the page can be read: {}{more}", self.told.join("; "))
    }
}
