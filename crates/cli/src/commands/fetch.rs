//! `dragline fetch`: bodies, heads or records of single URLs, without crawling.

use std::time::Duration;

use anyhow::Context;
use dragline::fetch::{Client, Redirects, Response};
use dragline::{
    BoxError, Config, Crawler, JsonLines, Limits, Output, Page, Politeness, Request, RobotsPolicy,
    ScopeConfig, Spider,
};
use tokio::io::{AsyncWriteExt, Stdout};
use url::Url;

use crate::args::Fetch;
use crate::commands::{fetch_config, usage};
use crate::{Exit, Outcome};

/// Runs the command.
pub(crate) async fn run(arguments: Fetch) -> Outcome {
    let requests: Vec<Request> =
        arguments.urls.iter().map(Request::get).collect::<Result<_, _>>().map_err(usage)?;
    let urls: Vec<Url> = requests.iter().map(|request| request.url().clone()).collect();
    let (config, _) = fetch_config(&arguments.http, &urls);
    if arguments.json {
        return records(requests, config).await;
    }
    let client = Client::new(config).map_err(usage)?;
    let mut stdout = tokio::io::stdout();
    let mut exit = Exit::Success;
    for url in urls {
        match client.get(url).redirects(Redirects::Stop).send().await {
            Ok(response) => match write(&mut stdout, response, arguments.include).await {
                Ok(()) => {}
                Err(Stopped::Reader) => return Ok(Exit::Success),
                Err(Stopped::Error(error)) => {
                    eprintln!("error: {error:#}");
                    exit = Exit::Failure;
                }
            },
            Err(error) => {
                eprintln!("error: {:#}", anyhow::Error::new(error));
                exit = Exit::Failure;
            }
        }
    }
    Ok(exit)
}

/// Why writing an answer ended early.
enum Stopped {
    /// Nobody reads the output any more.
    Reader,
    Error(anyhow::Error),
}

impl From<std::io::Error> for Stopped {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::Reader;
        }
        Self::Error(anyhow::Error::new(error).context("failed to write to standard output"))
    }
}

/// Writes an answer as it comes in.
async fn write(stdout: &mut Stdout, mut response: Response, head: bool) -> Result<(), Stopped> {
    if head {
        let mut text = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
        for (name, value) in response.headers() {
            text.extend_from_slice(name.as_str().as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(value.as_bytes());
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(b"\r\n");
        stdout.write_all(&text).await?;
    }
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => stdout.write_all(&chunk).await?,
            Ok(None) => break,
            Err(error) => {
                stdout.flush().await?;
                return Err(Stopped::Error(error.into()));
            }
        }
    }
    stdout.flush().await?;
    Ok(())
}

/// Writes records, by a crawl that follows nothing.
async fn records(requests: Vec<Request>, fetch: dragline::fetch::Config) -> Outcome {
    let config = Config {
        fetch,
        politeness: Politeness {
            delay: Duration::ZERO,
            robots: RobotsPolicy::Ignore,
            ..Politeness::default()
        },
        // Seeds need not match, and nothing else does: redirects are not followed.
        scope: ScopeConfig { include: vec!["^$".to_owned()], ..ScopeConfig::default() },
        limits: Limits { retries: 0, concurrency: 1, ..Limits::default() },
        ..Config::default()
    };
    let count = requests.len() as u64;
    let sink = JsonLines::stdout();
    let summary = Crawler::new(FetchOnly { requests })
        .config(config)
        .pages(sink)
        .run()
        .await
        .context("failed to fetch")
        .map_err(|error| (Exit::Failure, error))?;
    Ok(if summary.stats.seeds.fetched < count { Exit::Failure } else { Exit::Success })
}

/// Fetches its seeds and nothing else.
struct FetchOnly {
    requests: Vec<Request>,
}

impl Spider for FetchOnly {
    type Item = ();
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok(self.requests.clone())
    }

    fn parse(&self, _: &Page, _: &mut Output<Self>) -> Result<(), BoxError> {
        Ok(())
    }
}
