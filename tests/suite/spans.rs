//! The spans of a crawl, as a subscriber of the program sees them.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard};

use dragline::Crawler;
use dragline_testkit::SimulatedWeb;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::common::FollowAll;

/// One span: what it is, its parent, its fields, and how often it was closed.
#[derive(Debug, Default)]
struct Seen {
    name: &'static str,
    parent: Option<usize>,
    fields: Vec<String>,
    held: usize,
    entered: usize,
}

/// Notes all spans of this crate's.
#[derive(Clone, Debug, Default)]
struct Noting(Arc<Mutex<Vec<Seen>>>);

impl Noting {
    fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.0.lock().unwrap()
    }
}

struct Fields<'a>(&'a mut Vec<String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push(format!("{field}={value:?}"));
    }
}

fn index(id: &Id) -> usize {
    usize::try_from(id.into_u64()).unwrap() - 1
}

impl Subscriber for Noting {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("dragline::") && metadata.is_span()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut seen = Seen { name: span.metadata().name(), held: 1, ..Seen::default() };
        seen.parent = span.parent().map(index);
        span.record(&mut Fields(&mut seen.fields));
        let mut all = self.seen();
        all.push(seen);
        Id::from_u64(all.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut Fields(&mut self.seen()[index(span)].fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, span: &Id) {
        self.seen()[index(span)].entered += 1;
    }

    fn exit(&self, _: &Id) {}

    fn clone_span(&self, id: &Id) -> Id {
        self.seen()[index(id)].held += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let held = &mut self.seen()[index(&id)].held;
        *held -= 1;
        *held == 0
    }
}

#[tokio::test(start_paused = true)]
async fn each_url_has_a_span_with_its_fetch_and_its_parse_in_it() {
    let noting = Noting::default();
    // With only one, spans that a test on another thread meets first would be off for all.
    let _second = tracing::Dispatch::new(noting.clone());
    let _guard = tracing::subscriber::set_default(noting.clone());
    let web = SimulatedWeb::builder().page("http://a.example/", "<a href=/missing>1</a>").build();
    let crawler = Crawler::new(FollowAll(vec!["http://a.example/".to_owned()]));
    crawler.fetcher(web).run().await.unwrap();
    let seen = noting.seen();
    let of = |parent: Option<usize>| seen.iter().filter(move |span| span.parent == parent);
    let urls: Vec<String> = of(None).map(|span| span.fields.join(" ")).collect();
    let url = |path: &str, depth: u8, status: u16| {
        format!(
            "url=\"http://a.example/{path}\" depth={depth} attempt=1 host=http://a.example:80 status={status}"
        )
    };
    assert_eq!(urls, [url("", 0, 200), url("missing", 1, 404)]);
    for (number, _) in seen.iter().enumerate().filter(|(_, span)| span.name == "url") {
        let inside: Vec<_> = of(Some(number)).map(|span| (span.name, span.entered > 0)).collect();
        assert_eq!(inside, [("fetch", true), ("parse", true)]);
    }
    assert!(seen.iter().all(|span| span.held == 0), "all have ended with the crawl: {seen:#?}");
}
