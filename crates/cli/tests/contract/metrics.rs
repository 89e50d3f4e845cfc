//! Metrics: what an endpoint serves while a crawl runs.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use dragline_site::{Answer, Site};
use serde_json::Value;

use crate::dragline;

/// Asks an address for a path.
pub(crate) fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Reads the text format: values by name and labels.
fn read(text: &str) -> BTreeMap<&str, f64> {
    let lines = text.lines().filter(|line| line.starts_with("dragline_"));
    let pairs = lines.filter_map(|line| line.rsplit_once(' '));
    pairs.map(|(name, value)| (name, value.parse().unwrap())).collect()
}

#[tokio::test]
async fn a_scrape_shows_what_the_summary_counts() {
    let page = |path: u32| format!("<title>{path}</title>");
    let links: String = (0..20).map(|path| format!("<a href=/{path}>x</a>")).collect();
    let first = format!("{links}<a href=/missing>x</a><a href=/last>x</a>");
    let site = Site::new().robots("").page("/", first);
    let site = (0..20).fold(site, |site, path| site.page(format!("/{path}"), page(path)));
    // Long enough to be the last one, and for a scrape before it.
    let last = Answer::html("last").delay(Duration::from_secs(3));
    let server = site.answer("/last", last).start().await.unwrap();
    let url = server.url("/");
    let ended = tokio::task::spawn_blocking(move || {
        let options = ["--delay", "0", "--per-host", "4", "--metrics", "0", "--progress", "json"];
        let mut child = dragline(&["crawl", &url]).args(options).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let note: Value = serde_json::from_str(&stderr.next().unwrap().unwrap()).unwrap();
            let told =
                note["note"].as_str().and_then(|note| note.strip_prefix("metrics at http://"));
            if let Some(endpoint) = told {
                break endpoint.strip_suffix("/metrics").unwrap().to_owned();
            }
        };
        assert!(address.starts_with("127.0.0.1:"), "{address}");
        assert!(get(&address, "/").starts_with("HTTP/1.1 404 "));
        let scraped = loop {
            let answer = get(&address, "/metrics");
            let (head, text) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
            // All but the last one are done.
            let values = read(text);
            let one = |name| values.get(name) == Some(&1.0);
            if one("dragline_waiting") && one("dragline_in_flight") && text.contains("\"4xx\"") {
                break text.to_owned();
            }
        };
        let summary: Value = serde_json::from_str(&stderr.last().unwrap().unwrap()).unwrap();
        assert!(child.wait().unwrap().success());
        assert!(TcpStream::connect(&address).is_err(), "it ends with the crawl");
        (scraped, summary)
    });
    let (scraped, summary) = ended.await.unwrap();
    let values = read(&scraped);
    let of = |name: &str| values.get(name).copied().unwrap_or_else(|| panic!("{name}: {scraped}"));
    let count = |value: &Value| value.as_u64().unwrap() as f64;
    assert_eq!(of("dragline_known"), count(&summary["discovered"]));
    assert_eq!(of("dragline_urls_total{end=\"done\"}"), count(&summary["done"]) - 1.0);
    assert_eq!(of("dragline_urls_total{end=\"failed\"}"), 0.0);
    let answered = count(&summary["statuses"]["200"]) - 1.0;
    assert_eq!(of("dragline_pages_total{status=\"2xx\"}"), answered);
    assert_eq!(of("dragline_pages_total{status=\"4xx\"}"), count(&summary["statuses"]["404"]));
    assert_eq!(of("dragline_bytes_total"), count(&summary["bytes"]) - 4.0);
    assert_eq!(of("dragline_in_flight"), 1.0);
    let host = format!("dragline_host_urls_total{{host=\"http://{}\"}}", server.address());
    assert_eq!(of(&host), count(&summary["done"]) - 1.0);
    let parsed = of("dragline_phase_seconds_count{phase=\"parse\"}");
    assert_eq!(parsed, count(&summary["done"]) - 1.0);
    assert!(of("dragline_phase_seconds_sum{phase=\"first_byte\"}") > 0.0);
    let host = &summary["hosts"][0];
    assert!(host["first_byte"].as_f64().unwrap() > 2.9, "the last one took 3 s: {host}");
    assert!(host["parse"].as_f64().unwrap() > 0.0, "{host}");
}

#[tokio::test]
async fn an_address_that_cannot_be_served_ends_the_command() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = crate::run(&["crawl", "http://127.0.0.1:9/", "--metrics", &address]).await;
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains(&format!("failed to serve metrics at {address}")),
        "{}",
        run.stderr
    );
    let run = crate::run(&["crawl", "http://127.0.0.1:9/", "--metrics", "here"]).await;
    assert_eq!(run.code, Some(2), "{}", run.stderr);
}
