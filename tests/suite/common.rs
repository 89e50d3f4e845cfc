//! What the tests share: a spider that follows every link, and a crawl that collects its records.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dragline::{
    BoxError, Config, Crawler, LinkKinds, Output, Page, PageRecord, Politeness, Request, Spider,
    Summary,
};
use dragline_site::{Server, Site};
use dragline_testkit::SimulatedWeb;

/// Follows every link; its items are the URLs of the pages it saw.
pub(crate) struct FollowAll(pub(crate) Vec<String>);

impl Spider for FollowAll {
    type Item = String;
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok(self.0.iter().map(Request::get).collect::<Result<_, _>>()?)
    }

    fn parse(&self, page: &Page, out: &mut Output<Self>) -> Result<(), BoxError> {
        out.item(page.url().to_string());
        out.follow_found(LinkKinds::default());
        Ok(())
    }
}

/// A crawl that ended: its summary, and its records in the order in which they were written.
pub(crate) struct Crawled {
    pub(crate) summary: Summary,
    pub(crate) records: Vec<PageRecord>,
}

impl Crawled {
    /// Returns the record of a URL; there must be exactly one.
    pub(crate) fn record(&self, url: &str) -> &PageRecord {
        let found: Vec<_> = self.records.iter().filter(|record| record.url == url).collect();
        assert_eq!(found.len(), 1, "records of {url}: {:#?}", self.records);
        found[0]
    }

    /// Returns the paths of all records, sorted.
    pub(crate) fn paths(&self) -> Vec<String> {
        let path = |record: &PageRecord| {
            url::Url::parse(&record.url).map_or(record.url.clone(), |url| url.path().to_owned())
        };
        let mut paths: Vec<_> = self.records.iter().map(path).collect();
        paths.sort();
        paths
    }
}

/// Settings for a local site: loopback allowed, no delay.
pub(crate) fn local() -> Config {
    let mut config = Config::default();
    config.fetch.allow_net.push("127.0.0.0/8".parse().unwrap());
    config.politeness = Politeness { delay: Duration::ZERO, ..Politeness::default() };
    config
}

/// Links to the pages `/0`, `/1` and so on.
pub(crate) fn links(count: usize) -> String {
    (0..count).map(|page| format!("<a href=/{page}>x</a>")).collect()
}

/// A site of `count` pages, all linked from the first.
pub(crate) fn wide(count: usize) -> Site {
    let site = Site::new().page("/", links(count));
    (0..count).fold(site, |site, page| site.page(format!("/{page}"), ""))
}

/// Crawls from one page of a local site.
pub(crate) async fn crawl(server: &Server, path: &str, config: Config) -> Crawled {
    crawl_urls(&[&server.url(path)], config).await
}

/// Crawls from these URLs over real sockets.
pub(crate) async fn crawl_urls(urls: &[&str], config: Config) -> Crawled {
    let urls = urls.iter().map(ToString::to_string).collect();
    collect(Crawler::new(FollowAll(urls)).config(config)).await
}

/// Crawls from these URLs of a simulated web, and checks that the crawl kept what its settings promise.
pub(crate) async fn crawl_with(web: &SimulatedWeb, urls: &[&str], config: Config) -> Crawled {
    let urls = urls.iter().map(ToString::to_string).collect();
    let crawler = Crawler::new(FollowAll(urls)).config(config.clone()).fetcher(web.clone());
    let crawled = collect(crawler).await;
    let report = web.check(&config);
    assert!(report.broken.is_empty(), "{report}");
    crawled
}

/// Runs a crawler and checks what must hold for every crawl.
pub(crate) async fn collect<S: Spider>(crawler: Crawler<S>) -> Crawled {
    let records = Arc::new(Mutex::new(Vec::new()));
    let sink = records.clone();
    let crawler =
        crawler.pages(move |record: &PageRecord| sink.lock().unwrap().push(record.clone()));
    let summary = crawler.run().await.unwrap();
    let records = std::mem::take(&mut *records.lock().unwrap());
    let stats = &summary.stats;
    assert_eq!(
        stats.discovered,
        stats.done + stats.failed + stats.skipped + stats.waiting,
        "the totals do not add up: {stats:#?}"
    );
    let ended = stats.done + stats.failed + stats.skipped;
    assert_eq!(ended, records.len() as u64, "one record for each URL that ended");
    Crawled { summary, records }
}
