//! How do I take results as they complete, and show a progress bar?

use dragline::BoxError;
use dragline::fetch::{Client, Config};
use indicatif::{ProgressBar, ProgressStyle};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let site = dragline_site::api().start().await?;
    let config = Config { allow_net: vec![site.address().ip().into()], ..Config::default() };
    let client = Client::new(config)?;

    let count: u32 = 300;
    let urls = (0..count).map(|id| site.url(&format!("/users/{id}")));
    let bar = ProgressBar::new(count.into());
    bar.set_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}")?);

    let mut bytes = 0;
    let mut answers = client.get_all(urls).concurrency(20).stream();
    while let Some((url, answer)) = answers.next().await {
        match answer {
            Ok(answer) => bytes += answer.body().len(),
            Err(error) => bar.println(format!("{url}: {error}")),
        }
        let progress = answers.progress();
        bar.set_position(progress.done + progress.failed);
        bar.set_message(format!("{} in flight", progress.in_flight));
    }
    bar.finish_and_clear();
    println!("{count} answers, {bytes} bytes");
    Ok(())
}
