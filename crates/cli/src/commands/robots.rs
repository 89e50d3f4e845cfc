//! `dragline robots`: whether robots.txt allows URLs, and by which line.

use std::collections::HashMap;
use std::fmt::Write;

use anyhow::{Context, Error};
use dragline::fetch::Client;
use dragline_frontier::product_token;
use serde::Serialize;
use url::{Position, Url};

use crate::args::Robots;
use crate::commands::usage;
use crate::robots_file::{RobotsFile, Standing, Verdict};
use crate::stdout::harmless;
use crate::{Exit, Outcome, settings, stdout, urls};

/// What is told of one URL, as JSON.
#[derive(Serialize)]
struct Line<'a> {
    url: &'a str,
    #[serde(flatten)]
    verdict: &'a Verdict,
    agent: &'a str,
    robots: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crawl_delay: Option<f64>,
    sitemaps: &'a [String],
}

/// Runs the command.
pub(crate) async fn run(arguments: Robots) -> Outcome {
    let asked = urls::parse_all(&arguments.urls).map_err(usage)?;
    let mut config = settings::effective(arguments.http.config.as_deref(), None).map_err(usage)?;
    settings::http(&mut config.fetch, &arguments.http, &asked).map_err(usage)?;
    let agent = arguments.agent.clone().unwrap_or_else(|| config.fetch.user_agent.clone());
    let agent = product_token(&agent);
    if agent.is_empty() {
        return Err(usage(anyhow::anyhow!(
            "the name to ask for is empty; write it like --agent dragline"
        )));
    }
    let files = match &arguments.file {
        Some(path) => {
            let body = std::fs::read(path)
                .with_context(|| format!("failed to read {}", path.display()))
                .map_err(usage)?;
            let file = RobotsFile::read(path.display().to_string(), body, agent);
            Files { one: Some(file), by_origin: HashMap::new() }
        }
        None => {
            let client = Client::new(config.fetch).map_err(usage)?;
            ask(&client, &asked, agent).await
        }
    };
    let text = if arguments.json { json(&asked, &files, agent) } else { Ok(told(&asked, &files)) };
    let exit = if files.unreachable() { Exit::Failure } else { Exit::Success };
    stdout::write(&text.map_err(|error| (Exit::Failure, error))?, exit)
}

/// The files that answer for the URLs.
struct Files {
    /// One for all of them.
    one: Option<RobotsFile>,
    by_origin: HashMap<String, RobotsFile>,
}

impl Files {
    fn of(&self, url: &Url) -> &RobotsFile {
        let file = self.one.as_ref().or_else(|| self.by_origin.get(origin(url)));
        file.expect("each host was asked")
    }

    fn unreachable(&self) -> bool {
        self.by_origin.values().any(|file| matches!(file.standing, Standing::Unreachable(_)))
    }
}

fn origin(url: &Url) -> &str {
    &url[..Position::BeforePath]
}

/// Asks each host once, one after the other.
async fn ask(client: &Client, urls: &[Url], agent: &str) -> Files {
    let mut by_origin = HashMap::new();
    for url in urls {
        if !by_origin.contains_key(origin(url)) {
            let file = RobotsFile::ask(client, url, agent).await;
            by_origin.insert(origin(url).to_owned(), file);
        }
    }
    Files { one: None, by_origin }
}

fn json(urls: &[Url], files: &Files, agent: &str) -> Result<String, Error> {
    let mut text = String::new();
    for url in urls {
        let file = files.of(url);
        let line = Line {
            url: url.as_str(),
            verdict: &file.verdict(url),
            agent,
            robots: &file.place,
            status: file.status,
            crawl_delay: file.rules.crawl_delay().map(|delay| delay.as_secs_f64()),
            sitemaps: file.rules.sitemaps(),
        };
        text.push_str(&serde_json::to_string(&line)?);
        text.push('\n');
    }
    Ok(text)
}

/// Tells of each URL in two lines, and then of each file.
fn told(urls: &[Url], files: &Files) -> String {
    let mut text = String::new();
    let mut last: Vec<&str> = Vec::new();
    for url in urls {
        let file = files.of(url);
        let Verdict { allowed, reason, .. } = file.verdict(url);
        let answer = if allowed { "allowed" } else { "disallowed" };
        let _ = writeln!(text, "{url}\n  {answer}: {reason}");
        if !last.contains(&file.place.as_str()) {
            last.push(&file.place);
        }
    }
    for place in last {
        let file = urls.iter().map(|url| files.of(url)).find(|file| file.place == place);
        let file = file.expect("the place is that of a file");
        let _ = writeln!(text, "{place}\n  {}", file.summary());
        if let Some(delay) = file.rules.crawl_delay() {
            let _ = writeln!(text, "  crawl-delay: {}", humantime::format_duration(delay));
        }
        for sitemap in file.rules.sitemaps() {
            let _ = writeln!(text, "  sitemap: {}", harmless(sitemap));
        }
    }
    text
}
