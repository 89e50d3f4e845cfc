//! `dragline plan`: what a crawl would do, from robots.txt and sitemaps alone.

mod pace;
mod report;
mod walk;

use std::path::Path;

use anyhow::{Error, anyhow};
use dragline::Config;
use dragline::fetch::Client;
use dragline::toml_spider::TomlSpider;
use url::Url;

use crate::args::Plan;
use crate::commands::usage;
use crate::{Exit, Outcome, settings, stdout, urls};

use self::pace::Layers;
use self::report::Report;
use self::walk::Walk;

/// The seeds of a spider that are planned for, at most.
const MAX_SEEDS: usize = 10_000;

/// Runs the command.
pub(crate) async fn run(arguments: Plan) -> Outcome {
    let (seeds, spider) = targets(&arguments.targets).map_err(usage)?;
    let file = arguments.http.config.as_deref();
    let mut config = settings::effective(file, spider).map_err(usage)?;
    let layers = Layers { defaults: Config::default(), files: config.clone() };
    settings::crawling(&mut config, &arguments.crawling);
    settings::http(&mut config.fetch, &arguments.http, &seeds).map_err(usage)?;
    let client = Client::new(config.fetch.clone()).map_err(usage)?;
    let mut walk = Walk::new(&config, client, &seeds).map_err(usage)?;
    walk.run(&seeds).await;
    let exit = if walk.nothing_answered() { Exit::Failure } else { Exit::Success };
    let report = Report::new(&config, &layers, &seeds, &walk);
    let text = if arguments.json {
        serde_json::to_string(&report).map(|json| json + "\n").map_err(Error::new)
    } else {
        Ok(report.to_string())
    };
    stdout::write(&text.map_err(|error| (Exit::Failure, error))?, exit)
}

/// Returns the seeds, and the file of the spider that names them if there is one.
fn targets(targets: &[String]) -> Result<(Vec<Url>, Option<&Path>), Error> {
    let Some(spider) = targets.iter().find(|target| target.ends_with(".toml")) else {
        return Ok((urls::parse_all(targets)?, None));
    };
    if targets.len() > 1 {
        return Err(anyhow!("a spider is planned for alone; leave out what is beside {spider}"));
    }
    let path = Path::new(spider);
    let seeds = TomlSpider::read(path)?.starts().take(MAX_SEEDS).cloned().collect();
    Ok((seeds, Some(path)))
}
