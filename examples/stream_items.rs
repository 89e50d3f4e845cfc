//! How do I use the items in my own program while the crawl runs, and stop when I have enough?

use std::time::Duration;

use dragline::{BoxError, Config, Crawler, Extract, Output, Page, Request, Spider};

#[derive(Extract)]
struct Quote {
    #[extract(css = "span.text")]
    text: String,
    #[extract(css = "small.author")]
    author: String,
}

struct Quotes {
    start: String,
}

impl Spider for Quotes {
    type Item = Quote;
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok(vec![Request::get(&self.start)?])
    }

    fn parse(&self, page: &Page, out: &mut Output<Self>) -> Result<(), BoxError> {
        out.items(page.extract_all("div.quote")?);
        out.follow_all(page.links("li.next a")?);
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
            config.fetch.allow_net.push(site.address().ip().into());
            config.politeness.delay = Duration::ZERO;
            (site.url("/"), Some(site))
        }
    };

    let mut crawl = Crawler::new(Quotes { start }).config(config).start()?;
    let handle = crawl.handle();
    let mut taken = 0;
    // The stream is bounded: while this loop is busy, no further page is fetched.
    while let Some(quote) = crawl.next().await {
        println!("{} ({})", quote.text, quote.author);
        taken += 1;
        if taken == 10 {
            // Pages in flight are finished; their items still come. A crawl that has ended by itself by now
            // takes no more orders, which is just as well.
            let _ = handle.stop().await;
        }
    }
    println!("{}", crawl.finish().await?);
    Ok(())
}
