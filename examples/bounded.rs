//! How do I bound how much is in flight, and how fast requests are started?

use std::time::Instant;

use dragline::BoxError;
use dragline::fetch::{Client, Config};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let site = dragline_site::api().start().await?;
    let config = Config { allow_net: vec![site.address().ip().into()], ..Config::default() };
    let client = Client::new(config)?;
    let urls = |count: u32| (0..count).map(|id| site.url(&format!("/users/{id}")));

    // No semaphore: at most 5 at once, and of those at most 2 to one host.
    let answers = client.get_all(urls(50)).concurrency(5).per_host(2).collect().await;
    println!("{} answers, at most {} in flight", answers.len(), site.most_in_flight());

    // At most 100 starts a second, evenly spaced.
    let started = Instant::now();
    let answers = client.get_all(urls(50)).rate(100).collect().await;
    println!("{} answers in {:.1?}", answers.len(), started.elapsed());
    Ok(())
}
