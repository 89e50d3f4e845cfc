//! Extraction health of a spider in Rust: what is told, what is held back, and what becomes of it.

use std::fs;
use std::path::Path;

use dragline::{
    BoxError, Config, Crawler, Ended, Event, Extract, HealthAction, JsonLines, Output, Page,
    Request, Spider,
};
use dragline_site::{Server, Site};
use serde::{Deserialize, Serialize};

use crate::common::{links, local};

/// Takes books, whose price it finds in the new template only once it is mended.
struct Books {
    start: String,
    mended: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
enum Route {
    #[default]
    List,
    Book,
}

#[derive(Extract, Serialize)]
struct Book {
    #[extract(css = "h1")]
    name: String,
    #[extract(css = ".price")]
    price: String,
}

#[derive(Extract)]
struct NewBook {
    #[extract(css = "h1")]
    name: String,
    #[extract(css = ".price, .cost")]
    price: String,
}

impl Spider for Books {
    type Item = Book;
    type Route = Route;

    fn start(&self) -> Result<Vec<Request<Route>>, BoxError> {
        Ok(vec![Request::get(&self.start)?.route(Route::List)])
    }

    fn parse(&self, page: &Page<Route>, out: &mut Output<Self>) -> Result<(), BoxError> {
        if let Route::List = page.route() {
            for link in page.links("a")? {
                out.request(Request::from(link).route(Route::Book));
            }
            return Ok(());
        }
        if self.mended {
            let NewBook { name, price } = page.extract()?;
            out.item(Book { name, price });
            return Ok(());
        }
        // What has no price is left out, and nobody would know.
        out.items(page.extract_each("body")?.filter_map(Result::ok));
        Ok(())
    }
}

/// A list of 100 books, the last 60 in a new template.
async fn shop() -> Server {
    let site = Site::new().robots("").page("/", links(100));
    let site = (0..100).fold(site, |site, book| {
        let class = if book < 40 { "price" } else { "cost" };
        site.page(format!("/{book}"), format!("<h1>book {book}</h1><b class={class}>7</b>"))
    });
    site.start().await.unwrap()
}

fn strict(action: HealthAction) -> Config {
    let mut config = local();
    config.health.min_fill = 0.9;
    config.health.after_pages = 20;
    config.health.action = action;
    config
}

fn crawler(site: &Server, mended: bool, config: Config, folder: &Path) -> Crawler<Books> {
    let items = JsonLines::create(folder.join("books.jsonl")).unwrap();
    Crawler::new(Books { start: site.url("/"), mended })
        .config(config)
        .state(folder.join("state"))
        .sink(items)
        .health()
}

fn items(folder: &Path) -> usize {
    let text = fs::read_to_string(folder.join("books.jsonl")).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    let all = lines.len();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), all, "no item comes twice");
    all
}

#[tokio::test]
async fn a_crawl_that_pauses_for_its_health_takes_the_pages_as_they_are_when_it_is_resumed() {
    let (site, folder) = (shop().await, tempfile::tempdir().unwrap());
    let config = strict(HealthAction::Pause);
    let crawl = crawler(&site, false, config, folder.path()).start().unwrap();
    let handle = crawl.handle();
    let mut events = handle.events();
    let fault = loop {
        if let Event::Health(fault) = events.next().await.unwrap() {
            break fault;
        }
    };
    assert_eq!(
        (fault.code, fault.route.as_str(), fault.field.as_deref()),
        ("fill", "Book", Some("price"))
    );
    assert_eq!(
        fault.message,
        "88.9% of the items of the last 45 pages have it, and at least 90% were to have it"
    );
    assert_eq!(fault.urls[0], site.url("/44"));
    assert_eq!(events.next().await, Some(Event::Paused));
    let snapshot = handle.snapshot(0).await.unwrap();
    assert_eq!((snapshot.stats.done, snapshot.stats.waiting), (41, 60), "five are held back");
    assert_eq!(snapshot.faults, [fault]);
    handle.resume().await.unwrap();
    let summary = crawl.finish().await.unwrap();
    assert_eq!((summary.ended, summary.stats.done), (Ended::Finished, 101));
    let health = summary.health.unwrap();
    let book = &health.routes["Book"].total;
    assert_eq!((book.pages, book.without_items, book.left_out), (100, 60, 60));
    assert_eq!(book.fields["price"].faults["missing"], 60);
    assert_eq!((health.waiting, health.faults.len()), (0, 1));
    assert_eq!((items(folder.path()), site.hits_of("/99")), (40, 1));
}

#[tokio::test]
async fn what_a_crawl_that_is_dropped_held_back_is_read_again() {
    let (site, folder) = (shop().await, tempfile::tempdir().unwrap());
    let config = strict(HealthAction::Pause);
    let crawl = crawler(&site, false, config, folder.path()).start().unwrap();
    let mut events = crawl.handle().events();
    while events.next().await != Some(Event::Paused) {}
    drop(crawl);
    while events.next().await.is_some() {}
    let summary = loop {
        // The one that was dropped may hold the state for a moment more.
        let config = strict(HealthAction::Stop);
        match crawler(&site, true, config, folder.path()).run().await {
            Ok(summary) => break summary,
            Err(error) if error.to_string().contains("state") => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!((summary.ended, summary.stats.done), (Ended::Finished, 101));
    assert_eq!(items(folder.path()), 100);
    assert_eq!((site.hits_of("/44"), site.hits_of("/0")), (2, 1));
}

#[tokio::test]
async fn a_limit_of_pages_counts_those_that_are_held_back() {
    let (site, folder) = (shop().await, tempfile::tempdir().unwrap());
    let mut config = strict(HealthAction::Stop);
    config.health.after_pages = 90;
    config.limits.max_pages = Some(61);
    let summary = crawler(&site, false, config, folder.path()).run().await.unwrap();
    assert_eq!((summary.ended, summary.stats.done), (Ended::MaxPages, 61));
    assert_eq!(summary.health.unwrap().waiting, 0, "nothing was at fault");
}
