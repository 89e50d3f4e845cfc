//! Archives as other tools write them, and what is answered from them.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use dragline_fetch::{Error, Request, Response};
use dragline_warc::{Draft, Id, Kind, Packing};
use flate2::write::GzEncoder;
use http::Method;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::fetcher::Fetcher;
use crate::replay::{Replay, ReplayError};

/// An archive that is being written, one record behind the other.
struct Written {
    folder: TempDir,
    bytes: Vec<u8>,
    records: u128,
}

impl Written {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), bytes: Vec::new(), records: 0 }
    }

    fn record(
        mut self,
        kind: Kind,
        url: &str,
        block: &[u8],
        fields: &[(&'static str, &str)],
    ) -> Self {
        self.records += 1;
        // Wget puts angle brackets around URLs.
        let draft = Draft::new(kind, Id::from_bits(self.records), SystemTime::UNIX_EPOCH)
            .field("WARC-Target-URI", format!("<{url}>"))
            .block("application/http", block, Bytes::new());
        let add = |draft: Draft, (name, value): &(&'static str, &str)| draft.field(name, value);
        fields.iter().fold(draft, add).write(Packing::Gzip, &mut self.bytes);
        self
    }

    fn answer(self, url: &str, head: &str, body: &[u8]) -> Self {
        let block = [format!("HTTP/1.1 {head}\r\n\r\n").as_bytes(), body].concat();
        self.record(Kind::Response, url, &block, &[])
    }

    fn path(&self) -> PathBuf {
        let path = self.folder.path().join("a.warc.gz");
        fs::write(&path, &self.bytes).unwrap();
        path
    }

    /// The file must stay as long as it is read.
    fn open(self) -> (Self, Replay) {
        let replay = Replay::open([self.path()]).unwrap();
        (self, replay)
    }
}

async fn get(replay: &Replay, url: &str) -> Result<Response<Bytes>, Error> {
    replay.fetch(Request::new(Method::GET, url.parse().unwrap())).await
}

async fn text(replay: &Replay, url: &str) -> String {
    get(replay, url).await.unwrap().text().into_owned()
}

const A: &str = "http://a.example/";

#[tokio::test]
async fn chunks_and_codings_of_other_tools_are_undone() {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(b"hello").unwrap();
    let packed = encoder.finish().unwrap();
    let chunked =
        [format!("{:x}\r\n", packed.len()).as_bytes(), &packed, b"\r\n0\r\n\r\n"].concat();
    let head = "200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked";
    let (_archive, replay) = Written::new().answer(A, head, &chunked).open();
    let response = get(&replay, A).await.unwrap();
    assert_eq!((&*response.text(), response.headers().len()), ("hello", 0));
    assert!(response.stored());
}

#[tokio::test]
async fn answers_that_had_a_crawl_try_again_are_left_out_and_others_given_in_turn() {
    let (_archive, replay) = Written::new()
        .answer(A, "503 Service Unavailable", b"busy")
        .answer(A, "200 OK", b"first")
        .answer(A, "200 OK", b"second")
        .answer("http://a.example/b", "500 Oh", b"for good")
        .open();
    let mut given = Vec::new();
    for _ in 0..3 {
        given.push(text(&replay, A).await);
    }
    assert_eq!(given, ["first", "second", "second"]);
    assert_eq!(text(&replay, "http://a.example/b").await, "for good");
}

#[tokio::test]
async fn a_post_is_answered_by_what_it_sends() {
    let post = |body: &str| format!("POST / HTTP/1.1\r\n\r\n{body}").into_bytes();
    // Some tools name the answer in the request, others the request in the answer.
    let (answer, asked) = (Id::from_bits(1).to_string(), Id::from_bits(3).to_string());
    let (_archive, replay) = Written::new()
        .answer(A, "200 OK", b"tea")
        .record(Kind::Request, A, &post("q=tea"), &[("WARC-Concurrent-To", &answer)])
        .record(Kind::Request, A, &post("q=oil"), &[])
        .record(Kind::Response, A, b"HTTP/1.1 200 OK\r\n\r\noil", &[("WARC-Concurrent-To", &asked)])
        .open();
    for (body, expected) in [("q=oil", Some("oil")), ("q=tea", Some("tea")), ("q=x", None)] {
        let mut request = Request::new(Method::POST, A.parse().unwrap());
        request.body = body.into();
        let answer = replay.fetch(request).await;
        match (&answer, expected) {
            (Ok(answer), Some(expected)) => assert_eq!(answer.text(), expected),
            (Err(error), None) => assert_eq!(error.code(), "not_archived"),
            _ => panic!("{body}: {answer:?}"),
        }
    }
    assert_eq!(get(&replay, A).await.unwrap_err().code(), "not_archived");
}

#[tokio::test]
async fn revisits_have_the_body_of_what_they_refer_to() {
    let b = "http://a.example/b";
    let digest = ("WARC-Payload-Digest", "sha1:ABC");
    let first = Written::new()
        .record(Kind::Response, A, b"HTTP/1.1 200 OK\r\nx: 1\r\n\r\nbody", &[digest])
        .record(Kind::Revisit, b, b"HTTP/1.1 404 No\r\nx: 2\r\n\r\n", &[digest]);
    let later = Written::new().record(Kind::Revisit, A, b"HTTP/1.1 304 Not Modified\r\n\r\n", &[]);
    let replay = Replay::open([first.path(), later.path()]).unwrap();
    let answer = get(&replay, b).await.unwrap();
    assert_eq!((answer.status().as_u16(), &*answer.text()), (404, "body"));
    assert_eq!(answer.headers()["x"], "2");
    for _ in 0..2 {
        let answer = get(&replay, A).await.unwrap();
        assert_eq!((answer.status().as_u16(), &*answer.text()), (200, "body"));
    }
}

#[tokio::test]
async fn what_is_not_there_is_named_and_a_robots_txt_counts_as_none() {
    let (_archive, replay) = Written::new().answer(A, "200 OK", b"").open();
    let error = get(&replay, "http://a.example/b").await.unwrap_err();
    assert_eq!((error.code(), error.is_transient()), ("not_archived", false));
    let robots = get(&replay, "http://b.example/robots.txt").await.unwrap();
    assert_eq!(robots.status(), 404);
}

#[tokio::test]
async fn a_body_over_the_limit_of_its_request_is_too_large() {
    let (_archive, replay) = Written::new().answer(A, "200 OK", &[b'x'; 3000]).open();
    let mut request = Request::new(Method::GET, A.parse().unwrap());
    request.max_body = Some(2999);
    assert_eq!(replay.fetch(request).await.unwrap_err().code(), "too_large");
}

#[tokio::test(start_paused = true)]
async fn answers_come_in_the_order_of_the_archive_whatever_is_asked_first() {
    let url = |number| format!("http://a.example/{number}");
    let archive = (0..20).fold(Written::new(), |archive, number| {
        archive.answer(&url(number), "200 OK", number.to_string().as_bytes())
    });
    let (_archive, replay) = archive.open();
    let replay = replay.in_recorded_order();
    let started = Instant::now();
    let (sender, mut given) = tokio::sync::mpsc::unbounded_channel();
    for number in (0..20).rev() {
        let (replay, sender) = (replay.clone(), sender.clone());
        tokio::spawn(async move { sender.send(text(&replay, &url(number)).await).unwrap() });
    }
    drop(sender);
    let mut order = Vec::new();
    while let Some(number) = given.recv().await {
        order.push(number);
    }
    let expected: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(order, expected);
    assert!(started.elapsed() < Duration::from_millis(30));
}

#[test]
fn one_gzip_stream_is_refused_with_the_remedy() {
    let archive = Written::new().answer(A, "200 OK", b"").answer(A, "200 OK", b"");
    let mut plain = Vec::new();
    let mut members = flate2::read::MultiGzDecoder::new(&*archive.bytes);
    std::io::Read::read_to_end(&mut members, &mut plain).unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&plain).unwrap();
    let path = archive.path();
    fs::write(&path, encoder.finish().unwrap()).unwrap();
    let error = Replay::open([path]).unwrap_err();
    assert!(matches!(error, ReplayError::OneStream { .. }), "{error}");
    assert!(error.to_string().contains("gunzip"), "{error}");
}
