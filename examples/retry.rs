//! How do I try again what failed, with backoff, and as late as the server asks me to?

use std::time::{Duration, Instant};

use dragline::BoxError;
use dragline::fetch::{Client, Config, Retry};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let site = dragline_site::api().start().await?;
    let config = Config {
        allow_net: vec![site.address().ip().into()],
        // Three attempts on transient failures and on statuses that may pass; random waits that grow
        // from half a second; `Retry-After` is waited for, up to two minutes.
        retry: Retry { base: Duration::from_millis(200), ..Retry::default() },
        ..Config::default()
    };
    let client = Client::new(config)?;

    let started = Instant::now();
    // The first try is answered with 503 and `Retry-After: 1`.
    let response = client.get(site.url("/busy/1")).send().await?;
    println!(
        "{} after {:.1?} and {} attempts",
        response.status(),
        started.elapsed(),
        response.attempts()
    );

    // What does not pass is not tried again: the answer is what it is.
    let response = client.get(site.url("/no-such-page")).send().await?;
    println!("{} after {} attempt", response.status(), response.attempts());
    Ok(())
}
