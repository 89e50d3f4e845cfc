//! `dragline crawl`: follows links from the seeds and writes a record of each page, or runs a spider.

mod archive;
mod fetching;
pub(super) mod outputs;
mod sharing;
mod spider;

use std::io::ErrorKind as IoErrorKind;
use std::path::Path;
use std::pin::pin;

use anyhow::anyhow;
use dragline::fetch::Network;
use dragline::{
    Begin, Counts, Crawler, Ended, ErrorKind, Fleet, Handle, JsonLines, PageRecord, Progress,
    Request, Resumed, Spider, State, Summary,
};
use url::Url;

use self::outputs::Content;
use crate::args::Crawl;
use crate::commands::usage;
use crate::endpoint::Endpoint;
use crate::progress::Reporter;
use crate::signals::Signals;
use crate::spider::FollowLinks;
use crate::stdout::plural;
use crate::{Exit, Outcome, seeds, settings, stdout, urls};

/// Runs the command.
pub(crate) async fn run(mut arguments: Crawl) -> Outcome {
    let fleet = sharing::prepare(&mut arguments)?;
    if arguments.urls.iter().any(|target| spider::is_file(target)) {
        return spider::run(&arguments, fleet).await;
    }
    let mut reporter = Reporter::new(&arguments);
    let mut named = urls::parse_all(&arguments.urls).map_err(usage)?;
    let requests = named.iter().cloned().map(Request::from).collect();
    if let Some(path) = &arguments.seeds {
        named.extend(loopback_seeds(path).map_err(usage)?);
    }
    let mut config = settings::effective(arguments.http.config.as_deref(), None).map_err(usage)?;
    let loopback = settings::apply(&mut config, &arguments, &named).map_err(usage)?;
    if arguments.print_config {
        return stdout::write(&settings::show(&config).map_err(usage)?, Exit::Success);
    }
    if !arguments.pages.is_empty() {
        return Err(usage(anyhow!(
            "--pages is for the records beside the items of a spider; a URL gives records alone, which --output has"
        )));
    }
    if arguments.health.is_some() {
        return Err(usage(anyhow!(
            "--health is for the items of a spider; a URL gives records alone"
        )));
    }
    outputs::check(
        arguments.output.iter().chain(&arguments.pages),
        arguments.events.as_ref(),
        arguments.rotate,
    )?;
    tell_loopback(&reporter, &loopback);
    for warning in config.warnings() {
        reporter.note(&format!("warning: {warning}"));
    }
    let kinds = arguments.follow.unwrap_or_default();
    let fleet = fleet.map(|fleet| {
        let described = format!("{kinds} {}", arguments.urls.join(" "));
        fleet.spider(sharing::digest(described.as_bytes()))
    });
    let spider = FollowLinks { seeds: requests, kinds };
    let mut crawler = Crawler::new(spider);
    reporter.limits(&config.limits);
    crawler = fetching::set(crawler, &arguments, &config)?;
    crawler = archive::set(crawler, &arguments)?;
    crawler = crawler.config(config);
    let content = Content {
        table: "pages",
        columns: PageRecord::columns(),
        wants: outputs::wants(&arguments),
        rotation: arguments.rotate.unwrap_or_default(),
        state: arguments.state.clone(),
    };
    for output in arguments.output.iter().filter(|output| !archive::is_archive(output)) {
        crawler = crawler.pages(outputs::sink::<PageRecord>(output, &content).await?);
    }
    if let Some(path) = &arguments.seeds {
        crawler = crawler.seeds(seeds::lines(seeds::open(path).map_err(usage)?));
    }
    begin(crawler, &arguments, fleet, reporter, String::new).await
}

/// Tells which addresses the seeds allow.
fn tell_loopback(reporter: &Reporter, loopback: &[Network]) {
    if !loopback.is_empty() {
        let list: Vec<_> = loopback.iter().map(ToString::to_string).collect();
        reporter.note(&format!("{} may be contacted, because a seed names it", list.join(", ")));
    }
}

/// Starts a crawl that is put together, with its state, and waits for its end.
async fn begin<S: Spider>(
    mut crawler: Crawler<S>,
    arguments: &Crawl,
    fleet: Option<Fleet>,
    reporter: Reporter,
    notes: impl FnOnce() -> String,
) -> Outcome {
    if let Some(path) = &arguments.state {
        let begin = match (arguments.restart, arguments.refresh) {
            (true, _) => Begin::Restart,
            (_, true) => Begin::Refresh,
            _ => Begin::Continue,
        };
        crawler = crawler.state(State::new(path).begin(begin));
    }
    if let Some(path) = &arguments.events {
        let sink = JsonLines::create(path).map_err(|error| (Exit::Failure, error.into()))?;
        crawler = crawler.events(sink);
    }
    let endpoint = match arguments.metrics {
        Some(address) => {
            let opened = Endpoint::open(address).await;
            Some(opened.map_err(|error| (Exit::Failure, error))?)
        }
        None => None,
    };
    if let Some(endpoint) = &endpoint {
        reporter.note(&format!("metrics at {}", endpoint.url()));
    }
    let failed = |error: dragline::Error| match error.kind() {
        ErrorKind::Config | ErrorKind::Start => usage(error),
        _ => (Exit::Failure, error.into()),
    };
    let shared = fleet.as_ref().map(|fleet| (fleet.to_string(), fleet.name().to_owned()));
    if let Some(fleet) = fleet {
        crawler = crawler.join(fleet).await.map_err(failed)?;
    }
    let crawl = crawler.start().map_err(failed)?;
    if let (Some((address, worker)), Some(found)) = (shared, crawl.resumed()) {
        sharing::tell(&reporter, &address, &worker, found);
    }
    if let (Some(path), Some(resumed)) = (&arguments.state, crawl.resumed()) {
        found(&reporter, path, resumed);
    }
    let handle = crawl.handle();
    let outcome = watch(reporter, handle, pin!(crawl.finish()), notes).await;
    drop(endpoint);
    outcome
}

/// Tells what the state directory held.
fn found(reporter: &Reporter, path: &Path, resumed: &Resumed) {
    let path = path.display();
    let Counts { done, failed, skipped, waiting, .. } = resumed.counts;
    let ended = format!("{done} done, {failed} failed, {skipped} skipped");
    reporter.note(&match resumed.progress {
        Progress::Fresh => format!("{path}: a new crawl"),
        Progress::Unfinished if resumed.refreshes > 0 => {
            format!("{path}: refreshing, with {ended}, {waiting} waiting")
        }
        Progress::Unfinished => format!("{path}: resumed with {ended}, {waiting} waiting"),
        Progress::Finished => format!(
            "{path}: this crawl is finished ({ended}); --refresh looks for changes, --restart begins it again"
        ),
    });
    for change in &resumed.changed {
        reporter.note(&format!("{path}: {change}"));
    }
    if resumed.lost_commits > 0 {
        reporter.note(&format!(
            "{path}: the disk lost the last {}; what was in there is crawled again",
            plural(resumed.lost_commits, "commit")
        ));
    }
}

/// Waits for the end of the crawl, telling its progress and, at the end, what there is to note; a signal stops it, a second one cuts it off.
pub(super) async fn watch<R: Send + 'static>(
    mut reporter: Reporter,
    handle: Handle<R>,
    mut end: std::pin::Pin<&mut impl Future<Output = Result<Summary, dragline::Error>>>,
    notes: impl FnOnce() -> String,
) -> Outcome {
    let mut signals = Signals::listen().map_err(|error| (Exit::Failure, error))?;
    let mut heard = 0;
    loop {
        tokio::select! {
            result = &mut end => {
                return match result {
                    Ok(summary) => {
                        for line in notes().lines().filter(|line| !line.is_empty()) {
                            reporter.note(line);
                        }
                        reporter.end(&summary);
                        Ok(exit(&summary, heard > 0))
                    }
                    // Whoever read the output has seen enough.
                    Err(error) if error.kind() == ErrorKind::Sink(IoErrorKind::BrokenPipe) => {
                        Ok(Exit::Success)
                    }
                    Err(error) => Err((Exit::Failure, error.into())),
                };
            }
            () = signals.next() => {
                heard += 1;
                if heard > 1 {
                    reporter.note("cut off; pages in flight are lost");
                    return Ok(Exit::Interrupted);
                }
                reporter.note("stopping after the pages in flight; once more to cut them off");
                // The crawl may have ended in the meantime, which is just as well.
                let _ = handle.stop().await;
            }
            () = reporter.due() => reporter.tell(&handle).await,
        }
    }
}

fn exit(summary: &Summary, interrupted: bool) -> Exit {
    if interrupted {
        return Exit::Interrupted;
    }
    // The seeds of a crawl that is shared may have been another worker's.
    let nothing = match &summary.stats.fleet {
        Some(fleet) => fleet.done == 0,
        None => summary.stats.seeds.fetched == 0,
    };
    if nothing || summary.ended == Ended::Health { Exit::Failure } else { Exit::Success }
}

/// Returns the URLs of a seeds file that name a loopback address, which must be known before the crawl
/// starts. Standard input can be read only once, so it allows nothing.
fn loopback_seeds(path: &Path) -> Result<Vec<Url>, anyhow::Error> {
    if path == Path::new("-") {
        return Ok(Vec::new());
    }
    let mut urls: Vec<Url> = Vec::new();
    for line in std::io::BufRead::lines(seeds::open(path)?) {
        let Ok(line) = line else { break };
        let Ok(url) = Url::parse(line.trim()) else { continue };
        if !seeds::loopback(&url).is_empty() && urls.iter().all(|known| known.host() != url.host())
        {
            urls.push(url);
        }
    }
    Ok(urls)
}
