//! The formats of outputs, by the endings of their names, and what --provenance adds.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use dragline_site::Site;
use flate2::read::MultiGzDecoder;
use serde_json::Value;

use crate::run;

/// Three pages with a text that every format has to quote.
fn site() -> Site {
    let page = |name: &str, links: &str| format!("<title>{name}, \"x\"</title>{links}");
    Site::new()
        .robots("")
        .page("/", page("first", "<a href=/1>x</a><a href=/2>x</a>"))
        .page("/1", page("one", ""))
        .page("/2", page("two", ""))
}

fn unzip(path: &Path) -> String {
    let mut text = String::new();
    let bytes = std::fs::read(path).unwrap();
    MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn one_crawl_writes_all_formats() {
    let server = site().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let names = ["a.jsonl", "a.jsonl.gz", "a.csv", "a.csv.gz", "a.csv.zst", "a.sqlite"].map(path);
    let url = server.url("/");
    let mut arguments = vec!["crawl", &url, "--delay", "0", "-o", "-"];
    arguments.extend(names.iter().flat_map(|name| ["-o", name]));
    let run = run(&arguments).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let lines = std::fs::read_to_string(&names[0]).unwrap();
    assert_eq!((lines.lines().count(), &lines), (3, &run.stdout));
    assert_eq!(unzip(Path::new(&names[1])), lines);
    let csv = std::fs::read_to_string(&names[2]).unwrap();
    assert!(csv.starts_with("url,method,status,error,"), "{csv}");
    assert!(csv.contains(",\"first, \"\"x\"\"\","), "{csv}");
    assert_eq!(csv.matches("\r\n").count(), 4);
    assert_eq!(unzip(Path::new(&names[3])), csv);
    let zstd = std::fs::read(&names[4]).unwrap();
    assert_eq!(zstd[..4], [0x28, 0xb5, 0x2f, 0xfd]);
    let database = rusqlite::Connection::open(&names[5]).unwrap();
    let mut query = database.prepare("SELECT title FROM pages WHERE status = 200").unwrap();
    let titles = query.query_map([], |row| row.get(0)).unwrap();
    let titles: BTreeSet<String> = titles.collect::<Result<_, _>>().unwrap();
    let expected = ["first, \"x\"", "one, \"x\"", "two, \"x\""].map(str::to_owned);
    assert_eq!(titles, BTreeSet::from(expected));
}

#[tokio::test]
async fn outputs_rotate_and_say_where_items_come_from() {
    let server = dragline_site::quotes().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let text = include_str!("../../../../examples/quotes.toml");
    let text = text.replace("https://quotes.example/", &server.url("/"));
    let spider = path("quotes.toml");
    std::fs::write(&spider, format!("{text}\n[politeness]\ndelay = '0s'\n")).unwrap();
    let (lines, rows) = (path("items.jsonl"), path("items.csv.gz"));
    let arguments =
        ["crawl", &spider, "-o", &lines, "-o", &rows, "--rotate", "20", "--provenance", "--digest"];
    let run = run(&arguments).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let parts = ["items-00001.jsonl", "items-00002.jsonl"];
    let parts = parts.map(|name| std::fs::read_to_string(path(name)).unwrap());
    assert_eq!(parts.each_ref().map(|part| part.lines().count()), [20, 18]);
    let items = parts.iter().flat_map(|part| part.lines());
    let items: Vec<Value> = items.map(|line| serde_json::from_str(line).unwrap()).collect();
    let keys: BTreeSet<_> = items.iter().map(|item| item["_key"].as_str().unwrap()).collect();
    assert_eq!(keys.len(), 38);
    for item in &items {
        assert!(item["_url"].as_str().unwrap().starts_with(&server.url("/")), "{item}");
        assert_eq!((&item["_status"], item["_sha256"].as_str().unwrap().len()), (&200.into(), 64));
    }
    for name in ["items-00001.csv.gz", "items-00002.csv.gz"] {
        let text = unzip(Path::new(&path(name)));
        let header = text.lines().next().unwrap();
        assert!(header.starts_with("type,"), "{header}");
        assert!(
            header.ends_with(",_key,_url,_fetched_at,_status,_sha256,_preferences"),
            "{header}"
        );
    }
    assert!(!Path::new(&lines).exists());
}

#[tokio::test]
async fn events_are_lines_with_the_records_of_pages() {
    let server = site().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let file = path.to_str().unwrap();
    let run = run(&["crawl", &server.url("/"), "--delay", "0", "--events", file]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let events = std::fs::read_to_string(&path).unwrap();
    let events: Vec<Value> =
        events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (end, pages) = events.split_last().unwrap();
    assert_eq!((&end["event"], &end["reason"]), (&"ended".into(), &"finished".into()));
    assert!(pages.iter().all(|event| event["event"] == "finished" && event["time"].is_string()));
    let pages: Vec<Value> = pages.iter().map(|event| event["page"].clone()).collect();
    assert_eq!(pages, run.lines(), "the records of the output");
}

#[tokio::test]
async fn main_content_comes_in_chunks_by_headings() {
    let words = "Many words, as an article has them, and then some more. ".repeat(12);
    let page =
        format!("<main><h1>Guide</h1><p>{words}<h2 id=use>Use</h2><p>{words}<a href=/n>on</a>");
    let server = Site::new().robots("").page("/", page).start().await.unwrap();
    let url = server.url("/");
    for (form, second) in [("markdown", "## Use"), ("text", "Use")] {
        let run =
            run(&["fetch", &url, "--json", "--content", form, "--content-chunks", "900"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let record: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(record["content"], Value::Null, "chunks are in place of it");
        let chunks = record["chunks"].as_array().unwrap();
        assert_eq!(chunks.len(), 2);
        assert_eq!(chunks[1]["headings"], serde_json::json!(["Guide", "Use"]));
        assert_eq!(chunks[1]["anchor"], "use");
        let text = chunks[1]["text"].as_str().unwrap();
        assert!(text.starts_with(second), "{text}");
        assert_eq!(
            text.ends_with(&format!("[on]({})", server.url("/n"))),
            form == "markdown",
            "{text}"
        );
    }
}

#[cfg(feature = "object-store")]
#[tokio::test]
async fn objects_are_parts_in_a_folder_of_the_crawl() {
    let server = site().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let objects = format!("file://{}", path("data/pages.jsonl"));
    let (url, state) = (server.url("/"), path("state"));
    let arguments = ["crawl", &url, "--delay", "0", "--per-host", "1", "-o", &objects, "--state"];
    let run = run(&[&arguments[..], &[&state, "--rotate", "1"]].concat()).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let of_crawl = std::fs::read_dir(path("data/pages")).unwrap().next().unwrap().unwrap().path();
    let mut lines = 0;
    for part in std::fs::read_dir(of_crawl).unwrap() {
        let part = part.unwrap().path();
        lines += std::fs::read_to_string(&part).unwrap().lines().count();
    }
    assert_eq!(lines, 3);
    assert!(!Path::new(&state).join("spool").exists());
}
