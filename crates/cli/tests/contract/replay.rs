//! Archives of crawls, and spiders that run over them.

use std::fs;
use std::path::{Path, PathBuf};

use dragline_site::Server;
use tempfile::TempDir;

use crate::run;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Writes the spider of the examples for a site of this test, which it asks by several requests at once.
fn quotes(server: &Server, folder: &TempDir) -> PathBuf {
    let text = include_str!("../../../../examples/quotes.toml");
    let text = text.replace("https://quotes.example/", &server.url("/"));
    let path = folder.path().join("quotes.toml");
    fs::write(&path, format!("{text}\n[politeness]\ndelay = '0s'\nper_host = 8\n")).unwrap();
    path
}

#[tokio::test]
async fn a_replay_writes_the_items_that_the_crawl_wrote_and_asks_nothing() {
    let server = dragline_site::quotes().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let spider = quotes(&server, &folder);
    let (items, archive) = (folder.path().join("q.jsonl"), folder.path().join("q.warc.gz"));
    let crawl = run(&["crawl", text(&spider), "-o", text(&items), "-o", text(&archive)]).await;
    assert_eq!(crawl.code, Some(0), "{}", crawl.stderr);
    assert!(crawl.stderr.contains("output: ") && folder.path().join("q.cdxj").exists());
    let hits = server.hits().len();

    let replay = run(&["replay", text(&archive), text(&spider)]).await;
    assert_eq!(replay.code, Some(0), "{}", replay.stderr);
    assert_eq!(replay.stdout, fs::read_to_string(&items).unwrap());
    assert!(replay.stderr.contains(": 0 requests"), "{}", replay.stderr);
    assert_eq!(server.hits().len(), hits);
}

#[tokio::test]
async fn pages_that_are_not_in_the_archive_are_listed_and_without_a_seed_there_is_nothing() {
    let server = dragline_site::quotes().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let spider = quotes(&server, &folder);
    let archive = folder.path().join("q.warc");
    let output = ["-o", text(&archive), "--max-pages", "1"];
    run(&[&["crawl", text(&spider)][..], &output].concat()).await;
    let replay = run(&["replay", text(&archive), text(&spider)]).await;
    assert_eq!(replay.code, Some(0), "{}", replay.stderr);
    assert_eq!(replay.lines().len(), 6);
    let line = format!("not in the archive: {}", server.url("/page/2/"));
    assert!(replay.stderr.contains(&line), "{line} is not in {}", replay.stderr);

    let elsewhere = fs::read_to_string(&spider).unwrap();
    let elsewhere = elsewhere.replace(&server.url("/"), "http://elsewhere.example/");
    fs::write(&spider, elsewhere).unwrap();
    let replay = run(&["replay", text(&archive), text(&spider)]).await;
    assert_eq!(replay.code, Some(1), "{}", replay.stderr);
    assert!(replay.stderr.contains("not in the archive: http://elsewhere.example/"));
}

#[tokio::test]
async fn an_archive_is_an_output_of_a_crawl_alone_and_the_only_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (one, two, spider) = (path("a.warc.gz"), path("b.warc"), path("s.toml"));
    let seed = "http://127.0.0.1:9/";
    for (arguments, code, says) in [
        (&["crawl", seed, "-o", &one, "-o", &two][..], 2, "--output names several"),
        (&["crawl", seed, "--pages", &one], 2, "--pages is for"),
        (&["crawl", seed, "-o", "a.gz"], 2, ".warc.gz or .warc"),
        (&["replay", &one, &spider], 2, "s.toml"),
    ] {
        let run = run(arguments).await;
        assert_eq!(run.code, Some(code), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(says), "{arguments:?}: {}", run.stderr);
    }
    fs::write(
        &spider,
        "start = ['http://a.example/']\n[[item]]\nname = 'a'\n[item.fields]\nt = 'h1'\n",
    )
    .unwrap();
    for (archive, says) in [(&spider, "s.toml holds no answers"), (&path("c"), "failed to open")] {
        let run = run(&["replay", archive, &spider]).await;
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
}
