//! Redirects: each hop is a URL of its own, under the same rules as any other.

use dragline_site::Site;

use crate::common::{crawl, crawl_urls, local};

#[tokio::test]
async fn a_redirect_and_its_target_each_have_a_record() {
    let site = Site::new()
        .page("/", "<a href=/old>x</a>")
        .redirect("/old", "/new#part")
        .page("/new", "<a href=/on>x</a>")
        .page("/on", "")
        .start()
        .await
        .unwrap();
    let crawled = crawl(&site, "/", local()).await;
    let old = crawled.record(&site.url("/old"));
    assert_eq!(old.status, Some(302));
    assert_eq!(old.location.as_deref(), Some(site.url("/new#part").as_str()));
    let new = crawled.record(&site.url("/new"));
    assert_eq!(new.referrer.as_deref(), Some(site.url("/old").as_str()));
    assert_eq!(new.depth, 1, "a redirect is no link");
    assert_eq!(crawled.record(&site.url("/on")).depth, 2);
}

#[tokio::test]
async fn a_target_that_is_known_is_not_fetched_again() {
    let site = Site::new()
        .page("/", "<a href=/new>x</a><a href=/old>x</a><a href=/older>x</a>")
        .redirect("/old", "/new")
        .redirect("/older", "/old")
        .page("/new", "")
        .start()
        .await
        .unwrap();
    crawl(&site, "/", local()).await;
    assert_eq!(site.hits_of("/new"), 1);
    assert_eq!(site.hits_of("/old"), 1);
}

#[tokio::test]
async fn a_loop_ends() {
    let site = Site::new().redirect("/a", "/b").redirect("/b", "/a").start().await.unwrap();
    let crawled = crawl(&site, "/a", local()).await;
    assert_eq!(crawled.paths(), ["/a", "/b"]);
}

#[tokio::test]
async fn an_endless_chain_ends_with_a_record_that_says_so() {
    let site = Site::new()
        .dynamic(|asked| {
            let hop: u32 = asked.path.strip_prefix("/hop/")?.parse().ok()?;
            let next = format!("/hop/{}", hop + 1);
            Some(dragline_site::Answer::new(302).header("Location", &next))
        })
        .start()
        .await
        .unwrap();
    let crawled = crawl(&site, "/hop/0", local()).await;
    let last = crawled.records.iter().find(|record| record.error.is_some()).unwrap();
    assert_eq!(last.error, Some("too_many_redirects"));
    assert_eq!(last.url, site.url("/hop/21"));
    assert_eq!(site.hits().len(), 22, "robots.txt, the seed and 20 redirects");
}

#[tokio::test]
async fn a_redirect_out_of_scope_is_not_followed() {
    let other = Site::new().page("/", "").start().await.unwrap();
    let site = Site::new().redirect("/", other.url("/")).start().await.unwrap();
    let crawled = crawl(&site, "/", local()).await;
    assert_eq!(crawled.records.len(), 1);
    assert_eq!(crawled.summary.stats.links.out_of_scope, 1);
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_redirect_target_is_held_to_robots() {
    let site = Site::new()
        .robots("User-agent: *\nDisallow: /private/")
        .redirect("/", "/private/x")
        .page("/private/x", "")
        .start()
        .await
        .unwrap();
    let crawled = crawl(&site, "/", local()).await;
    assert_eq!(crawled.record(&site.url("/private/x")).error, Some("robots"));
    assert_eq!(site.hits_of("/private/x"), 0);
}

#[tokio::test]
async fn the_first_url_of_a_host_may_be_a_redirect_to_another_seed_host() {
    let b = Site::new().page("/", "").start().await.unwrap();
    let a = Site::new().redirect("/", b.url("/")).start().await.unwrap();
    let crawled = crawl_urls(&[&a.url("/"), &b.url("/")], local()).await;
    assert_eq!(crawled.records.len(), 2);
    assert_eq!(b.hits_of("/"), 1);
}
