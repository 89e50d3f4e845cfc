//! Memory: bodies take their place in the room there is, and every page is read all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use dragline::fetch::{BoxFuture, Client, Error, Request, Response, Room};
use dragline::{Crawler, Ended, ErrorKind, Fetcher};
use dragline_site::{Answer, Site};
use http::Method;
use url::Url;

use crate::common::{FollowAll, collect, crawl, links, local};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

fn page_of(bytes: usize) -> Answer {
    Answer::html("<p>word ".repeat(bytes / 8))
}

async fn fetch(client: Client, url: Url, room: Room) -> Result<Response<Bytes>, Error> {
    let mut request = Request::new(Method::GET, url);
    request.room = Some(room);
    client.send(request).await?.collect().await
}

#[tokio::test]
async fn a_body_waits_for_room_and_goes_on_when_another_is_dropped() {
    let site = Site::new().answer("/", page_of(900 * KIB)).start().await.unwrap();
    let url: Url = site.url("/").parse().unwrap();
    let client = Client::new(local().fetch).unwrap();
    let room = Room::new(2 * MIB as u64, MIB as u64);
    let first = fetch(client.clone(), url.clone(), room.clone()).await.unwrap();
    let _second = fetch(client.clone(), url.clone(), room.clone()).await.unwrap();
    let third = tokio::spawn(fetch(client, url, room.clone()));
    while room.waiting() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!third.is_finished());
    drop(first);
    assert_eq!(third.await.unwrap().unwrap().body().len(), 900 * KIB);
}

#[tokio::test]
async fn a_body_that_never_fits_fails_as_too_large() {
    let site = Site::new().answer("/", page_of(2 * MIB)).start().await.unwrap();
    let client = Client::new(local().fetch).unwrap();
    let room = Room::new(3 * MIB as u64, MIB as u64);
    let error = fetch(client, site.url("/").parse().unwrap(), room).await.unwrap_err();
    assert_eq!(error.code(), "too_large");
}

/// Notes how many bytes of bodies the requests that are under way hold room for.
struct Watched {
    client: Client,
    waited: Arc<AtomicUsize>,
}

impl Fetcher for Watched {
    fn fetch(&self, request: Request) -> BoxFuture<'_, Result<Response<Bytes>, Error>> {
        Box::pin(async move {
            let room = request.room.clone().unwrap();
            let answer = self.client.fetch(request).await;
            self.waited.fetch_max(room.waiting(), Ordering::Relaxed);
            answer
        })
    }
}

#[tokio::test]
async fn a_crawl_of_pages_that_do_not_fit_together_reads_them_all() {
    let site = (0..24).fold(Site::new().page("/", links(24)), |site, page| {
        site.answer(format!("/{page}"), page_of(2 * MIB))
    });
    let site = site.start().await.unwrap();
    let mut config = local();
    config.politeness.per_host = 16;
    // 12 MiB are for bodies, 6 of them for one at a time.
    config.limits.memory = Some(48 * MIB as u64);
    let waited = Arc::new(AtomicUsize::new(0));
    let client = Client::new(config.fetch.clone()).unwrap();
    let fetcher = Watched { client, waited: waited.clone() };
    let crawler = Crawler::new(FollowAll(vec![site.url("/")])).config(config).fetcher(fetcher);
    let crawled = collect(crawler).await;
    assert_eq!(crawled.summary.ended, Ended::Finished);
    assert_eq!(crawled.summary.stats.done, 25, "{}", crawled.summary);
    assert!(waited.load(Ordering::Relaxed) > 0, "no body had to wait");
}

#[tokio::test]
async fn memory_that_no_crawl_can_do_with_is_refused_by_name() {
    let mut config = local();
    config.limits.memory = Some(MIB as u64);
    let crawler = Crawler::new(FollowAll(vec!["http://a.example/".into()])).config(config);
    let error = crawler.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("limits.memory") && error.to_string().contains("32 MiB"));
}

#[tokio::test]
async fn fewer_are_in_flight_when_there_is_no_memory_for_more() {
    let slow = |asked: &dragline_site::Asked| {
        let delay = std::time::Duration::from_millis(5);
        (asked.path != "/").then(|| Answer::html("").delay(delay))
    };
    let site = Site::new().dynamic(slow).page("/", links(60)).start().await.unwrap();
    let mut config = local();
    config.politeness.per_host = 64;
    config.limits.memory = Some(32 * MIB as u64);
    assert_eq!(config.warnings().last().map(dragline::Warning::code), Some("concurrency"));
    crawl(&site, "/", config).await;
    let most = site.most_in_flight();
    assert!((2..=10).contains(&most), "{most}");
}
