//! Faults of a simulated host: what goes wrong, and when.

use std::time::Duration;

/// Something that goes wrong at a host from time to time. The first one that applies to a request counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which requests it strikes.
    pub when: When,
    /// What becomes of them.
    pub what: Trouble,
}

/// Which requests a [`Fault`] strikes. All but [`Pages`](Self::Pages) strike robots.txt too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Every request.
    Always,
    /// Each request of the host whose number, counted from 1, this divides; 0 is never.
    Every(u32),
    /// Requests sent in this span since the web was built, its end left out.
    During {
        /// The beginning.
        from: Duration,
        /// The end.
        until: Duration,
    },
    /// Requests sent while the host is down: it is up this long, then down, and so on.
    Flapping {
        /// How long it is up.
        up: Duration,
        /// How long it is down.
        down: Duration,
    },
    /// Pages chosen at random, one in so many, each for ever; 0 is none. The front page is not chosen.
    Pages {
        /// One in so many.
        one_in: u32,
    },
}

/// What becomes of a request that a [`Fault`] strikes.
///
/// An example of each: what a crawl of one page makes of it.
///
/// ```
/// use std::time::Duration;
///
/// use dragline::{BoxError, Crawler, PageRecord, spider};
/// use dragline_testkit::{Fault, Graph, HostPlan, Pages, RedirectTo, SimulatedWeb, Trouble, When};
///
/// /// Crawls one page of a host in trouble, and tells how each URL ended, and how long it all took.
/// async fn crawl(when: When, what: Trouble) -> Result<(String, Duration), BoxError> {
///     let pages = Pages::Graph(Graph { pages: 1, links: 0 });
///     let plan = HostPlan { pages, faults: vec![Fault { when, what }], ..HostPlan::default() };
///     let web = SimulatedWeb::builder().host("a.example", plan).build();
///     let nothing = spider(["http://a.example/"], |_, out| {
///         out.items([(); 0]);
///         Ok(())
///     });
///     let (sender, ends) = std::sync::mpsc::channel();
///     let crawler = Crawler::new(nothing).fetcher(web).pages(move |page: &PageRecord| {
///         let end = page.error.map(str::to_owned).or(page.status.map(|status| status.to_string()));
///         let cut = if page.truncated { ", cut" } else { "" };
///         sender.send(format!("{}{cut}", end.unwrap_or_default())).unwrap();
///     });
///     let summary = crawler.run().await?;
///     Ok((ends.iter().collect::<Vec<_>>().join(" "), summary.stats.elapsed))
/// }
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), BoxError> {
///     let minute = Duration::from_secs(60);
///     let at_first = When::During { from: Duration::ZERO, until: Duration::from_secs(1) };
///
///     // A busy host is left alone for as long as it asks for, and asked again then.
///     for busy in [
///         Trouble::TooManyRequests { retry_after: Some(minute) },
///         Trouble::Unavailable { retry_after: Some(minute) },
///     ] {
///         let (ends, took) = crawl(at_first, busy).await?;
///         assert!(ends == "200" && took > minute, "{ends} after {took:?}");
///     }
///     // Another status is an answer.
///     assert_eq!(crawl(When::Always, Trouble::Status(404)).await?.0, "404");
///     // What is not answered is tried again, and fails when that does not help.
///     assert_eq!(crawl(at_first, Trouble::Reset).await?.0, "200");
///     assert_eq!(crawl(When::Always, Trouble::Reset).await?.0, "reset");
///     let timeout = Trouble::Timeout { after: Duration::from_secs(30) };
///     assert_eq!(crawl(When::Always, timeout).await?.0, "timeout");
///     // A slow host is waited for.
///     let (ends, took) = crawl(When::Always, Trouble::Slow { by: minute }).await?;
///     assert!(ends == "200" && took > minute, "{ends} after {took:?}");
///     // Half a page is read, once it is clear that there will be no whole one.
///     assert_eq!(crawl(When::Always, Trouble::Truncated).await?.0, "200, cut");
///     // Redirects lead elsewhere, or nowhere.
///     let within = Trouble::Redirect(RedirectTo::Within);
///     assert_eq!(crawl(When::Always, within).await?.0, "302");
///     let around = Trouble::Redirect(RedirectTo::Loop);
///     assert_eq!(crawl(When::Always, around).await?.0, "302 302 302");
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Status 429, with `Retry-After` in whole seconds if given.
    TooManyRequests {
        /// How long the host wants to be spared.
        retry_after: Option<Duration>,
    },
    /// Status 503, with `Retry-After` in whole seconds if given.
    Unavailable {
        /// How long the host wants to be spared.
        retry_after: Option<Duration>,
    },
    /// Another status, without a body.
    Status(u16),
    /// The connection is reset after the latency.
    Reset,
    /// Nothing comes, until the client's time limit, which is this.
    Timeout {
        /// After what time the client gives up.
        after: Duration,
    },
    /// The answer takes longer.
    Slow {
        /// By how much.
        by: Duration,
    },
    /// The body ends in its middle. robots.txt is spared.
    Truncated,
    /// A redirect, with status 302. robots.txt is spared.
    Redirect(RedirectTo),
}

/// Where a redirect leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectTo {
    /// To another page of the host's graph; to its front page when it has no graph.
    Within,
    /// To a page of another host with a graph; as [`Within`](Self::Within) when there is none.
    Across,
    /// Over two more URLs and back.
    Loop,
}
