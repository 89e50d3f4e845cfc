//! `--metrics`: what a crawl counts, for Prometheus, over HTTP for as long as the crawl runs.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Error};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 8 * 1024;
/// The longest that one scrape takes; the next one waits for it.
const MAX_SCRAPE: Duration = Duration::from_secs(5);
/// How often the samples of histograms are counted, which wait in memory until then.
const COUNTED: Duration = Duration::from_secs(5);
/// The upper bounds of histograms, in seconds.
const BOUNDS: [f64; 12] = [0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0];

/// An endpoint that is served until it is dropped.
#[derive(Debug)]
pub(crate) struct Endpoint {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Endpoint {
    /// Begins to count and to serve; once in a process.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Error> {
        let failed = || format!("failed to serve metrics at {address}");
        let listener = TcpListener::bind(address).await.with_context(failed)?;
        let address = listener.local_addr().with_context(failed)?;
        let builder = PrometheusBuilder::new().set_buckets(&BOUNDS).with_context(failed)?;
        let counts = builder.install_recorder().with_context(failed)?;
        Ok(Self { address, server: tokio::spawn(serve(listener, counts)) })
    }

    /// Returns where it is served.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/metrics", self.address)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, counts: PrometheusHandle) {
    let mut ticks = interval(COUNTED);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => counts.run_upkeep(),
            accepted = listener.accept() => match accepted {
                Ok((mut stream, _)) => {
                    // Whoever asks and does not listen has nothing to be told.
                    let _ = timeout(MAX_SCRAPE, answer(&mut stream, &counts)).await;
                }
                // Such as a lack of file descriptors, which passes.
                Err(_) => {
                    ticks.tick().await;
                }
            }
        }
    }
}

async fn answer(stream: &mut TcpStream, counts: &PrometheusHandle) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > MAX_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let (status, body) = match head.starts_with(b"GET /metrics ") {
        true => ("200 OK", counts.render()),
        false => ("404 Not Found", "metrics are at /metrics\n".to_owned()),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
