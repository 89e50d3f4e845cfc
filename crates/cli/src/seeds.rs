//! Seeds from the command line and from a file, and the loopback addresses that they allow.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, Error};
use dragline::fetch::Network;
use dragline::{InvalidUrl, Request};
use futures_util::Stream;
use futures_util::stream::poll_fn;
use tokio::sync::mpsc;
use url::{Host, Url};

/// Lines read ahead of the crawl, at most.
const AHEAD: usize = 1024;

/// Opens a file of seeds, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, Error> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path)
        .with_context(|| format!("failed to open the seeds file {}", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}

/// Reads seeds, one a line, as the crawl takes them. Empty lines and lines that begin with `#` are passed
/// over; a line that cannot be read ends the seeds with a word on standard error.
pub(crate) fn lines(
    reader: Box<dyn BufRead + Send>,
) -> impl Stream<Item = Result<Request, InvalidUrl>> + Send + 'static {
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    // A thread of its own: a read of standard input may block for ever, and then nothing may wait for it.
    std::thread::spawn(move || {
        for line in reader.lines() {
            let line = match line {
                Ok(line) => line,
                Err(error) => {
                    eprintln!("error: failed to read further seeds: {error}");
                    return;
                }
            };
            let text = line.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            if sender.blocking_send(Request::get(text)).is_err() {
                return;
            }
        }
    });
    poll_fn(move |cx| receiver.poll_recv(cx))
}

/// Returns the addresses that a URL allows by naming them: itself if it is a loopback address, both
/// loopback addresses if it is `localhost`.
pub(crate) fn loopback(url: &Url) -> Vec<Network> {
    let named: Vec<IpAddr> = match url.host() {
        Some(Host::Ipv4(address)) if address.is_loopback() => vec![address.into()],
        Some(Host::Ipv6(address)) if address.is_loopback() => vec![address.into()],
        Some(Host::Domain(name)) if name.trim_end_matches('.') == "localhost" => {
            vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])]
        }
        _ => Vec::new(),
    };
    named.into_iter().map(Network::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_allows_itself() {
        let allowed = |url: &str| {
            loopback(&Url::parse(url).unwrap()).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(allowed("http://127.0.0.5:80/"), ["127.0.0.5"]);
        assert_eq!(allowed("http://[::1]/"), ["::1"]);
        assert_eq!(allowed("http://localhost/"), ["127.0.0.1", "::1"]);
        assert_eq!(allowed("http://0x7f.1/"), ["127.0.0.1"]);
        for url in ["http://10.0.0.1/", "http://localhost.example/", "http://169.254.169.254/"] {
            assert_eq!(allowed(url), [""; 0], "{url}");
        }
    }
}
