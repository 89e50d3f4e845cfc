//! How do I fetch many URLs at once, without a crawl, and keep what failed apart?

use dragline::BoxError;
use dragline::fetch::{Client, Config};
use serde::Deserialize;

#[derive(Deserialize)]
struct Square {
    number: u64,
    square: u64,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut config = Config::default();
    let given: Vec<String> = std::env::args().skip(1).collect();
    let (urls, _site) = if given.is_empty() {
        let site = dragline_site::numbers().start().await?;
        config.allow_net.push(site.address().ip().into());
        let urls = (0..200).map(|number| site.url(&format!("/numbers/{number}"))).collect();
        (urls, Some(site))
    } else {
        (given, None)
    };

    let client = Client::new(config)?;
    // As they complete, at most 20 at a time; the error of one never ends the rest.
    let mut answers = client.get_all(urls).concurrency(20).stream();
    let (mut sum, mut failed) = (0, 0);
    while let Some((_url, answer)) = answers.next().await {
        let square = answer.and_then(|answer| answer.error_for_status()?.json::<Square>());
        match square {
            Ok(square) => {
                assert_eq!(square.square, square.number * square.number);
                sum += square.square;
            }
            Err(error) => {
                failed += 1;
                eprintln!("{error}");
            }
        }
    }
    println!("the squares add up to {sum}; {failed} URLs failed");
    Ok(())
}
