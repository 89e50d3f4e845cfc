//! The command line: every option with its help. What an option means is decided by the library's config.

mod crawling;
mod fleet;
mod http;
mod merge;
mod records;
mod sharing;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use dragline::{LinkKinds, Rotation};
use url::Url;

use crate::examples;
use crate::values::{Output, listen, rotation};

pub(crate) use self::crawling::Crawling;
pub(crate) use self::fleet::{Fleet, FleetCommand};
pub(crate) use self::http::Http;
pub(crate) use self::merge::Merge;
pub(crate) use self::records::Records;
pub(crate) use self::sharing::Sharing;

/// A web crawler: polite by default, bounded, with every URL accounted for.
#[derive(Debug, Parser)]
#[command(name = "dragline", version, max_term_width = 100, after_long_help = examples::ALL)]
#[command(help_expected = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Follow links from the seeds and write a record of each page
    ///
    /// Writes one JSON line for each URL that was fetched, failed or was refused. Ends with exit code 0
    /// when the crawl ended by itself or by a limit, 1 when no seed could be fetched, the output or the
    /// state could not be written or extraction health stopped it, 2 for bad usage, 130 when a signal stopped it.
    #[command(after_long_help = examples::CRAWL)]
    Crawl(Box<Crawl>),
    /// Fetch without crawling: bodies to standard output
    ///
    /// Redirects are not followed and robots.txt is not read. Ends with exit code 1 when a URL was not
    /// answered.
    #[command(after_long_help = examples::FETCH)]
    Fetch(Box<Fetch>),
    /// List the links of one page, one absolute URL a line
    ///
    /// In source order, without fragments and without repeats. Redirects are followed and robots.txt is not
    /// read. Ends with exit code 1 when the page could not be fetched, or was answered with an error.
    #[command(after_long_help = examples::LINKS)]
    Links(Box<Links>),
    /// Write the file of a spider, to begin with
    ///
    /// The file works as it is: it takes the title of each page of a host. Nothing is overwritten.
    #[command(after_long_help = examples::NEW)]
    New(New),
    /// Tell what a spider finds on one page
    ///
    /// For each field: its selector, how much it matches, and the value as it will be written, or why there is
    /// none; for each rule: its links, their routes, and whether a crawl would take them. Redirects are followed
    /// and robots.txt is not read. Ends with exit code 1 when a field that is required is missing, or nothing is
    /// found at all, and 2 when the spider's file is wrong.
    #[command(after_long_help = examples::CHECK)]
    Check(Box<Check>),
    /// Tell whether robots.txt allows URLs, and by which line
    ///
    /// Reads the robots.txt of each host once and obeys RFC 9309: the longest rule decides, a 4xx allows
    /// everything, a 5xx or no answer nothing. Ends with exit code 0 when every URL was answered for,
    /// whether it is allowed or not, and 1 when a robots.txt could not be had.
    #[command(after_long_help = examples::ROBOTS)]
    Robots(Box<Robots>),
    /// Tell what a crawl would do, without fetching a page
    ///
    /// Reads robots.txt and sitemaps of the seeds' hosts, at the pace of a crawl, and writes what is in scope,
    /// what is blocked and by which line, how fast the crawl would be and why, how many pages the sitemaps list,
    /// and how long those would take. Ends with exit code 1 when no host could be asked.
    #[command(after_long_help = examples::PLAN)]
    Plan(Box<Plan>),
    /// Run a spider over an archive, without the network
    ///
    /// Answers come from the archive, in the order in which they are in it, and so do the items; nothing is sent and
    /// nothing waits. A robots.txt that is not in it allows everything; pages that are not in it fail as not_archived
    /// and are listed at the end. Ends with exit code 1 when no page to begin with is in it, and 2 when the spider's file
    /// is wrong.
    #[command(after_long_help = examples::REPLAY)]
    Replay(Replay),
    /// Tell what the state of a crawl holds of URLs, and why
    ///
    /// Reads a state directory and changes nothing; the crawl must not be running. Ends with exit code 1 when
    /// the state cannot be read.
    #[command(after_long_help = examples::EXPLAIN)]
    Explain(Explain),
    /// Join part files of one crawl, each item once
    ///
    /// Doubles are told by the field _key, which `crawl --provenance` writes; the first of them is kept, and the order of
    /// the parts. Reads them twice, and more often with over 14 million keys, of which it holds no more at once. An item
    /// that a killed worker wrote half is left out. Ends with exit code 1 when a part cannot be read or the output not
    /// written, and 2 when the parts cannot be joined.
    #[command(after_long_help = examples::MERGE)]
    Merge(Merge),
    /// See how workers that share a frontier are, and say what they are to do
    ///
    /// Commands are typed and go through the frontier, so it does not matter where they are given. A crawl that is not
    /// there is not begun. Ends with exit code 1 when the server cannot be reached or has no such crawl, and 2 for bad
    /// usage.
    #[command(after_long_help = examples::FLEET)]
    Fleet(Fleet),
    /// Write a script that completes this command in a shell
    #[command(hide = true, after_long_help = examples::COMPLETIONS)]
    Completions {
        /// The shell it is for
        shell: Shell,
    },
    /// Write the manual page of this command, or of one of its commands
    #[command(hide = true, after_long_help = examples::MAN)]
    Man {
        /// The command that the page is about
        command: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Crawl {
    /// Where the crawl begins: absolute URLs, or the file of a spider
    #[arg(value_name = "URL | SPIDER.toml", required_unless_present_any = ["seeds", "print_config"])]
    pub(crate) urls: Vec<String>,

    /// Write page records, or with a spider its items, to this file; may be repeated
    ///
    /// Its ending says the format: .jsonl, .csv, .parquet or .sqlite, the first two with .gz or .zst behind it for
    /// compression; `-` is JSON lines on standard output. A name that ends in .warc.gz or .warc is for a web
    /// archive (WARC 1.1) of all that is exchanged, with its index (.cdxj) beside it. A file that is there is
    /// replaced, unless it belongs to the crawl of --state. s3://BUCKET/FOLDER/items.jsonl.gz is for parts in an object
    /// store, in a dragline that was built with the feature `object-store`. postgres://USER@HOST/DATABASE?table=NAME is a table in a
    /// database, in a dragline that was built with the feature `postgres`.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(crate) output: Vec<Output>,

    /// Write page records to this file beside the items of a spider; may be repeated
    ///
    /// The formats are those of --output.
    #[arg(long, value_name = "FILE")]
    pub(crate) pages: Vec<Output>,

    /// Go on in a further file after this many items, or bytes with a unit, such as 100000 or 256MiB
    ///
    /// The files of items.csv are then items-00001.csv, items-00002.csv and so on, each whole by itself. In an object
    /// store there are parts always, by default of 64 MiB, and they end with a commit.
    #[arg(long, value_name = "COUNT | SIZE", value_parser = rotation)]
    pub(crate) rotate: Option<Rotation>,

    /// Add to what --output has where it comes from
    ///
    /// The fields _key, _url, _fetched_at, _status, _sha256 (with --digest) and _preferences: what the page asks
    /// for by robots metas, X-Robots-Tag, Content-Signal (its own and that of robots.txt) and tdm-reservation.
    #[arg(long)]
    pub(crate) provenance: bool,

    /// Write what happens to this file, as JSON lines: each URL that ends, each pause of a host, and so on
    ///
    /// Nothing is left out. Compressed when the name ends in .gz or .zst. A file that is there is replaced, unless
    /// it belongs to the crawl of --state.
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,

    /// Serve metrics for Prometheus at this address, or this port of 127.0.0.1, while the crawl runs
    ///
    /// They are at /metrics. Port 0 is a free one, which is told on standard error.
    #[arg(long, value_name = "ADDRESS | PORT", value_parser = listen)]
    pub(crate) metrics: Option<SocketAddr>,

    /// More seeds, one a line; `-` is standard input
    ///
    /// They are read as the crawl needs them. Empty lines and lines that begin with # are passed over; a line that
    /// is no URL becomes a record.
    #[arg(long, value_name = "FILE")]
    pub(crate) seeds: Option<PathBuf>,

    /// Compare what a spider finds with the crawl before, which this file keeps
    ///
    /// It is read if it is there, and replaced when the crawl finishes. What is expected, and what is done when it
    /// does not hold, says the section [health] of the spider.
    #[arg(long, value_name = "FILE")]
    pub(crate) health: Option<PathBuf>,

    /// How progress is told on standard error
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Progress::Auto)]
    pub(crate) progress: Progress,

    /// Keep answers in this directory, and take them from there as long as they are fresh (RFC 9111)
    ///
    /// What is stale is asked for again with a conditional request. An answer from there needs no delay. At most
    /// 1 GiB is kept; what was not used for longest goes.
    #[arg(long, value_name = "DIR", help_heading = "Requests")]
    pub(crate) cache: Option<PathBuf>,

    /// When an answer is taken from the cache
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = CacheUse::Fresh, requires = "cache", help_heading = "Requests")]
    pub(crate) cache_use: CacheUse,

    /// Which links become requests: a comma list of kinds, or all [default: a,area,refresh,frame]
    ///
    /// The kinds are a, area, refresh, frame, iframe, link, canonical, img, script and media. The file of a spider
    /// says itself what it follows.
    #[arg(long, value_name = "KINDS", help_heading = "Scope")]
    pub(crate) follow: Option<LinkKinds>,

    /// Keep the crawl in this directory, so that it goes on after a stop or a kill
    ///
    /// An output file goes on with it. An empty or new directory begins a crawl.
    #[arg(long, value_name = "DIR", help_heading = "State")]
    pub(crate) state: Option<PathBuf>,

    /// Throw away what the state directory holds and begin anew
    #[arg(long, requires = "state", help_heading = "State")]
    pub(crate) restart: bool,

    /// Crawl a finished crawl again, and report what changed
    ///
    /// Requests are conditional; the records say what was added, changed, unchanged or gone, and the output is
    /// replaced by that of this refresh. One that was interrupted goes on.
    #[arg(long, requires = "state", conflicts_with = "restart", help_heading = "State")]
    pub(crate) refresh: bool,

    #[command(flatten)]
    pub(crate) sharing: Sharing,

    #[command(flatten)]
    pub(crate) records: Records,

    #[command(flatten)]
    pub(crate) crawling: Crawling,

    #[command(flatten)]
    pub(crate) http: Http,

    /// Write the settings that hold, as a file for --config, and end
    ///
    /// Secrets are left out, each with a comment that says so.
    #[arg(long, help_heading = "Settings")]
    pub(crate) print_config: bool,
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

    /// Further tries after a transient failure, 429 or 5xx [default: 0]
    #[arg(long, value_name = "N")]
    pub(crate) retries: Option<u8>,

    #[command(flatten)]
    pub(crate) records: Records,

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

    /// Which links are listed: a comma list of kinds, or all
    ///
    /// The kinds are a, area, refresh, frame, iframe, link, canonical, img, script and media.
    #[arg(long, value_name = "KINDS", default_value_t = LinkKinds::default())]
    pub(crate) follow: LinkKinds,

    /// Further tries after a transient failure, 429 or 5xx [default: 0]
    #[arg(long, value_name = "N")]
    pub(crate) retries: Option<u8>,

    #[command(flatten)]
    pub(crate) http: Http,
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The name of the spider; `.toml` is added
    pub(crate) name: String,

    /// Where it begins
    #[arg(long, value_name = "URL", default_value = "https://example.org/")]
    pub(crate) start: String,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The file of the spider
    #[arg(value_name = "SPIDER.toml")]
    pub(crate) spider: PathBuf,

    /// The page: an absolute http or https URL, or a file
    #[arg(value_name = "URL | FILE")]
    pub(crate) page: String,

    /// Which kind of page it is: a route of the spider; by default a page without a route
    #[arg(long, value_name = "NAME")]
    pub(crate) route: Option<String>,

    /// Where a file would be; without it, the file itself
    #[arg(long, value_name = "URL")]
    pub(crate) base: Option<Url>,

    /// Write what was found as one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Check again whenever the spider's file changes, with the page as it was, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,

    #[command(flatten)]
    pub(crate) http: Http,
}

#[derive(Debug, Args)]
pub(crate) struct Robots {
    /// The URLs to ask about: absolute
    #[arg(value_name = "URL", required = true)]
    pub(crate) urls: Vec<String>,

    /// The crawler to ask for; by default what --user-agent begins with
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<String>,

    /// Read this file instead of asking the hosts
    #[arg(long, value_name = "ROBOTS.txt")]
    pub(crate) file: Option<PathBuf>,

    /// Write one JSON line for each URL
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) http: Http,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// Where the crawl would begin: absolute URLs, or the file of a spider
    #[arg(value_name = "URL | SPIDER.toml", required = true)]
    pub(crate) targets: Vec<String>,

    /// Write the plan as one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) crawling: Crawling,

    #[command(flatten)]
    pub(crate) http: Http,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The archives (WARC); several are read one behind the other
    #[arg(value_name = "ARCHIVE.warc.gz", required = true)]
    pub(crate) archives: Vec<PathBuf>,

    /// The file of the spider
    #[arg(value_name = "SPIDER.toml", required = true)]
    pub(crate) spider: PathBuf,

    /// Write the items to this file; may be repeated
    ///
    /// Its ending says the format: .jsonl, or `-` for JSON lines on standard output.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(crate) output: Vec<Output>,

    /// Write page records to this file beside the items; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) pages: Vec<Output>,

    /// How progress is told on standard error
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Progress::Auto)]
    pub(crate) progress: Progress,

    /// Read settings from this file, below those of the spider
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) config: Option<PathBuf>,
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

/// How progress is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// `bar` on a terminal that no records go to, `plain` otherwise
    Auto,
    /// A live display: pages, speed, errors, and the hosts that will take longest
    Bar,
    /// A line every 10 seconds, and totals at the end
    Plain,
    /// The same as JSON objects, one a line
    Json,
    /// Nothing but errors
    None,
}

/// When an answer is taken from the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CacheUse {
    /// While it is fresh, by what its server says
    Fresh,
    /// Always, whatever its age and whatever its server says, for writing spiders against it
    Always,
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
