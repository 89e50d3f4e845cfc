//! How do I set the limits of the pool, the timeouts and the DNS cache?

use std::time::Duration;

use dragline::BoxError;
use dragline::fetch::{Client, Config};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let site = dragline_site::api().start().await?;

    let config = Config {
        user_agent: "settings-example/1.0".to_owned(),
        // Requests in flight: in all, and to one host. Idle connections do not count here ..
        max_in_flight: 100,
        per_host: 10,
        // .. but in this number of sockets.
        max_sockets: 256,
        dns_ttl: Duration::from_secs(300),
        // The whole request, counted from when it may be sent; waiting for its turn is not in it.
        timeout: Duration::from_secs(30),
        // Name look-up, TCP and TLS together.
        connect_timeout: Duration::from_secs(10),
        max_body: 10 * 1024 * 1024,
        allow_net: vec![site.address().ip().into()],
        ..Config::default()
    };
    // Make one client and clone it: all clones share the pool, the limits and the cache.
    let client = Client::new(config)?;

    let urls = (0..200).map(|id| site.url(&format!("/users/{id}")));
    let answers = client.get_all(urls).collect().await;
    let good = answers.iter().filter(|(_, answer)| answer.is_ok()).count();
    println!(
        "{good} answers over {} connections, at most {} at once",
        site.connections(),
        site.most_in_flight()
    );
    Ok(())
}
