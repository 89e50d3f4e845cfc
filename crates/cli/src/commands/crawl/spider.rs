//! `dragline crawl SPIDER.toml`: runs a spider; its items are the output.

use std::path::Path;

use anyhow::anyhow;
use dragline::toml_spider::{Item, Route, TomlSpider};
use dragline::{Crawler, Fleet, Health, PageRecord, Request, Wants};
use futures_util::{StreamExt, stream};
use url::Url;

use super::outputs::{self, Content};
use super::{archive, begin, fetching, loopback_seeds, sharing, tell_loopback};
use crate::args::Crawl;
use crate::commands::usage;
use crate::progress::Reporter;
use crate::{Exit, Outcome, seeds, settings, stdout, urls};

/// Tells whether what is to be crawled is the file of a spider.
pub(super) fn is_file(target: &str) -> bool {
    if target.contains("://") {
        return false;
    }
    let path = Path::new(target);
    path.extension().is_some_and(|ending| ending == "toml") || path.is_file()
}

/// Runs the spider.
pub(super) async fn run(arguments: &Crawl, fleet: Option<Fleet>) -> Outcome {
    let (files, targets): (Vec<&String>, Vec<&String>) =
        arguments.urls.iter().partition(|target| is_file(target));
    let [path] = files.as_slice() else {
        return Err(usage(anyhow!("one crawl runs one spider, and several are named")));
    };
    if let Some(useless) = useless(arguments) {
        return Err(usage(anyhow!("{useless}")));
    }
    let spider = TomlSpider::read(path).map_err(usage)?;
    let fleet = match fleet {
        Some(fleet) => {
            let mut described = std::fs::read(path).map_err(usage)?;
            described.extend(targets.iter().flat_map(|target| target.bytes()));
            Some(fleet.spider(sharing::digest(&described)))
        }
        None => None,
    };
    let more = targets.into_iter().map(|target| urls::parse(target));
    let more: Vec<Url> = more.collect::<Result<_, _>>().map_err(usage)?;
    let mut named: Vec<Url> = spider.starts().chain(&more).cloned().collect();
    if let Some(path) = &arguments.seeds {
        named.extend(loopback_seeds(path).map_err(usage)?);
    }
    let path = Some(Path::new(path));
    let config = arguments.http.config.as_deref();
    let mut config = settings::effective(config, path).map_err(usage)?;
    let loopback = settings::apply(&mut config, arguments, &named).map_err(usage)?;
    if arguments.print_config {
        return stdout::write(&settings::show(&config).map_err(usage)?, Exit::Success);
    }
    let mut reporter = Reporter::new(arguments);
    tell_loopback(&reporter, &loopback);
    for warning in config.warnings() {
        reporter.note(&format!("warning: {warning}"));
    }
    outputs::check(
        arguments.output.iter().chain(&arguments.pages),
        arguments.events.as_ref(),
        arguments.rotate,
    )?;
    let tally = spider.tally();
    let rotation = arguments.rotate.unwrap_or_default();
    let (columns, wants) = (spider.columns(), outputs::wants(arguments));
    let state = arguments.state.clone();
    let items = Content { table: "items", columns, wants, rotation, state };
    // Doubles of several workers are told by the keys.
    let shared = arguments.sharing.frontier.is_some();
    let wants = if shared { Wants::Provenance } else { Wants::Values };
    let columns = PageRecord::columns();
    let pages = Content { table: "pages", columns, wants, ..items.clone() };
    let watched = spider.asks_for_health() || config.health != Health::default();
    let mut crawler = Crawler::new(spider);
    if watched {
        crawler = crawler.health();
    }
    crawler = fetching::set(crawler, arguments, &config)?;
    crawler = archive::set(crawler, arguments)?;
    reporter.limits(&config.limits);
    crawler = crawler.config(config);
    for output in arguments.output.iter().filter(|output| !archive::is_archive(output)) {
        crawler = crawler.sink(outputs::sink::<Item>(output, &items).await?);
    }
    for output in &arguments.pages {
        crawler = crawler.pages(outputs::sink::<PageRecord>(output, &pages).await?);
    }
    let more = stream::iter(more.into_iter().map(|url| Ok(Request::from(url))));
    let seeds = match &arguments.seeds {
        Some(path) => more.chain(seeds::lines(seeds::open(path).map_err(usage)?)).boxed(),
        None => more.boxed(),
    };
    // What is named beside a spider is a page without a route.
    crawler = crawler.seeds(seeds.map(|seed| seed.map(|request| request.route(Route::default()))));
    begin(crawler, arguments, fleet, reporter, move || tally.to_string()).await
}

/// Tells of an option that means nothing beside a spider, and what to do instead.
fn useless(arguments: &Crawl) -> Option<&'static str> {
    if arguments.follow.is_some() {
        return Some(
            "--follow is for a crawl of URLs; a spider says which links it follows under [[follow]] in its file",
        );
    }
    // Without --pages there are no records that they could be added to; --provenance has a digest too.
    let records = &arguments.records;
    let digest = records.digest && !arguments.provenance;
    (arguments.pages.is_empty() && (records.content.is_some() || digest)).then_some(
        "--content and --digest are for page records, and with a spider --output has its items; add --pages FILE",
    )
}
