//! `dragline explain`: each URL with its state and reason, and totals that add up.

use dragline_site::{Answer, Fault, Site};
use serde_json::Value;

use crate::{Kept, Run, dragline, run};

fn site() -> Site {
    Site::new()
        .robots("User-agent: *\nDisallow: /private")
        .page("/", "<a href=/a>a</a><a href=/private>p</a><a href=/lost>l</a><a href=/reset>r</a>")
        .answer("/a", Answer::html("a").header("etag", "\"7\""))
        .fault("/reset", Fault::Reset)
}

impl Kept {
    async fn explain(&self, options: &[&str], urls: &[&str]) -> Run {
        let state = self.state();
        let arguments = [&["explain", "--state", state.to_str().unwrap()], options, urls].concat();
        run(dragline(&arguments)).await
    }

    /// Explains paths of the site, or whole URLs, and reads the lines of JSON.
    async fn explained(&self, urls: &[&str]) -> Vec<Value> {
        let urls: Vec<String> = urls
            .iter()
            .map(|url| match url.strip_prefix('/') {
                Some(path) => format!("{}{path}", self.seed),
                None => (*url).to_owned(),
            })
            .collect();
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        let run = self.explain(&["--json"], &urls).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let lines: Vec<Value> =
            run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), urls.len());
        lines
    }
}

#[tokio::test]
async fn each_url_has_a_state_and_a_reason() {
    let site = site().start().await.unwrap();
    let kept = Kept::new(&site);
    kept.crawl(&["--exclude", "secret"]).await;
    let long = "/x".repeat(30);
    let cases = [
        ("/a", "done", None, Some(200)),
        ("/lost", "done", None, Some(404)),
        ("/private", "skipped", Some("robots"), None),
        ("/reset", "failed", Some("reset"), None),
        ("/never", "unknown", Some("not_found"), None),
        ("/secret", "unknown", Some("excluded"), None),
        (&long, "unknown", Some("long_path"), None),
        ("http://other.example/", "unknown", Some("out_of_scope"), None),
        ("ftp://other.example/", "unknown", Some("not_crawlable"), None),
    ];
    let urls: Vec<&str> = cases.iter().map(|(url, ..)| *url).collect();
    for ((url, standing, code, status), told) in cases.iter().zip(kept.explained(&urls).await) {
        assert_eq!(told["standing"], *standing, "{url}: {told}");
        assert_eq!(told["code"].as_str(), *code, "{url}: {told}");
        assert_eq!(told["status"].as_u64(), *status, "{url}: {told}");
        assert!(told["message"].as_str().unwrap().len() > 10, "{url}: {told}");
    }
}

#[tokio::test]
async fn it_is_told_how_a_url_was_found_and_what_a_refresh_knows() {
    let site = site().start().await.unwrap();
    let kept = Kept::new(&site);
    kept.crawl(&[]).await;
    let told = &kept.explained(&["/%61?utm_source=x#top"]).await[0];
    assert_eq!(told["canonical"], format!("{}a", kept.seed));
    assert_eq!((&told["depth"], &told["band"]), (&1.into(), &1.into()));
    assert_eq!(told["referrer"], kept.seed.as_str());
    assert_eq!(told["etag"], "\"7\"");
    let unknown = &kept.explained(&["/b/../c#top"]).await[0];
    assert_eq!(unknown["canonical"], format!("{}c", kept.seed));
    let at = told["at"].as_str().unwrap();
    assert!(at.starts_with("20") && at.ends_with('Z') && at.as_bytes()[10] == b'T', "{at}");
    let run = kept.explain(&[], &[&site.url("/a"), &kept.seed]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], site.url("/a"));
    assert_eq!(lines[1], "  done, status 200: it was answered");
    assert_eq!(lines[2], format!("  found on {}, depth 1, band 1", kept.seed));
    assert!(lines[3].starts_with("  ended at 20"), "{lines:?}");
    assert_eq!(lines[4], "  a refresh knows its ETag \"7\"");
    assert_eq!(lines[7], "  a seed, depth 0, band 0");
    assert_eq!(lines[10], "discovered 5 = done 3 + failed 1 + skipped 1 + waiting 0");
    assert_eq!(lines.len(), 11);
}

#[tokio::test]
async fn a_stopped_crawl_is_explained_and_not_disturbed() {
    let site = site().start().await.unwrap();
    let kept = Kept::new(&site);
    kept.crawl(&["--max-pages", "1"]).await;
    for _ in 0..2 {
        let told = kept.explained(&["/", "/a"]).await;
        assert_eq!(told[0]["standing"], "done");
        assert_eq!(told[1]["standing"], "waiting");
        assert_eq!((&told[1]["depth"], told[1].get("at")), (&1.into(), None));
        assert_eq!(told[1]["referrer"], kept.seed.as_str());
    }
    let end = kept.crawl(&[]).await;
    assert_eq!(end.totals(), "discovered 5 = done 3 + failed 1 + skipped 1 + waiting 0");
    assert_eq!(site.hits_of("/"), 1);
    assert_eq!(kept.records().len(), 5);
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_exit_code_1_and_bad_usage_2() {
    let site = site().fault("/", Fault::Stall).start().await.unwrap();
    let kept = Kept::new(&site);
    let nothing = kept.explain(&[], &[&kept.seed]).await;
    assert_eq!(nothing.code, Some(1), "{}", nothing.stderr);
    assert!(nothing.stderr.contains("holds no crawl"), "{}", nothing.stderr);
    assert!(!kept.state().exists());
    let mut running = kept.command(&[]).spawn().unwrap();
    while site.hits_of("/") == 0 {
        tokio::task::yield_now().await;
    }
    let in_use = kept.explain(&[], &[&kept.seed]).await;
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(in_use.code, Some(1), "{}", in_use.stderr);
    assert!(in_use.stderr.contains("in use by another process"), "{}", in_use.stderr);
    for wrong in [&["a.example"][..], &[]] {
        assert_eq!(kept.explain(&[], wrong).await.code, Some(2));
    }
}
