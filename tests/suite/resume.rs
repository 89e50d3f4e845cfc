//! What survives a restart: routes, the scope of added seeds, what a host asked for, and items exactly once.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use dragline::{
    BoxError, Config, Crawler, Ended, JsonLines, Output, Page, Progress, Request, Spider,
};
use dragline_site::{Answer, Site};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

use crate::common::{FollowAll, links, local, wide};

fn limited(pages: u64) -> Config {
    let mut config = local();
    config.limits.max_pages = Some(pages);
    config
}

/// Goes from a list to its details, and carries the name of the list there.
struct Shop(String);

#[derive(Debug, Default, Serialize, Deserialize)]
enum Route {
    #[default]
    List,
    Detail {
        list: String,
    },
}

impl Spider for Shop {
    type Item = String;
    type Route = Route;

    fn start(&self) -> Result<Vec<Request<Route>>, BoxError> {
        Ok(vec![Request::get(&self.0)?.route(Route::List)])
    }

    fn parse(&self, page: &Page<Route>, out: &mut Output<Self>) -> Result<(), BoxError> {
        match page.route() {
            Route::List => {
                for link in page.links("a")? {
                    let list = "shoes".to_owned();
                    out.request(Request::get(link)?.route(Route::Detail { list }));
                }
            }
            Route::Detail { list } => out.item(format!("{list}{}", page.url().path())),
        }
        Ok(())
    }
}

#[tokio::test]
async fn routes_survive_a_restart() {
    let site = wide(3).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let crawler = || Crawler::new(Shop(site.url("/"))).state(folder.path().join("state")).random(1);
    let summary = crawler().config(limited(1)).run().await.unwrap();
    assert_eq!((summary.ended, summary.stats.waiting), (Ended::MaxPages, 3));
    let mut crawl = crawler().config(local()).start().unwrap();
    assert_eq!(crawl.resumed().unwrap().progress, Progress::Unfinished);
    let mut items = Vec::new();
    while let Some(item) = crawl.next().await {
        items.push(item);
    }
    items.sort();
    assert_eq!(items, ["shoes/0", "shoes/1", "shoes/2"]);
    assert_eq!(crawl.finish().await.unwrap().ended, Ended::Finished);
}

#[tokio::test]
async fn the_scope_of_an_added_seed_survives_restarts() {
    let first = Site::new().page("/", "").start().await.unwrap();
    let second = Site::new()
        .page("/", "<a href=/1>x</a>")
        .page("/1", "<a href=/2>x</a>")
        .page("/2", "")
        .start()
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let crawler = || {
        Crawler::new(FollowAll(vec![first.url("/")]))
            .state(folder.path().join("state"))
            .config(limited(1))
    };
    let crawl = crawler().start().unwrap();
    crawl.handle().add(vec![Request::get(second.url("/")).unwrap()]).await.unwrap();
    crawl.finish().await.unwrap();
    // One page a run: whatever the order, links of the second host are read after a restart.
    for _ in 0..3 {
        crawler().run().await.unwrap();
    }
    for path in ["/", "/1", "/2"] {
        assert_eq!(second.hits_of(path), 1, "{path}");
    }
    let summary = crawler().run().await.unwrap();
    assert_eq!((summary.ended, summary.stats.discovered), (Ended::Finished, 4));
    assert_eq!(summary.stats.seeds.given, 2, "seeds that are read again are not given again");
}

#[tokio::test]
async fn a_seed_that_was_not_read_before_the_restart_is_not_mistaken_for_one_that_was() {
    let site = wide(3).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let crawler =
        || Crawler::new(FollowAll(vec![site.url("/")])).state(folder.path().join("state"));
    let crawl = crawler().seeds(stream::pending()).config(limited(1)).start().unwrap();
    crawl.handle().add(vec![Request::get(site.url("/1")).unwrap()]).await.unwrap();
    crawl.finish().await.unwrap();
    let late = stream::iter([Request::get("no url")]);
    let summary = crawler().seeds(late).config(local()).run().await.unwrap();
    assert_eq!(summary.stats.seeds.given, 3);
    assert_eq!((summary.stats.done, summary.stats.failed), (4, 1), "it has its record");
}

#[tokio::test]
async fn a_host_that_asked_to_be_spared_is_spared_after_a_restart() {
    let busy = Answer::new(503).header("retry-after", "3600");
    let site = Site::new().robots("").answer("/", busy).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let crawler =
        || Crawler::new(FollowAll(vec![site.url("/")])).state(folder.path().join("state"));
    let crawl = crawler().config(local()).start().unwrap();
    while site.hits_of("/") == 0 {
        tokio::task::yield_now().await;
    }
    crawl.handle().stop().await.unwrap();
    let summary = crawl.finish().await.unwrap();
    assert_eq!((summary.ended, summary.stats.waiting), (Ended::Stopped, 1));
    let hits = site.hits().len();
    let mut config = local();
    config.limits.max_time = Some(Duration::from_millis(500));
    let summary = crawler().config(config).run().await.unwrap();
    assert_eq!((summary.ended, summary.stats.waiting), (Ended::MaxTime, 1));
    assert_eq!(site.hits().len(), hits, "the host was asked although it asked to be spared");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_in_a_file_come_exactly_once_however_often_the_crawl_is_cut_off() {
    let site = Site::new().page("/", links(40));
    let site = (0..40).fold(site, |site, page| {
        site.answer(format!("/{page}"), Answer::html("").delay(Duration::from_millis(2)))
    });
    let site = site.start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("items.jsonl");
    let mut config = local();
    config.politeness.per_host = 4;
    let crawler = || {
        Crawler::new(FollowAll(vec![site.url("/")]))
            .state(folder.path().join("state"))
            .config(config.clone())
            .sink(JsonLines::create(&file).unwrap())
    };
    // Takes seven items and drops the rest in the middle of it; tells whether the crawl came to its end.
    let run = async || {
        let mut crawl = crawler().start().unwrap();
        for _ in 0..7 {
            if crawl.next().await.is_none() {
                return crawl.finish().await.unwrap().ended == Ended::Finished;
            }
        }
        false
    };
    let mut cut_off = 0;
    loop {
        // In a runtime of its own, which takes the crawl with it as the end of the process would.
        let ended = tokio::task::block_in_place(|| {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run())
        });
        if ended {
            break;
        }
        // What a kill between the output and its commit leaves behind.
        let mut written = OpenOptions::new().append(true).open(&file).unwrap();
        written.write_all(b"\"http://never.example/\"\n\"torn").unwrap();
        cut_off += 1;
        assert!(cut_off < 100, "it comes to no end");
    }
    assert!(cut_off >= 3, "{cut_off}");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut items = BTreeMap::<String, u32>::new();
    for line in text.lines() {
        *items.entry(serde_json::from_str(line).unwrap()).or_default() += 1;
    }
    assert_eq!(items.len(), 41, "{items:?}");
    assert!(items.values().all(|times| *times == 1), "{items:?}");
}
