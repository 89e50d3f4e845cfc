//! How do I log in by a form, and crawl the pages behind it?
//!
//! It serves a small site to itself: a front page with a form, and pages that want its cookie.

use std::time::Duration;

use dragline::{BoxError, Config, Crawler, Output, Page, Request, Spider};
use dragline_site::{Answer, Asked, Site};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
enum Route {
    Login,
    #[default]
    Account,
}

struct Orders {
    start: String,
}

impl Spider for Orders {
    type Item = String;
    type Route = Route;

    fn start(&self) -> Result<Vec<Request<Route>>, BoxError> {
        // A session has cookies of its own; what its pages lead to stays in it.
        Ok(vec![Request::get(&self.start)?.route(Route::Login).session("me")])
    }

    fn parse(&self, page: &Page<Route>, out: &mut Output<Self>) -> Result<(), BoxError> {
        match page.route() {
            Route::Login => {
                // Hidden fields, such as the token, are sent as they stand in the page.
                let form = page.form("form#login")?.set("user", "me").set("password", "secret");
                out.request(form.request().route(Route::Account));
            }
            Route::Account => {
                out.items(page.css("li.order")?.iter().map(|order| order.text()));
                out.follow_all(page.links("a.next")?);
            }
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let site = shop().start().await?;
    let mut config = Config::default();
    // The site is ours and on this machine: its address is allowed, and it needs no rest.
    config.fetch.allow_net.push(site.address().ip().into());
    config.politeness.delay = Duration::ZERO;
    let spider = Orders { start: site.url("/") };
    let print = |order: &String| println!("{order}");
    let summary = Crawler::new(spider).config(config).sink(print).run().await?;
    eprintln!("{summary}");
    Ok(())
}

/// A shop that shows orders to whoever has logged in.
fn shop() -> Site {
    let login = "<form id=login method=post action=/login><input type=hidden name=token value=t1>\
                 <input name=user><input type=password name=password></form>";
    Site::new().page("/", login).dynamic(|asked: &Asked| {
        let known = asked.header("cookie") == Some("session=42");
        Some(match asked.path.as_str() {
            "/login" if asked.body == b"token=t1&user=me&password=secret" => Answer::new(303)
                .header("set-cookie", "session=42; Path=/; HttpOnly")
                .header("location", "/orders/1"),
            "/orders/1" if known => {
                Answer::html("<li class=order>12 shoes</li><a class=next href=/orders/2>more</a>")
            }
            "/orders/2" if known => Answer::html("<li class=order>1 hat</li>"),
            "/" | "/robots.txt" => return None,
            _ => Answer::new(403),
        })
    })
}
