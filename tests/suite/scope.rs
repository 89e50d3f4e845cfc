//! Scope: which links belong to a crawl.

use dragline::{Config, ScopeKind};
use dragline_site::Site;
use dragline_testkit::SimulatedWeb;

use crate::common::{crawl, crawl_with, local};

#[tokio::test]
async fn another_port_is_another_host() {
    let other = Site::new().page("/", "").start().await.unwrap();
    let link = format!("<a href={}>x</a>", other.url("/"));
    let site = Site::new().page("/", &*link).start().await.unwrap();
    assert_eq!(crawl(&site, "/", local()).await.records.len(), 1);
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_prefix_is_the_folder_of_the_seed() {
    let site = Site::new()
        .page(
            "/docs/index.html",
            "<a href=a>1</a><a href=/docs/b/c>2</a><a href=/doc>3</a><a href=../>4</a>",
        )
        .page("/docs/a", "")
        .page("/docs/b/c", "")
        .start()
        .await
        .unwrap();
    let mut config = local();
    config.scope.kind = ScopeKind::Prefix;
    let crawled = crawl(&site, "/docs/index.html", config).await;
    assert_eq!(crawled.paths(), ["/docs/a", "/docs/b/c", "/docs/index.html"]);
}

#[tokio::test]
async fn patterns_take_in_and_leave_out_but_never_drop_a_seed_that_is_only_not_included() {
    let site = Site::new()
        .page("/", "<a href=/blog/1>1</a><a href=/blog/2.pdf>2</a><a href=/shop>3</a>")
        .page("/blog/1", "")
        .start()
        .await
        .unwrap();
    let mut config = local();
    config.scope.include = vec!["/blog/".to_owned()];
    config.scope.exclude = vec![r"\.pdf$".to_owned()];
    let crawled = crawl(&site, "/", config).await;
    assert_eq!(crawled.paths(), ["/", "/blog/1"]);
    assert_eq!(crawled.summary.stats.links.filtered, 2);
}

#[tokio::test]
async fn an_excluded_seed_is_a_record() {
    let site = Site::new().page("/", "").start().await.unwrap();
    let mut config = local();
    config.scope.exclude = vec!["^http://".to_owned()];
    let crawled = crawl(&site, "/", config).await;
    assert_eq!(crawled.record(&site.url("/")).error, Some("excluded"));
    assert_eq!(site.connections(), 0);
}

#[tokio::test]
async fn a_bad_pattern_is_named() {
    let mut config = local();
    config.scope.include = vec!["(".to_owned()];
    let spider = crate::common::FollowAll(vec!["http://a.example/".to_owned()]);
    let error = dragline::Crawler::new(spider).config(config).run().await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("include pattern `(`"), "{source}");
}

#[tokio::test(start_paused = true)]
async fn a_domain_takes_in_its_hosts() {
    let web = SimulatedWeb::builder()
        .page(
            "http://www.shop.co.uk/",
            "<a href=http://blog.shop.co.uk/>1</a><a href=http://other.co.uk/>2</a>",
        )
        .page("http://blog.shop.co.uk/", "")
        .build();
    let mut config = Config::default();
    config.scope.kind = ScopeKind::Domain;
    let crawled = crawl_with(&web, &["http://www.shop.co.uk/"], config).await;
    assert_eq!(crawled.record("http://blog.shop.co.uk/").status, Some(200));
    assert_eq!(crawled.records.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn http_and_https_on_their_own_ports_are_one_place() {
    let web = SimulatedWeb::builder()
        .page(
            "http://a.example/",
            "<a href=https://a.example/s>1</a><a href=https://a.example:8443/>2</a>",
        )
        .page("https://a.example/s", "")
        .build();
    let crawled = crawl_with(&web, &["http://a.example/"], Config::default()).await;
    assert_eq!(crawled.record("https://a.example/s").status, Some(200));
    assert_eq!(crawled.records.len(), 2);
}
