//! How do I take numbers, dates, lists of items and fields that may be missing from a shop?
//!
//! It crawls a book shop that it serves itself and prints a line for each book.

use std::time::Duration;

use dragline::{BoxError, Config, Crawler, Extract, Output, Page, Request, Spider};
use jiff::civil::Date;
use url::Url;

#[derive(Extract)]
struct Book {
    #[extract(css = "h1")]
    title: String,
    #[extract(css = ".price", parse = |text| text.replace(['£', ','], "").parse())]
    price: f64,
    #[extract(css = "time", attr = "datetime")]
    published: Date,
    #[extract(css = "dt.pages + dd", regex = r"\d+")]
    pages: Option<u32>,
    #[extract(css = "li.review", nested)]
    reviews: Vec<Review>,
}

#[derive(Extract)]
struct Review {
    #[extract(css = ".by")]
    by: String,
    #[extract(css = ".score", regex = r"(\d) of 5")]
    score: usize,
}

struct Books(Url);

impl Spider for Books {
    type Item = Book;
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok(vec![Request::from(self.0.clone())])
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
    let books = Books(Url::parse(&site.url("/"))?);
    let mut crawl = Crawler::new(books).config(config).start()?;
    while let Some(Book { title, price, published, pages, reviews }) = crawl.next().await {
        let pages = pages.map_or("?".to_owned(), |pages| pages.to_string());
        println!("{title:23} £{price:8.2} {pages:>4} pages, {published}");
        for Review { by, score } in reviews {
            println!("  {:5} {by}", "*".repeat(score));
        }
    }
    println!("\n{}", crawl.finish().await?);
    Ok(())
}
