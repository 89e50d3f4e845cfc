//! Requests that are more than a GET, over real sockets: bodies, redirects, retries, keys, and restarts.

use std::time::Duration;

use dragline::{BoxError, Crawler, Ended, Output, Page, Request, Spider, Summary, spider};
use dragline_site::{Answer, Asked, Server, Site};
use futures_util::stream;

use crate::common::{Crawled, FollowAll, collect, local};

/// Starts with these requests, and its items are the bodies of the pages.
struct Ask(Vec<Request>);

impl Spider for Ask {
    type Item = String;
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok(self.0.clone())
    }

    fn parse(&self, page: &Page, out: &mut Output<Self>) -> Result<(), BoxError> {
        out.item(page.text().to_owned());
        out.follow_all(page.links("a")?);
        Ok(())
    }
}

/// Answers with what was asked: method, path, a header, and the body.
fn echo() -> Site {
    Site::new().robots("User-agent: *\nDisallow: /private").dynamic(|asked: &Asked| {
        if asked.path == "/robots.txt" {
            return None;
        }
        let body = String::from_utf8_lossy(&asked.body).into_owned();
        let header = |name| asked.header(name).unwrap_or("-").to_owned();
        let (key, kind) = (header("x-key"), header("content-type"));
        Some(Answer::text(format!("{} {} {key} {kind} {body}", asked.method, asked.path)))
    })
}

fn post(site: &Server, path: &str) -> Request {
    Request::post(site.url(path)).unwrap()
}

async fn ask(requests: Vec<Request>) -> (Vec<String>, Summary) {
    let mut crawl = Crawler::new(Ask(requests)).config(local()).start().unwrap();
    let mut items = Vec::new();
    while let Some(item) = crawl.next().await {
        items.push(item);
    }
    items.sort();
    (items, crawl.finish().await.unwrap())
}

async fn records(requests: Vec<Request>) -> Crawled {
    collect(Crawler::new(Ask(requests)).config(local())).await
}

#[tokio::test]
async fn bodies_and_headers_are_sent_and_known_by_what_they_are() {
    let site = echo().start().await.unwrap();
    let (items, summary) = ask(vec![
        post(&site, "/a").form(&[("q", "1")]).header("x-key", "k"),
        post(&site, "/a").form(&[("q", "2")]),
        post(&site, "/a").form(&[("q", "2")]),
        post(&site, "/a").json(&[1]),
        Request::get(site.url("/a")).unwrap(),
        Request::get(site.url("/a")).unwrap().header("x-key", "same URL"),
        Request::get(site.url("/a")).unwrap().method("PUT".parse().unwrap()).body("x"),
        post(&site, "/private/a"),
    ])
    .await;
    assert_eq!(
        items,
        [
            "GET /a - - ",
            "POST /a - application/json [1]",
            "POST /a - application/x-www-form-urlencoded q=2",
            "POST /a k application/x-www-form-urlencoded q=1",
            "PUT /a - - x",
        ]
    );
    assert_eq!((summary.stats.done, summary.stats.skipped), (5, 1), "robots.txt holds for a POST");
    assert_eq!(summary.stats.links.duplicates, 2);
    assert!(!site.hits().iter().any(|hit| hit.path == "/private/a"));
}

#[tokio::test]
async fn a_post_does_not_hide_the_page_of_its_url() {
    let site = Site::new()
        .page("/", "<a href=/page>x</a>")
        .dynamic(|asked| (asked.method == "POST").then(|| Answer::html("<a href=/page>x</a>")))
        .page("/page", "page")
        .start()
        .await
        .unwrap();
    // The posts of a page are handed over before the links of another one are looked up.
    let start = site.url("/");
    let spider = spider([start], |page: &Page, out: &mut Output<_>| {
        out.item(page.url().path().to_owned());
        if page.depth() == 0 {
            let post = Request::post(page.join("/page").unwrap()).unwrap();
            out.request(post.body("1"));
        } else {
            out.follow_found(dragline::LinkKinds::default());
        }
        Ok(())
    });
    let crawled = collect(Crawler::new(spider).config(local())).await;
    assert_eq!(crawled.paths(), ["/", "/page", "/page"]);
}

#[tokio::test]
async fn what_is_never_the_same_is_sent_again_and_repeats_after_a_restart() {
    let site = Site::new().page("/", "<p>x").start().await.unwrap();
    let start = site.url("/");
    let crawler = |pages: u64| {
        let again = spider([start.clone()], |page: &Page, out: &mut Output<_>| {
            out.item(page.depth());
            if page.depth() < 5 {
                out.request(Request::from(page.url().clone()).dont_dedupe());
            }
            Ok(())
        });
        let mut config = local();
        config.limits.max_pages = Some(pages);
        Crawler::new(again).config(config)
    };
    let crawled = collect(crawler(100)).await;
    assert_eq!((crawled.summary.stats.done, site.hits_of("/")), (6, 6));

    let folder = tempfile::tempdir().unwrap();
    let seed = || stream::iter([Request::get(&start).map(Request::dont_dedupe)]);
    for _ in 0..20 {
        let crawler = crawler(1).seeds(seed()).state(folder.path().join("state"));
        if crawler.run().await.unwrap().ended == Ended::Finished {
            break;
        }
    }
    // Two chains of six: the plain seed's, and that of the one that is never the same.
    let summary =
        crawler(100).seeds(seed()).state(folder.path().join("state")).run().await.unwrap();
    assert_eq!((summary.ended, summary.stats.discovered), (Ended::Finished, 12));
}

#[tokio::test]
async fn a_request_that_waits_is_the_same_after_a_restart() {
    let site = echo().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let crawler = |pages| {
        let mut config = local();
        config.limits.max_pages = Some(pages);
        let requests = vec![
            Request::get(site.url("/first")).unwrap(),
            post(&site, "/second").form(&[("q", "1")]).header("x-key", "k"),
        ];
        Crawler::new(Ask(requests)).config(config).state(folder.path().join("state"))
    };
    assert_eq!(crawler(1).run().await.unwrap().stats.waiting, 1);
    let mut crawl = crawler(9).start().unwrap();
    let item = crawl.next().await.unwrap();
    assert_eq!(item, "POST /second k application/x-www-form-urlencoded q=1");
    assert_eq!(crawl.finish().await.unwrap().stats.discovered, 2);
}

#[tokio::test]
async fn what_cannot_be_sent_fails_with_the_remedy() {
    let site = echo().start().await.unwrap();
    let crawled = records(vec![
        post(&site, "/large").body(vec![0; 2 * 1024 * 1024]),
        post(&site, "/header").header("no name", "x"),
    ])
    .await;
    let large = crawled.record(&site.url("/large"));
    assert_eq!(large.error, Some("invalid_request"));
    assert!(large.message.as_ref().unwrap().contains("fetch::Client"), "{large:?}");
    assert_eq!(crawled.record(&site.url("/header")).error, Some("invalid_request"));
    assert_eq!(crawled.summary.stats.failed, 2);
}

#[tokio::test]
async fn redirects_change_methods_and_drop_secrets_as_browsers_do() {
    let other = echo().start().await.unwrap();
    let away = other.url("/307-away");
    let to = |status: u16, target: &str| Answer::new(status).header("location", target);
    let site = Site::new()
        .answer("/301", to(301, "/301-landed"))
        .answer("/303", to(303, "/303-landed"))
        .answer("/308", to(308, "/308-landed"))
        .answer("/away", to(307, &away))
        .page("/known", "known")
        .answer("/login", to(303, "/known"))
        .dynamic(|asked| {
            asked.path.ends_with("landed").then(|| {
                let body = String::from_utf8_lossy(&asked.body).into_owned();
                Answer::text(format!("{} {} {body}", asked.method, asked.path))
            })
        })
        .start()
        .await
        .unwrap();
    let mut config = local();
    config.scope.kind = dragline::ScopeKind::Any;
    let of = |path| post(&site, path).body("b").header("x-key", "k").header("authorization", "s");
    let requests = ["/301", "/303", "/308", "/away", "/login"].map(of).to_vec();
    let requests = [vec![Request::get(site.url("/known")).unwrap()], requests].concat();
    let mut crawl = Crawler::new(Ask(requests)).config(config).start().unwrap();
    let mut items = Vec::new();
    while let Some(item) = crawl.next().await {
        items.push(item);
    }
    items.sort();
    assert_eq!(
        items,
        [
            "GET /301-landed ",
            "GET /303-landed ",
            "POST /307-away k - b",
            "POST /308-landed b",
            "known",
            "known",
        ]
    );
    let header = |hit: &dragline_site::Hit| hit.header("authorization").map(str::to_owned);
    let hit = |server: &Server, path: &str| {
        server.hits().into_iter().find(|hit| hit.path == path).unwrap()
    };
    assert_eq!(header(&hit(&site, "/308-landed")).as_deref(), Some("s"));
    assert_eq!(header(&hit(&other, "/307-away")), None, "secrets stay with their origin");
}

#[tokio::test]
async fn a_post_is_repeated_only_when_it_had_no_effect() {
    let site = Site::new()
        .answer("/500", Answer::new(500))
        .answer("/503", Answer::new(503).header("retry-after", "0"))
        .start()
        .await
        .unwrap();
    let mut config = local();
    config.limits.retries = 1;
    let requests = vec![post(&site, "/500").body("1"), post(&site, "/503").body("1")];
    let crawled = collect(Crawler::new(Ask(requests)).config(config)).await;
    assert_eq!(crawled.record(&site.url("/500")).method.as_deref(), Some("POST"));
    assert_eq!((site.hits_of("/500"), site.hits_of("/503")), (1, 2));
}

#[tokio::test]
async fn a_plain_crawl_keeps_no_cookies_unless_it_is_told_to() {
    let gate = || {
        Site::new().robots("").dynamic(|asked: &Asked| match asked.header("cookie") {
            _ if asked.path == "/robots.txt" => None,
            Some("id=7") => Some(Answer::html("inside")),
            Some(other) => Some(Answer::html(format!("unknown {other}"))),
            // The same URL again, now with a cookie.
            None => Some(
                Answer::new(302)
                    .header("location", asked.path.clone())
                    .header("set-cookie", "id=7; Path=/"),
            ),
        })
    };
    for (cookies, pages) in
        [(dragline::fetch::Cookies::Ignore, 0), (dragline::fetch::Cookies::Keep, 2)]
    {
        let site = gate().start().await.unwrap();
        let mut config = local();
        config.fetch.cookies = cookies;
        let urls = vec![site.url("/a"), site.url("/b")];
        let summary = Crawler::new(FollowAll(urls)).config(config).run().await.unwrap();
        assert_eq!(summary.stats.items, pages, "{cookies:?}");
    }
}

#[tokio::test]
async fn each_session_has_its_own_cookies_and_its_links_stay_in_it() {
    let site = Site::new()
        .robots("")
        .dynamic(|asked: &Asked| {
            let cookie = asked.header("cookie").unwrap_or("none").to_owned();
            let user = String::from_utf8_lossy(&asked.body).into_owned();
            match asked.path.as_str() {
                "/login" => Some(
                    Answer::html(format!("<a href=/{user}/1>x</a>"))
                        .header("set-cookie", format!("user={user}; Path=/"))
                        .delay(Duration::from_millis(1)),
                ),
                "/robots.txt" => None,
                path if path.ends_with("/1") => {
                    let next = path.replace("/1", "/2");
                    Some(Answer::html(format!("{cookie}<a href={next}>x</a>")))
                }
                _ => Some(Answer::html(cookie)),
            }
        })
        .start()
        .await
        .unwrap();
    let login = |user: &'static str| post(&site, "/login").body(user).session(user);
    let (items, _) =
        ask(vec![login("ann"), login("bob"), Request::get(site.url("/plain")).unwrap()]).await;
    assert_eq!(
        items,
        [
            "<a href=/ann/1>x</a>",
            "<a href=/bob/1>x</a>",
            "none",
            "user=ann",
            "user=ann<a href=/ann/2>x</a>",
            "user=bob",
            "user=bob<a href=/bob/2>x</a>",
        ]
    );
}
