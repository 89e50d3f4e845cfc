//! What a GET over a connection that is kept costs, by our client and by bare hyper.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use dragline_fetch::{Client, Config, Request};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use url::Url;

use crate::Benchmark;
use crate::bencher::Bencher;

/// Bytes of each answer: they fit one segment, so that each is one read, and none of them is luck.
const BODY: usize = 2 * 1024;

pub(crate) const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "get_bare",
        what: "a GET of 2 KiB by hyper, loopback, one connection",
        iterations: 5_000,
        counted: 200,
        run: get_bare,
    },
    Benchmark {
        name: "get_pool",
        what: "the same by the client, through its pool",
        iterations: 5_000,
        counted: 200,
        run: get_pool,
    },
];

fn get_bare(bencher: &mut Bencher) {
    let (server, runtime) = (Server::start(), runtime());
    let (authority, iterations) = (server.authority.clone(), bencher.iterations());
    let mut sender = runtime.block_on(async {
        let stream = TcpStream::connect(&authority).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) =
            http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    });
    let mut get = async || {
        let request = http::Request::get("/")
            .header("host", &authority)
            .header("user-agent", "bare")
            .header("accept", "*/*")
            .header("accept-encoding", "gzip")
            .body(Empty::new())
            .unwrap();
        sender.ready().await.unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), BODY);
    };
    runtime.block_on(get());
    bencher.measure(|| {
        runtime.block_on(async {
            for _ in 0..iterations {
                get().await;
            }
        });
    });
}

fn get_pool(bencher: &mut Bencher) {
    let (server, runtime) = (Server::start(), runtime());
    let url = Url::parse(&format!("http://{}/", server.authority)).unwrap();
    let allow_net = vec!["127.0.0.0/8".parse().unwrap()];
    let client = Client::new(Config { allow_net, ..Config::default() }).unwrap();
    let get = async || {
        // What a crawl uses: one exchange, no redirects.
        let request = Request::new(http::Method::GET, url.clone());
        let body = client.send(request).await.unwrap().bytes().await.unwrap();
        assert_eq!(body.len(), BODY);
    };
    runtime.block_on(get());
    let iterations = bencher.iterations();
    bencher.measure(|| {
        runtime.block_on(async {
            for _ in 0..iterations {
                get().await;
            }
        });
    });
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The server's process, which is this program once more, so that only the client is counted. It ends with
/// its standard input.
struct Server {
    authority: String,
    child: Child,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { authority: address.trim().to_owned(), child }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

/// Serves until the parent, which never writes, lets go of the standard input.
pub(crate) fn serve() {
    let runtime = runtime();
    runtime.block_on(async {
        let gone = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        tokio::select! {
            _ = gone => {}
            () = answer_all() => {}
        }
    });
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
