//! How do I get many JSON documents at once, as structs?

use dragline::BoxError;
use dragline::fetch::{Client, Config};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct User {
    id: u32,
    name: String,
    posts: u32,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let site = dragline_site::api().start().await?;
    let client = Client::new(local(&site))?;

    // One page, one struct.
    let user: User = client.get(site.url("/users/7")).send().await?.json().await?;
    println!("{user:?}");

    // A hundred at once, in the order in which they were asked for.
    let urls = (0..100).map(|id| site.url(&format!("/users/{id}")));
    let mut users = Vec::new();
    for (_url, answer) in client.get_all(urls).collect().await {
        users.push(answer?.error_for_status()?.json::<User>()?);
    }
    let posts: u32 = users.iter().map(|user| user.posts).sum();
    let last = users.last().ok_or("nobody there")?;
    println!("{} users with {posts} posts; the last is {} {}", users.len(), last.id, last.name);
    Ok(())
}

/// The site is this program's own, so its address is allowed.
fn local(site: &dragline_site::Server) -> Config {
    Config { allow_net: vec![site.address().ip().into()], ..Config::default() }
}
