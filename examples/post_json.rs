//! How do I send JSON?

use dragline::BoxError;
use dragline::fetch::{Client, Config};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Order {
    article: String,
    count: u32,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let site = dragline_site::api().start().await?;
    let config = Config { allow_net: vec![site.address().ip().into()], ..Config::default() };
    let client = Client::new(config)?;

    let order = Order { article: "thread".to_owned(), count: 3 };
    let response = client.post(site.url("/echo")).json(&order).send().await?.error_for_status()?;
    println!("{}", response.status());
    let echoed: Order = response.json().await?;
    println!("{echoed:?}");

    // A form, as browsers send it.
    let response = client.post(site.url("/echo")).form(&order).send().await?;
    println!("{}", response.text().await?);
    Ok(())
}
