//! How do I fetch from ordinary threads, with no async in sight?

use dragline::BoxError;
use dragline::fetch::{Config, blocking};

fn main() -> Result<(), BoxError> {
    // Only the example's own site needs a runtime.
    let runtime = tokio::runtime::Runtime::new()?;
    let site = runtime.block_on(dragline_site::api().start())?;

    let config = Config { allow_net: vec![site.address().ip().into()], ..Config::default() };
    let client = blocking::Client::new(config)?;

    // The client is shared by reference; the pool and its limits hold for all threads together.
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (client, site) = (&client, &site);
            scope.spawn(move || {
                let url = site.url(&format!("/users/{thread}"));
                match client.get(url).send() {
                    Ok(response) => println!("thread {thread}: {}", response.text()),
                    Err(error) => eprintln!("thread {thread}: {error}"),
                }
            });
        }
    });

    // Many at once is an ordinary iterator.
    let urls: Vec<String> = (0..100).map(|id| site.url(&format!("/users/{id}"))).collect();
    let good = client.get_all(urls).iter()?.filter(|(_, answer)| answer.is_ok()).count();
    println!("{good} answers");
    Ok(())
}
