//! The command line: every option with its help. What an option means is decided by the library's config.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use dragline::fetch::Network;
use dragline::{LinkKinds, ScopeKind};
use url::Url;

use crate::values::{Output, duration, size};

/// A web crawler: polite by default, bounded, with every URL accounted for.
#[derive(Debug, Parser)]
#[command(name = "dragline", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Crawl: follow links from the seeds and write a record of each page
    ///
    /// Writes one JSON line for each URL that was fetched, failed or was refused. Ends with exit code 0
    /// when the crawl ended by itself or by a limit, 1 when no seed could be fetched or the output could
    /// not be written, 2 for bad usage, 130 when a signal stopped it.
    Crawl(Box<Crawl>),
    /// Fetch without crawling: bodies to standard output
    ///
    /// Redirects are not followed and robots.txt is not read. Ends with exit code 1 when a URL was not
    /// answered.
    Fetch(Fetch),
    /// Links: what one page links to, one absolute URL a line
    ///
    /// In source order, without fragments and without repeats. Redirects are followed and robots.txt is not
    /// read. Ends with exit code 1 when the page could not be fetched, or was answered with an error.
    Links(Links),
    /// Explain: what the state of a crawl holds of each URL, and the reason
    ///
    /// Reads a state directory and changes nothing; the crawl must not be running. Ends with exit code 1 when
    /// the state cannot be read.
    Explain(Explain),
}

#[derive(Debug, Args)]
pub(crate) struct Crawl {
    /// Where the crawl begins: absolute URLs
    #[arg(value_name = "URL", required_unless_present = "seeds")]
    pub(crate) urls: Vec<String>,

    /// Write page records to this file, by its ending: .jsonl, or `-` for JSON lines on standard
    /// output; may be repeated
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(crate) output: Vec<Output>,

    /// More seeds, one a line, `-` for standard input; read as the crawl needs them
    #[arg(long, value_name = "FILE")]
    pub(crate) seeds: Option<PathBuf>,

    /// Keep the crawl in this directory, so that it goes on after a stop or a kill; an output file goes on with
    /// it. An empty or new one begins a crawl
    #[arg(long, value_name = "DIR", help_heading = "State")]
    pub(crate) state: Option<PathBuf>,

    /// Throw away what the state directory holds and begin anew
    #[arg(long, requires = "state", help_heading = "State")]
    pub(crate) restart: bool,

    /// Crawl a finished crawl again with conditional requests, and report what was added, changed, unchanged or
    /// gone; the output is replaced by that of this refresh. One that was interrupted goes on
    #[arg(long, requires = "state", conflicts_with = "restart", help_heading = "State")]
    pub(crate) refresh: bool,

    /// How progress is told on standard error
    #[arg(long, value_enum, default_value_t = Progress::Plain)]
    pub(crate) progress: Progress,

    /// Which links belong: host (same host and port as a seed), domain (same registrable domain),
    /// prefix (under a seed's folder), any
    #[arg(long, value_name = "SCOPE", default_value = "host", help_heading = "Scope")]
    pub(crate) scope: ScopeKind,

    /// Which links become requests: a comma list of a, area, refresh, frame, iframe, link, canonical,
    /// img, script, media, or all
    #[arg(long, value_name = "KINDS", default_value_t = LinkKinds::default(), help_heading = "Scope")]
    pub(crate) follow: LinkKinds,

    /// Follow only URLs that this regular expression matches somewhere; may be repeated
    #[arg(long, value_name = "RE", help_heading = "Scope")]
    pub(crate) include: Vec<String>,

    /// Follow no URL that this regular expression matches somewhere; may be repeated
    #[arg(long, value_name = "RE", help_heading = "Scope")]
    pub(crate) exclude: Vec<String>,

    /// End after this many pages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Limits")]
    pub(crate) max_pages: Option<u64>,

    /// Follow at most this many links from a seed to a page
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_depth: Option<u16>,

    /// Stop after this time, such as 90s or 2h
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Limits")]
    pub(crate) max_time: Option<Duration>,

    /// Requests in flight in all
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = at_least_one, help_heading = "Limits")]
    pub(crate) concurrency: usize,

    /// Keep within this much memory, such as 256MiB: bodies wait for room, those that never fit fail. What grows
    /// with the crawl is not bounded by it: some 15 bytes for each known URL, and without --state 100 bytes
    /// and the text for each that waits
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Limits")]
    pub(crate) memory: Option<u64>,

    /// Further tries after a transient failure, 429 or 5xx
    #[arg(long, value_name = "N", default_value_t = 2, help_heading = "Limits")]
    pub(crate) retries: u8,

    /// Requests in flight per host
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one, help_heading = "Politeness")]
    pub(crate) per_host: usize,

    /// Least time between two requests to one host, such as 500ms; 0 for none
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration, help_heading = "Politeness")]
    pub(crate) delay: Duration,

    /// Do not fetch or obey robots.txt
    #[arg(long, help_heading = "Politeness")]
    pub(crate) ignore_robots: bool,

    #[command(flatten)]
    pub(crate) http: Http,
}

#[derive(Debug, Args)]
pub(crate) struct Fetch {
    /// Absolute URLs, fetched one after the other
    #[arg(value_name = "URL", required = true)]
    pub(crate) urls: Vec<String>,

    /// Write status and header fields before each body
    #[arg(short = 'i', long, conflicts_with = "json")]
    pub(crate) include: bool,

    /// Write a record of each page, as JSON lines, instead of the bodies
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) http: Http,
}

#[derive(Debug, Args)]
pub(crate) struct Links {
    /// The page: an absolute http or https URL, or a file of HTML
    #[arg(value_name = "URL | FILE")]
    pub(crate) page: String,

    /// What the references of a file are against; without it, the file itself
    #[arg(long, value_name = "URL")]
    pub(crate) base: Option<Url>,

    /// Find the links by the whole document instead of the scan, for comparison
    #[arg(long)]
    pub(crate) reference: bool,

    /// Which links are listed: a comma list of a, area, refresh, frame, iframe, link, canonical, img,
    /// script, media, or all
    #[arg(long, value_name = "KINDS", default_value_t = LinkKinds::default())]
    pub(crate) follow: LinkKinds,

    #[command(flatten)]
    pub(crate) http: Http,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The URLs to explain: absolute
    #[arg(value_name = "URL", required = true)]
    pub(crate) urls: Vec<String>,

    /// The directory that the crawl was kept in
    #[arg(long, value_name = "DIR", required = true)]
    pub(crate) state: PathBuf,

    /// Write one JSON line for each URL
    #[arg(long)]
    pub(crate) json: bool,
}

/// How requests are made; the same for all commands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Requests")]
pub(crate) struct Http {
    /// Most time for a whole request
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) timeout: Duration,

    /// Most time to connect: name look-up, TCP and TLS
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub(crate) connect_timeout: Duration,

    /// Most bytes of a body, as sent and as decoded, such as 10MiB
    #[arg(long, value_name = "SIZE", default_value = "10MiB", value_parser = size)]
    pub(crate) max_body: u64,

    /// What the crawler calls itself; its first word is the name robots.txt knows it by
    #[arg(long, value_name = "TEXT")]
    pub(crate) user_agent: Option<String>,

    /// Let private or special addresses be contacted: a network such as 10.0.0.0/8, or one address;
    /// may be repeated. A loopback address or `localhost` named as a URL allows itself
    #[arg(long, value_name = "CIDR")]
    pub(crate) allow_net: Vec<Network>,
}

/// How progress is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// A line every 10 seconds, and totals at the end
    Plain,
    /// Nothing but errors
    None,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(format!("{error}")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
