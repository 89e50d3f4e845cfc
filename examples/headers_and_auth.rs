//! How do I send headers and a token, without giving the token to the wrong server?

use dragline::BoxError;
use dragline::fetch::{Client, Config};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let site = dragline_site::api().start().await?;
    let config = Config { allow_net: vec![site.address().ip().into()], ..Config::default() };
    let client = Client::new(config)?;

    let refused = client.get(site.url("/private")).send().await?;
    println!("without the token: {}", refused.status());

    // The token belongs to the server of this request. A redirect to another one does not take it along.
    let response = client
        .get(site.url("/private"))
        .header("accept", "application/json")
        .bearer("sesame")
        .send()
        .await?
        .error_for_status()?;
    println!("with the token: {}", response.text().await?);
    Ok(())
}
