//! Traps: endless parts of a site end by themselves, and the rest of it is crawled whole.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dragline::{Config, Politeness, Priority, Repetition, Request, ScopeKind};
use dragline_testkit::{HostPlan, Pages, Reply, SimulatedWeb, WebBuilder};
use url::Url;

use crate::common::{Crawled, FollowAll, collect, crawl_with};

/// Pages of the site that is no trap.
const ARTICLES: usize = 300;
/// Most pages that any trap may cost.
const MOST: usize = 1000;

/// Words that differ from page to page, as prose does.
fn prose(seed: usize) -> String {
    const WORDS: [&str; 16] = [
        "river", "stone", "light", "winter", "garden", "letter", "iron", "harbour", "song",
        "bread", "window", "forest", "silver", "market", "cloud", "engine",
    ];
    let mut state = seed as u64 + 1;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        WORDS[(state >> 60) as usize]
    };
    (0..80).map(|_| format!("{} ", next())).collect()
}

/// An article of the site; each links to the next, and all to the trap.
fn article(url: &Url, trap: &str) -> Option<Reply> {
    let number: usize = match url.path() {
        "/" => 0,
        path => path.strip_prefix("/article/")?.parse().ok()?,
    };
    let next = (number < ARTICLES).then(|| format!("<a href=/article/{}>next</a>", number + 1));
    let text = prose(number);
    Some(Reply::html(format!("<p>{text}</p>{}<a href='{trap}'>x</a>", next.unwrap_or_default())))
}

/// A host whose pages are made from their URLs.
fn host(
    web: WebBuilder,
    origin: &str,
    page: impl Fn(&Url) -> Option<Reply> + Send + Sync + 'static,
) -> WebBuilder {
    let base = Url::parse(origin).unwrap();
    let pages = Pages::Generated(Arc::new(move |path, _| page(&base.join(path).ok()?)));
    web.host(origin, HostPlan { pages, ..HostPlan::default() })
}

/// A web of `a.example` alone, whose pages are made from their URLs.
fn one_host(page: impl Fn(&Url) -> Option<Reply> + Send + Sync + 'static) -> SimulatedWeb {
    host(SimulatedWeb::builder(), "http://a.example", page).build()
}

fn config() -> Config {
    let mut config = Config::default();
    config.politeness = Politeness { delay: Duration::ZERO, per_host: 8, ..config.politeness };
    config.limits.max_pages = Some(20_000);
    config
}

/// Crawls a site with a trap, and returns how many pages of the trap were fetched.
async fn crawl_trap(
    trap: &'static str,
    page: impl Fn(&Url) -> Option<String> + Send + Sync + 'static,
) -> (usize, Crawled) {
    let web = one_host(move |url| article(url, trap).or_else(|| page(url).map(Reply::html)));
    let crawled = crawl_with(&web, &["http://a.example/"], config()).await;
    let is_article = |url: &str| url.contains("/article/") || url == "http://a.example/";
    let fetched = |record: &&dragline::PageRecord| record.status == Some(200);
    let (articles, trapped): (Vec<_>, Vec<_>) =
        crawled.records.iter().filter(fetched).partition(|record| is_article(&record.url));
    assert_eq!(articles.len(), ARTICLES + 1, "the rest of the site is whole\n{}", crawled.summary);
    assert!(trapped.len() <= MOST, "{} pages of the trap\n{}", trapped.len(), crawled.summary);
    (trapped.len(), crawled)
}

#[tokio::test(start_paused = true)]
async fn a_calendar_ends() {
    let (fetched, crawled) = crawl_trap("/calendar/2026/11/22", |url| {
        let mut numbers = url.path().strip_prefix("/calendar/")?.split('/').map(str::parse);
        let mut number = || numbers.next()?.ok();
        let (year, month, day): (u32, u32, u32) = (number()?, number()?, number()?);
        let index = year * 336 + (month - 1) * 28 + (day - 1);
        let link = |index: u32, text: &str| {
            let (year, month, day) = (index / 336, index % 336 / 28 + 1, index % 28 + 1);
            format!("<a href=/calendar/{year}/{month:02}/{day:02}>{text}</a>")
        };
        let links = [
            link(index - 1, "yesterday"),
            link(index + 1, "tomorrow"),
            link(index + 336, "next year"),
        ];
        let text = format!("<h1>{day}.{month}.{year}</h1><p>no events on this day of {year}</p>");
        Some(text + &links.concat())
    })
    .await;
    assert!(fetched >= 50, "a calendar of a few pages is no trap: {fetched}");
    assert!(crawled.summary.stats.links.many_dates > 0, "{}", crawled.summary);
}

#[tokio::test(start_paused = true)]
async fn a_session_id_in_the_query_makes_no_new_page() {
    let (fetched, _) = crawl_trap("/shop/0?sid=00000000000000000000000000000000", |url| {
        let page: u64 = url.path().strip_prefix("/shop/")?.parse().ok()?;
        let id = u128::from(page) << 64 | url.as_str().len() as u128;
        let session: u128 = url.query()?.strip_prefix("sid=").map(|id| {
            u128::from_str_radix(id, 16).unwrap_or_default().wrapping_add(id.len() as u128 | 1)
        })?;
        let links: String = (0..20)
            .map(|page| format!("<a href='/shop/{page}?sid={:032x}'>{page}</a>", session ^ id))
            .collect();
        Some(format!("<p>{}</p>{links}", prose(page as usize)))
    })
    .await;
    assert_eq!(fetched, 20, "each page once");
}

#[tokio::test(start_paused = true)]
async fn a_session_id_in_the_path_ends() {
    let (_, crawled) = crawl_trap("/s/00000000000000a1/0", |url| {
        let mut segments = url.path().strip_prefix("/s/")?.split('/');
        let session = u64::from_str_radix(segments.next()?, 16).ok()?;
        let page: usize = segments.next()?.parse().ok()?;
        let links: String = (0..20_u64)
            .map(|page| {
                let id = (session ^ page).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 0xa1;
                format!("<a href=/s/{id:016x}/{page}>{page}</a>")
            })
            .collect();
        Some(format!("<p>{}</p>{links}", prose(page)))
    })
    .await;
    let stats = &crawled.summary.stats;
    assert!(stats.links.trap > 0, "{}", crawled.summary);
    assert!(stats.errors["trap"] > 0, "what was queued is dropped as well\n{}", crawled.summary);
    assert_eq!(crawled.summary.stats.waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_path_that_grows_for_ever_ends() {
    let (fetched, crawled) = crawl_trap("/loop/a/", |url| {
        url.path().starts_with("/loop/").then(|| "<a href=a/>a</a><p>again</p>".to_owned())
    })
    .await;
    assert_eq!(fetched, 3);
    let sample = &crawled.summary.stats.samples["repeated_path"];
    assert_eq!(sample, "http://a.example/loop/a/a/a/a/");
    let line = format!("links not followed as repeated_path: 1, such as {sample}");
    assert!(crawled.summary.to_string().contains(&line), "{}", crawled.summary);
}

#[tokio::test(start_paused = true)]
async fn two_paths_that_grow_into_each_other_end() {
    let (_, crawled) = crawl_trap("/loop/x/", |url| {
        url.path()
            .starts_with("/loop/")
            .then(|| "<a href=x/>x</a><a href=y/>y</a><p>again</p>".to_owned())
    })
    .await;
    assert!(crawled.summary.stats.links.trap > 0, "{}", crawled.summary);
}

#[tokio::test(start_paused = true)]
async fn facets_end() {
    let (fetched, crawled) = crawl_trap("/list?color=0&size=0&sort=0&brand=0", |url| {
        let values: BTreeMap<_, _> = url.query_pairs().collect();
        let text = url
            .query()?
            .bytes()
            .fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        let mut links = String::new();
        for name in ["color", "size", "sort", "brand"] {
            for value in 0..10 {
                let with = |key: &str| match key == name {
                    true => value.to_string(),
                    false => values.get(key).map_or_else(String::new, ToString::to_string),
                };
                let (color, size) = (with("color"), with("size"));
                let (sort, brand) = (with("sort"), with("brand"));
                links += &format!(
                    "<a href='/list?color={color}&size={size}&sort={sort}&brand={brand}'>f</a>"
                );
            }
        }
        // Each combination shows something else, so that only their number tells.
        Some(format!("<p>{}</p>{links}", prose(text)))
    })
    .await;
    assert!(fetched > 900, "a thousand may be fetched: {fetched}");
    assert!(crawled.summary.stats.links.many_queries > 0, "{}", crawled.summary);
}

#[tokio::test(start_paused = true)]
async fn a_mirror_under_another_name_ends_and_the_original_is_whole() {
    let page = |url: &Url| {
        let number: usize = url.path().strip_prefix("/article/").unwrap_or("0").parse().ok()?;
        if number > 2000 {
            return None;
        }
        let links = (1..=10).map(|step| {
            let host = if step % 2 == 0 { "www.a.example" } else { "a.example" };
            format!("<a href=http://{host}/article/{}>next</a>", number + step)
        });
        let (text, links) = (prose(number), links.collect::<String>());
        Some(Reply::html(format!("<p>{text}</p><a href=/article/{}>n</a>{links}", number + 1)))
    };
    let mut config = config();
    config.scope.kind = ScopeKind::Domain;
    let web = host(SimulatedWeb::builder(), "http://a.example", page);
    let web = host(web, "http://www.a.example", page).build();
    let crawled = crawl_with(&web, &["http://a.example/"], config).await;
    let pages = |host: &str| {
        let start = format!("http://{host}/article/");
        let fetched = |record: &&dragline::PageRecord| record.status == Some(200);
        crawled.records.iter().filter(fetched).filter(|one| one.url.starts_with(&start)).count()
    };
    assert_eq!(pages("a.example"), 2000, "{}", crawled.summary);
    assert!((50..=200).contains(&pages("www.a.example")), "{}", crawled.summary);
    assert!(crawled.summary.stats.links.mirror > 0);
    assert!(crawled.summary.stats.duplicate_pages >= 50);
}

#[tokio::test(start_paused = true)]
async fn hosts_that_seeds_name_are_crawled_although_they_are_the_same() {
    let page = |url: &Url| {
        let number: usize = url.path().trim_start_matches('/').parse().unwrap_or(0);
        let next = (number < 120).then(|| format!("<a href=/{}>next</a>", number + 1));
        Some(Reply::html(format!("<p>{}</p>{}", prose(number), next.unwrap_or_default())))
    };
    let hosts = ["http://a.example", "http://b.example", "http://c.example"];
    let web = hosts.iter().fold(SimulatedWeb::builder(), |web, name| host(web, name, page));
    let crawled = crawl_with(&web.build(), &hosts, config()).await;
    assert_eq!(crawled.summary.stats.done, 3 * 121, "{}", crawled.summary);
    assert_eq!(crawled.summary.stats.links.mirror, 0);
}

#[tokio::test(start_paused = true)]
async fn pages_that_differ_are_never_too_many() {
    let web = one_host(|url| {
        let number: usize = url.path().strip_prefix("/product/").unwrap_or("0").parse().ok()?;
        let links: String =
            (1..=3).map(|step| (number * 3 + step).min(6000)).fold(String::new(), |links, next| {
                links + &format!("<a href=/product/{next}?ref={next}>p</a>")
            });
        let links = links
            .replace("?ref=", if number.is_multiple_of(2) { "?utm_source=" } else { "?gclid=" });
        Some(Reply::html(format!("<h1>product {number}</h1><p>{}</p>{links}", prose(number))))
    });
    let crawled = crawl_with(&web, &["http://a.example/"], config()).await;
    assert_eq!(crawled.summary.stats.done, 6001, "{}", crawled.summary);
    assert_eq!(crawled.summary.stats.links.trap, 0);
}

#[tokio::test(start_paused = true)]
async fn a_list_may_link_to_equal_pages_as_long_as_it_ends() {
    let list: String = (0..1500).map(|page| format!("<a href=/empty/{page}>x</a>")).collect();
    let web = one_host(move |url| match url.path() {
        "/" => Some(Reply::html(list.clone())),
        path => path.starts_with("/empty/").then(|| Reply::html("<p>nothing here yet</p>")),
    });
    let crawled = crawl_with(&web, &["http://a.example/"], config()).await;
    assert_eq!(crawled.summary.stats.done, 1501, "{}", crawled.summary);
}

#[tokio::test(start_paused = true)]
async fn what_repeats_itself_is_followed_when_that_is_wanted() {
    let web = || {
        one_host(|url| {
            let number: usize = url.path().trim_start_matches('/').parse().unwrap_or(0);
            let next = (number < 900).then(|| format!("<a href=/{}>next</a>", number + 1));
            Some(Reply::html(next.unwrap_or_default()))
        })
    };
    let mut config = config();
    let ended = crawl_with(&web(), &["http://a.example/"], config.clone()).await;
    assert!(ended.summary.stats.done < 500, "{}", ended.summary);
    config.traps.repetition = Repetition::Ignore;
    let whole = crawl_with(&web(), &["http://a.example/"], config).await;
    assert_eq!(whole.summary.stats.done, 901);
}

#[tokio::test(start_paused = true)]
async fn a_cap_on_pages_counts_each_page_once() {
    let links: String = (0..60).map(|page| format!("<a href=/{page}>x</a>")).collect();
    let web = one_host(move |_| Some(Reply::html(links.clone())));
    let mut config = config();
    config.politeness.per_host = 1;
    config.traps.max_pages_per_host = Some(40);
    let crawled = crawl_with(&web, &["http://a.example/"], config).await;
    let stats = &crawled.summary.stats;
    assert!((40..=64).contains(&stats.done), "{}", crawled.summary);
    assert_eq!(stats.waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_domain_of_endless_hosts_ends() {
    // Ten times as many as are allowed, so that only the cap can end it.
    let web = (0..1000).fold(SimulatedWeb::builder(), |web, number| {
        let link = |step: u32| format!("<a href=http://h{}.a.example/>x</a>", number * 2 + step);
        web.page(&format!("http://h{number}.a.example/"), &(link(1) + &link(2)))
    });
    let mut config = config();
    config.scope.kind = ScopeKind::Domain;
    config.traps.max_hosts_per_domain = Some(100);
    let crawled = crawl_with(&web.build(), &["http://h0.a.example/"], config).await;
    assert_eq!(crawled.summary.stats.done, 101, "the seed's host comes on top");
    assert!(crawled.summary.stats.links.many_hosts > 0);
}

#[tokio::test(start_paused = true)]
async fn a_seed_is_never_taken_for_a_trap() {
    let long = format!("http://a.example/a/a/a/a/a?{}", "x".repeat(3000));
    let web = one_host(|_| Some(Reply::html("")));
    let seeds = vec![long.clone()];
    let crawler = dragline::Crawler::new(FollowAll(seeds)).config(config()).fetcher(web);
    let crawled = collect(crawler).await;
    assert_eq!(crawled.record(&long).status, Some(200));
}

#[test]
fn a_priority_is_kept_with_the_route() {
    let request = Request::get("http://a.example/").unwrap().priority(Priority::Last);
    assert_ne!(request.clone().route(7), Request::get("http://a.example/").unwrap().route(7));
    assert_eq!(request.clone().route(()), request);
}
