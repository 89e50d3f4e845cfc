//! What a GET costs the client: its CPU time beside that of a bare hyper connection and reqwest.
//!
//! The server runs in a process of its own, which is this program once more, so that only the
//! client is counted. The rounds of all clients are interleaved and the median is told: on a
//! shared machine the ratios count, not the absolute numbers.
//!
//! `cargo bench -p dragline-fetch`

#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dragline_fetch::{Client, Config, Request};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const BODY: usize = 2 * 1024;
const ROUNDS: usize = 21;
/// The GETs of one round, over all its connections.
const GETS: usize = 4_000;
const IDLE: usize = 1_000;
/// The read buffer of our connections.
const BUFFER: usize = 64 * 1024;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if std::env::args().any(|argument| argument == "--serve") {
        return runtime.block_on(serve());
    }
    let server = Server::start();
    runtime.block_on(async {
        for connections in [10, 1] {
            keep_alive(&server.url, connections).await;
        }
        thousand(&server.url).await;
        idle_memory(&server.url).await;
    });
}

/// The same GETs by each client, over connections that are kept.
async fn keep_alive(url: &str, connections: usize) {
    println!("\nCPU per GET of {BODY} bytes over {connections} connections, median of {ROUNDS}");
    let (client, reqwest) = (client(100), reqwest::Client::new());
    let parsed: url::Url = url.parse().unwrap();
    let mut table = Table::new([
        "bare hyper",
        "bare, 256 headers",
        "bare, fixed buffer",
        "bare, our limits",
        "dragline, one exchange",
        "dragline, by a builder",
        "reqwest",
    ]);
    // One round more than is counted, to open the connections.
    for round in 0..=ROUNDS {
        let spent = [
            bare(url, connections, http1::Builder::new()).await,
            bare(url, connections, http1::Builder::new().max_headers(256).clone()).await,
            bare(url, connections, http1::Builder::new().read_buf_exact_size(Some(BUFFER)).clone())
                .await,
            bare(url, connections, limited()).await,
            // What a crawl uses: no redirects, no retries.
            each(connections, async || {
                let request = Request::new(http::Method::GET, parsed.clone());
                client.send(request).await.unwrap().bytes().await.unwrap().len()
            })
            .await,
            each(connections, async || {
                client.get(parsed.clone()).send().await.unwrap().bytes().await.unwrap().len()
            })
            .await,
            each(connections, async || {
                reqwest.get(parsed.clone()).send().await.unwrap().bytes().await.unwrap().len()
            })
            .await,
        ];
        if round > 0 {
            table.add(spent.map(|spent| spent / GETS as u32));
        }
    }
    table.print();
}

/// One list of URLs, as a program has it.
async fn thousand(url: &str) {
    println!("\nCPU per URL of 1,000, 100 at once, median of {ROUNDS}");
    let (client, reqwest) = (client(100), reqwest::Client::new());
    let urls: Vec<String> = (0..1_000).map(|id| format!("{url}?{id}")).collect();
    let mut table = Table::new(["dragline get_all", "reqwest buffer_unordered"]);
    for round in 0..=ROUNDS {
        let start = cpu();
        let mut answers = client.get_all(&urls).concurrency(100).stream();
        while let Some((_, answer)) = answers.next().await {
            assert_eq!(answer.unwrap().body().len(), BODY);
        }
        let ours = cpu() - start;
        let start = cpu();
        let mut answers = futures_util::stream::iter(&urls)
            .map(async |url| reqwest.get(url).send().await?.bytes().await)
            .buffer_unordered(100);
        while let Some(answer) = answers.next().await {
            assert_eq!(answer.unwrap().len(), BODY);
        }
        if round > 0 {
            table.add([ours, cpu() - start].map(|spent| spent / 1_000));
        }
    }
    table.print();
}

/// What connections cost that wait to be used again.
async fn idle_memory(url: &str) {
    let client = client(IDLE);
    let before = resident();
    let mut responses = Vec::new();
    for _ in 0..IDLE {
        responses.push(client.get(url).send().await.unwrap());
    }
    for response in responses.drain(..) {
        response.bytes().await.unwrap();
    }
    drop(responses);
    let each = resident().saturating_sub(before) / IDLE;
    println!("\nresident memory per idle connection, {IDLE} of them: {} KiB", each / 1024);
    println!("{client:?}");
}

fn client(connections: usize) -> Client {
    let allow_net = vec!["127.0.0.0/8".parse().unwrap()];
    let (per_host, max_in_flight) = (connections, connections);
    let max_sockets = connections.max(256);
    Client::new(Config { per_host, max_in_flight, max_sockets, allow_net, ..Config::default() })
        .unwrap()
}

/// Sends `GETS` requests, one after the other on each connection.
async fn each(connections: usize, get: impl AsyncFn() -> usize) -> Duration {
    let start = cpu();
    let gets = (0..connections).map(async |_| {
        for _ in 0..GETS / connections {
            assert_eq!(get().await, BODY);
        }
    });
    all(gets).await;
    cpu() - start
}

/// Waits for all, as tasks of their own are waited for: what is woken is polled, and nothing else. To poll
/// all connections whenever one is ready would count each client's polls ten times.
async fn all(gets: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut gets: FuturesUnordered<_> = gets.collect();
    while gets.next().await.is_some() {}
}

/// The limits of our connections, without anything else of ours.
fn limited() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.max_headers(256).read_buf_exact_size(Some(BUFFER));
    builder
}

async fn bare(url: &str, connections: usize, builder: http1::Builder) -> Duration {
    let authority = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut connected = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(&authority).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        connected.push(sender);
    }
    let start = cpu();
    let gets = connected.into_iter().map(async |mut sender| {
        for _ in 0..GETS / connections {
            let request = http::Request::get("/")
                .header("host", &authority)
                .header("user-agent", "bare")
                .header("accept", "*/*")
                .header("accept-encoding", "gzip")
                .body(Full::<Bytes>::default())
                .unwrap();
            sender.ready().await.unwrap();
            let response = sender.send_request(request).await.unwrap();
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), BODY);
        }
    });
    all(gets).await;
    cpu() - start
}

/// The CPU time of all threads of this process.
fn cpu() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap()
}

/// The bytes of this process that are in memory; zero where the system does not tell.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kib.unwrap_or_default() * 1024
}

/// What each client spent, a row each.
struct Table<const N: usize> {
    names: [&'static str; N],
    spent: [Vec<Duration>; N],
    start: Instant,
}

impl<const N: usize> Table<N> {
    fn new(names: [&'static str; N]) -> Self {
        Self { names, spent: [const { Vec::new() }; N], start: Instant::now() }
    }

    fn add(&mut self, spent: [Duration; N]) {
        for (all, spent) in self.spent.iter_mut().zip(spent) {
            all.push(spent);
        }
    }

    /// Prints medians and quartiles, and each median as a multiple of the first.
    fn print(mut self) {
        let mut base = None;
        for (name, spent) in self.names.iter().zip(&mut self.spent) {
            spent.sort_unstable();
            let at = |part: usize| spent[spent.len() * part / 4].as_secs_f64() * 1e6;
            let (low, median, high) = (at(1), at(2), at(3));
            let ratio = median / *base.get_or_insert(median);
            println!("{name:<26}{median:>7.2} us  ({low:.2} to {high:.2})  x {ratio:.2}");
        }
        println!("took {:.1} s", self.start.elapsed().as_secs_f64());
    }
}

/// The server's process; it ends with its standard input.
struct Server {
    url: String,
    child: Child,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { url: format!("http://{}/", address.trim()), child }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

/// Serves until the parent, which never writes, lets go of the standard input.
async fn serve() {
    let gone = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    tokio::select! {
        _ = gone => {}
        () = answer_all() => {}
    }
}

async fn answer_all() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncache-control: no-cache\r\n\
         date: Sun, 22 Nov 2026 12:00:00 GMT\r\nserver: bench\r\netag: \"0123456789abcdef\"\r\n\
         content-length: {BODY}\r\n\r\n"
    );
    let response = Bytes::from([head.as_bytes(), &[b'x'; BODY]].concat());
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let response = response.clone();
        tokio::spawn(async move {
            let mut read = Vec::with_capacity(4 * 1024);
            while stream.read_buf(&mut read).await.is_ok_and(|read| read > 0) {
                if read.ends_with(b"\r\n\r\n") {
                    read.clear();
                    if stream.write_all(&response).await.is_err() {
                        break;
                    }
                }
            }
        });
    }
}
