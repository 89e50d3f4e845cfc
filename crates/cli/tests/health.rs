//! The command and a site that changes its template: the crawl stops, keeps what it doubts, and goes on once the
//! spider is mended.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use dragline_site::{Answer, Server, Site};
use serde_json::Value;
use tempfile::TempDir;

/// Books of the site.
const BOOKS: usize = 120;

struct Place {
    folder: TempDir,
}

struct Run {
    code: i32,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the spider, which finds the price by this selector.
    fn spider(&self, site: &Server, price: &str, health: &str) {
        let keep = self.path("kept");
        let text = format!(
            "start = [\"{}\"]\n\
             [[item]]\nroute = \"book\"\n\
             [item.fields]\nname = \"h1\"\nprice = {{ css = \"{price}\", optional = true }}\n\
             [[follow]]\ncss = \"a\"\nroute = \"book\"\n\
             [politeness]\ndelay = \"0s\"\n\
             [health]\nafter_pages = 20\nkeep = {keep:?}\n{health}\n",
            site.url("/")
        );
        fs::write(self.path("books.toml"), text).unwrap();
    }

    async fn crawl(&self, options: &[&str]) -> Run {
        let child = Command::new(env!("CARGO_BIN_EXE_dragline"))
            .arg("crawl")
            .arg(self.path("books.toml"))
            .args([Path::new("-o"), &self.path("books.jsonl")])
            .args(options)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let ended = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
        let output = ended.await.unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        Run { code: output.status.code().unwrap_or(-1), stderr }
    }

    /// Returns the prices in the output by the names of the books, each of which must be there once.
    fn prices(&self) -> BTreeMap<String, Option<String>> {
        let text = fs::read_to_string(self.path("books.jsonl")).unwrap();
        let mut prices = BTreeMap::new();
        for line in text.lines() {
            let item: Value = serde_json::from_str(line).unwrap();
            let price = item["price"].as_str().map(str::to_owned);
            let name = item["name"].as_str().unwrap().to_owned();
            assert!(prices.insert(name, price).is_none(), "a book comes twice: {line}");
        }
        prices
    }
}

/// A shop whose template has the price elsewhere on every second page, from the given request for a book on.
async fn shop(change: usize) -> Server {
    let asked = AtomicUsize::new(0);
    let links: String = (0..BOOKS).map(|book| format!("<a href=/{book}>x</a>")).collect();
    let site = Site::new().robots("").page("/", links).dynamic(move |request| {
        let book: usize = request.path.strip_prefix('/')?.parse().ok()?;
        let number = asked.fetch_add(1, Ordering::Relaxed);
        let class = if number >= change && number.is_multiple_of(2) { "cost" } else { "price" };
        Some(Answer::html(format!("<h1>book {book}</h1><b class={class}>{book} EUR</b>")))
    });
    site.start().await.unwrap()
}

#[tokio::test]
async fn a_template_that_changes_stops_the_crawl_which_is_whole_once_the_spider_is_mended() {
    let (site, place) = (shop(40).await, Place::new());
    place.spider(&site, ".price", "min_fill = 0.9\naction = \"stop\"");
    let options = ["--state", "state", "--per-host", "3"];
    let run = place.crawl(&options).await;
    assert_eq!(run.code, 1, "{}", run.stderr);
    for told in [
        "stopped for its extraction health after",
        "fault: route `book`, field `price`: 8",
        "pages wait to be read again",
        "once the spider is mended, the same command reads those pages again",
    ] {
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
    }
    let prices = place.prices();
    assert!((40..100).contains(&prices.len()), "{} items", prices.len());
    assert!(prices.values().all(Option::is_some), "what is in doubt is not written");

    let list = fs::read_to_string(place.path("kept/suspects.jsonl")).unwrap();
    let suspects: Vec<Value> =
        list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(suspects.len() >= 5, "{list}");
    for suspect in &suspects {
        assert_eq!((&suspect["route"], &suspect["reason"]), (&"book".into(), &"no price".into()));
        let body = place.path("kept").join(suspect["file"].as_str().unwrap());
        let body = fs::read_to_string(body).unwrap();
        assert!(body.contains("class=cost"), "{body}");
    }

    place.spider(&site, ".price, .cost", "min_fill = 0.9\naction = \"stop\"");
    let run = place.crawl(&options).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    let prices = place.prices();
    assert_eq!(prices.len(), BOOKS);
    assert!(prices.values().all(Option::is_some), "{prices:?}");
    let twice = (0..BOOKS).filter(|book| site.hits_of(&format!("/{book}")) == 2).count();
    assert_eq!(twice, suspects.len(), "only what was in doubt is read again");
    assert!(run.stderr.contains("    price                               100%"), "{}", run.stderr);
}

#[tokio::test]
async fn without_a_state_all_that_was_read_is_written_and_the_crawl_still_stops() {
    let (site, place) = (shop(40).await, Place::new());
    place.spider(&site, ".price", "min_fill = 0.9\naction = \"stop\"");
    let run = place.crawl(&[]).await;
    assert_eq!(run.code, 1, "{}", run.stderr);
    let prices = place.prices();
    assert!(prices.values().any(Option::is_none), "nobody could read it again");
    assert!(!run.stderr.contains("read again"), "{}", run.stderr);
}

#[tokio::test]
async fn the_crawl_before_is_compared_with_and_a_warning_ends_nothing() {
    let (site, place) = (shop(BOOKS).await, Place::new());
    place.spider(&site, ".price", "");
    let run = place.crawl(&["--health", "before.json"]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!run.stderr.contains("fault:"), "{}", run.stderr);
    let run = place.crawl(&["--health", "before.json"]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("have it, and 100% had it before; see http://"), "{}", run.stderr);
    assert_eq!(place.prices().len(), BOOKS);
    let kept = fs::read_to_string(place.path("before.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["routes"]["book"]["pages"], BOOKS, "it is what the last crawl gave");
    assert_eq!(kept["routes"]["book"]["fields"]["price"]["empty"], BOOKS / 2);
}

#[tokio::test]
async fn a_refresh_is_compared_with_what_it_refreshes() {
    let (site, place) = (shop(BOOKS).await, Place::new());
    place.spider(&site, ".price", "action = \"stop\"");
    let run = place.crawl(&["--state", "state"]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = place.crawl(&["--state", "state", "--refresh"]).await;
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("had it before"), "{}", run.stderr);
    assert!(place.prices().values().all(Option::is_some), "what is in doubt is not written");
}
