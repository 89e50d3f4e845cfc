//! Spiders in TOML: crawled, checked, and written to begin with.

use std::path::{Path, PathBuf};

use dragline_site::Server;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::run;

/// Writes the spider of the examples for a site of this test.
fn quotes(server: &Server) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("../../../../examples/quotes.toml");
    let text = text.replace("https://quotes.example/", &server.url("/"));
    let path = write(&folder, "quotes.toml", &format!("{text}\n[politeness]\ndelay = '0s'\n"));
    (folder, path)
}

fn write(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_spider_gives_its_items_and_beside_them_the_records() {
    let server = dragline_site::quotes().start().await.unwrap();
    let (folder, spider) = quotes(&server);
    let (items, pages) = (folder.path().join("items.jsonl"), folder.path().join("pages.jsonl"));
    let run = run(&["crawl", text(&spider), "-o", text(&items), "--pages", text(&pages)]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let items = lines(&items);
    let count = |kind: &str| items.iter().filter(|item| item["type"] == kind).count();
    assert_eq!((count("quote"), count("author"), items.len()), (30, 8, 38));
    assert_eq!(lines(&pages).len(), 5 + 8);
    assert!(run.stderr.contains("quote: 30 items\n"), "{}", run.stderr);
    let first = std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap();
    assert!(first.starts_with(r#"{"type":"quote","text":"#), "{first}");
}

#[tokio::test]
async fn options_go_over_the_settings_of_a_spider_and_those_over_a_file_of_settings() {
    let server = dragline_site::quotes().start().await.unwrap();
    let (folder, spider) = quotes(&server);
    let settings = write(
        &folder,
        "s.toml",
        "[politeness]\ndelay = '9s'\nper_host = 3\n[limits]\nretries = 5\n",
    );
    let arguments =
        ["crawl", text(&spider), "--config", text(&settings), "--retries", "1", "--print-config"];
    let run = run(&arguments).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for line in ["delay = \"0s\"", "per_host = 3", "retries = 1"] {
        assert!(run.stdout.contains(line), "{line}: {}", run.stdout);
    }
}

#[tokio::test]
async fn a_spider_goes_on_with_its_items_from_a_state() {
    let server = dragline_site::quotes().start().await.unwrap();
    let (folder, spider) = quotes(&server);
    let (items, state) = (folder.path().join("items.jsonl"), folder.path().join("state"));
    let arguments = ["crawl", text(&spider), "-o", text(&items), "--state", text(&state)];
    let first = run(&[&arguments[..], &["--max-pages", "4"]].concat()).await;
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let before = lines(&items).len();
    assert!((1..38).contains(&before), "{before} items");
    let second = run(&arguments).await;
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    let items = lines(&items);
    let mut authors: Vec<&str> = items.iter().filter_map(|item| item["name"].as_str()).collect();
    authors.sort_unstable();
    authors.dedup();
    assert_eq!((items.len(), authors.len()), (38, 8));
    // What was carried has survived too.
    assert!(items.iter().all(|item| item["type"] == "quote" || item["quoted"].is_string()));
}

#[tokio::test]
async fn a_check_shows_what_is_found_and_ends_with_1_when_something_is_missing() {
    let server = dragline_site::quotes().start().await.unwrap();
    let (folder, spider) = quotes(&server);
    let good = run(&["check", text(&spider), &server.url("/")]).await;
    assert_eq!(good.code, Some(0), "{}\n{}", good.stdout, good.stderr);
    assert!(!good.stdout.contains('\x1b'), "no colours but on a terminal");
    assert!(good.stdout.contains("✓ text    span.text"), "{}", good.stdout);
    assert!(good.stdout.contains("✓ 6 items, "), "{}", good.stdout);
    assert_eq!(server.hits().len(), 1, "one page is fetched, and nothing else");

    let json = run(&[
        "check",
        text(&spider),
        &server.url("/author/Jane-Austen/"),
        "--route",
        "author",
        "--json",
    ])
    .await;
    let [check] = <[Value; 1]>::try_from(json.lines()).unwrap();
    assert_eq!(check["route"], "author");
    assert_eq!(check["items"][1]["fields"][0]["filled"], 1, "{check}");
    assert_eq!(json.code, Some(1), "what is carried comes with a link alone");

    let wrong = std::fs::read_to_string(&spider).unwrap().replace("small.author", "small.auhtor");
    let wrong = write(&folder, "wrong.toml", &wrong);
    let page = write(
        &folder,
        "page.html",
        "<div class=quote><span class=text>x</span><small class=author>y",
    );
    let run = run(&["check", text(&wrong), text(&page), "--base", "http://h.test/"]).await;
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("the page has no `.auhtor`, but 1 `.author`"), "{}", run.stdout);
}

#[tokio::test]
async fn a_wrong_spider_is_exit_code_2_with_its_place_and_nothing_is_fetched() {
    let server = dragline_site::quotes().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let spider = write(
        &folder,
        "wrong.toml",
        "start = 'http://h.test/'\n[[item]]\nfields.a = { ccs = 'b' }\n",
    );
    let url = server.url("/");
    for arguments in
        [&["crawl", text(&spider)][..], &["check", text(&spider), &url], &["plan", text(&spider)]]
    {
        let run = run(arguments).await;
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains("did you mean `css`?"), "{}", run.stderr);
        assert!(run.stderr.contains("wrong.toml:3:14"), "{}", run.stderr);
    }
    assert!(server.hits().is_empty());
    let two = run(&["crawl", text(&spider), text(&spider)]).await;
    assert!(two.stderr.contains("one crawl runs one spider"), "{}", two.stderr);
}

#[tokio::test]
async fn a_new_spider_works_as_it_is_and_overwrites_nothing() {
    let server = dragline_site::quotes().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("mine");
    let first = run(&["new", text(&name), "--start", &server.url("/")]).await;
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let spider = folder.path().join("mine.toml");
    let check = run(&["check", text(&spider), &server.url("/")]).await;
    assert_eq!(check.code, Some(0), "{}\n{}", check.stdout, check.stderr);
    let crawl = run(&["crawl", text(&spider), "--delay", "0", "--max-pages", "2"]).await;
    assert_eq!(crawl.code, Some(0), "{}", crawl.stderr);
    assert_eq!(
        crawl.lines()[0],
        json!({"title": "Quotes, page 1", "heading": "Quotes, page 1", "description": null})
    );
    let again = run(&["new", text(&spider)]).await;
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("is there already"), "{}", again.stderr);
    assert!(std::fs::read_to_string(&spider).unwrap().contains(&server.url("/")));
}
