//! A crawl by the library, with the settings that its variant asks for.

use std::time::Duration;

use dragline::fetch::Proxies;
use dragline::{
    BoxError, Config, Crawler, Extract, JsonLines, LinkKinds, Output, Page, Repetition, Request,
    Spider,
};
use serde::Serialize;

use crate::outcome::Arguments;
use crate::pages::Done;
use crate::variant::{Extra, Hosts, Transport};

/// Follows all links, and takes fields if it is told to.
struct Follow {
    seeds: Vec<Request>,
    fields: Fields,
}

#[derive(Clone, Copy, PartialEq)]
enum Fields {
    Take,
    Leave,
}

/// Three fields of a page of documentation. All may be missing, so that a folder can be crawled as well.
#[derive(Extract, Serialize)]
struct Module {
    #[extract(css = "h1 > code")]
    name: Option<String>,
    #[extract(css = "p.intro")]
    intro: Option<String>,
    #[extract(css = "section.method span.fn")]
    functions: Vec<String>,
}

impl Spider for Follow {
    type Item = Module;
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok(self.seeds.clone())
    }

    fn parse(&self, page: &Page, out: &mut Output<'_, Self>) -> Result<(), BoxError> {
        if self.fields == Fields::Take && page.is_html() {
            out.item(page.extract()?);
        }
        out.follow_all(page.found(LinkKinds::default()));
        Ok(())
    }
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    let variant = &arguments.variant;
    // As the command does it.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = arguments.plan.seed_path();
    let seeds = (0..arguments.addresses.len())
        .map(|host| Request::get(arguments.url(host, &path)).unwrap())
        .collect();
    let fields = if variant.has(Extra::Fields) { Fields::Take } else { Fields::Leave };
    let mut crawler = Crawler::new(Follow { seeds, fields }).config(config(arguments)).random(1);
    if variant.has(Extra::State) {
        crawler = crawler.state(folder.path().join("state"));
    }
    if variant.has(Extra::Records) {
        crawler = crawler.pages(JsonLines::create(folder.path().join("pages.jsonl")).unwrap());
    }
    if fields == Fields::Take {
        crawler = crawler.sink(JsonLines::create(folder.path().join("items.jsonl")).unwrap());
    }
    let summary = runtime.block_on(crawler.run()).unwrap();
    let stats = summary.stats;
    if !stats.errors.is_empty() {
        eprintln!("{variant}: {:?} {:?}", stats.errors, stats.samples);
    }
    let pages = stats.statuses.get(&200).copied().unwrap_or_default();
    assert!(fields == Fields::Leave || stats.items > 0, "{variant} gave no items");
    Done { pages, cost: None }
}

/// No delay; robots.txt is read and obeyed, and all else is as it is by default, but that hosts which all
/// have the files of one folder are not taken for the mirrors that they are.
fn config(arguments: &Arguments) -> Config {
    let mut config = Config::default();
    config.fetch.allow_net = vec!["127.0.0.0/8".parse().unwrap()];
    config.fetch.proxy = Proxies::Direct;
    if arguments.variant.transport == Transport::Tls {
        config.fetch.ca = vec![arguments.certificate.clone()];
    }
    if arguments.plan.folder.is_some() && arguments.variant.hosts == Hosts::Many {
        config.traps.repetition = Repetition::Ignore;
    }
    config.politeness.delay = Duration::ZERO;
    config.politeness.per_host = arguments.variant.in_flight();
    config.limits.concurrency = arguments.variant.in_flight();
    config
}
