//! How do I crawl a site with list pages and detail pages into typed items?
//!
//! Run it without arguments to crawl a small site that it serves itself, or give it the URL of a site
//! built like that one.

use std::time::Duration;

use dragline::{
    BoxError, Config, Crawler, Extract, JsonLines, Output, Page, Politeness, Request, Spider,
};
use serde::{Deserialize, Serialize};
use url::Url;

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

#[derive(Extract, Serialize)]
struct Author {
    #[extract(css = "h3.author-title")]
    name: String,
    #[extract(css = "span.author-born-date")]
    born: Option<String>,
}

/// Items of both kinds, told apart in the output by their field `kind`.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Item {
    Quote(Quote),
    /// What the author's page says, and how many quotes the page that led there had.
    Author {
        #[serde(flatten)]
        author: Author,
        quotes: usize,
    },
}

/// Which kind of page comes next, and what is carried there.
#[derive(Serialize, Deserialize)]
enum Route {
    List,
    Author { quotes: usize },
}

struct Quotes {
    start: String,
}

impl Spider for Quotes {
    type Item = Item;
    type Route = Route;

    fn start(&self) -> Result<Vec<Request<Route>>, BoxError> {
        Ok(vec![Request::get(&self.start)?.route(Route::List)])
    }

    fn parse(&self, page: &Page<Route>, out: &mut Output<Self>) -> Result<(), BoxError> {
        match page.route() {
            Route::List => {
                let quotes: Vec<Quote> = page.extract_all("div.quote")?;
                for link in page.links("div.quote a.more")? {
                    let route = Route::Author { quotes: quotes.len() };
                    out.request(Request::from(link).route(route));
                }
                for link in page.links("li.next a")? {
                    out.request(Request::from(link).route(Route::List));
                }
                out.items(quotes.into_iter().map(Item::Quote));
            }
            Route::Author { quotes } => {
                out.item(Item::Author { author: page.extract()?, quotes: *quotes });
            }
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut config = Config::default();
    let (start, _site) = match std::env::args().nth(1) {
        Some(url) => (url, None),
        None => {
            let site = dragline_site::quotes().start().await?;
            // The site is ours and on this machine: its address is allowed, and it needs no rest.
            config.fetch.allow_net.push(site.address().ip().into());
            config.politeness = Politeness { delay: Duration::ZERO, ..Politeness::default() };
            (site.url("/"), Some(site))
        }
    };
    let summary =
        Crawler::new(Quotes { start }).config(config).sink(JsonLines::stdout()).run().await?;
    eprintln!("{summary}");
    Ok(())
}
