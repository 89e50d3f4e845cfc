//! A refresh: conditional requests, what changed, and how it goes on after an interruption.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dragline_site::{Answer, Asked, Site};

use crate::Kept;

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// A site that becomes another one when it is told so.
fn changing(later: &Arc<AtomicBool>) -> Site {
    let later = later.clone();
    Site::new().robots("").dynamic(move |asked| answer(asked, later.load(Ordering::SeqCst)))
}

fn answer(asked: &Asked, later: bool) -> Option<Answer> {
    let tagged = |etag: &str, body: &str| {
        let answer = if asked.header("if-none-match") == Some(etag) {
            Answer::new(304)
        } else {
            Answer::html(body)
        };
        answer.header("etag", etag)
    };
    let links = "<a href=/etag>1</a><a href=/date>2</a><a href=/body>3</a><a href=/changes>4</a>\
                 <a href=/vanishes>5</a><a href=/moves>6</a><a href=/never>7</a>";
    Some(match (asked.path.as_str(), later) {
        ("/", false) => tagged("\"home\"", links),
        ("/", true) => tagged("\"new home\"", &format!("{links}<a href=/new>8</a>")),
        ("/etag", _) => tagged("W/\"tag\"", "one"),
        ("/date", _) if asked.header("if-modified-since") == Some(DATE) => Answer::new(304),
        ("/date", _) => Answer::html("two").header("last-modified", DATE),
        ("/body", _) => Answer::html("three"),
        ("/changes", false) => tagged("\"1\"", "before").header("last-modified", DATE),
        ("/changes", true) => tagged("\"2\"", "after").header("last-modified", DATE),
        ("/vanishes" | "/moves", false) => Answer::html("five"),
        ("/vanishes", true) => Answer::new(410),
        ("/moves", true) => Answer::new(301).header("location", "/etag"),
        ("/new", true) => Answer::html("eight"),
        _ => return None,
    })
}

#[tokio::test]
async fn a_refresh_asks_whether_pages_changed_and_counts_what_became_of_them() {
    let later = Arc::default();
    let site = changing(&later).start().await.unwrap();
    let kept = Kept::new(&site);
    let first = kept.crawl(&[]).await;
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert!(!first.stderr.contains("pages since"), "{}", first.stderr);
    assert!(kept.records().values().all(|record| record.get("change").is_none()));
    let hits = site.hits();
    let conditional = |hit: &dragline_site::Hit| {
        hit.header("if-none-match").or(hit.header("if-modified-since")).is_some()
    };
    assert!(!hits.iter().any(conditional), "{hits:?}");

    later.store(true, Ordering::SeqCst);
    let second = kept.crawl(&["--refresh"]).await;
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    let counts = "pages since the crawl before: 1 added, 3 changed, 3 unchanged, 1 gone";
    assert!(second.stderr.contains(counts), "{}", second.stderr);
    assert_eq!(second.totals(), "discovered 9 = done 9 + failed 0 + skipped 0 + waiting 0");
    let records = kept.records();
    let told: Vec<_> = records
        .iter()
        .map(|(path, record)| {
            (path.as_str(), record["status"].as_u64().unwrap(), record["change"].as_str())
        })
        .collect();
    let expected = [
        ("/", 200, Some("changed")),
        ("/body", 200, Some("unchanged")),
        ("/changes", 200, Some("changed")),
        ("/date", 304, Some("unchanged")),
        ("/etag", 304, Some("unchanged")),
        ("/moves", 301, Some("changed")),
        ("/never", 404, None),
        ("/new", 200, Some("added")),
        ("/vanishes", 410, Some("gone")),
    ];
    assert_eq!(told, expected);
    let asked: BTreeMap<_, _> = site.hits()[hits.len()..]
        .iter()
        .map(|hit| {
            let condition = |name| hit.header(name).map(str::to_owned);
            (hit.path.clone(), (condition("if-none-match"), condition("if-modified-since")))
        })
        .collect();
    let (etag, date) = (|tag: &str| Some(tag.to_owned()), || Some(DATE.to_owned()));
    assert_eq!(asked["/"], (etag("\"home\""), None));
    assert_eq!(asked["/etag"], (etag("W/\"tag\""), None));
    assert_eq!(asked["/date"], (None, date()));
    assert_eq!(asked["/changes"], (etag("\"1\""), date()));
    for plain in ["/body", "/moves", "/never", "/new", "/robots.txt", "/vanishes"] {
        assert_eq!(asked[plain], (None, None), "{plain}");
    }

    let third = kept.crawl(&["--refresh"]).await;
    let counts = "pages since the crawl before: 0 added, 0 changed, 6 unchanged, 0 gone";
    assert!(third.stderr.contains(counts), "{}", third.stderr);
    assert_eq!(third.totals(), "discovered 9 = done 9 + failed 0 + skipped 0 + waiting 0");
}

#[tokio::test]
async fn a_page_that_could_not_be_fetched_in_one_refresh_is_compared_in_the_next() {
    let down = Arc::new(AtomicBool::new(false));
    let is_down = down.clone();
    let site = Site::new()
        .robots("")
        .page("/", "<a href=/a>a</a>")
        .dynamic(move |asked| {
            (asked.path == "/a" && is_down.load(Ordering::SeqCst)).then(|| Answer::new(500))
        })
        .answer("/a", Answer::html("the same"))
        .start()
        .await
        .unwrap();
    let kept = Kept::new(&site);
    kept.crawl(&[]).await;
    for (is_down, expected) in [(true, None), (false, Some("unchanged"))] {
        down.store(is_down, Ordering::SeqCst);
        let run = kept.crawl(&["--refresh"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(kept.records()["/a"]["change"].as_str(), expected);
    }
}

#[tokio::test]
async fn an_interrupted_refresh_goes_on_with_and_without_the_option() {
    let links: String = (0..12).map(|page| format!("<a href=/{page}>x</a>")).collect();
    let site = (0..12).fold(Site::new().robots("").page("/", &*links), |site, page| {
        site.answer(format!("/{page}"), Answer::html(format!("page {page}")))
    });
    let site = site.start().await.unwrap();
    let kept = Kept::new(&site);
    kept.crawl(&[]).await;
    let runs: [(&[&str], &str); 3] = [
        (&["--refresh", "--max-pages", "4"], "done 4 + failed 0 + skipped 0 + waiting 9"),
        (&["--max-pages", "4"], "done 8 + failed 0 + skipped 0 + waiting 5"),
        (&["--refresh"], "done 13 + failed 0 + skipped 0 + waiting 0"),
    ];
    for (options, totals) in runs {
        let run = kept.crawl(options).await;
        assert_eq!(run.totals(), format!("discovered 13 = {totals}"), "{}", run.stderr);
        assert!(run.stderr.contains(": refreshing, with "), "{}", run.stderr);
    }
    let records = kept.records();
    assert_eq!(records.len(), 13, "the output is that of the whole refresh");
    for (path, record) in &records {
        assert_eq!(record["change"], "unchanged", "{record}");
        assert_eq!(site.hits_of(path), 2, "{path}: once in the crawl, once in the refresh");
    }
    let after = kept.crawl(&[]).await;
    assert!(after.stderr.contains("this crawl is finished"), "{}", after.stderr);
    assert!(after.stderr.contains("0 added, 0 changed, 13 unchanged, 0 gone"), "{}", after.stderr);
    assert_eq!(kept.records(), records);
}

#[tokio::test]
async fn only_a_finished_crawl_is_refreshed_and_the_rest_is_left_as_it_is() {
    let site = Site::new().robots("").page("/", "<a href=/a>a</a>").start().await.unwrap();
    let kept = Kept::new(&site);
    let nothing = kept.crawl(&["--refresh"]).await;
    assert_eq!(nothing.code, Some(2), "{}", nothing.stderr);
    assert!(nothing.stderr.contains("holds no crawl; begin one"), "{}", nothing.stderr);
    assert!(!kept.state().exists());
    kept.crawl(&["--max-pages", "1"]).await;
    let records = kept.records();
    let refused = kept.crawl(&["--refresh"]).await;
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("1 URLs wait; let it come to its end"), "{}", refused.stderr);
    assert_eq!(kept.records(), records);
    let end = kept.crawl(&[]).await;
    assert_eq!(end.totals(), "discovered 2 = done 2 + failed 0 + skipped 0 + waiting 0");
    assert_eq!(site.hits_of("/"), 1);
}
