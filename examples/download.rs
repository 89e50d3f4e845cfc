//! How do I download a large file without holding it in memory, and without half a file if it fails?

use dragline::BoxError;
use dragline::fetch::{Client, Config};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let site = dragline_site::api().start().await?;
    let config = Config { allow_net: vec![site.address().ip().into()], ..Config::default() };
    let client = Client::new(config)?;

    let folder = std::env::temp_dir().join("dragline-download-example");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("file.bin");
    // Bodies are limited to 10 MiB unless a request asks for more. The file has its name only once it is
    // whole.
    let response = client
        .get(site.url("/file"))
        .max_body(1024 * 1024 * 1024)
        .send()
        .await?
        .error_for_status()?;
    let bytes = response.download(&path).await?;
    println!("{bytes} bytes in file.bin");

    // Or piece by piece, as it comes in; while you do not ask for more, the server waits.
    let mut response = client.get(site.url("/file")).send().await?;
    let (mut pieces, mut total) = (0, 0);
    while let Some(piece) = response.chunk().await? {
        pieces += 1;
        total += piece.len();
    }
    println!("{total} bytes in {} pieces", if pieces > 1 { "several" } else { "one" });
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
