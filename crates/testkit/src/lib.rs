//! A simulated web for testing spiders and crawls with [`dragline`]: no network, no waiting, the same each time.
//!
//! A [`SimulatedWeb`] has hosts with latency, robots.txt, pages, faults and traps. It is a
//! [`Fetcher`](dragline::Fetcher), so the real engine crawls it; all waits are on tokio's clock, and with time
//! paused a crawl of hours takes as long as its work. Its [`Log`] says what was asked and when, and
//! [`check`](SimulatedWeb::check) holds each request against what the configuration promises.
//!
//! ```
//! use std::time::Duration;
//!
//! use dragline::{BoxError, Config, Crawler, Output, Page, Request, Spider};
//! use dragline_testkit::{Fault, HostPlan, Reply, RobotsPlan, SimulatedWeb, Trouble, When};
//!
//! /// The spider under test: titles, and every link.
//! struct Titles;
//!
//! impl Spider for Titles {
//!     type Item = String;
//!     type Route = ();
//!
//!     fn start(&self) -> Result<Vec<Request>, BoxError> {
//!         Ok(vec![Request::get("http://shop.example/")?])
//!     }
//!
//!     fn parse(&self, page: &Page, out: &mut Output<Self>) -> Result<(), BoxError> {
//!         out.items(page.title().map(str::to_owned));
//!         out.follow_all(page.links("a")?);
//!         Ok(())
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() -> Result<(), BoxError> {
//!     // A host that is slow, keeps a folder to itself, and is overloaded during its second minute.
//!     let plan = HostPlan {
//!         latency: Duration::from_millis(300),
//!         robots: RobotsPlan::Text("User-agent: *\nDisallow: /cart".to_owned()),
//!         faults: vec![Fault {
//!             when: When::During { from: Duration::from_secs(2), until: Duration::from_secs(60) },
//!             what: Trouble::Unavailable { retry_after: Some(Duration::from_secs(90)) },
//!         }],
//!         ..HostPlan::default()
//!     };
//!     let web = SimulatedWeb::builder()
//!         .host("shop.example", plan)
//!         .page("http://shop.example/", "<title>Shop</title><a href=/old>1</a><a href=/cart>2</a>")
//!         .on("http://shop.example/old", [Reply::redirect("/new")])
//!         .page("http://shop.example/new", "<title>New</title>")
//!         .build();
//!
//!     let config = Config::default();
//!     let mut crawl = Crawler::new(Titles).config(config.clone()).fetcher(web.clone()).start()?;
//!     let mut titles = Vec::new();
//!     while let Some(title) = crawl.next().await {
//!         titles.push(title);
//!     }
//!
//!     assert_eq!(titles, ["Shop", "New"]);
//!     let old = web.log().times("http://shop.example/old");
//!     assert_eq!(old.len(), 2, "it was tried again after the host was overloaded");
//!     assert!(old[1] - old[0] >= Duration::from_secs(90));
//!     assert!(web.log().times("http://shop.example/cart").is_empty());
//!     let report = web.check(&config);
//!     assert!(report.is_clean(), "{report}");
//!     Ok(())
//! }
//! ```
//!
//! # Recorded sites
//!
//! A site that is crawled once, into an archive, is what a spider is tested against from then on: [`record`] writes
//! the archive, [`replay`] runs a spider over it, and [`Replayed::assert_items`] compares what came out with a file of
//! items. Here the site is simulated; a real one is recorded in the same way, without a fetcher of its own:
//!
//! ```
//! use dragline::{Archive, BoxError, Crawler, spider};
//! use dragline_testkit::{SimulatedWeb, replay};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let titles = || {
//!     spider(["http://shop.example/"], |page, out| {
//!         out.items(page.title().map(str::to_owned));
//!         out.follow_all(page.links("a")?);
//!         Ok(())
//!     })
//! };
//! let web = SimulatedWeb::builder()
//!     .page("http://shop.example/", "<title>Shop</title><a href=/tea>1</a>")
//!     .page("http://shop.example/tea", "<title>Tea</title>")
//!     .build();
//! let folder = tempfile::tempdir()?;
//! let archive = folder.path().join("shop.warc.gz");
//! Crawler::new(titles()).fetcher(web).archive(Archive::create(&archive)?).run().await?;
//!
//! let replayed = replay(titles(), &archive)?;
//! assert_eq!(replayed.items, ["Shop", "Tea"]);
//! assert!(replayed.missing.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # A map of the types
//!//!
//! | you want to | look at |
//! |---|---|
//! | make a web | [`WebBuilder`], [`HostPlan`], [`Reply`] |
//! | make sites too large to write down | [`Graph`], [`Pages::Generated`] |
//! | make trouble | [`Fault`], [`When`], [`Trouble`] (with an example of each), [`RedirectTo`], [`Trap`], [`RobotsPlan`] |
//! | see what was asked | [`Log`], [`Asked`], [`Outcome`] |
//! | test a spider against pages of its real site | [`record`] once, [`replay`] in each test, [`Replayed`] |
//! | know whether it was polite, and lost nothing | [`Report`], [`Rule`], [`Violation`], [`Accounting`] |
//!
//! The same seed and plans give the same log, if the crawl draws from a seed too
//! ([`Crawler::random`](dragline::Crawler::random)) and its runtime has one thread.

mod answer;
mod builder;
mod checker;
mod fault;
mod log;
mod place;
mod plan;
mod random;
mod recording;
mod reply;
mod report;
mod web;
mod world;

pub use crate::builder::WebBuilder;
pub use crate::fault::{Fault, RedirectTo, Trouble, When};
pub use crate::log::{Asked, Log, Outcome};
pub use crate::plan::{Graph, HostPlan, Pages, RobotsPlan, Trap};
pub use crate::recording::{Replayed, record, replay, replay_with};
pub use crate::reply::Reply;
pub use crate::report::{Accounting, Report, Rule, Violation};
pub use crate::web::SimulatedWeb;
