//! `dragline robots`: each URL with its answer and the line that gives it.

use dragline_site::{Fault, Site};
use serde_json::Value;

use crate::run;

const RULES: &str = "User-agent: *\nDisallow: /private\nCrawl-delay: 2\n\nUser-agent: other\n\
                     Disallow: /\n\nSitemap: /map.xml\n";

#[tokio::test]
async fn urls_are_allowed_or_not_by_a_line_and_each_host_is_asked_once() {
    let site = Site::new().robots(RULES).start().await.unwrap();
    let run = run(&["robots", &site.url("/private/x?y"), &site.url("/a")]).await;
    assert_eq!(run.code, Some(0), "to be disallowed is an answer: {}", run.stderr);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            site.url("/private/x?y").as_str(),
            "  disallowed: line 2: Disallow: /private",
            &site.url("/a"),
            "  allowed: no line names the path",
            &site.url("/robots.txt"),
            "  status 200: its rules hold",
            "  crawl-delay: 2s",
            "  sitemap: /map.xml",
        ]
    );
    assert_eq!(site.hits().len(), 1);
}

#[tokio::test]
async fn another_crawler_can_be_asked_for_and_answers_are_json_on_request() {
    let site = Site::new().robots(RULES).start().await.unwrap();
    let run = run(&["robots", "--json", "--agent", "Other/2.0", &site.url("/a")]).await;
    let line = &run.lines()[0];
    assert_eq!((&line["allowed"], &line["line"]), (&false.into(), &6.into()), "{line}");
    assert_eq!((&line["rule"], &line["agent"]), (&"Disallow: /".into(), &"Other".into()));
    assert_eq!((&line["status"], line.get("crawl_delay")), (&200.into(), None));
    assert_eq!(line["sitemaps"], Value::from(vec!["/map.xml"]));
}

#[tokio::test]
async fn a_status_decides_when_there_are_no_rules() {
    for (status, allowed, told) in [
        (404, true, "status 404: there is none, so everything is allowed"),
        (403, true, "status 403"),
        (503, false, "status 503: nothing is allowed as long as the server answers so"),
    ] {
        let site = Site::new().status("/robots.txt", status).start().await.unwrap();
        let run = run(&["robots", "--json", &site.url("/a")]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(run.lines()[0]["allowed"], allowed, "{status}");
        assert!(run.lines()[0]["reason"].as_str().unwrap().contains(told), "{}", run.stdout);
    }
}

#[tokio::test]
async fn redirects_of_the_file_are_followed() {
    let site = Site::new()
        .redirect("/robots.txt", "/rules")
        .page("/rules", "User-agent: *\nDisallow: /a\n")
        .start()
        .await
        .unwrap();
    let run = run(&["robots", "--json", &site.url("/a")]).await;
    assert_eq!(run.lines()[0]["line"], 2, "{}", run.stdout);
}

#[tokio::test]
async fn a_host_without_an_answer_is_exit_code_1_and_allows_nothing() {
    let site = Site::new().fault("/robots.txt", Fault::Reset).start().await.unwrap();
    let run = run(&["robots", &site.url("/a")]).await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stdout.contains("disallowed: nothing is allowed as long as it cannot be read"));
}

#[tokio::test]
async fn a_file_is_read_instead_of_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("robots.txt");
    std::fs::write(&file, "User-agent: *\r\nAllow: /a\r\nDisallow: /\r\n").unwrap();
    let file = file.to_str().unwrap();
    let urls = ["http://nowhere.example/a", "http://other.example/b"];
    let run = run(&["robots", urls[0], urls[1], "--file", file]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("allowed: line 2: Allow: /a\n"), "{}", run.stdout);
    assert!(run.stdout.contains("disallowed: line 3: Disallow: /\n"), "{}", run.stdout);
}
