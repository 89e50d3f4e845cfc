//! Spiders over recorded sites: crawl once into an archive, and run the spider over that in each test.

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::mpsc;

use dragline::{Archive, BoxError, Config, Crawler, PageRecord, Replay, Spider, Summary};
use expect_test::expect_file;
use serde::Serialize;
use tokio::runtime::Builder;

/// What a spider took from an archive.
#[derive(Debug)]
pub struct Replayed<I> {
    /// The items, in the order in which they came when the archive was recorded.
    pub items: Vec<I>,
    /// How it went.
    pub summary: Summary,
    /// The URLs that the spider asked for and the archive has not.
    pub missing: Vec<String>,
}

/// Crawls the real site of a spider into an archive, for [`replay`] to run over. The settings are those of any crawl:
/// limit it to as many pages as a test needs, and keep to the manners that the site asks for.
///
/// It is what a program does once, or a test that is ignored otherwise; the archive is put under version control.
///
/// # Errors
/// When the crawl cannot start, or the archive cannot be written.
pub async fn record<S: Spider>(
    spider: S,
    config: Config,
    archive: impl AsRef<Path>,
) -> Result<Summary, BoxError> {
    let archive = Archive::create(archive)?;
    Ok(Crawler::new(spider).config(config).archive(archive).run().await?)
}

/// Runs a spider over an archive: no network, no waiting, the same items in the same order each time. A path is against
/// the folder of the package, where its tests run.
///
/// It has a thread and a runtime of its own, with paused time, so it may be called from any test, asynchronous or not.
/// Scope and robots.txt are those of [`Config::default`]; [`replay_with`] takes other settings.
///
/// ```no_run
/// # use dragline::{BoxError, Output, Page, Request, Spider};
/// # struct Quotes;
/// # impl Spider for Quotes {
/// #     type Item = String;
/// #     type Route = ();
/// #     fn start(&self) -> Result<Vec<Request>, BoxError> { Ok(Vec::new()) }
/// #     fn parse(&self, _: &Page, _: &mut Output<Self>) -> Result<(), BoxError> { Ok(()) }
/// # }
/// #[test]
/// fn the_quotes_are_still_found() {
///     let quotes = dragline_testkit::replay(Quotes, "tests/quotes.warc.gz").unwrap();
///     assert_eq!(quotes.missing, [""; 0]);
///     quotes.assert_items("tests/quotes.jsonl");
/// }
/// ```
///
/// # Errors
/// When the archive cannot be read, or the spider gives no seeds.
pub fn replay<S: Spider>(
    spider: S,
    archive: impl AsRef<Path>,
) -> Result<Replayed<S::Item>, BoxError> {
    replay_with(spider, &Config::default(), archive)
}

/// The same as [`replay`] with the scope, depth, traps and robots policy of these settings.
///
/// # Errors
/// As [`replay`].
pub fn replay_with<S: Spider>(
    spider: S,
    config: &Config,
    archive: impl AsRef<Path>,
) -> Result<Replayed<S::Item>, BoxError> {
    let archive = archive.as_ref();
    let work = || {
        let mut runtime = Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build()?.block_on(run(spider, config, archive))
    };
    // A runtime cannot be entered from inside another one, and a test may be in one.
    std::thread::scope(|scope| match scope.spawn(work).join() {
        Ok(replayed) => replayed,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

async fn run<S: Spider>(
    spider: S,
    config: &Config,
    archive: &Path,
) -> Result<Replayed<S::Item>, BoxError> {
    let replay = Replay::open([archive])?;
    let config = replay.config(config);
    let (missed, missing) = mpsc::channel();
    let mut crawl = Crawler::new(spider)
        .config(config)
        .random(0)
        .fetcher(replay.in_recorded_order())
        .pages(move |record: &PageRecord| {
            if record.error == Some("not_archived") {
                // Nobody listens any more when the crawl was given up.
                let _ = missed.send(record.url.clone());
            }
        })
        .start()?;
    let mut items = Vec::new();
    while let Some(item) = crawl.next().await {
        items.push(item);
    }
    let summary = crawl.finish().await?;
    Ok(Replayed { items, summary, missing: missing.into_iter().collect() })
}

impl<I: Serialize> Replayed<I> {
    /// Compares the items, as JSON lines, with those in a file. With `UPDATE_EXPECT=1` in the environment the file is
    /// written instead, which is also how it is made.
    ///
    /// # Panics
    /// When they differ, with the lines that do, or when an item is no JSON.
    pub fn assert_items(&self, path: impl AsRef<Path>) {
        let lines: String = self
            .items
            .iter()
            .map(|item| serde_json::to_string(item).expect("items become JSON") + "\n")
            .collect();
        let path = std::path::absolute(path).expect("the test has a folder");
        expect_file![path].assert_eq(&lines);
    }
}
