//! What reading a page costs: its facts, its links, typed fields, and the line that is written of it.

use std::hint::black_box;
use std::sync::Arc;

use dragline::{Document, Entry, Extract, JsonLines, PageRecord, Sink};
use dragline_benches::{Site, Words, listing, script, text};
use dragline_parse::{Facts, Joiner, LinkKinds, scan};
use futures_util::FutureExt;
use scraper::Html;
use url::Url;

use crate::Benchmark;
use crate::bencher::Bencher;

pub(crate) const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "scan_documentation",
        what: "a page of 50 KB with 260 links to 27 pages",
        iterations: 2_000,
        counted: 20,
        run: |bencher| scan_page(bencher, &documentation()),
    },
    Benchmark {
        name: "scan_listing",
        what: "a page of 60 KB with 100 cards, much markup",
        iterations: 2_000,
        counted: 20,
        run: |bencher| scan_page(bencher, &listing(&mut Words::new(2), 100)),
    },
    Benchmark {
        name: "scan_text",
        what: "a page of 60 KB of text, few links",
        iterations: 5_000,
        counted: 50,
        run: |bencher| scan_page(bencher, &text(&mut Words::new(3), 120)),
    },
    Benchmark {
        name: "scan_script",
        what: "a page of 60 KB, mostly script",
        iterations: 5_000,
        counted: 50,
        run: |bencher| scan_page(bencher, &script(&mut Words::new(4), 400)),
    },
    Benchmark {
        name: "join_links",
        what: "the links of the documentation page made absolute, once each",
        iterations: 5_000,
        counted: 100,
        run: join_links,
    },
    Benchmark {
        name: "parse_html5ever",
        what: "a tree of the documentation page by html5ever, for comparison",
        iterations: 100,
        counted: 4,
        run: parse_html5ever,
    },
    Benchmark {
        name: "extract_fields",
        what: "the document of the same page, and three derived fields",
        iterations: 100,
        counted: 4,
        run: extract_fields,
    },
    Benchmark {
        name: "record_line",
        what: "a page record as a line of JSON",
        iterations: 100_000,
        counted: 2_000,
        run: record_line,
    },
];

/// Three fields of the documentation page.
#[derive(Extract)]
struct Module {
    #[extract(css = "h1 > code")]
    name: String,
    #[extract(css = "p.intro")]
    intro: Option<String>,
    #[extract(css = "section.method span.fn")]
    functions: Vec<String>,
}

/// The page on which most is measured.
pub(crate) fn documentation() -> String {
    site().page(0, 1)
}

/// The URL of that page.
pub(crate) fn page_url() -> Url {
    Url::parse("http://docs.example/").unwrap().join(&Site::path(1)).unwrap()
}

/// A site like the documentation of a language.
pub(crate) fn site() -> Site {
    Site { pages: 7_000, links: 262, targets: 27, bytes: 50_000, seed: 1 }
}

fn scan_page(bencher: &mut Bencher, page: &str) {
    let iterations = bencher.iterations();
    bencher.measure(|| {
        for _ in 0..iterations {
            black_box(scan(black_box(page)).unwrap());
        }
    });
}

fn join_links(bencher: &mut Bencher) {
    let page = documentation();
    let (facts, url): (Facts, Url) = (scan(&page).unwrap(), page_url());
    let iterations = bencher.iterations();
    let joined = bencher.measure(|| {
        let mut joined = 0;
        for _ in 0..iterations {
            let mut joiner = Joiner::new(&url, facts.base(), "UTF-8");
            joiner.visit(&facts, LinkKinds::default(), |url, _| {
                black_box(url);
                joined += 1;
            });
        }
        joined
    });
    // Four links lead to each place twice: as it stands, and with a mark behind it.
    assert!(joined >= 27 * iterations, "{joined} links");
}

fn parse_html5ever(bencher: &mut Bencher) {
    let page = documentation();
    let iterations = bencher.iterations();
    bencher.measure(|| {
        for _ in 0..iterations {
            black_box(Html::parse_document(&page));
        }
    });
}

fn extract_fields(bencher: &mut Bencher) {
    let (page, url) = (documentation(), page_url());
    let iterations = bencher.iterations();
    bencher.measure(|| {
        for _ in 0..iterations {
            let document = Document::parse(&page, &url);
            let module = Module::extract(document.root()).unwrap();
            assert!(
                !module.name.is_empty() && module.intro.is_some() && module.functions.len() > 40
            );
        }
    });
}

fn record_line(bencher: &mut Bencher) {
    let record = PageRecord {
        url: page_url().into(),
        status: Some(200),
        depth: 3,
        referrer: Some(Arc::from("http://docs.example/0/0.html")),
        content_type: Some("text/html; charset=utf-8".to_owned()),
        encoding: Some("UTF-8"),
        bytes: 50_000,
        title: Some("concondar \u{201c}made up\u{201d}".to_owned()),
        links: 262,
        attempts: 1,
        elapsed_ms: 0.731,
        fetched_at: "2026-11-22T12:00:00.123Z".to_owned(),
        ..PageRecord::default()
    };
    let iterations = bencher.iterations();
    let mut sink = JsonLines::writer("nowhere", tokio::io::sink());
    bencher.measure(|| {
        for number in 0..iterations {
            sink.write(&Entry::sample(black_box(&record))).unwrap();
            // As after a batch of pages.
            if number % 16 == 15 {
                sink.commit().now_or_never().unwrap().unwrap();
            }
        }
    });
}
