//! What leads to pages beside a spider's own links: sitemaps; and what keeps from them: nofollow.

use std::io::Write;
use std::sync::{Arc, Mutex};

use dragline::{
    BoxError, Config, Crawler, Nofollow, Output, Page, Request, RobotsPolicy, ScopeKind, Sitemaps,
    Spider,
};
use dragline_testkit::{HostPlan, Reply, RobotsPlan, SimulatedWeb, WebBuilder};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use crate::common::{Crawled, collect, crawl_with};

const SEED: &str = "http://a.test/";

fn on() -> Config {
    let mut config = Config::default();
    config.discovery.sitemaps = Sitemaps::On;
    config
}

/// A web whose host `a.test` has this robots.txt and an empty page at its root.
fn web(robots: &str) -> WebBuilder {
    let robots = RobotsPlan::Text(robots.to_owned());
    SimulatedWeb::builder()
        .host("a.test", HostPlan { robots, ..HostPlan::default() })
        .page(SEED, "<title>root</title>")
}

fn list(root: &str, entry: &str, locations: &[&str]) -> String {
    let entries: String =
        locations.iter().map(|at| format!("<{entry}><loc>{at}</loc></{entry}>\n")).collect();
    format!("<?xml version='1.0'?><{root}>{entries}</{root}>")
}

fn urlset(locations: &[&str]) -> Reply {
    xml(list("urlset", "url", locations))
}

fn index(locations: &[&str]) -> Reply {
    xml(list("sitemapindex", "sitemap", locations))
}

fn xml(body: String) -> Reply {
    Reply::status(200).header("content-type", "application/xml").body(body)
}

fn packed(text: &str) -> Reply {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    let body = encoder.finish().unwrap();
    Reply::status(200).header("content-type", "application/gzip").body(body)
}

async fn crawl(web: WebBuilder, config: Config) -> (Crawled, SimulatedWeb) {
    let web = web.build();
    (crawl_with(&web, &[SEED], config).await, web)
}

#[tokio::test(start_paused = true)]
async fn an_index_leads_to_pages_that_no_link_leads_to() {
    let site = || {
        web("Sitemap: http://a.test/index.xml\nSitemap: /more.txt")
            .on("http://a.test/index.xml", [index(&["http://a.test/1.xml", "/2.xml.gz"])])
            .on("http://a.test/1.xml", [urlset(&["http://a.test/one?a=1&amp;b=2", SEED])])
            .on("http://a.test/2.xml.gz", [packed(&list("urlset", "url", &["/two", "/three"]))])
            .on("http://a.test/more.txt", [Reply::text("http://a.test/four\n")])
            .page("http://a.test/one?a=1&b=2", "<a href=/linked>x</a>")
            .page("http://a.test/linked", "")
            .page("http://a.test/two", "")
            .page("http://a.test/three", "")
            .page("http://a.test/four", "")
    };
    let (crawled, _) = crawl(site(), on()).await;
    let files = ["/1.xml", "/2.xml.gz", "/index.xml", "/more.txt"];
    let pages = ["/", "/four", "/linked", "/one", "/three", "/two"];
    let mut all = [&files[..], &pages[..]].concat();
    all.sort_unstable();
    assert_eq!(crawled.paths(), all);
    assert!(crawled.records.iter().all(|record| record.status == Some(200)));

    let packed = crawled.record("http://a.test/2.xml.gz");
    assert_eq!(packed.referrer.as_deref(), Some("http://a.test/index.xml"));
    assert_eq!((packed.links, packed.depth), (2, 0));
    let two = crawled.record("http://a.test/two");
    assert_eq!(two.referrer.as_deref(), Some("http://a.test/2.xml.gz"));
    assert_eq!((two.depth, crawled.record("http://a.test/linked").depth), (0, 1));
    let stats = &crawled.summary.stats;
    assert_eq!(stats.items, pages.len() as u64, "no spider sees a sitemap");
    assert_eq!((stats.seeds.given, stats.seeds.fetched), (1, 1));

    let (crawled, web) = crawl(site(), Config::default()).await;
    assert_eq!(crawled.paths(), ["/"], "off unless it is asked for");
    assert_eq!(web.log().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn robots_rules_hold_for_sitemaps_and_for_what_they_list() {
    let robots = "User-agent: *\nDisallow: /private\nSitemap: http://a.test/private.xml\n\
                  Sitemap: http://a.test/open.xml";
    let site = web(robots)
        .on("http://a.test/open.xml", [urlset(&["/private/a", "/b"])])
        .on("http://a.test/private.xml", [urlset(&["/c"])])
        .page("http://a.test/b", "");
    let (crawled, web) = crawl(site, on()).await;
    assert_eq!(crawled.paths(), ["/", "/b", "/open.xml", "/private.xml", "/private/a"]);
    for path in ["private/a", "private.xml"] {
        let url = format!("{SEED}{path}");
        assert_eq!(crawled.record(&url).error, Some("robots"));
        assert!(web.log().times(&url).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_sitemap_keeps_what_was_read_and_says_what_is_wrong() {
    let broken = "<urlset><url><loc>/a</loc></url><url></url><url><loc>/b</loc></url><url><lo";
    let site = web("Sitemap: /broken.xml\nSitemap: /page.xml\nSitemap: /gone.xml")
        .on("http://a.test/broken.xml", [xml(broken.to_owned())])
        .page("http://a.test/page.xml", "<p>not here")
        .page("http://a.test/a", "")
        .page("http://a.test/b", "");
    let (crawled, _) = crawl(site, on()).await;
    assert_eq!(crawled.paths(), ["/", "/a", "/b", "/broken.xml", "/gone.xml", "/page.xml"]);
    let record = crawled.record("http://a.test/broken.xml");
    assert_eq!((record.status, record.error, record.links), (Some(200), Some("sitemap"), 2));
    assert!(record.message.is_some());
    let message = crawled.record("http://a.test/page.xml").message.as_deref().unwrap();
    assert!(message.starts_with("body is not a sitemap"), "{message}");
    let gone = crawled.record("http://a.test/gone.xml");
    assert_eq!((gone.status, gone.error), (Some(404), None));
    assert_eq!(crawled.summary.stats.links.not_crawlable, 1, "the entry without a URL");
}

#[tokio::test(start_paused = true)]
async fn what_is_out_of_scope_is_not_asked_for_and_widens_nothing() {
    let robots = "Sitemap: http://b.test/map.xml\nSitemap: http://a.test/map.xml";
    let listed = ["/docs/a", "/blog", "http://b.test/docs/c", "mailto:x@a.test"];
    let site = web(robots)
        .on("http://a.test/map.xml", [urlset(&listed)])
        .page("http://a.test/docs/", "")
        .page("http://a.test/docs/a", "<a href=/blog>x</a>")
        .page("http://b.test/docs/c", "")
        .on("http://b.test/map.xml", [urlset(&["http://a.test/docs/d"])])
        .build();
    let mut config = on();
    config.scope.kind = ScopeKind::Prefix;
    config.scope.include.push("/docs/".to_owned());
    let crawled = crawl_with(&site, &["http://a.test/docs/"], config).await;
    assert_eq!(crawled.paths(), ["/docs/", "/docs/a", "/map.xml"]);
    let links = crawled.summary.stats.links;
    // The sitemap on b, what is listed of /blog and b, and the link to /blog.
    assert_eq!((links.out_of_scope, links.not_crawlable), (4, 1));
    assert!(site.log().requests().all(|asked| asked.url.starts_with("http://a.test/")));
}

#[tokio::test(start_paused = true)]
async fn the_usual_sitemap_is_tried_when_none_is_named() {
    let listed = || urlset(&["/a"]);
    let plain = SimulatedWeb::builder().page(SEED, "").page("http://a.test/a", "");
    let (crawled, _) = crawl(plain.on("http://a.test/sitemap.xml", [listed()]), on()).await;
    assert_eq!(crawled.paths(), ["/", "/a", "/sitemap.xml"]);
    let sitemap = crawled.record("http://a.test/sitemap.xml");
    assert_eq!(sitemap.referrer.as_deref(), Some("http://a.test/robots.txt"));

    // Without robots.txt nothing names one.
    let mut config = on();
    config.politeness.robots = RobotsPolicy::Ignore;
    let plain = SimulatedWeb::builder().page(SEED, "").page("http://a.test/a", "");
    let site = plain.on("http://a.test/sitemap.xml", [listed()]).build();
    let crawled = crawl_with(&site, &[SEED, "http://a.test/a"], config).await;
    assert_eq!(crawled.paths(), ["/", "/a", "/sitemap.xml"]);

    // Some sites have a page for everything, and that is no fault of a guess.
    let plain = SimulatedWeb::builder().page(SEED, "");
    let (crawled, _) = crawl(plain.page("http://a.test/sitemap.xml", "<p>home"), on()).await;
    assert_eq!((crawled.summary.stats.done, crawled.summary.stats.failed), (2, 0));

    let named = web("Sitemap: /map.xml").on("http://a.test/sitemap.xml", [listed()]);
    let (crawled, _) = crawl(named, on()).await;
    assert_eq!(crawled.paths(), ["/", "/map.xml"], "another one is named");
}

#[tokio::test(start_paused = true)]
async fn a_sitemap_that_moved_is_still_a_sitemap() {
    let site = web("Sitemap: /old.xml")
        .on("http://a.test/old.xml", [Reply::redirect("/new.xml")])
        .on("http://a.test/new.xml", [urlset(&["/a"])])
        .page("http://a.test/a", "");
    let mut config = on();
    config.scope.include.push("/a$".to_owned());
    let (crawled, _) = crawl(site, config).await;
    assert_eq!(crawled.paths(), ["/", "/a", "/new.xml", "/old.xml"]);
    assert_eq!(crawled.summary.stats.items, 2);
}

#[tokio::test(start_paused = true)]
async fn indexes_end_at_the_third_and_at_10_000_files() {
    let mut site = web("Sitemap: /0.xml");
    for depth in 0..6 {
        let (next, at) = (format!("/{}.xml", depth + 1), format!("http://a.test/{depth}.xml"));
        site = site.on(&at, [index(&[&next, "/0.xml"])]);
    }
    let (crawled, _) = crawl(site, on()).await;
    assert_eq!(crawled.paths(), ["/", "/0.xml", "/1.xml", "/2.xml", "/3.xml"]);
    assert_eq!(crawled.summary.stats.links.many_sitemaps, 2);
    assert!(crawled.summary.to_string().contains("as many_sitemaps: 2"));

    let names: Vec<String> = (0..10_005).map(|number| format!("/{number}.xml")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut config = on();
    config.limits.max_pages = Some(2);
    let site = web("Sitemap: /index.xml").on("http://a.test/index.xml", [index(&names)]);
    let (crawled, _) = crawl(site, config).await;
    assert_eq!(crawled.paths(), ["/", "/index.xml"], "sitemaps count as pages");
    assert_eq!(crawled.summary.stats.links.many_sitemaps, 6, "the index itself is one of 10,000");
}

/// Keeps the route of each page as an item.
struct Routed;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Route {
    Other,
    Shelf { number: u8 },
}

impl Spider for Routed {
    type Item = String;
    type Route = Route;

    fn start(&self) -> Result<Vec<Request<Route>>, BoxError> {
        Ok(vec![
            Request::get(SEED)?.route(Route::Shelf { number: 7 }),
            Request::get("http://a.test/second")?.route(Route::Other),
        ])
    }

    fn parse(&self, page: &Page<Route>, out: &mut Output<Self>) -> Result<(), BoxError> {
        out.item(format!("{} {:?}", page.url().path(), page.route()));
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn listed_pages_have_the_route_of_the_hosts_first_seed() {
    let site = web("Sitemap: /index.xml")
        .on("http://a.test/index.xml", [index(&["/map.xml"])])
        .on("http://a.test/map.xml", [urlset(&["/a"])])
        .page("http://a.test/second", "")
        .page("http://a.test/a", "")
        .build();
    let items = Arc::new(Mutex::new(Vec::new()));
    let sink = items.clone();
    let crawler = Crawler::new(Routed).config(on()).fetcher(site);
    collect(crawler.sink(move |item: &String| sink.lock().unwrap().push(item.clone()))).await;
    let mut items = items.lock().unwrap().clone();
    items.sort();
    assert_eq!(items, ["/ Shelf { number: 7 }", "/a Shelf { number: 7 }", "/second Other"]);
}

#[tokio::test(start_paused = true)]
async fn links_that_a_page_asks_not_to_follow_are_counted_and_not_asked_for() {
    let site = || {
        let tagged = Reply::html("<a href=/z>z</a>").header("x-robots-tag", "nofollow");
        SimulatedWeb::builder()
            .page(SEED, "<a href=/x rel=nofollow>x</a><a href=/y>y</a>")
            .on("http://a.test/y", [tagged])
    };
    let (crawled, _) = crawl(site(), Config::default()).await;
    assert_eq!(crawled.paths(), ["/", "/y"]);
    assert_eq!(crawled.summary.stats.links.nofollow, 2);
    assert!(crawled.summary.to_string().contains("links not followed as nofollow: 2\n"));

    let mut config = Config::default();
    config.discovery.nofollow = Nofollow::Ignore;
    let (crawled, _) = crawl(site(), config).await;
    assert_eq!(crawled.paths(), ["/", "/x", "/y", "/z"]);
    assert_eq!(crawled.summary.stats.links.nofollow, 0);
}
