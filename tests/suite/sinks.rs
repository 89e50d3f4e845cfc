//! What sinks are given: keys that stay, where values come from, and positions that come back.

use std::sync::{Arc, Mutex, MutexGuard};

use dragline::fetch::BoxFuture;
use dragline::{Begin, Crawler, Entry, Position, Request, Schema, Sink, SinkError, State, Wants};
use dragline_site::{Answer, Site};

use crate::common::{FollowAll, local, wide};

/// What a sink was given, as text, and what became of it.
#[derive(Debug, Default)]
struct Seen {
    keys: Vec<String>,
    origins: Vec<String>,
    begun: Vec<Option<(String, usize)>>,
    finished: usize,
}

/// Notes what it is given, under a name of its own.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Seen>>, Wants);

impl Noting {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }

    fn ready(&self, what: &str) -> BoxFuture<'_, Result<Position, SinkError>> {
        let position = Position::new(&(what, self.seen().keys.len()));
        Box::pin(std::future::ready(position))
    }
}

impl<T> Sink<T> for Noting {
    fn name(&self) -> Option<&str> {
        Some("noting")
    }

    fn wants(&self) -> Wants {
        self.1
    }

    fn begin(&mut self, position: Option<&Position>) -> Result<(), SinkError> {
        let position = position.map(Position::read).transpose()?;
        self.seen().begun.push(position);
        Ok(())
    }

    fn write(&mut self, entry: &Entry<'_, T>) -> Result<(), SinkError> {
        let from = entry.provenance();
        let asked = from.preferences.map_or("unknown".to_owned(), ToString::to_string);
        let (status, sha256) = (from.status.unwrap_or_default(), from.sha256.unwrap_or("-"));
        let mut seen = self.seen();
        seen.keys.push(entry.key.to_string());
        seen.origins.push(format!("{} {status} {} [{asked}]", from.url, &sha256[..1]));
        Ok(())
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        self.ready("committed")
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        self.seen().finished += 1;
        self.ready("finished")
    }
}

#[tokio::test]
async fn keys_and_positions_outlive_a_crawl() {
    let site = wide(4).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sink = Noting::default();
    let crawler = |begin: Begin| {
        Crawler::new(FollowAll(vec![site.url("/")]))
            .state(State::new(folder.path().join("state")).begin(begin))
            .sink(sink.clone())
    };
    let mut config = local();
    config.limits.max_pages = Some(2);
    crawler(Begin::Continue).config(config).run().await.unwrap();
    let ends = |sink: &Noting| {
        let seen = sink.seen();
        (seen.keys.len(), seen.begun.clone(), seen.finished)
    };
    assert_eq!(ends(&sink), (2, vec![None], 1));
    crawler(Begin::Continue).config(local()).run().await.unwrap();
    let begun = vec![None, Some(("finished".to_owned(), 2))];
    assert_eq!(ends(&sink), (5, begun, 2));
    let mut first = sink.seen().keys.split_off(0);
    first.sort();
    first.dedup();
    assert_eq!(first.len(), 5, "each item has a key of its own: {first:?}");
    assert!(first.iter().all(|key| key.len() == 40 && key.ends_with("-item-0")), "{first:?}");
    assert!(first.iter().all(|key| key[..16] == first[0][..16]), "one crawl: {first:?}");
    crawler(Begin::Refresh).config(local()).run().await.unwrap();
    assert_eq!(sink.seen().begun.last(), Some(&None), "a refresh begins the output anew");
    let mut again = sink.seen().keys.clone();
    again.sort();
    assert_eq!(again, first, "a page that is fetched again gives its items the keys they had");
}

#[tokio::test]
async fn records_have_keys_of_their_own() {
    let page = "<a href=/1>x</a><a href=mailto:a@b.example>m</a>";
    let site = Site::new().page("/", page).page("/1", "").start().await.unwrap();
    let sink = Noting::default();
    let seeds = ["not a url", "not one either"].map(Request::get);
    Crawler::new(FollowAll(vec![site.url("/")]))
        .config(local())
        .seeds(futures_util::stream::iter(seeds))
        .pages(sink.clone())
        .run()
        .await
        .unwrap();
    let mut keys = sink.seen().keys.clone();
    assert!(keys.iter().all(|key| key.contains("-page-")), "{keys:?}");
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 4);
    assert_eq!(dragline::ItemKey::default().schema, Schema::Item);
}

#[tokio::test]
async fn what_a_page_asks_for_is_read_when_a_sink_wants_it() {
    let answer =
        Answer::html("<meta name=robots content=noarchive><meta name=tdm-policy content=/t>")
            .header("x-robots-tag", "noindex")
            .header("content-signal", "ai-train=no")
            .header("tdm-reservation", "1");
    let rules = "User-agent: *\nContent-Signal: search=yes\nDisallow: /private\n";
    let site = Site::new().robots(rules).answer("/", answer).start().await.unwrap();
    for (wants, expected) in [
        (Wants::Values, "- [unknown]"),
        (
            Wants::Provenance,
            "2 [noindex, noarchive, content-signal: ai-train=no, robots.txt content-signal: search=yes, tdm-reservation: 1, tdm-policy: /t]",
        ),
    ] {
        let sink = Noting(Arc::default(), wants);
        let mut config = local();
        config.records.digest = dragline::Digest::Sha256;
        let spider = FollowAll(vec![site.url("/")]);
        Crawler::new(spider).config(config).sink(sink.clone()).run().await.unwrap();
        let origin = sink.seen().origins[0].clone();
        let (head, tail) = origin.split_once(" 200 ").unwrap();
        assert_eq!(head, site.url("/"));
        match wants {
            Wants::Values => assert_eq!(tail, expected),
            Wants::Provenance => assert_eq!(tail[1..], expected[1..]),
        }
    }
}
