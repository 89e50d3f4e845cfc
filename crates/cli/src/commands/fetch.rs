//! `dragline fetch`: bodies, heads or records of single URLs, without crawling.

use std::time::Duration;

use anyhow::anyhow;
use dragline::fetch::{Client, Redirects, Response, Retry};
use dragline::{
    BoxError, Config, Crawler, Discovery, ErrorKind, JsonLines, Limits, Output, Page, Politeness,
    Request, RobotsPolicy, ScopeConfig, Spider,
};
use http::Version;
use tokio::io::{AsyncWriteExt, Stdout};

use crate::args::Fetch;
use crate::chain::chain;
use crate::commands::usage;
use crate::{Exit, Outcome, settings, urls};

/// Runs the command.
pub(crate) async fn run(arguments: Fetch) -> Outcome {
    let urls = urls::parse_all(&arguments.urls).map_err(usage)?;
    let mut config = settings::effective(arguments.http.config.as_deref(), None).map_err(usage)?;
    settings::http(&mut config.fetch, &arguments.http, &urls).map_err(usage)?;
    if arguments.json {
        settings::records(&mut config, &arguments.records);
        let requests = urls.into_iter().map(Request::from).collect();
        return records(requests, config, &arguments).await;
    }
    if arguments.records.digest || arguments.records.content.is_some() {
        return Err(usage(anyhow!("--digest and --content are for records; add --json")));
    }
    let client = Client::new(retried(config.fetch, arguments.retries)).map_err(usage)?;
    let mut stdout = tokio::io::stdout();
    let mut exit = Exit::Success;
    for url in urls {
        match client.get(url).redirects(Redirects::Stop).send().await {
            Ok(response) => match write(&mut stdout, response, arguments.include).await {
                Ok(()) => {}
                Err(Stopped::Reader) => return Ok(Exit::Success),
                Err(Stopped::Error(error)) => {
                    eprintln!("error: {}", chain(&error));
                    exit = Exit::Failure;
                }
            },
            Err(error) => {
                eprintln!("error: {}", chain(&error.into()));
                exit = Exit::Failure;
            }
        }
    }
    Ok(exit)
}

/// Sends again as often as an option says, if it is given.
pub(crate) fn retried(
    config: dragline::fetch::Config,
    retries: Option<u8>,
) -> dragline::fetch::Config {
    let Some(retries) = retries else { return config };
    let attempts = u32::from(retries) + 1;
    dragline::fetch::Config { retry: Retry { attempts, ..config.retry }, ..config }
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
        // HTTP/2 has no status line, and clients that show one have agreed on this.
        let version = match response.version() {
            Version::HTTP_2 => "HTTP/2".to_owned(),
            other => format!("{other:?}"),
        };
        let mut text = format!("{version} {}\r\n", response.status()).into_bytes();
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
async fn records(requests: Vec<Request>, config: Config, arguments: &Fetch) -> Outcome {
    let config = Config {
        discovery: Discovery::default(),
        politeness: Politeness {
            delay: Duration::ZERO,
            robots: RobotsPolicy::Ignore,
            ..Politeness::default()
        },
        // Seeds need not match, and nothing else does: redirects are not followed.
        scope: ScopeConfig { include: vec!["^$".to_owned()], ..ScopeConfig::default() },
        limits: Limits {
            retries: arguments.retries.unwrap_or(0),
            concurrency: 1,
            ..Limits::default()
        },
        ..config
    };
    let count = requests.len() as u64;
    let sink = JsonLines::stdout();
    let crawler = Crawler::new(FetchOnly { requests }).config(config).pages(sink);
    match crawler.run().await {
        Ok(summary) if summary.stats.seeds.fetched < count => Ok(Exit::Failure),
        Ok(_) => Ok(Exit::Success),
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == ErrorKind::Sink(std::io::ErrorKind::BrokenPipe) => {
            Ok(Exit::Success)
        }
        Err(error) => Err((Exit::Failure, error.into())),
    }
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
