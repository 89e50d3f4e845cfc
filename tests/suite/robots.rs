//! robots.txt in a crawl (RFC 9309): fetched first, obeyed, and what happens when it cannot be had.

use dragline::fetch::ErrorKind;
use dragline::{Config, RobotsPolicy};
use dragline_site::{Answer, Fault, Site};
use dragline_testkit::{Reply, SimulatedWeb};

use crate::common::{crawl, crawl_urls, crawl_with, local};

const URL: &str = "http://a.example/";
const ROBOTS: &str = "http://a.example/robots.txt";

#[tokio::test]
async fn a_disallowed_folder_is_not_fetched_and_says_why() {
    let site = Site::new()
        .robots("User-agent: *\nDisallow: /private/\nAllow: /private/open")
        .page("/", "<a href=/private/a>1</a><a href=/private/open>2</a>")
        .page("/private/open", "")
        .start()
        .await
        .unwrap();
    let crawled = crawl(&site, "/", local()).await;
    let record = crawled.record(&site.url("/private/a"));
    assert_eq!(record.error, Some("robots"));
    assert_eq!(record.message.as_deref(), Some("disallowed by line 2 of robots.txt"));
    assert_eq!((record.status, record.attempts), (None, 0));
    assert_eq!(crawled.record(&site.url("/private/open")).status, Some(200));
    assert_eq!(site.hits_of("/private/a"), 0);
    assert_eq!(crawled.summary.stats.skipped, 1);
}

#[tokio::test]
async fn a_disallowed_seed_is_a_record() {
    let site =
        Site::new().robots("User-agent: *\nDisallow: /").page("/", "").start().await.unwrap();
    let crawled = crawl(&site, "/", local()).await;
    assert_eq!(crawled.record(&site.url("/")).error, Some("robots"));
    assert_eq!(crawled.summary.stats.seeds.fetched, 0);
    assert_eq!(site.hits().len(), 1, "only robots.txt");
}

#[tokio::test]
async fn our_own_group_is_the_one_that_counts() {
    let site = Site::new()
        .robots("User-agent: *\nDisallow: /\n\nUser-agent: Dragline\nDisallow: /not")
        .page("/", "<a href=/not>1</a>")
        .start()
        .await
        .unwrap();
    let crawled = crawl(&site, "/", local()).await;
    assert_eq!(crawled.record(&site.url("/")).status, Some(200));
    assert_eq!(crawled.record(&site.url("/not")).error, Some("robots"));
}

#[tokio::test]
async fn robots_are_asked_for_once_per_host_and_before_its_pages() {
    let links = |host: &str| format!("<a href=http://{host}/1>1</a><a href=http://{host}/2>2</a>");
    let b = Site::new().robots("").page("/1", "").page("/2", "").start().await.unwrap();
    let a = Site::new().page("/", links(&b.address().to_string())).start().await.unwrap();
    let mut config = local();
    config.politeness.per_host = 4;
    config.scope.kind = dragline::ScopeKind::Any;
    crawl(&a, "/", config).await;
    assert_eq!(b.hits_of("/robots.txt"), 1);
    assert_eq!(b.hits()[0].path, "/robots.txt");
    assert_eq!(b.hits().len(), 3);
}

#[tokio::test]
async fn ignoring_robots_does_not_even_fetch_them() {
    let site =
        Site::new().robots("User-agent: *\nDisallow: /").page("/", "").start().await.unwrap();
    let mut config = local();
    config.politeness.robots = RobotsPolicy::Ignore;
    let crawled = crawl(&site, "/", config).await;
    assert_eq!(crawled.record(&site.url("/")).status, Some(200));
    assert_eq!(site.hits_of("/robots.txt"), 0);
}

#[tokio::test]
async fn a_redirected_robots_is_followed_to_another_host() {
    let b = Site::new().answer("/rules", Answer::text("User-agent: *\nDisallow: /no"));
    let b = b.start().await.unwrap();
    let a = Site::new()
        .redirect("/robots.txt", b.url("/rules"))
        .page("/", "<a href=/no>1</a>")
        .start()
        .await
        .unwrap();
    let crawled = crawl_urls(&[&a.url("/")], local()).await;
    assert_eq!(crawled.record(&a.url("/no")).error, Some("robots"));
    assert_eq!(crawled.record(&a.url("/")).status, Some(200));
}

#[tokio::test(start_paused = true)]
async fn six_redirects_count_as_no_robots() {
    let mut web = SimulatedWeb::builder().page(URL, "");
    for hop in 0..8 {
        let from = if hop == 0 { ROBOTS.to_owned() } else { format!("http://a.example/r{hop}") };
        let to = format!("/r{}", hop + 1);
        web = web.on(&from, [Reply::status(301).header("location", &to)]);
    }
    let web = web.build();
    let crawled = crawl_with(&web, &[URL], Config::default()).await;
    assert_eq!(crawled.record(URL).status, Some(200));
    assert_eq!(web.log().times("http://a.example/r5").len(), 1);
    assert_eq!(web.log().times("http://a.example/r6").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_missing_robots_allows_and_a_failing_one_disallows() {
    for (status, allowed) in [(404, true), (401, true), (403, true), (500, false), (503, false)] {
        let web = SimulatedWeb::builder().on(ROBOTS, [Reply::status(status)]).page(URL, "").build();
        let crawled = crawl_with(&web, &[URL], Config::default()).await;
        let record = crawled.record(URL);
        if allowed {
            assert_eq!(record.status, Some(200), "{status}");
        } else {
            assert_eq!(record.error, Some("robots"), "{status}");
            let message = record.message.as_deref().unwrap();
            assert!(message.contains(&format!("answered {status}")), "{message}");
            assert_eq!(web.log().times(ROBOTS).len(), 3, "a failure is tried again first");
            assert_eq!(web.log().times(URL).len(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_robots_that_fails_at_first_is_obeyed_when_it_comes() {
    let rules = Reply::text("User-agent: *\nDisallow: /");
    let web = SimulatedWeb::builder()
        .on(ROBOTS, [Reply::error(ErrorKind::Timeout), rules])
        .page(URL, "")
        .build();
    let crawled = crawl_with(&web, &[URL], Config::default()).await;
    assert_eq!(crawled.record(URL).error, Some("robots"));
    assert_eq!(web.log().times(URL).len(), 0);
}

/// What came of a site's two pages `/` and `/no`, the second of which its rules may disallow.
async fn outcome(site: Site) -> (Option<&'static str>, Option<&'static str>) {
    let site = site.page("/", "<a href=/no>1</a>").page("/no", "").start().await.unwrap();
    let mut config = local();
    config.limits.retries = 0;
    config.fetch.timeout = std::time::Duration::from_millis(500);
    let urls = [site.url("/"), site.url("/no")];
    let crawled = crawl_urls(&[&urls[0], &urls[1]], config).await;
    for url in &urls {
        let record = crawled.record(url);
        assert_eq!(record.status.is_some(), record.error.is_none(), "{record:?}");
    }
    let fetched = [crawled.record(&urls[0]), crawled.record(&urls[1])];
    let asked = fetched.iter().filter(|record| record.status.is_some()).count();
    assert_eq!(site.hits_of("/") + site.hits_of("/no"), asked, "what is disallowed is not sent");
    (fetched[0].error, fetched[1].error)
}

#[tokio::test]
async fn every_answer_to_robots_txt_has_the_meaning_the_standard_gives_it() {
    const ROBOTS_TXT: &str = "/robots.txt";
    const RULES: &str = "User-agent: *\nDisallow: /no\n";
    let rules = (None, Some("robots"));
    let all = (None, None);
    let nothing = (Some("robots"), Some("robots"));
    let on = |answer: Answer| Site::new().answer(ROBOTS_TXT, answer);
    let status = |status: u16| on(Answer::text(RULES).status(status));
    let at_once = |status: u16| on(Answer::text(RULES).status(status).header("retry-after", "0"));
    let moved = Site::new().redirect(ROBOTS_TXT, "/rules").answer("/rules", Answer::text(RULES));
    let odd = b"\xef\xbb\xbfUser-agent: *\r\n\xff\xfe\0: \x80\rDisallow: /no\r\n".to_vec();
    let long = format!("{RULES}{}\nDisallow: /\n", "#".repeat(600 * 1024));
    for (name, site, expected) in [
        ("2xx is read", status(203), rules),
        ("a redirect is followed", moved, rules),
        (
            "redirects that do not end are no rules",
            Site::new().redirect(ROBOTS_TXT, ROBOTS_TXT),
            all,
        ),
        ("401 is no rules", status(401), all),
        ("403 is no rules", status(403), all),
        ("404 is no rules", status(404), all),
        ("429 is no rules", at_once(429), all),
        ("500 allows nothing", status(500), nothing),
        ("503 allows nothing", at_once(503), nothing),
        ("what follows 500 KiB is not read", on(Answer::text(long)), rules),
        ("a mark and bad bytes are passed over", Site::new().robots(odd), rules),
    ] {
        assert_eq!(outcome(site).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_robots_txt_that_does_not_come_to_an_end_holds_up_its_host_alone_and_not_for_ever() {
    const RULES: &str = "User-agent: *\nDisallow: /no\n";
    let on = |fault: Fault| Site::new().answer("/robots.txt", Answer::text(RULES).fault(fault));
    let drip = Fault::Drip { every: std::time::Duration::from_millis(100) };
    for (fault, code) in [
        (Fault::Stall, "timeout"),
        (Fault::StallBody, "timeout"),
        (drip, "timeout"),
        (Fault::Reset, "reset"),
        (Fault::Truncate, "truncated"),
    ] {
        assert_eq!(outcome(on(fault)).await, (Some(code), Some(code)), "{fault:?}");
    }
    // As much of it comes as is ever read.
    assert_eq!(outcome(on(Fault::Endless)).await, (None, Some("robots")), "endless");
}
