//! What a crawl tells while it runs, to whoever listens.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dragline::{Config, Crawler, Ended, Event, EventRecord, JsonLines, Request, State};
use dragline_testkit::{HostPlan, Reply, SimulatedWeb};
use futures_util::StreamExt;

use crate::common::{FollowAll, links};

fn web() -> SimulatedWeb {
    SimulatedWeb::builder()
        .host("a.example", HostPlan::default())
        .page(
            "http://a.example/",
            "<a href=/missing>1</a><a href=/busy>2</a><a href=http://a.example/in>3</a>",
        )
        .on("http://a.example/in", [Reply::html("in")])
        .on(
            "http://a.example/busy",
            [Reply::status(503).header("retry-after", "60"), Reply::html("busy")],
        )
        .page("http://b.example/", "added")
        .build()
}

#[tokio::test(start_paused = true)]
async fn events_come_in_order_and_end_with_the_crawl() {
    let seeds = vec!["http://a.example/".to_owned(), "http://none.example/".to_owned()];
    let crawl = Crawler::new(FollowAll(seeds)).fetcher(web()).random(1).start().unwrap();
    let handle = crawl.handle();
    let events = handle.events();
    handle.pause().await.unwrap();
    handle.add(vec![Request::get("http://b.example/").unwrap()]).await.unwrap();
    handle.resume().await.unwrap();
    let summary = crawl.finish().await.unwrap();
    let told: Vec<String> = events.map(|event| tell(&event)).collect().await;
    let at = |text: &str| {
        told.iter().position(|told| told == text).unwrap_or_else(|| panic!("{text}: {told:#?}"))
    };
    assert!(at("paused") < at("added 1") && at("added 1") < at("resumed"));
    assert!(at("finished http://a.example/") < at("finished http://a.example/missing"));
    assert!(at("http://a.example:80 paused for 60") < at("finished http://a.example/busy"));
    assert!(at("failed http://none.example/") < at("finished http://a.example/busy"));
    at("finished http://b.example/");
    assert_eq!(told.last().unwrap(), "ended Finished");
    let ends = told.iter().filter(|told| told.starts_with("fini") || told.starts_with("fail"));
    assert_eq!(ends.count() as u64, summary.stats.discovered, "each URL exactly once");
    assert!(handle.events().next().await.is_none(), "nothing comes after the end");
}

fn tell(event: &Event) -> String {
    match event {
        Event::Finished(page) => format!("finished {}", page.url),
        Event::Failed(page) => format!("failed {}", page.url),
        Event::Skipped(page) => format!("skipped {}", page.url),
        Event::HostPaused { host, pause } => format!("{host} paused for {}", pause.as_secs()),
        Event::Paused => "paused".to_owned(),
        Event::Resumed => "resumed".to_owned(),
        Event::Added { seeds } => format!("added {seeds}"),
        Event::Ending(why) => format!("ending {why:?}"),
        Event::Ended(why) => format!("ended {why:?}"),
        Event::Missed { events } => format!("missed {events}"),
        _ => "new".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_told_before_the_end() {
    let mut config = Config::default();
    config.limits.max_time = Some(Duration::from_secs(2));
    let crawl = Crawler::new(FollowAll(vec!["http://a.example/".to_owned()]));
    let crawl = crawl.config(config).fetcher(web()).start().unwrap();
    let events = crawl.handle().events();
    assert_eq!(crawl.finish().await.unwrap().ended, Ended::MaxTime);
    let told: Vec<Event> = events.collect().await;
    assert_eq!(
        told[told.len() - 2..],
        [Event::Ending(Ended::MaxTime), Event::Ended(Ended::MaxTime)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_sink_gets_every_event_of_a_crawl_however_many() {
    let site = SimulatedWeb::builder().page("http://a.example/", &links(1500));
    let web = (0..1500).fold(site, |web, page| web.page(&format!("http://a.example/{page}"), ""));
    let written: Arc<Mutex<Vec<EventRecord>>> = Arc::default();
    let sink = {
        let written = written.clone();
        move |record: &EventRecord| written.lock().unwrap().push(record.clone())
    };
    let crawl = Crawler::new(FollowAll(vec!["http://a.example/".to_owned()]));
    let crawl = crawl.fetcher(web.build()).events(sink).start().unwrap();
    let handle = crawl.handle();
    // Nobody reads it before the end.
    let mut slow = handle.events();
    handle.pause().await.unwrap();
    handle.resume().await.unwrap();
    let summary = crawl.finish().await.unwrap();
    let Some(Event::Missed { events }) = slow.next().await else { panic!("nothing was missed") };
    let told: Vec<Event> = slow.collect().await;
    let written = written.lock().unwrap();
    let all: Vec<Event> = written.iter().map(|record| record.event.clone()).collect();
    assert_eq!(all[..2], [Event::Paused, Event::Resumed]);
    assert_eq!(all.len() as u64, summary.stats.discovered + 3);
    assert_eq!(all.len() as u64, told.len() as u64 + events);
    assert_eq!(all[events as usize..], told, "the same, in the same order");
    assert!(written.is_sorted_by_key(|record| &record.time));
}

#[tokio::test(start_paused = true)]
async fn a_file_of_events_has_each_url_once_over_all_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    let mut config = Config::default();
    config.limits.max_pages = Some(2);
    for _ in 0..2 {
        let crawler = Crawler::new(FollowAll(vec!["http://a.example/".to_owned()]));
        let crawler = crawler.config(config.clone()).fetcher(web());
        let crawler = crawler.state(State::new(folder.path().join("state")));
        crawler.events(JsonLines::create(&file).unwrap()).run().await.unwrap();
    }
    let lines = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &str| lines.iter().filter(|line| line["event"] == name).count();
    assert_eq!((of("finished"), of("ended"), of("host_paused")), (4, 2, 1), "{lines:#?}");
    assert_eq!(lines.last().unwrap()["reason"], "max_pages");
    let pages: Vec<&str> = lines.iter().filter_map(|line| line["page"]["url"].as_str()).collect();
    let mut urls = pages.clone();
    urls.sort_unstable();
    urls.dedup();
    assert_eq!(urls.len(), pages.len(), "{pages:?}");
}
