//! TOML spiders on a local site, beside the same spiders in Rust.

use std::sync::{Arc, Mutex};

use dragline::toml_spider::TomlSpider;
use dragline::{BoxError, Config, Crawler, Extract, Output, Page, Request, Spider};
use dragline_site::{Answer, Server, Site};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::common::{Crawled, collect, local};

/// Runs a spider and returns its items as JSON lines, sorted, beside what became of the crawl.
async fn run<S: Spider>(spider: S) -> (Vec<String>, Crawled)
where
    S::Item: Serialize,
{
    run_with(spider, local()).await
}

pub(crate) async fn run_with<S: Spider>(spider: S, config: Config) -> (Vec<String>, Crawled)
where
    S::Item: Serialize,
{
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = lines.clone();
    let crawler = Crawler::new(spider).config(config).sink(move |item: &S::Item| {
        sink.lock().unwrap().push(serde_json::to_string(item).unwrap())
    });
    let crawled = collect(crawler).await;
    let mut lines = std::mem::take(&mut *lines.lock().unwrap());
    lines.sort();
    (lines, crawled)
}

fn spider(text: &str, server: &Server) -> TomlSpider {
    let text = text.replace("https://quotes.example/", &server.url("/"));
    text.replace("http://h.test/", &server.url("/"))
        .parse()
        .unwrap_or_else(|error| panic!("{error}"))
}

#[derive(Extract, Serialize)]
struct Quote {
    #[extract(css = "span.text")]
    text: String,
    #[extract(css = "small.author")]
    author: String,
    #[extract(css = "a.tag")]
    tags: Vec<String>,
    #[extract(css = "a.more", attr = "href")]
    about: Option<Url>,
}

#[derive(Extract)]
struct Author {
    #[extract(css = "h3.author-title")]
    name: String,
    #[extract(css = "span.author-born-date")]
    born: Option<String>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Thing {
    Quote(Quote),
    Author { name: String, born: Option<String>, quoted: String },
}

#[derive(Serialize, Deserialize)]
enum Route {
    List,
    Author { quote: String },
}

struct Quotes(String);

impl Spider for Quotes {
    type Item = Thing;
    type Route = Route;

    fn start(&self) -> Result<Vec<Request<Route>>, BoxError> {
        Ok(vec![Request::get(&self.0)?.route(Route::List)])
    }

    fn parse(&self, page: &Page<Route>, out: &mut Output<Self>) -> Result<(), BoxError> {
        match page.route() {
            Route::List => {
                for quote in page.extract_all::<Quote>("div.quote")? {
                    if let Some(about) = quote.about.clone() {
                        let route = Route::Author { quote: quote.text.clone() };
                        out.request(Request::from(about).route(route));
                    }
                    out.item(Thing::Quote(quote));
                }
                for link in page.links("li.next a")? {
                    out.request(Request::from(link).route(Route::List));
                }
            }
            Route::Author { quote } => {
                let Author { name, born } = page.extract()?;
                out.item(Thing::Author { name, born, quoted: quote.clone() });
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn lists_and_details_give_the_same_items_in_rust_and_in_toml() {
    let server = dragline_site::quotes().start().await.unwrap();
    let (in_rust, rust) = run(Quotes(server.url("/"))).await;
    let (in_toml, toml) = run(spider(include_str!("../../examples/quotes.toml"), &server)).await;
    assert_eq!(in_rust.len(), 30 + 8);
    assert_eq!(in_toml, in_rust);
    assert_eq!(toml.paths(), rust.paths());
}

#[derive(Extract, Serialize)]
struct Book {
    #[extract(css = "h1")]
    title: String,
    #[extract(css = ".price", parse = |text| text.replace(['£', ','], "").parse())]
    price: f64,
    #[extract(css = "time", attr = "datetime")]
    published: String,
    #[extract(css = "dt.pages + dd", regex = r"\d+")]
    pages: Option<u32>,
    #[extract(css = "dt.subject", nested)]
    subjects: Subjects,
    #[extract(css = "p.blurb", html)]
    blurb: Option<String>,
    #[extract(css = "li.review", nested)]
    reviews: Vec<Review>,
}

#[derive(Extract, Serialize)]
struct Subjects {
    #[extract(until = "dt")]
    all: Vec<String>,
    #[extract(next = "dd")]
    first: String,
}

#[derive(Extract, Serialize)]
struct Review {
    #[extract(css = ".by")]
    by: String,
    #[extract(css = ".score", regex = r"(\d) of 5")]
    score: usize,
}

struct Books(String);

impl Spider for Books {
    type Item = Book;
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok(vec![Request::get(&self.0)?])
    }

    fn parse(&self, page: &Page, out: &mut Output<Self>) -> Result<(), BoxError> {
        if page.url().path().starts_with("/book/") {
            out.item(page.extract()?);
        }
        out.follow_all(page.links("article.book a, li.next a")?);
        Ok(())
    }
}

const BOOKS: &str = r#"
    start = "http://h.test/"

    [[item]]
    pattern = '/book/\d+/$'
    [item.fields]
    title = "h1"
    price = { css = ".price", regex = '[\d.,]+', type = "number" }
    published = { css = "time", attr = "datetime" }
    pages = { css = "dt.pages + dd", regex = '\d+', type = "integer", optional = true }
    subjects = { css = "dt.subject", fields = { all = { until = "dt", list = true }, first = { next = "dd" } } }
    blurb = { css = "p.blurb", type = "html", optional = true }

    [item.fields.reviews]
    css = "li.review"
    list = true
    fields = { by = ".by", score = { css = ".score", regex = '(\d) of 5', type = "integer" } }

    [[follow]]
    css = "article.book a, li.next a"
"#;

#[tokio::test]
async fn nested_items_are_the_same_in_rust_and_in_toml() {
    let server = dragline_site::books().start().await.unwrap();
    let (in_rust, _) = run(Books(server.url("/"))).await;
    let (in_toml, _) = run(spider(BOOKS, &server)).await;
    assert_eq!(in_rust.len(), 35);
    assert_eq!(in_toml, in_rust);
}

#[tokio::test]
async fn a_page_gives_its_good_items_and_fails_only_when_nothing_of_it_is_good() {
    let text = "start = 'http://h.test/'\n[[item]]\nname = 'offer'\neach = 'li'\n\
                fields = { price = { css = 'b', type = 'number' } }\n[[follow]]\ncss = 'a'";
    let server = Site::new()
        .page("/", "<li><b>1</b><li><b>soon</b><li>none<a href=/bad>x</a><a href=/led>x</a>")
        .page("/bad", "<li><b>never</b>")
        .page("/led", "<li><b>later</b><a href=/good>x</a>")
        .page("/good", "<li><b>2</b>")
        .start()
        .await
        .unwrap();
    let spider = spider(text, &server);
    let tally = spider.tally();
    let (items, crawled) = run(spider).await;
    assert_eq!(items, [r#"{"type":"offer","price":1.0}"#, r#"{"type":"offer","price":2.0}"#]);
    assert_eq!(crawled.record(&server.url("/")).error, None);
    assert_eq!(crawled.record(&server.url("/led")).error, None, "it leads on");
    let bad = crawled.record(&server.url("/bad"));
    assert_eq!(bad.error, Some("spider"));
    let message = bad.message.as_deref().unwrap();
    assert!(message.contains("field `price` (`b`): cannot read \"never\""), "{message}");
    let [offers] = <[_; 1]>::try_from(tally.items()).unwrap();
    assert_eq!((offers.found, offers.left_out), (2, 4));
    assert_eq!((&*offers.fields[0].field, offers.fields[0].count), ("price", 4));
    assert_eq!(offers.fields[0].url, server.url("/"));
}

#[tokio::test]
async fn a_crawl_begins_with_the_pages_of_sitemaps_and_feeds() {
    let server = Site::new()
        .dynamic(|asked| {
            let host = asked.header("host")?;
            let body = match asked.path.as_str() {
                "/index.xml" => format!(
                    "<sitemapindex><sitemap><loc>http://{host}/map.xml</loc></sitemap></sitemapindex>"
                ),
                "/map.xml" => format!(
                    "<urlset><url><loc>http://{host}/a</loc></url><url><loc>http://{host}/b</loc></url></urlset>"
                ),
                "/feed.xml" => "<rss><channel><item><link>/c</link></item></channel></rss>".to_owned(),
                _ => return None,
            };
            // Only sitemaps may be longer than pages.
            let room = if asked.path == "/feed.xml" { 0 } else { 2048 };
            let body = format!("{body}{:room$}", "");
            Some(Answer::new(200).header("content-type", "application/xml").body(body))
        })
        .page("/a", "<title>a</title>")
        .page("/b", "<title>b</title>")
        .page("/c", "<title>c</title>")
        .start()
        .await
        .unwrap();
    let text = "sitemaps = [{ url = 'http://h.test/index.xml', route = 'page' }]\n\
                feeds = ['http://h.test/feed.xml']\n\
                [[item]]\nname = 'listed'\nroute = 'page'\nfields = { title = 'title' }\n\
                [[item]]\nname = 'news'\nfields = { title = 'title' }";
    let mut config = local();
    config.fetch.max_body = 1024;
    let (items, _) = run_with(spider(text, &server), config).await;
    assert_eq!(
        items,
        [
            r#"{"type":"listed","title":"a"}"#,
            r#"{"type":"listed","title":"b"}"#,
            r#"{"type":"news","title":"c"}"#
        ]
    );
}
