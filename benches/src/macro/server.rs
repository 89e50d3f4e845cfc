//! The server: as little HTTP/1.1 as clients need, over bare sockets, plain or encrypted.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::PathBuf;
use std::rc::Rc;

use bytes::Bytes;
use clap::{Args, ValueEnum};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, stdin,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::backend::Served;
use crate::pages::Pages;
use crate::plan::Plan;
use crate::tls::Certificate;

/// Answers that are kept, in bytes; beyond them each is made anew.
const CACHE: usize = 512 << 20;
/// The longest head of a request, in bytes.
const HEAD: usize = 16 * 1024;
const ROBOTS: &str =
    "User-agent: *\nDisallow: /private/\nDisallow: /*?print=\nAllow: /private/open/\n";

/// What the process of a server is told.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    transport: Name,
    /// Hosts: 127.0.0.1, or as many addresses from 127.0.0.2 on.
    served: u64,
    /// Where the certificate is written.
    #[arg(long)]
    certificate: PathBuf,
    #[command(flatten)]
    plan: Plan,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Name {
    Plain,
    Gzip,
    Tls,
}

/// Serves until the standard input ends; each line of it asks for a report.
pub(crate) fn run(arguments: Arguments) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, serve(arguments));
}

async fn serve(arguments: Arguments) {
    let Arguments { transport, served: hosts, certificate, plan } = arguments;
    let names: Vec<String> = match hosts {
        1 => vec!["127.0.0.1".to_owned()],
        _ => (0..hosts).map(|host| format!("127.0.0.{}", host + 2)).collect(),
    };
    let acceptor = (transport == Name::Tls).then(|| {
        let made = Certificate::new(names.clone());
        std::fs::write(&certificate, &made.pem).unwrap();
        TlsAcceptor::from(made.server)
    });
    let site = Rc::new(Answers {
        pages: Pages::of(&plan, hosts),
        transport,
        kept: RefCell::default(),
        log: RefCell::default(),
    });
    let mut addresses = String::new();
    for (host, name) in (0..).zip(names) {
        let listener = TcpListener::bind((name, 0)).await.unwrap();
        addresses.push_str(&format!("{} ", listener.local_addr().unwrap()));
        tokio::task::spawn_local(accept(listener, host, acceptor.clone(), site.clone()));
    }
    println!("{addresses}");
    let mut lines = BufReader::new(stdin()).lines();
    while let Ok(Some(_)) = lines.next_line().await {
        let log = std::mem::take(&mut *site.log.borrow_mut());
        println!("{}", serde_json::to_string(&log.served).unwrap());
    }
}

async fn accept(
    listener: TcpListener,
    host: u64,
    acceptor: Option<TlsAcceptor>,
    site: Rc<Answers>,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        site.log.borrow_mut().served.connections += 1;
        let (site, acceptor) = (site.clone(), acceptor.clone());
        tokio::task::spawn_local(async move {
            match acceptor {
                None => talk(stream, host, &site).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        talk(stream, host, &site).await;
                    }
                }
            }
        });
    }
}

/// Answers requests until the peer has enough.
async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, host: u64, site: &Answers) {
    let mut read = Vec::with_capacity(4 * 1024);
    while read.len() < HEAD && stream.read_buf(&mut read).await.is_ok_and(|read| read > 0) {
        if !read.ends_with(b"\r\n\r\n") {
            continue;
        }
        let head = String::from_utf8_lossy(&read);
        let target = head.split(' ').nth(1).unwrap_or_default();
        let answer = site.answer(host, target);
        read.clear();
        if stream.write_all(&answer).await.is_err() || stream.flush().await.is_err() {
            break;
        }
    }
}

/// What is answered, and what was asked.
struct Answers {
    pages: Pages,
    transport: Name,
    kept: RefCell<Kept>,
    log: RefCell<Log>,
}

/// Answers that were made already.
#[derive(Default)]
struct Kept {
    answers: HashMap<(u64, Box<str>), Bytes>,
    bytes: usize,
}

/// What was asked since the last report: a hundred bytes for each page.
#[derive(Default)]
struct Log {
    seen: HashSet<(u64, Box<str>)>,
    served: Served,
}

impl Answers {
    fn answer(&self, host: u64, target: &str) -> Bytes {
        self.log.borrow_mut().served.requests += 1;
        if target == "/robots.txt" {
            return whole("200 OK", "text/plain", "", ROBOTS.as_bytes());
        }
        let key = (host, Box::from(target));
        let known = self.kept.borrow().answers.get(&key).cloned();
        let Some(answer) = known.or_else(|| self.page(host, target)) else {
            self.log.borrow_mut().served.strays += 1;
            return whole("404 Not Found", "text/html", "", b"<title>404</title>not here");
        };
        let mut log = self.log.borrow_mut();
        if log.seen.insert(key) {
            log.served.pages += 1;
        } else {
            log.served.repeats += 1;
        }
        answer
    }

    /// Makes the answer of a page, and keeps it while there is room.
    fn page(&self, host: u64, target: &str) -> Option<Bytes> {
        let body = self.pages.body(host, target)?;
        let answer = match self.transport {
            Name::Gzip => whole("200 OK", kind(target), "content-encoding: gzip\r\n", &gzip(&body)),
            Name::Plain | Name::Tls => whole("200 OK", kind(target), "", &body),
        };
        let mut kept = self.kept.borrow_mut();
        if kept.bytes + answer.len() <= CACHE {
            kept.bytes += answer.len();
            kept.answers.insert((host, target.into()), answer.clone());
        }
        Some(answer)
    }
}

/// Compresses a page as servers do that compress while they answer.
pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::new(5));
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn kind(target: &str) -> &'static str {
    let path = target.split('?').next().unwrap_or_default();
    match path.rsplit('.').next() {
        _ if path.ends_with('/') => "text/html; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// Writes head and body of an answer.
fn whole(status: &str, kind: &str, fields: &str, body: &[u8]) -> Bytes {
    let head = format!(
        "HTTP/1.1 {status}\r\nserver: bench\r\ndate: Sun, 22 Nov 2026 12:00:00 GMT\r\n\
         content-type: {kind}\r\ncache-control: no-cache\r\n{fields}content-length: {}\r\n\r\n",
        body.len()
    );
    Bytes::from([head.as_bytes(), body].concat())
}
