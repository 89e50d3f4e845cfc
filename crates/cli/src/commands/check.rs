//! `dragline check`: what each selector of a spider finds on one page.

mod show;

use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Error, anyhow};
use bytes::Bytes;
use dragline::fetch::{Client, Redirects};
use dragline::toml_spider::{Sample, TomlSpider};
use tokio::time::{MissedTickBehavior, interval};
use url::Url;

use crate::args::Check;
use crate::chain::chain;
use crate::commands::usage;
use crate::signals::Signals;
use crate::{Exit, Outcome, settings, stdout, urls};

/// Redirects that are followed to the page, at most.
const REDIRECTS: u8 = 10;

/// Time between two looks at the spider's file.
const EVERY: Duration = Duration::from_millis(300);

/// Runs the command.
pub(crate) async fn run(arguments: Check) -> Outcome {
    // A file that is wrong is told before anything is fetched.
    let read = TomlSpider::read(&arguments.spider);
    if !arguments.watch {
        read.as_ref().map_err(|error| usage(error.clone()))?;
    }
    let sample = sample(&arguments).await?;
    if !arguments.watch {
        return told(&arguments, sample);
    }
    watch(&arguments, sample).await
}

/// Checks once.
fn told(arguments: &Check, sample: Sample) -> Outcome {
    let spider = TomlSpider::read(&arguments.spider).map_err(usage)?;
    let check = spider.check(sample).map_err(usage)?;
    let exit = if check.is_good() { Exit::Success } else { Exit::Failure };
    if arguments.json {
        let json = serde_json::to_string(&check).expect("what is found is plain data");
        return stdout::write(&format!("{json}\n"), exit);
    }
    show::write(&arguments.spider, &check, exit)
}

/// Checks whenever the file changes, until a signal.
async fn watch(arguments: &Check, sample: Sample) -> Outcome {
    let mut signals = Signals::listen().map_err(|error| (Exit::Failure, error))?;
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut known: Option<(SystemTime, u64)> = None;
    let mut first = true;
    loop {
        tokio::select! {
            () = signals.next() => return Ok(Exit::Interrupted),
            _ = ticks.tick() => {}
        }
        let now = std::fs::metadata(&arguments.spider)
            .and_then(|metadata| Ok((metadata.modified()?, metadata.len())))
            .ok();
        // An editor may take the file away for a moment when it saves.
        if !first && (now.is_none() || now == known) {
            continue;
        }
        (known, first) = (now, false);
        show::clear().map_err(|error| (Exit::Failure, error.into()))?;
        if let Err((_, error)) = told(arguments, sample.clone()) {
            eprintln!("error: {}", chain(&error));
        }
    }
}

/// Has the page: from the network, or from a file.
async fn sample(arguments: &Check) -> Result<Sample, (Exit, Error)> {
    let route = arguments.route.clone();
    if let Ok(url) = urls::parse(&arguments.page) {
        if arguments.base.is_some() {
            return Err(usage(anyhow!("--base is for a file; a URL is its own base")));
        }
        return fetch(arguments, url, route).await;
    }
    let path = Path::new(&arguments.page);
    let body = std::fs::read(path).with_context(|| match urls::parse(&arguments.page) {
        Err(error) if !path.exists() => format!("{error:#}; or name a file"),
        _ => format!("failed to read the file {}", path.display()),
    });
    let body = Bytes::from(body.map_err(usage)?);
    let url = match &arguments.base {
        Some(base) => base.clone(),
        None => std::path::absolute(path)
            .ok()
            .and_then(|whole| Url::from_file_path(whole).ok())
            .ok_or_else(|| usage(anyhow!("{} has no URL; name one with --base", path.display())))?,
    };
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let content_type = match ending {
        "html" | "htm" | "xhtml" => Some("text/html".to_owned()),
        "json" => Some("application/json".to_owned()),
        _ => None,
    };
    Ok(Sample { url, content_type, body, route })
}

async fn fetch(
    arguments: &Check,
    url: Url,
    route: Option<String>,
) -> Result<Sample, (Exit, Error)> {
    // With --watch the file may be wrong for now; then its settings are the defaults.
    let file = Some(arguments.spider.as_path()).filter(|_| !arguments.watch);
    let config = arguments.http.config.as_deref();
    let mut config = settings::effective(config, file).map_err(usage)?;
    let named = std::slice::from_ref(&url);
    settings::http(&mut config.fetch, &arguments.http, named).map_err(usage)?;
    let client = Client::new(config.fetch).map_err(usage)?;
    let failure = |error: Error| (Exit::Failure, error);
    let request = client.get(url).redirects(Redirects::Follow(REDIRECTS));
    let response = request.send().await.map_err(|error| failure(error.into()))?;
    let (url, status) = (response.url().clone(), response.status());
    if !status.is_success() {
        return Err(failure(anyhow!("{url} was answered with {status}, so it has no page")));
    }
    let content_type = response.headers().get("content-type");
    let content_type =
        content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let body = response.bytes().await.map_err(|error| failure(error.into()))?;
    Ok(Sample { url, content_type, body, route })
}
