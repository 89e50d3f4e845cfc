//! A refresh as a program sees it: what it counts, and what is asked for whatever is known of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dragline::{Begin, Change, Changes, Crawler, Sitemaps, State};
use dragline_site::{Answer, Site};

use crate::common::{Crawled, FollowAll, collect, local};

/// A site whose sitemap lists one page more when it is told so, and claims that it did not change.
fn site(later: &Arc<AtomicBool>) -> Site {
    let later = later.clone();
    Site::new().page("/", "").answer("/a", Answer::html("a").header("etag", "\"a\"")).dynamic(
        move |asked| {
            let host = asked.header("host").unwrap();
            let page = match (asked.path.as_str(), later.load(Ordering::SeqCst)) {
                ("/robots.txt", _) => {
                    return Some(Answer::text(format!("Sitemap: http://{host}/sitemap.xml")));
                }
                ("/b", true) => return Some(Answer::html("b")),
                ("/sitemap.xml", _) if asked.header("if-none-match").is_some() => {
                    return Some(Answer::new(304));
                }
                ("/sitemap.xml", false) => "a",
                ("/sitemap.xml", true) => "b",
                _ => return None,
            };
            let list = format!("<urlset><url><loc>http://{host}/{page}</loc></url></urlset>");
            let answer = Answer::new(200).header("content-type", "application/xml").body(list);
            Some(answer.header("etag", "\"list\""))
        },
    )
}

async fn crawl(url: String, folder: &tempfile::TempDir, begin: Begin) -> Crawled {
    let mut config = local();
    config.discovery.sitemaps = Sitemaps::On;
    let state = State::new(folder.path()).begin(begin);
    collect(Crawler::new(FollowAll(vec![url])).config(config).state(state)).await
}

#[tokio::test]
async fn a_refresh_finds_pages_in_a_sitemap_that_hides_its_changes() {
    let later = Arc::default();
    let site = site(&later).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let first = crawl(site.url("/"), &folder, Begin::Continue).await;
    assert_eq!(first.paths(), ["/", "/a", "/sitemap.xml"]);
    assert_eq!(first.summary.stats.refresh, None);
    later.store(true, Ordering::SeqCst);
    let second = crawl(site.url("/"), &folder, Begin::Refresh).await;
    assert_eq!(second.paths(), ["/", "/a", "/b", "/sitemap.xml"]);
    let expected = Changes { added: 1, unchanged: 2, ..Changes::default() };
    assert_eq!(second.summary.stats.refresh, Some(expected));
    assert_eq!(second.record(&site.url("/b")).change, Some(Change::Added));
    assert_eq!(second.record(&site.url("/sitemap.xml")).change, None);
    let asked = |path: &str| site.hits().into_iter().rfind(|hit| hit.path == path).unwrap();
    assert_eq!(asked("/a").header("if-none-match"), Some("\"a\""));
    assert_eq!(asked("/sitemap.xml").header("if-none-match"), None);
}
