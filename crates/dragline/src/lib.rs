//! A concurrent web crawler and scraper framework: spiders with typed items, polite and bounded by
//! construction.
//!
//! A [`Spider`] says where a crawl starts and what each page gives; a [`Crawler`] runs it. robots.txt is
//! obeyed, each host is asked once a second, and only public addresses are contacted, unless the
//! [`Config`] says otherwise.
//!
//! ```no_run
//! use dragline::{BoxError, Crawler, Extract, JsonLines, Output, Page, Request, Spider};
//! use serde::Serialize;
//!
//! #[derive(Extract, Serialize)]
//! struct Quote {
//!     #[extract(css = "span.text")]
//!     text: String,
//!     #[extract(css = "small.author")]
//!     author: Option<String>,
//!     #[extract(css = "a.tag")]
//!     tags: Vec<String>,
//! }
//!
//! struct Quotes;
//!
//! impl Spider for Quotes {
//!     type Item = Quote;
//!     type Route = ();
//!
//!     fn start(&self) -> Result<Vec<Request>, BoxError> {
//!         Ok(vec![Request::get("http://quotes.example/")?])
//!     }
//!
//!     fn parse(&self, page: &Page, out: &mut Output<Self>) -> Result<(), BoxError> {
//!         out.items(page.extract_all("div.quote")?);
//!         out.follow_all(page.links("li.next a")?);
//!         Ok(())
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), BoxError> {
//!     let summary = Crawler::new(Quotes).sink(JsonLines::create("quotes.jsonl")?).run().await?;
//!     println!("{summary}");
//!     Ok(())
//! }
//! ```
//!
//! A spider of one kind of page may be a closure: see [`spider()`].
//!
//! # Inside a program
//!
//! A crawl is a value of the program that runs it. [`Crawler::start`] gives a [`Crawl`], a bounded stream of
//! items, and [`Crawl::handle`] a [`Handle`] that pauses, resumes, feeds, stops and watches it from anywhere:
//!
//! ```no_run
//! use dragline::{BoxError, Crawler, Event, Request, spider};
//!
//! # async fn run() -> Result<(), BoxError> {
//! let titles = spider(["http://a.example/"], |page, out| {
//!     out.items(page.title().map(str::to_owned));
//!     out.follow_found(Default::default());
//!     Ok(())
//! });
//! let mut crawl = Crawler::new(titles).start()?;
//! let handle = crawl.handle();
//! let mut events = handle.events();
//! tokio::spawn(async move {
//!     while let Some(event) = events.next().await {
//!         if let Event::Failed(page) = event {
//!             eprintln!("{} failed", page.url);
//!         }
//!     }
//! });
//! handle.add(vec![Request::get("http://b.example/")?]).await?;
//! while let Some(title) = crawl.next().await {
//!     println!("{title}");
//! }
//! println!("{}", crawl.finish().await?);
//! # Ok(())
//! # }
//! ```
//!
//! * **Dropped means stopped.** A crawl whose `Crawl` is dropped ends at once, with all its tasks and sockets:
//!   put it into the answer of a request, and it ends when the client goes away. Only a page that is being
//!   read on a thread for blocking work is read to its end. With a [`State`] nothing is lost by that; it goes
//!   on when it is started again. [`Handle::stop`] ends it after the pages in flight.
//! * **Several at once.** Crawls know nothing of one another: each has its own connections, limits and
//!   politeness, so two crawls of one host ask it twice as often. Only a state and a file output belong to one
//!   crawl at a time. One crawl with several seeds treats each host as one.
//! * **Nothing of the process is touched.** The library keeps nothing in globals, installs no signal handlers, and sets up
//!   no logging; randomness is the crawl's own. It needs a runtime of tokio with time and IO, and starts no
//!   other.
//! * **A slow reader slows the crawl down**: when 256 items wait, no further page is started. Events are the
//!   other way round: they wait for nobody, and a slow reader misses some.
//!
//! # Forms, logins and other requests
//!
//! [`Request`] has any method, headers and body, [`Page::form`] fills in a form, and a session
//! ([`Request::session`]) keeps the cookies of a login for the pages behind it. What ends without a page can be
//! seen by [`Spider::failed`].
//!
//! # Cargo features
//!
//! | feature | what it adds |
//! |---|---|
//! | `content` | `Page::content`: the main content of a page as text and Markdown |
//! | `fleet` | `Fleet`: several workers crawl one frontier, on Redis or Valkey |
//! | `metrics` | counters and histograms, for a recorder of the `metrics` crate that the program installs |
//! | `object-store` | `Objects`: an output in parts in an S3-compatible store |
//! | `parquet` | `Parquet`: items in a Parquet file |
//! | `postgres` | `Postgres`: items in a table of a PostgreSQL database |
//! | `sqlite` | `Sqlite`: items in a table of an SQLite database |
//! | `tracing` | a span for each URL, for a subscriber of the `tracing` crate that the program installs |
//! | `warc` | `Archive`: a crawl writes a web archive; `Replay`: a spider runs over one |
//!
//! None is on by default, and turning one on changes nothing by itself.
//!
//! # A map of the types
//!
//! | you want to | look at |
//! |---|---|
//! | say what to crawl and what to take | [`Spider`], [`Page`], [`Output`], [`Request`], [`Extract`] |
//! | read what is on a page | [`Document`], [`Element`], [`Selector`], [`Facts`], [`structured`] (JSON-LD, Open Graph, feeds, sitemaps) |
//! | write a spider of a few lines | [`spider()`] |
//! | fill in a form, log in | [`Form`], [`Request::session`] |
//! | see what failed, as it happens | [`Failure`], [`Event`]; all of it, in a file: [`EventRecord`] |
//! | see what a page asks of crawlers | [`Signals`], [`MediaType`] |
//! | know why an item is wrong | [`ExtractError`], [`FieldError`], [`FieldErrorKind`] |
//! | run it | [`Crawler`], [`Crawl`] (a stream of items), [`Handle`] (a remote control) |
//! | set limits and manners | [`Config`] with [`Limits`], [`Politeness`], [`ScopeConfig`], [`TrapConfig`], [`Discovery`], [`Records`] and [`fetch::Config`]; [`Warning`] |
//! | keep what comes out | [`JsonLines`], [`Csv`], `Parquet`, `Postgres`, `Sqlite`, each with [`Columns`] and [`Rotation`]; [`PageRecord`] |
//! | read it again | [`Compression`] ([`CompressedWriter`]) |
//! | write it elsewhere | [`Sink`] ([`Entry`], [`ItemKey`], [`Provenance`], [`Position`]) |
//! | resume it after a stop or a kill, crawl again for what changed | [`State`], [`Begin`], [`Resumed`], [`Change`] |
//! | crawl on several machines | `Fleet`, with the feature `fleet`; [`FleetStats`] |
//! | ask what became of a URL | [`State::explain`], [`Explained`] |
//! | know how it goes, host by host | [`Snapshot`], [`HostTimes`], [`Waits`], [`Phase`] |
//! | know how it went | [`Stats`], [`Summary`]; where the time went, [`PageTimes`] |
//! | know when a site changed and its spider did not | [`Crawler::health`], [`Health`], [`HealthFault`], [`HealthReport`] |
//! | change how pages are fetched | [`Fetcher`] |
//! | write a spider without Rust | `toml_spider`, with the feature `toml` |
//! | keep all that was exchanged, and run a spider over that | `Archive`, `Replay`, with the feature `warc` |
//! | change how pages are fetched | [`Fetcher`]; with the feature `cache`, `Cache` keeps answers on disk |
//! | fetch without crawling | [`fetch`] |

// The derive macro names this crate by its full path, also when it is used in here.
extern crate self as dragline;

#[cfg(feature = "warc")]
mod archive;
#[cfg(not(feature = "warc"))]
#[path = "archive/none.rs"]
mod archive;
mod batch;
mod budget;
#[cfg(feature = "cache")]
mod cache;
mod clock;
mod closure;
mod columns;
mod config;
mod cookies;
mod crawl;
mod crawler;
mod discovery;
mod engine;
mod error;
mod event;
mod explain;
mod failure;
mod fetcher;
#[cfg(feature = "fleet")]
mod fleet;
mod fleet_stats;
mod form;
mod handle;
mod health;
mod joined;
mod judge;
mod message;
#[cfg(feature = "metrics")]
mod meters;
mod named;
mod outlet;
mod output;
mod packed;
mod page;
mod plural;
mod record;
mod records;
#[cfg(feature = "warc")]
mod replay;
mod request;
mod revisit;
mod robots;
mod sessions;
mod shared_store;
mod sink;
mod sitemap;
mod snapshot;
mod spans;
mod spider;
mod state;
mod stats;
pub mod structured;
mod times;
#[cfg(feature = "toml")]
pub mod toml_spider;
mod warning;
mod worker;

pub use dragline_derive::Extract;
pub use dragline_fetch as fetch;
pub use dragline_frontier::{
    Adaptive, Counts, Durability, Group, HostDown, Politeness, Progress, Repetition, RobotsPolicy,
    ScopeConfig, ScopeKind, Skip, TrapConfig, Waits,
};
#[doc(hidden)]
pub use dragline_parse::__private;
pub use dragline_parse::{
    Alternate, Document, Element, Extract, ExtractError, Facts, FieldError, FieldErrorKind,
    ImagePreview, Link, LinkKind, LinkKinds, MediaType, Permission, Refresh, Selector,
    SelectorError, Signals, UnknownLinkKind,
};

#[cfg(feature = "warc")]
pub use crate::archive::Archive;
#[cfg(feature = "cache")]
pub use crate::cache::{Cache, CacheError, Cached, Reuse};
pub use crate::closure::{SpiderFn, spider};
pub use crate::columns::{Column, ColumnKind, Columns, ColumnsError, Scalar};
pub use crate::config::{Config, Limits};
pub use crate::crawl::Crawl;
pub use crate::crawler::Crawler;
pub use crate::discovery::{Discovery, Nofollow, Sitemaps};
pub use crate::error::{BoxError, Error, ErrorKind};
pub use crate::event::{Event, EventRecord, Events};
pub use crate::explain::{Explained, Explanation, Standing, Visit};
pub use crate::failure::Failure;
pub use crate::fetcher::Fetcher;
#[cfg(feature = "fleet")]
pub use crate::fleet::Fleet;
pub use crate::fleet_stats::FleetStats;
pub use crate::form::{Form, FormError};
pub use crate::handle::{CrawlOver, Handle};
pub use crate::health::{
    FieldCounts, Health, HealthAction, HealthFault, HealthReport, PageCounts, RouteHealth,
};
pub use crate::output::Output;
pub use crate::page::{DocumentError, JsonError, Page};
pub use crate::record::{PageRecord, RecordChunk};
pub use crate::records::{Digest, RecordContent, Records};
#[cfg(feature = "warc")]
pub use crate::replay::{Replay, ReplayError};
pub use crate::request::{InvalidUrl, Priority, Request};
pub use crate::revisit::Change;
#[cfg(feature = "object-store")]
pub use crate::sink::Objects;
#[cfg(feature = "parquet")]
pub use crate::sink::Parquet;
#[cfg(feature = "postgres")]
pub use crate::sink::Postgres;
#[cfg(feature = "sqlite")]
pub use crate::sink::Sqlite;
pub use crate::sink::{
    CompressedWriter, Compression, Csv, Entry, ItemKey, JsonLines, Position, Preferences,
    Provenance, Rotation, Schema, Sink, SinkError, Wants,
};
pub use crate::snapshot::{HostTimes, Phase, Snapshot};
pub use crate::spider::Spider;
pub use crate::state::{Begin, Resumed, State};
pub use crate::stats::{Changes, Ended, Links, Seeds, Stats, Summary};
pub use crate::times::PageTimes;
pub use crate::warning::Warning;
