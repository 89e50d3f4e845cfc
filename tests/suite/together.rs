//! Two crawls at once in one process, paused, fed, stopped and dropped at random: nothing is left behind, and the
//! totals are right at each moment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dragline::{
    Config, Crawl, Crawler, Durability, Ended, Event, Events, JsonLines, Request, State, Stats,
};
use dragline_testkit::{Fault, Graph, HostPlan, Pages, SimulatedWeb, Trouble, When};
use fastrand::Rng;
use futures_util::FutureExt;
use tokio::runtime::Handle as Runtime;

use crate::common::FollowAll;

/// Hosts of a web; the crawl begins with the first two.
const HOSTS: u32 = 5;

/// Takes 100 rounds, or as many as `DRAGLINE_ROUNDS` says.
#[tokio::test(start_paused = true)]
async fn crawls_that_are_paused_fed_stopped_and_dropped_at_random_leave_nothing_behind() {
    let rounds = std::env::var("DRAGLINE_ROUNDS").map_or(100, |text| text.parse::<u64>().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let tasks = Runtime::current().metrics().num_alive_tasks();
    let mut ends = BTreeSet::new();
    for seed in 0..rounds {
        // Files are synced, which takes most of the time: one round in twenty has some.
        let place = seed.is_multiple_of(20).then(|| folder.path().join(seed.to_string()));
        round(seed, place.as_deref(), &mut ends).await;
        for _ in 0..1_000 {
            if Runtime::current().metrics().num_alive_tasks() == tasks {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(Runtime::current().metrics().num_alive_tasks(), tasks, "round {seed}");
        assert_eq!(open_files(folder.path()), Vec::<PathBuf>::new(), "round {seed}");
    }
    assert_eq!(ends, BTreeSet::from(["dropped", "finished", "stopped"]), "each was tried");
}

/// One of the two crawls.
struct Running {
    crawl: Crawl<FollowAll>,
    web: SimulatedWeb,
    config: Config,
    file: Option<PathBuf>,
    events: Option<Events>,
    items: Vec<String>,
    stopped: bool,
}

async fn round(seed: u64, place: Option<&Path>, ends: &mut BTreeSet<&'static str>) {
    let mut random = Rng::with_seed(seed);
    let mut crawls = [0, 1].map(|number| {
        let place = place.map(|place| place.join(number.to_string()));
        Some(start(random.u64(..), place.as_deref()))
    });
    for _ in 0..random.u32(5..40) {
        let which = random.usize(..2);
        let Some(running) = &mut crawls[which] else { continue };
        let handle = running.crawl.handle();
        // A crawl that has ended takes no more orders, which is as good.
        let _ = match random.u32(..100) {
            0..15 => handle.pause().await,
            15..35 => handle.resume().await,
            35..50 => {
                let host = random.u32(..HOSTS);
                handle.add(vec![Request::get(format!("http://h{host}.example/")).unwrap()]).await
            }
            50..53 => {
                running.stopped |= handle.stop().await.is_ok();
                Ok(())
            }
            53..56 => {
                crawls[which] = None;
                ends.insert("dropped");
                continue;
            }
            56..80 => {
                let wait = Duration::from_millis(random.u64(..3_000));
                let next = tokio::time::timeout(wait, running.crawl.next()).await;
                running.items.extend(next.ok().flatten());
                Ok(())
            }
            _ => {
                tokio::time::sleep(Duration::from_millis(random.u64(..5_000))).await;
                Ok(())
            }
        };
        adds_up(&handle.stats());
    }
    for running in crawls.into_iter().flatten() {
        ends.insert(match random.u32(..4) {
            0 => "dropped",
            1 => end(running, How::Stop).await,
            _ => end(running, How::Wait).await,
        });
    }
}

fn start(seed: u64, place: Option<&Path>) -> Running {
    let fault = Fault { when: When::Every(7), what: Trouble::Unavailable { retry_after: None } };
    let plan = HostPlan {
        jitter: Duration::from_millis(40),
        pages: Pages::Graph(Graph { pages: 12, links: 3 }),
        faults: vec![fault],
        ..HostPlan::default()
    };
    let web = (0..HOSTS).fold(SimulatedWeb::builder().seed(seed), |web, host| {
        web.host(&format!("h{host}.example"), plan.clone())
    });
    let web = web.build();
    let config = Config::default();
    let seeds = vec!["http://h0.example/".to_owned(), "http://h1.example/".to_owned()];
    let mut crawler =
        Crawler::new(FollowAll(seeds)).config(config.clone()).fetcher(web.clone()).random(seed);
    let file = place.map(|place| {
        std::fs::create_dir_all(place).unwrap();
        place.join("items.jsonl")
    });
    if let (Some(place), Some(file)) = (place, &file) {
        crawler = crawler
            .state(State::new(place.join("state")).durability(Durability::Relaxed))
            .sink(JsonLines::create(file).unwrap());
    }
    let crawl = crawler.start().unwrap();
    // Half of the crawls are listened to, by one who reads nothing before the end.
    let events = seed.is_multiple_of(2).then(|| crawl.handle().events());
    Running { crawl, web, config, file, events, items: Vec::new(), stopped: false }
}

enum How {
    Stop,
    Wait,
}

/// Ends a crawl in order, and checks all that it gave.
async fn end(running: Running, how: How) -> &'static str {
    let Running { mut crawl, web, config, file, events, mut items, mut stopped } = running;
    let handle = crawl.handle();
    match how {
        How::Stop => stopped |= handle.stop().await.is_ok(),
        How::Wait => drop(handle.resume().await),
    }
    while let Some(item) = crawl.next().await {
        items.push(item);
    }
    let summary = crawl.finish().await.unwrap();
    adds_up(&summary.stats);
    assert!(handle.pause().now_or_never().unwrap().is_err(), "it has ended");
    let distinct: BTreeSet<_> = items.iter().collect();
    assert_eq!(distinct.len() as u64, summary.stats.items, "each item once");
    assert_eq!(items.len() as u64, summary.stats.items, "each item once");
    if let Some(file) = file {
        let lines = std::fs::read_to_string(file).unwrap().lines().count();
        assert_eq!(lines as u64, summary.stats.items, "each item is a line");
    }
    if let Some(mut events) = events {
        let (mut ended, mut last) = (0, None);
        while let Some(event) = events.next().await {
            ended += u64::from(matches!(event, Event::Finished(_) | Event::Failed(_)));
            last = Some(event);
        }
        assert_eq!(ended, summary.stats.done + summary.stats.failed, "each end is told");
        assert_eq!(last, Some(Event::Ended(summary.ended)));
    }
    let report = web.check(&config);
    assert!(report.broken.is_empty(), "{report}");
    match summary.ended {
        Ended::Finished => {
            assert_eq!(summary.stats.waiting, 0);
            "finished"
        }
        ended => {
            assert!(stopped && ended == Ended::Stopped, "{ended:?}");
            "stopped"
        }
    }
}

fn adds_up(stats: &Stats) {
    assert_eq!(
        stats.discovered,
        stats.done + stats.failed + stats.skipped + stats.waiting,
        "{stats:?}"
    );
}

/// Returns the files below a folder that this process holds open.
fn open_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(open) = std::fs::read_dir("/proc/self/fd") else { return Vec::new() };
    let targets = open.flatten().filter_map(|file| std::fs::read_link(file.path()).ok());
    targets.filter(|target| target.starts_with(folder)).collect()
}
