//! `dragline plan`: what a crawl would do, without a page fetched.

use dragline_site::{Answer, Server, Site};
use serde_json::{Value, json};

use crate::run;

fn xml(text: &str) -> Answer {
    Answer::text(text).header("content-type", "application/xml")
}

async fn site() -> Server {
    let pages: String = (0..30).map(|page| format!("<url><loc>/p{page}</loc></url>")).collect();
    let other = "<url><loc>http://other.example/</loc></url><url><loc>/private/x</loc></url>\
                 <url><loc>/p1#top</loc></url><url><loc>/</loc></url>";
    Site::new()
        .robots(
            "User-agent: *\nDisallow: /private\nDisallow: /hidden\nCrawl-delay: 0.05\n\
             Sitemap: /index.xml\nSitemap: /hidden.xml\nSitemap: /broken.xml\n",
        )
        .page("/", "x")
        .answer(
            "/index.xml",
            xml("<sitemapindex><sitemap><loc>/a.xml</loc></sitemap></sitemapindex>"),
        )
        .answer("/a.xml", xml(&format!("<urlset>{pages}{other}</urlset>")))
        .answer("/broken.xml", Answer::text("what"))
        .start()
        .await
        .unwrap()
}

async fn plan(arguments: &[&str]) -> Value {
    let run = run(&[&["plan", "--json"], arguments].concat()).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.lines().remove(0)
}

#[tokio::test]
async fn what_sitemaps_list_is_told_apart_and_no_page_is_fetched() {
    let site = site().await;
    let plan = plan(&[&site.url("/"), "--delay", "10ms", "--exclude", "p2$"]).await;
    assert_eq!(plan["seeds"][0]["allowed"], true);
    let pages = &plan["pages"];
    assert_eq!(pages["listed"], 34);
    assert_eq!(pages["in_scope"], 29, "{pages}");
    assert_eq!(pages["repeated"], 2, "/p1 again, and the seed: {pages}");
    let private = site.url("/private/x");
    let blocked = json!([{ "reason": "line 2: Disallow: /private", "pages": 1, "first": private }]);
    assert_eq!(pages["blocked"], blocked);
    let reasons: Vec<&str> = pages["out_of_scope"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons, ["excluded", "out_of_scope"]);
    let mut paths: Vec<String> = site.hits().into_iter().map(|hit| hit.path).collect();
    paths.sort();
    assert_eq!(paths, ["/a.xml", "/broken.xml", "/index.xml", "/robots.txt"]);
    let faults: Vec<&Value> = plan["sitemaps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|sitemap| sitemap.get("fault").is_some())
        .collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults.iter().any(|sitemap| sitemap["fault"].as_str().unwrap().contains("line 3")));
}

#[tokio::test]
async fn the_pace_names_what_makes_it_and_holds_for_the_plan_itself() {
    let site = site().await;
    let started = std::time::Instant::now();
    let slow = plan(&[&site.url("/"), "--delay", "0"]).await;
    // Four requests, each the Crawl-delay of 50 ms after the one before.
    assert!(started.elapsed() >= std::time::Duration::from_millis(150));
    let pace = &slow["hosts"][0]["pace"];
    assert_eq!((&pace["crawl_delay"], &pace["delay"]), (&json!(0.05), &json!(0.0)), "{pace}");
    assert!(pace["because"].as_str().unwrap().contains("Crawl-delay"), "{pace}");
    let estimate = &slow["estimate"];
    assert_eq!(estimate["pages"], 31);
    assert!(estimate["seconds"].as_f64().unwrap() >= 30.0 * 0.05, "{estimate}");
    let set = plan(&[&site.url("/"), "--delay", "200ms", "--max-pages", "11"]).await;
    let because = set["hosts"][0]["pace"]["because"].as_str().unwrap();
    assert!(because.contains("politeness.delay, by the command line"), "{because}");
    assert_eq!(set["estimate"]["pages"], 11);
    let seconds = set["estimate"]["seconds"].as_f64().unwrap();
    assert!((1.9..=2.2).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_spider_is_planned_for_with_its_own_settings() {
    let (site, folder) = (site().await, tempfile::tempdir().unwrap());
    let spider = folder.path().join("spider.toml");
    let text = format!(
        "start = ['{}']\n[politeness]\nrobots = 'ignore'\ndelay = '20ms'\n[scope]\nkind = 'prefix'\n\
         [[item]]\nfields.a = 'h1'\n",
        site.url("/private/x")
    );
    std::fs::write(&spider, text).unwrap();
    let run = run(&["plan", spider.to_str().unwrap()]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for told in [
        "scope prefix: below the folder of a seed",
        "robots.txt: not read",
        "a request every 20ms: politeness.delay, by the file",
        "estimate: 1 page takes at least 0s",
    ] {
        assert!(run.stdout.contains(told), "{told}: {}", run.stdout);
    }
    assert_eq!(site.hits_of("/robots.txt"), 0);
    assert_eq!(site.hits_of("/private/x"), 0);
}

#[tokio::test]
async fn a_host_without_an_answer_is_exit_code_1() {
    let fault = dragline_site::Fault::Reset;
    let site = Site::new().fault("/robots.txt", fault).start().await.unwrap();
    let run = run(&["plan", &site.url("/")]).await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stdout.contains("disallowed: nothing is allowed"), "{}", run.stdout);
}

#[tokio::test]
async fn a_seed_that_is_excluded_is_said_to_be_and_its_host_is_not_asked() {
    let site = site().await;
    let run = run(&["plan", &site.url("/a?b"), "--exclude", "[?]"]).await;
    assert!(run.stdout.contains("disallowed: excluded by a pattern"), "{}", run.stdout);
    assert_eq!(site.hits().len(), 0);
}

#[tokio::test]
async fn a_host_that_is_busy_is_left_alone() {
    let site = Site::new()
        .robots("Sitemap: /a.xml\nSitemap: /b.xml\n")
        .status("/a.xml", 503)
        .start()
        .await
        .unwrap();
    let plan = plan(&[&site.url("/"), "--delay", "0"]).await;
    assert_eq!(plan["sitemaps"][0]["fault"], "answered with 503 Service Unavailable");
    assert!(plan["sitemaps"][1]["fault"].as_str().unwrap().contains("busy"), "{plan}");
    assert_eq!(site.hits_of("/b.xml"), 0);
}
