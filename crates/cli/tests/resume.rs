//! The command with a state: crawls that are stopped and go on, and states that cannot be used.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dragline_site::{Fault, Server, Site};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a state and an output, and how the crawl is told to use them.
struct Place {
    folder: TempDir,
}

/// What a run of the command gave.
struct Run {
    code: i32,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn output(&self) -> PathBuf {
        self.folder.path().join("out.jsonl")
    }

    fn spawn(&self, url: &str, options: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_dragline"))
            .args(["crawl", url])
            .args([Path::new("--state"), &self.state(), Path::new("-o"), &self.output()])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs the command while the test's own site goes on serving.
    async fn run(&self, url: &str, options: &[&str]) -> Run {
        finish(self.spawn(url, &[&["--delay", "0"], options].concat())).await
    }

    /// Returns the paths in the output, sorted.
    fn paths(&self) -> Vec<String> {
        let text = fs::read_to_string(self.output()).unwrap();
        let path = |line: &str| {
            let record: Value = serde_json::from_str(line).unwrap();
            url::Url::parse(record["url"].as_str().unwrap()).unwrap().path().to_owned()
        };
        let mut paths: Vec<_> = text.lines().map(path).collect();
        paths.sort();
        paths
    }
}

async fn finish(child: Child) -> Run {
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Run { code: output.status.code().unwrap_or(-1), stderr }
}

/// Waits until the site has been asked for a path.
async fn asked(site: &Server, path: &str) {
    let asked = async {
        while site.hits_of(path) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asked).await.expect("it is asked for");
}

/// Pages `/0` to `/9`, each linking to the next.
fn chain() -> Site {
    (0..10).fold(Site::new().robots(""), |site, page| {
        site.page(format!("/{page}"), format!("<title>{page}</title><a href=/{}>x</a>", page + 1))
    })
}

/// What the crawl of the chain finds, the link of the last page included.
fn all() -> Vec<String> {
    let mut paths: Vec<_> = (0..=10).map(|page| format!("/{page}")).collect();
    paths.sort();
    paths
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crawl_that_a_signal_stopped_goes_on_where_it_was() {
    let site = chain().start().await.unwrap();
    let place = Place::new();
    let child = place.spawn(&site.url("/0"), &["--delay", "200ms"]);
    asked(&site, "/1").await;
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let run = finish(child).await;
    assert_eq!(run.code, 130, "{}", run.stderr);
    let before = place.paths().len();
    assert!((1..11).contains(&before), "{before} pages");
    let run = place.run(&site.url("/0"), &[]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains(&format!(": resumed with {before} done")), "{}", run.stderr);
    assert_eq!(place.paths(), all());
    for path in all() {
        assert_eq!(site.hits_of(&path), 1, "{path}");
    }
}

#[tokio::test]
async fn the_page_limit_counts_for_each_run() {
    let site = chain().start().await.unwrap();
    let place = Place::new();
    for pages in [4, 8] {
        let run = place.run(&site.url("/0"), &["--max-pages", "4"]).await;
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(place.paths().len(), pages);
    }
    let run = place.run(&site.url("/0"), &[]).await;
    assert_eq!(
        run.stderr.lines().last(),
        Some("discovered 11 = done 11 + failed 0 + skipped 0 + waiting 0")
    );
    assert_eq!(place.paths(), all());
    assert!(all().iter().all(|path| site.hits_of(path) == 1));
}

#[tokio::test]
async fn a_finished_crawl_says_so_and_leaves_its_output_alone() {
    let site = chain().start().await.unwrap();
    let place = Place::new();
    place.run(&site.url("/0"), &[]).await;
    let (before, hits) = (fs::read(place.output()).unwrap(), site.hits().len());
    let run = place.run(&site.url("/0"), &[]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("this crawl is finished (11 done"), "{}", run.stderr);
    assert!(run.stderr.contains("--restart begins it again"), "{}", run.stderr);
    assert_eq!(fs::read(place.output()).unwrap(), before);
    assert_eq!(site.hits().len(), hits, "nothing was asked for");
}

#[tokio::test]
async fn restart_begins_anew_and_replaces_the_output() {
    let site = chain().start().await.unwrap();
    let place = Place::new();
    place.run(&site.url("/0"), &[]).await;
    let run = place.run(&site.url("/5"), &["--restart"]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains(": a new crawl"), "{}", run.stderr);
    assert_eq!(place.paths(), ["/10", "/5", "/6", "/7", "/8", "/9"]);
}

#[tokio::test]
async fn settings_that_changed_are_named_and_hold() {
    let site = chain().start().await.unwrap();
    let place = Place::new();
    place.run(&site.url("/0"), &["--max-pages", "2"]).await;
    let run = place.run(&site.url("/0"), &["--max-depth", "5"]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("limits.max_pages was 2 and is not set now"), "{}", run.stderr);
    assert!(run.stderr.contains("limits.max_depth was not set and is 5 now"), "{}", run.stderr);
    assert!(!run.stderr.contains("politeness"), "the same: {}", run.stderr);
    assert_eq!(place.paths(), ["/0", "/1", "/2", "/3", "/4", "/5"]);
}

#[tokio::test]
async fn an_output_that_is_shorter_than_recorded_is_told_with_both_sizes() {
    let site = chain().start().await.unwrap();
    let place = Place::new();
    place.run(&site.url("/0"), &["--max-pages", "4"]).await;
    let whole = fs::read(place.output()).unwrap();
    fs::write(place.output(), &whole[..100]).unwrap();
    let hits = site.hits().len();
    let run = place.run(&site.url("/0"), &[]).await;
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("out.jsonl has 100 bytes"), "{}", run.stderr);
    assert!(run.stderr.contains(&format!("wrote {} of them", whole.len())), "{}", run.stderr);
    assert_eq!(fs::read(place.output()).unwrap(), &whole[..100]);
    assert_eq!(site.hits().len(), hits);
    fs::write(place.output(), &whole).unwrap();
    assert_eq!(place.run(&site.url("/0"), &[]).await.code, 0, "brought back, it goes on");
    assert_eq!(place.paths(), all());
}

/// Runs the command on a state that it must refuse, and checks that nothing was touched.
async fn refused(place: &Place, url: &str, expected: &[&str]) {
    let (output, state) = (place.output(), place.state());
    fs::write(&output, "of another crawl\n").unwrap();
    let before = contents(&state);
    let run = place.run(url, &[]).await;
    assert_eq!(run.code, 1, "{}", run.stderr);
    for expected in expected {
        assert!(run.stderr.contains(expected), "no {expected:?} in {}", run.stderr);
    }
    assert!(run.stderr.contains(state.to_str().unwrap()), "it names the place: {}", run.stderr);
    assert_eq!(fs::read_to_string(output).unwrap(), "of another crawl\n");
    assert_eq!(contents(&state), before);
}

/// Returns the files of a state and what is in them; its lock says nothing.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else if !path.ends_with("LOCK") && !path.ends_with("lock") {
            files.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    files.sort();
    files
}

#[tokio::test]
async fn a_directory_of_something_else_is_refused() {
    let place = Place::new();
    fs::create_dir(place.state()).unwrap();
    fs::write(place.state().join("thesis.txt"), "years of work").unwrap();
    refused(&place, "http://a.example/", &["not empty", "choose an empty directory"]).await;
}

#[tokio::test]
async fn a_state_of_a_newer_version_is_refused() {
    let (site, place) = (chain().start().await.unwrap(), Place::new());
    place.run(&site.url("/0"), &["--max-pages", "1"]).await;
    let label = place.state().join("crawl.json");
    let mut text: Value = serde_json::from_slice(&fs::read(&label).unwrap()).unwrap();
    text["format"] = 99.into();
    fs::write(&label, text.to_string()).unwrap();
    refused(&place, &site.url("/0"), &["format 99", "newer dragline"]).await;
}

#[tokio::test]
async fn a_damaged_state_is_refused() {
    let (site, place) = (chain().start().await.unwrap(), Place::new());
    place.run(&site.url("/0"), &["--max-pages", "1"]).await;
    let label = place.state().join("crawl.json");
    let text = fs::read_to_string(&label).unwrap();
    fs::write(&label, text.replace("1s", "2s").replace("politeness", "politemess")).unwrap();
    refused(&place, &site.url("/0"), &["damaged: its checksum is wrong", "anew"]).await;
    fs::write(&label, &text).unwrap();
    fs::remove_file(place.state().join("tables").join("version")).unwrap();
    refused(&place, &site.url("/0"), &["damaged: the tables have lost", "anew"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_that_is_in_use_is_refused() {
    let site = Site::new().robots("").fault("/0", Fault::Stall).start().await.unwrap();
    let place = Place::new();
    let mut first = place.spawn(&site.url("/0"), &[]);
    asked(&site, "/0").await;
    let run = place.run(&site.url("/0"), &[]).await;
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("in use by another process"), "{}", run.stderr);
    assert_eq!(site.hits_of("/0"), 1);
}
