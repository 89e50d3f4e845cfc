//! A spider, an archive of its site, and what a test sees.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use dragline::{Archive, Config, Crawler, SpiderFn, spider};

use crate::SimulatedWeb;
use crate::recording::{record, replay};

fn titles(start: &str) -> SpiderFn<String> {
    spider([start], |page, out| {
        out.items(page.title().map(str::to_owned));
        out.follow_all(page.links("a")?);
        Ok(())
    })
}

async fn archive(path: &Path) {
    let web = SimulatedWeb::builder()
        .page("http://a.example/", "<title>One</title><a href=/two>2</a>")
        .page("http://a.example/two", "<title>Two</title>")
        .build();
    let crawler = Crawler::new(titles("http://a.example/")).fetcher(web);
    crawler.archive(Archive::create(path).unwrap()).run().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn items_that_differ_from_their_file_fail_the_test_and_name_the_lines() {
    let folder = tempfile::tempdir().unwrap();
    let (path, items) = (folder.path().join("a.warc.gz"), folder.path().join("a.jsonl"));
    archive(&path).await;
    let replayed = replay(titles("http://a.example/"), &path).unwrap();
    std::fs::write(&items, "\"One\"\n\"Two\"\n").unwrap();
    replayed.assert_items(&items);
    std::fs::write(&items, "\"One\"\n\"Three\"\n").unwrap();
    catch_unwind(AssertUnwindSafe(|| replayed.assert_items(&items))).unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn what_is_not_in_the_archive_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.warc.gz");
    archive(&path).await;
    let replayed = replay(titles("http://a.example/three"), &path).unwrap();
    assert_eq!(replayed.missing, ["http://a.example/three"]);
    assert!(replayed.items.is_empty());
    assert!(replay(titles("http://a.example/"), "no/such/archive").is_err());
}

#[tokio::test]
async fn what_cannot_be_written_is_told_before_anything_is_asked() {
    let spider = titles("http://a.example/");
    let error = record(spider, Config::default(), "no/such/folder/a.warc.gz").await.unwrap_err();
    assert_eq!(error.to_string(), "failed to create no/such/folder/a.warc.gz");
}
