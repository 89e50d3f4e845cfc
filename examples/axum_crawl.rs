//! How do I crawl inside a web service: a request starts a crawl, and its items stream back as they come?
//!
//! Run it without arguments and it asks itself for a crawl of a small site that it serves too; with an
//! address, such as `127.0.0.1:3000`, it serves until it is stopped:
//! `curl --no-buffer --data http://example.org/ http://127.0.0.1:3000/crawl`.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use dragline::fetch::{self, Client};
use dragline::{BoxError, Config, Crawler, spider};
use futures_util::StreamExt;
use tokio::net::TcpListener;

/// Crawls the site of the posted URL, and answers with a line of JSON for each page.
async fn crawl(State(config): State<Config>, url: String) -> Result<Body, (StatusCode, String)> {
    let pages = spider([url], |page, out| {
        out.item(serde_json::json!({ "url": page.url(), "title": page.title() }));
        out.follow_found(Default::default());
        Ok(())
    });
    let crawl = Crawler::new(pages).config(config).start();
    // A text that is no URL, for one; the message says so.
    let crawl = crawl.map_err(|error| {
        let cause = std::error::Error::source(&error).map_or(String::new(), ToString::to_string);
        (StatusCode::BAD_REQUEST, format!("{error}: {cause}\n"))
    })?;
    // The crawl lives in the answer's body: when the client goes away the body is dropped, and the crawl with
    // it. A client that reads slowly slows its crawl down.
    Ok(Body::from_stream(crawl.map(|page| Ok::<_, Infallible>(format!("{page}\n")))))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut config = Config::default();
    config.limits.max_pages = Some(100);
    // Only public addresses are contacted unless a network is allowed, so nobody can look around in ours.
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0")).await?;
    let service = listener.local_addr()?;
    if address.is_some() {
        eprintln!("listening on http://{service}/crawl");
        let routes = axum::Router::new().route("/crawl", post(crawl)).with_state(config);
        return Ok(axum::serve(listener, routes).await?);
    }

    let site = dragline_site::quotes().start().await?;
    config.fetch.allow_net.push(site.address().ip().into());
    config.politeness.delay = Duration::ZERO;
    let routes = axum::Router::new().route("/crawl", post(crawl)).with_state(config);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let mut client = fetch::Config::default();
    client.allow_net.push(service.ip().into());
    let client = Client::new(client)?;
    let mut answer =
        client.post(format!("http://{service}/crawl")).body(site.url("/")).send().await?;
    while let Some(lines) = answer.chunk().await? {
        print!("{}", String::from_utf8_lossy(&lines));
    }
    Ok(())
}
