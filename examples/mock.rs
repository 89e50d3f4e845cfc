//! How do I test code that fetches, without a server?

use dragline::BoxError;
use dragline::fetch::{Client, Config, Error, ErrorKind, Mock, Reply};

/// The code under test: how many of these pages are there?
async fn count_good(client: &Client, urls: &[&str]) -> Result<usize, Error> {
    let answers = client.get_all(urls.iter().copied()).collect().await;
    Ok(answers
        .iter()
        .filter(|(_, answer)| answer.as_ref().is_ok_and(|a| a.status() == 200))
        .count())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mock = Mock::new()
        .on("http://a.example/1", Reply::ok("one"))
        .on("http://a.example/2", Reply::status(404))
        .on("http://a.example/3", Reply::error(ErrorKind::Timeout));
    let client = Client::with_mock(Config::default(), mock.clone())?;

    let urls = ["http://a.example/1", "http://a.example/2", "http://a.example/3"];
    assert_eq!(count_good(&client, &urls).await?, 1);

    // What was asked is recorded.
    let calls = mock.calls();
    assert_eq!(calls.len(), 3);
    for call in calls {
        println!("{} {}", call.method, call.url);
    }
    Ok(())
}
