//! What the items and rules of a spider find on one page: for whoever writes the file.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use dragline_fetch::Response;
use dragline_frontier::{
    Admission, Directory, FingerprintKey, Pending, Scope, ScopeConfig, Step, product_token,
};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Serialize;
use url::Url;

use super::TomlSpider;
use super::compiled::Pointer;
use super::definition::{Each, Pages};
use super::field::{Field, Source};
use super::follow_rule::{FollowRule, Links};
use super::item::{Item, Value};
use super::item_rule::ItemRule;
use super::near::{PageNames, keys_near};
use super::node::Body;
use super::problem::nearest;
use super::reading::Reading;
use super::route::Route;
use super::taking::{items, links};
use super::tally::described;
use crate::page::Page;
use crate::request::encode_route;

/// A page to check a spider with.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Where it is.
    pub url: Url,
    /// Its `Content-Type`; without it, the first byte tells HTML and JSON.
    pub content_type: Option<String>,
    /// What is there.
    pub body: Bytes,
    /// The route it is taken for; `None` for that of a start without one.
    pub route: Option<String>,
}

/// What a spider finds on one page.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The page.
    pub url: String,
    /// The route it was taken for.
    pub route: Option<String>,
    /// `html`, `json` or `other`.
    pub format: &'static str,
    /// The kinds of items, in the order of the file.
    pub items: Vec<CheckedItem>,
    /// The rules of links, in the order of the file.
    pub follow: Vec<CheckedRule>,
    /// Why nothing could be read at all.
    pub fault: Option<String>,
}

/// What became of one kind of item.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CheckedItem {
    /// Its name.
    pub name: Option<String>,
    /// The selector or pointer of what stands for one; `None` for the whole page.
    pub each: Option<String>,
    /// Why the item is not for this page, if it is not.
    pub passed_over: Option<String>,
    /// How many there are.
    pub matches: usize,
    /// What the page has instead, when nothing matches.
    pub near: Vec<String>,
    /// Its fields, over all that match.
    pub fields: Vec<CheckedField>,
    /// The items as they are written, those that can be.
    pub items: Vec<Item>,
}

/// What became of one field, over all items of its kind on the page.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CheckedField {
    /// Its name.
    pub field: String,
    /// Where it looks.
    pub selector: String,
    /// Whether an item without it is left out.
    pub required: bool,
    /// How many elements or values it looks at, in all items.
    pub matches: usize,
    /// In how many items something matches.
    pub filled: usize,
    /// In how many items it cannot be read.
    pub failed: usize,
    /// Its value in the first item that has one.
    pub value: Option<Value>,
    /// Why it cannot be read, in the first item where it cannot.
    pub fault: Option<String>,
    /// What the page has instead, when nothing matches.
    pub near: Vec<String>,
}

/// What became of one rule of links.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CheckedRule {
    /// Where it looks.
    pub selector: String,
    /// The route of its links.
    pub route: Option<String>,
    /// Why the rule is not for this page, if it is not.
    pub passed_over: Option<String>,
    /// The links, each URL once.
    pub links: Vec<CheckedLink>,
    /// Why links are not followed: what should be carried along cannot be read.
    pub faults: Vec<String>,
    /// What the page has instead, when there are none.
    pub near: Vec<String>,
}

/// One link of a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CheckedLink {
    /// Where it leads.
    pub url: String,
    /// What is carried along.
    pub carried: Item,
    /// Why the crawl would not take it, as a name that does not change; `None` if it would.
    pub skip: Option<&'static str>,
}

impl Check {
    /// Tells whether something was found and no field failed.
    pub fn is_good(&self) -> bool {
        let items = self.items.iter().any(|item| !item.items.is_empty());
        let links = self.follow.iter().any(|rule| !rule.links.is_empty());
        let failed = self.items.iter().flat_map(|item| &item.fields).any(|field| field.failed > 0);
        let faults = self.follow.iter().any(|rule| !rule.faults.is_empty());
        (items || links) && !failed && !faults && self.fault.is_none()
    }
}

/// The error of a route that a spider does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the spider has no route `{name}`; {instead}")]
pub struct UnknownRoute {
    name: String,
    instead: String,
}

/// Checks a page.
pub(super) fn check(spider: &TomlSpider, sample: Sample) -> Result<Check, UnknownRoute> {
    let route = Route { name: known(spider, sample.route)?, ..Route::default() };
    let mut check = Check {
        url: sample.url.to_string(),
        route: route.name.clone(),
        format: "other",
        items: Vec::new(),
        follow: Vec::new(),
        fault: None,
    };
    let config = spider.config();
    let admission = admission(spider, config.limits.max_depth);
    // The page itself may be anywhere, a file among other places.
    let anywhere = Url::parse("http://localhost/").expect("a constant URL is one");
    let from = admission.seed(sample.url.clone(), None).or_else(|_| admission.seed(anywhere, None));
    let from = match from {
        Ok(from) => from,
        Err(skip) => {
            check.fault = Some(format!("the page would not be crawled: {skip}"));
            return Ok(check);
        }
    };
    let mut headers = HeaderMap::new();
    if let Some(value) = sample.content_type.and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert(CONTENT_TYPE, value);
    }
    let response = Response::new(sample.url, StatusCode::OK, headers, sample.body);
    let agent = product_token(&config.fetch.user_agent).into();
    let page = Page::new(response, from.clone(), route, agent, config.discovery.nofollow);
    let body = match Body::read(&page) {
        Ok(body) => body,
        Err(error) => {
            check.fault = Some(error.to_string());
            return Ok(check);
        }
    };
    let place = Place { page: &page, body: &body, names: names(&body) };
    check.format = place.format();
    check.items = spider.definition.items.iter().map(|rule| place.item(rule)).collect();
    let follows = spider.definition.follows.iter();
    check.follow = follows.map(|rule| place.rule(rule, &admission, &from)).collect();
    Ok(check)
}

/// What all parts of a check look at.
struct Place<'a> {
    page: &'a Page<Route>,
    body: &'a Body<'a>,
    names: Option<PageNames>,
}

impl Place<'_> {
    fn format(&self) -> &'static str {
        match self.body {
            Body::Html(_) => "html",
            Body::Json(_) => "json",
            Body::Other => "other",
        }
    }

    fn item(&self, rule: &ItemRule) -> CheckedItem {
        let passed_over = self.passed_over(&rule.on, self.body.fits(rule.format));
        let mut checked = CheckedItem {
            name: rule.name.as_deref().map(str::to_owned),
            each: rule.each.as_ref().map(|each| each.shown().to_owned()),
            matches: 0,
            near: Vec::new(),
            fields: Vec::new(),
            items: Vec::new(),
            passed_over,
        };
        if checked.passed_over.is_some() {
            return checked;
        }
        checked.matches = self.body.each(rule.each.as_ref()).len();
        if checked.matches == 0 {
            checked.near = match &rule.each {
                Some(Each::Css(_, css)) => self.near_selector(css),
                Some(Each::Pointer(pointer)) => self.near_pointer(pointer),
                None => Vec::new(),
            };
            return checked;
        }
        checked.fields = rule.fields.iter().map(|field| self.field(rule, field)).collect();
        checked.items = items(rule, self.page, self.body).filter_map(Result::ok).collect();
        checked
    }

    fn field(&self, rule: &ItemRule, field: &Field) -> CheckedField {
        let reading = Reading::new(self.page.url(), self.page.route().carried());
        let mut checked = CheckedField {
            field: (*field.name).to_owned(),
            selector: field.shown.clone(),
            required: field.count.is_required(),
            matches: 0,
            filled: 0,
            failed: 0,
            value: None,
            fault: None,
            near: Vec::new(),
        };
        for node in self.body.each(rule.each.as_ref()) {
            let matches = reading.matches(field, node);
            checked.matches += matches;
            checked.filled += usize::from(matches > 0);
            match reading.field(field, node) {
                Ok(value) if matches > 0 || checked.value.is_none() => {
                    let better = checked.value.as_ref().is_none_or(|before| *before == Value::Null);
                    if better {
                        checked.value = Some(value);
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    checked.failed += 1;
                    let faults: Vec<String> = error.fields().iter().map(described).collect();
                    checked.fault.get_or_insert_with(|| faults.join("; "));
                }
            }
        }
        if checked.matches == 0 {
            checked.near = match &field.source {
                Source::Element(..) => self.near_selector(&field.shown),
                Source::Pointer(pointer) => self.near_pointer(pointer),
                Source::Carried(name) => vec![format!("`{name}` comes with the link to this page")],
            };
        }
        checked
    }

    fn rule(&self, rule: &FollowRule, admission: &Admission, from: &Pending) -> CheckedRule {
        let mut checked = CheckedRule {
            selector: rule.shown.clone(),
            route: rule.route.clone(),
            passed_over: self.passed_over(&rule.on, self.body.fits(rule.format)),
            links: Vec::new(),
            faults: Vec::new(),
            near: Vec::new(),
        };
        if checked.passed_over.is_some() {
            return checked;
        }
        let referrer: Arc<str> = self.page.url().as_str().into();
        // A crawl takes the first link to a page alone.
        let mut known = HashSet::new();
        for link in links(rule, self.page, self.body) {
            match link {
                Ok((url, _)) if !known.insert(url.clone()) => {}
                Ok((url, route)) => {
                    let text = url.to_string();
                    let payload = encode_route(&route).unwrap_or_default();
                    let answer = admission.link(url, from, &referrer, Step::Link, payload);
                    let skip = answer.err().map(|skip| skip.name());
                    checked.links.push(CheckedLink { url: text, carried: route.carried, skip });
                }
                Err(error) => checked.faults.extend(error.fields().iter().map(described)),
            }
        }
        if checked.links.is_empty() && checked.faults.is_empty() {
            checked.near = match &rule.links {
                Links::Css(_) => self.near_selector(&rule.shown),
                Links::Pointer(pointer) => self.near_pointer(pointer),
                Links::All => Vec::new(),
            };
        }
        checked
    }

    /// Says why something is not for this page, if it is not.
    fn passed_over(&self, on: &Pages, fits: bool) -> Option<String> {
        let name = self.page.route().name();
        if on.take_in(name, self.page.url()) {
            return (!fits).then(|| "reads another format than that of the page".to_owned());
        }
        Some(match on {
            Pages::Route(Some(route)) => format!("only on pages of the route `{route}`"),
            Pages::Route(None) => "only on pages without a route".to_owned(),
            Pages::Pattern(pattern) => format!("only on URLs that match {pattern}"),
            Pages::All => return None,
        })
    }

    fn near_selector(&self, selector: &str) -> Vec<String> {
        self.names.as_ref().map_or_else(Vec::new, |names| names.instead(selector))
    }

    fn near_pointer(&self, pointer: &Pointer) -> Vec<String> {
        match self.body {
            Body::Json(value) => keys_near(value, &pointer.tokens),
            _ => Vec::new(),
        }
    }
}

/// Returns the route if the spider has it.
fn known(spider: &TomlSpider, route: Option<String>) -> Result<Option<String>, UnknownRoute> {
    let Some(name) = route else { return Ok(None) };
    let starts = spider.definition.starts.iter().filter_map(|start| start.route.as_deref());
    let follows = spider.definition.follows.iter().filter_map(|rule| rule.route.as_deref());
    let mut routes: Vec<&str> = starts.chain(follows).collect();
    if routes.contains(&name.as_str()) {
        return Ok(Some(name));
    }
    routes.sort_unstable();
    routes.dedup();
    let instead = match nearest(&name, routes.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if routes.is_empty() => "it has none, so leave it out".to_owned(),
        None => format!("it has {}", routes.join(", ")),
    };
    Err(UnknownRoute { name, instead })
}

/// Makes an admission as a crawl of the spider would have it.
fn admission(spider: &TomlSpider, max_depth: Option<u16>) -> Admission {
    let config = spider.config();
    let scope = Scope::new(&config.scope, spider.starts()).unwrap_or_else(|_| {
        Scope::new(&ScopeConfig::default(), spider.starts()).expect("default patterns are good")
    });
    let key = FingerprintKey::from_bits(0);
    let directory = Arc::new(Directory::default());
    Admission::new(scope, directory, key, max_depth).traps(config.traps, std::time::Duration::ZERO)
}

fn names(body: &Body<'_>) -> Option<PageNames> {
    match body {
        Body::Html(document) => Some(PageNames::of(document)),
        _ => None,
    }
}
