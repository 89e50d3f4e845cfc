//! How do I take numbers, dates, lists of items and fields that may be missing from a shop?
//!
//! It crawls a book shop that it serves itself and prints a JSON line for each book.

use std::time::Duration;

use dragline::{BoxError, Config, Crawler, Extract, JsonLines, Output, Page, Request, Spider};
use jiff::civil::Date;
use serde::Serialize;
use url::Url;

#[derive(Extract, Serialize)]
struct Book {
    #[extract(css = "h1")]
    title: String,
    #[extract(css = ".price", parse = |text| text.replace(['£', ','], "").parse::<f64>())]
    price: f64,
    #[extract(css = "time.published", attr = "datetime")]
    published: Date,
    #[extract(css = "dt.pages + dd", regex = r"\d+")]
    pages: Option<u32>,
    #[extract(css = "dt.subject", nested)]
    subjects: Subjects,
    #[extract(css = ".blurb", html)]
    blurb: Option<String>,
    #[extract(css = "li.review", nested)]
    reviews: Vec<Review>,
}

#[derive(Extract, Serialize)]
#[serde(transparent)]
struct Subjects {
    #[extract(until = "dt")]
    names: Vec<String>,
}

#[derive(Extract, Serialize)]
struct Review {
    #[extract(css = ".by")]
    by: String,
    #[extract(css = ".score", attr = "data-score")]
    score: u8,
    #[extract(css = ".date", parse = |text| Date::strptime("%d %B %Y", text))]
    date: Date,
    #[extract(css = ".text", default)]
    text: String,
}

struct Books {
    start: Url,
}

impl Spider for Books {
    type Item = Book;
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok(vec![Request::from(self.start.clone())])
    }

    fn parse(&self, page: &Page, out: &mut Output<Self>) -> Result<(), BoxError> {
        if page.url().path().starts_with("/book/") {
            out.item(page.extract()?);
        }
        out.follow_all(page.links("article.book a, li.next a")?);
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let site = dragline_site::books().start().await?;
    let mut config = Config::default();
    config.fetch.allow_net.push(site.address().ip().into());
    config.politeness.delay = Duration::ZERO;
    let start = Url::parse(&site.url("/"))?;
    let summary =
        Crawler::new(Books { start }).config(config).sink(JsonLines::stdout()).run().await?;
    eprintln!("{summary}");
    Ok(())
}
