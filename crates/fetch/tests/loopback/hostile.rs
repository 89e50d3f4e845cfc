//! A table of what a hostile or broken server sends, and what becomes of each answer.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use dragline_fetch::{Config, Error, Response};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use futures_util::future::join_all;

use crate::server::Server;
use crate::{client, config};

/// Small, so that a body over it is a small body.
const MAX_BODY: u64 = 64 * 1024;
/// The limits of the cases in which a socket has to wait for one.
const SHORT: Duration = Duration::from_millis(200);
/// The longest that any case may take.
const GUARD: Duration = Duration::from_secs(20);

/// What the server does when it has sent its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Close,
    Reset,
    /// Neither sends nor closes.
    Stall,
    /// Sends the same bytes until the client goes.
    Repeat,
}
use Then::{Close, Repeat, Reset, Stall};

/// What the client makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Whole(u16, String),
    /// A body that is kept and flagged.
    Cut(u16, String),
    /// The code of the error.
    Fails(&'static str),
}

fn whole(body: &str) -> Outcome {
    Outcome::Whole(200, body.to_owned())
}

fn cut(body: &str) -> Outcome {
    Outcome::Cut(200, body.to_owned())
}

fn fails(code: &'static str) -> Outcome {
    Outcome::Fails(code)
}

struct Case {
    name: &'static str,
    sent: Vec<u8>,
    then: Then,
    expected: Outcome,
}

fn case(name: &'static str, sent: impl AsRef<[u8]>, then: Then, expected: Outcome) -> Case {
    Case { name, sent: sent.as_ref().to_vec(), then, expected }
}

async fn outcome(sent: Vec<u8>, then: Then) -> Outcome {
    let sent: Arc<[u8]> = sent.into();
    let server = Server::start(move |mut peer, _| {
        let sent = Arc::clone(&sent);
        async move {
            peer.request().await?;
            peer.send(&sent).await?;
            match then {
                Close => {}
                Reset => peer.reset(),
                Stall => peer.closed().await,
                Repeat => loop {
                    peer.send(&sent).await?;
                },
            }
            None
        }
    })
    .await;
    let mut config = Config { max_body: MAX_BODY, ..config() };
    if then == Stall {
        config.first_byte_timeout = SHORT;
        config.read_timeout = SHORT;
    }
    let client = client(config);
    let answer: Result<Response<bytes::Bytes>, Error> = async {
        let response = client.get(server.url("/")).send().await?;
        response.collect().await
    }
    .await;
    match answer {
        Err(error) => {
            let text = error.to_string();
            assert!(text.len() < 4_096 && !text.contains('\n'), "{text}");
            Outcome::Fails(error.code())
        }
        Ok(response) => {
            assert!(response.body().len() as u64 <= MAX_BODY);
            let body = response.text().into_owned();
            let status = response.status().as_u16();
            if response.truncated() {
                Outcome::Cut(status, body)
            } else {
                Outcome::Whole(status, body)
            }
        }
    }
}

async fn check(cases: Vec<Case>) {
    let outcomes = cases.into_iter().map(async |case| {
        let found = tokio::time::timeout(GUARD, outcome(case.sent, case.then)).await;
        match found {
            Err(_) => Some(format!("{}: did not end", case.name)),
            Ok(found) if found == case.expected => None,
            Ok(found) => {
                Some(format!("{}: {found:.80?} instead of {:.80?}", case.name, case.expected))
            }
        }
    });
    let wrong: Vec<_> = join_all(outcomes).await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn response(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{body}")
}

fn sized(headers: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{headers}content-length: 2\r\n\r\nok")
}

fn chunked(chunks: &str) -> String {
    response("transfer-encoding: chunked", chunks)
}

fn coded(coding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn an_end_at_the_wrong_moment_is_named_after_the_moment() {
    check(vec![
        case("close at once", "", Close, fails("closed")),
        case("close in the status line", "HTTP/1.1 2", Close, fails("closed")),
        case("close in a header", "HTTP/1.1 200 OK\r\ncontent-le", Close, fails("closed")),
        case("close after the headers", "HTTP/1.1 200 OK\r\na: b\r\n", Close, fails("closed")),
        case("close after 100", "HTTP/1.1 100 Continue\r\n\r\n", Close, fails("closed")),
        case("reset at once", "", Reset, fails("reset")),
        case("reset in the status line", "HTTP/1.1 2", Reset, fails("reset")),
        case("reset in a header", "HTTP/1.1 200 OK\r\ncontent-le", Reset, fails("reset")),
        case("silence", "", Stall, fails("timeout")),
        case("silence in the status line", "HTTP/1.1 2", Stall, fails("timeout")),
        case("silence in a header", "HTTP/1.1 200 OK\r\na: b\r\nc", Stall, fails("timeout")),
        case("silence after 103", "HTTP/1.1 103 Early\r\n\r\n", Stall, fails("timeout")),
        case("silence in a body", response("content-length: 9", "part"), Stall, fails("timeout")),
        case("silence in a chunk", chunked("4\r\npa"), Stall, fails("timeout")),
        case("silence between chunks", chunked("4\r\npart\r\n"), Stall, fails("timeout")),
        case("silence in a chunk size", chunked("4\r\npart\r\n1"), Stall, fails("timeout")),
        case("silence in trailers", chunked("2\r\nok\r\n0\r\na: b"), Stall, fails("timeout")),
        case("silence until the close", response("a: b", "part"), Stall, fails("timeout")),
        case("silence in gzip", coded("gzip", b"\x1f\x8b"), Close, cut("")),
        case("a whole body, then silence", sized(""), Stall, whole("ok")),
        case("close in a body", response("content-length: 9", "part"), Close, cut("part")),
        case("close before a body", response("content-length: 9", ""), Close, cut("")),
        case("close in a chunk", chunked("9\r\npart"), Close, cut("part")),
        case("close in a chunk size", chunked("4\r\npart\r\n1"), Close, cut("part")),
        case("no last chunk", chunked("4\r\npart\r\n"), Close, cut("part")),
        case("no end of the last chunk", chunked("4\r\npart\r\n0\r\n"), Close, cut("part")),
        case("close until the close", response("a: b", "whole"), Close, whole("whole")),
    ])
    .await;
}

#[tokio::test]
async fn lengths_that_do_not_fit_are_never_believed() {
    check(vec![
        case("longer than said", response("content-length: 2", "okjunk"), Close, whole("ok")),
        case("nothing said, nothing there", "HTTP/1.1 200 OK\r\n\r\n", Close, whole("")),
        case("zero said, much there", response("content-length: 0", "junk"), Close, whole("")),
        case(
            "two lengths",
            response("content-length: 2\r\ncontent-length: 3", "okk"),
            Close,
            fails("protocol"),
        ),
        case("the same length twice", sized("content-length: 2\r\n"), Close, whole("ok")),
        case("a sign", response("content-length: +2", "ok"), Close, fails("protocol")),
        case("a minus", response("content-length: -2", "ok"), Close, fails("protocol")),
        case("a letter", response("content-length: 2x", "ok"), Close, fails("protocol")),
        case("nothing", response("content-length:", "ok"), Close, fails("protocol")),
        case(
            "over 64 bits",
            response("content-length: 18446744073709551616", "ok"),
            Close,
            fails("protocol"),
        ),
        case(
            "64 bits",
            response("content-length: 18446744073709551615", "ok"),
            Stall,
            fails("protocol"),
        ),
        case(
            "63 bits",
            response("content-length: 9223372036854775807", "ok"),
            Stall,
            fails("too_large"),
        ),
        case("one too many", response("content-length: 65537", "ok"), Stall, fails("too_large")),
        case(
            "length and chunks",
            response("content-length: 5\r\ntransfer-encoding: chunked", "2\r\nok\r\n0\r\n\r\n"),
            Close,
            whole("ok"),
        ),
        case(
            "204 with a body",
            "HTTP/1.1 204 No\r\ncontent-length: 2\r\n\r\nok",
            Close,
            Outcome::Whole(204, String::new()),
        ),
        case(
            "304 with a length",
            "HTTP/1.1 304 Same\r\ncontent-length: 9\r\n\r\n",
            Close,
            Outcome::Whole(304, String::new()),
        ),
        case(
            "endless until the close",
            response("a: b", &"x".repeat(4_096)),
            Repeat,
            fails("too_large"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn chunks_are_read_as_they_must_be_or_not_at_all() {
    check(vec![
        case("an extension", chunked("2;a=b\r\nok\r\n0\r\n\r\n"), Close, whole("ok")),
        case("capitals", chunked("A\r\n0123456789\r\n0\r\n\r\n"), Close, whole("0123456789")),
        case("leading zeros", chunked("00002\r\nok\r\n0\r\n\r\n"), Close, whole("ok")),
        case("a trailer", chunked("2\r\nok\r\n0\r\nx: y\r\n\r\n"), Close, whole("ok")),
        case(
            "many trailers",
            chunked(&format!("2\r\nok\r\n0\r\n{}\r\n", "x: y\r\n".repeat(50_000))),
            Close,
            fails("protocol"),
        ),
        case("a size that is none", chunked("zz\r\nok\r\n0\r\n\r\n"), Close, fails("protocol")),
        case("no size", chunked("\r\nok\r\n0\r\n\r\n"), Close, fails("protocol")),
        case("0x", chunked("0x2\r\nok\r\n0\r\n\r\n"), Close, fails("protocol")),
        case("a minus", chunked("-2\r\nok\r\n0\r\n\r\n"), Close, fails("protocol")),
        case(
            "a size over 64 bits",
            chunked("10000000000000002\r\nok\r\n0\r\n\r\n"),
            Close,
            fails("protocol"),
        ),
        case("a size over the limit", chunked("10001\r\nok"), Stall, fails("timeout")),
        case("no line end after data", chunked("2\r\nok0\r\n\r\n"), Close, fails("protocol")),
        case("LF alone after the size", chunked("2\nok\r\n0\r\n\r\n"), Close, fails("protocol")),
        case("plain text", chunked("<html></html>"), Close, fails("protocol")),
        case(
            "a long extension",
            chunked(&format!("2;{}\r\nok\r\n0\r\n\r\n", "x".repeat(20_000))),
            Close,
            fails("protocol"),
        ),
        case(
            "a byte in each chunk",
            chunked(&format!("{}0\r\n\r\n", "1\r\nx\r\n".repeat(2_000))),
            Close,
            whole(&"x".repeat(2_000)),
        ),
        case("endless extensions", chunked("1;"), Repeat, fails("protocol")),
        case("junk after the end", chunked("2\r\nok\r\n0\r\n\r\njunk"), Close, whole("ok")),
        case(
            "chunked twice",
            response("transfer-encoding: chunked, chunked", "2\r\nok\r\n0\r\n\r\n"),
            Close,
            whole("ok"),
        ),
        case(
            "chunked by HTTP/1.0",
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            Close,
            fails("protocol"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn odd_heads_are_read_as_browsers_do_and_bad_ones_refused() {
    let flood = "x: y\r\n".repeat(257);
    let long = format!("x: {}\r\n", "y".repeat(33_000));
    let early = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    check(vec![
        case("LF line ends", "HTTP/1.1 200 OK\ncontent-length: 2\n\nok", Close, whole("ok")),
        case("a folded header", sized("x: a\r\n b\r\n"), Close, whole("ok")),
        case("a space before the colon", sized("x : a\r\n"), Close, whole("ok")),
        case("a line without colon", sized("<!DOCTYPE html>\r\n"), Close, whole("ok")),
        case("a control byte in a value", sized("x: \u{1}\r\n"), Close, whole("ok")),
        case(
            "Latin-1 in a value",
            b"HTTP/1.1 200 OK\r\nx: \xe9\r\ncontent-length: 2\r\n\r\nok",
            Close,
            whole("ok"),
        ),
        case("no reason", "HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", Close, whole("ok")),
        case("a line end first", format!("\r\n{}", sized("")), Close, whole("ok")),
        case(
            "a status without name",
            "HTTP/1.1 799 ?\r\ncontent-length: 2\r\n\r\nok",
            Close,
            Outcome::Whole(799, "ok".into()),
        ),
        case("HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", Close, whole("ok")),
        case("HTTP/1.0 until the close", "HTTP/1.0 200 OK\r\n\r\nok", Close, whole("ok")),
        case(
            "HTTP/1.0 kept alive",
            "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok",
            Stall,
            whole("ok"),
        ),
        case("HTTP/0.9", "<html></html>", Close, fails("protocol")),
        case("HTTP/2", "HTTP/2 200 OK\r\ncontent-length: 2\r\n\r\nok", Close, fails("protocol")),
        case(
            "HTTP/1.2",
            "HTTP/1.2 200 OK\r\ncontent-length: 2\r\n\r\nok",
            Close,
            fails("protocol"),
        ),
        case("ICY", "ICY 200 OK\r\n\r\nok", Close, fails("protocol")),
        case("TLS", b"\x15\x03\x01\0\x02\x02\x46", Close, fails("protocol")),
        case("a short status", "HTTP/1.1 20 OK\r\n\r\n", Close, fails("protocol")),
        case("status 000", "HTTP/1.1 000 No\r\n\r\n", Close, fails("protocol")),
        case("a zero byte", "HTTP/1.1 200 OK\r\nx: \0\r\n\r\n", Close, fails("protocol")),
        case(
            "101",
            "HTTP/1.1 101 Switch\r\nupgrade: x\r\n\r\n",
            Close,
            Outcome::Whole(101, String::new()),
        ),
        case("256 headers", sized(&"x: y\r\n".repeat(255)), Close, whole("ok")),
        case("258 headers", sized(&flood), Close, fails("protocol")),
        case("a long header", sized(&long), Close, fails("protocol")),
        case("a head without end", "x: y\r\n".repeat(600), Repeat, fails("protocol")),
        case(
            "a header without end",
            "HTTP/1.1 200 OK\r\nx: yyyyyyyyyyyyyyyy",
            Repeat,
            fails("protocol"),
        ),
        case("103 before it", format!("{early}{}", sized("")), Close, whole("ok")),
        case(
            "a thousand times 103",
            format!("{}{}", early.repeat(1_000), sized("")),
            Close,
            whole("ok"),
        ),
        case("another response behind it", sized("").repeat(2), Close, whole("ok")),
        case("junk behind it", format!("{}junk", sized("")), Stall, whole("ok")),
    ])
    .await;
}

#[tokio::test]
async fn interim_answers_without_end_meet_the_timeout() {
    let flood = |mut peer: crate::server::Peer, _| async move {
        peer.request().await?;
        loop {
            peer.send(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
    };
    let server = Server::start(flood).await;
    let client = client(Config { first_byte_timeout: SHORT, ..config() });
    let error = client.get(server.url("/")).send().await.unwrap_err();
    assert_eq!(error.code(), "timeout", "{error}");
}

#[tokio::test]
async fn bombs_and_broken_codings_end_small() {
    let zeros = vec![0; 8 << 20];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&zeros).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(&zeros).unwrap();
    let zlib = zlib.finish().unwrap();
    let mut zstd = Vec::with_capacity(1 << 20);
    zstd_safe::compress(&mut zstd, &zeros, 3).unwrap();
    let brotli = include_bytes!("../data/zeros_64_mib.br");
    check(vec![
        case("a gzip bomb", coded("gzip", &gzip), Close, fails("too_large")),
        case("a zlib bomb", coded("deflate", &zlib), Close, fails("too_large")),
        case("a raw deflate bomb", coded("deflate", &zlib[2..]), Close, fails("too_large")),
        case("a br bomb", coded("br", brotli), Close, fails("too_large")),
        case("a zstd bomb", coded("zstd", &zstd), Close, fails("too_large")),
        case("no gzip", coded("gzip", b"<html>"), Close, fails("decode")),
        case("no deflate", coded("deflate", b"<html>"), Close, fails("decode")),
        case("no br", coded("br", b"<html>"), Close, fails("decode")),
        case("no zstd", coded("zstd", b"<html>"), Close, fails("decode")),
        case("three codings", coded("gzip, br, zstd", b"raw"), Close, whole("raw")),
        case("empty gzip", coded("gzip", b""), Close, whole("")),
        case("empty br", coded("br", b""), Close, whole("")),
        case("empty zstd", coded("zstd", b""), Close, whole("")),
        case("empty deflate", coded("deflate", b""), Close, whole("")),
    ])
    .await;
}

/// A response, where its head ends, and its whole body.
fn cuttable() -> [(&'static [u8], &'static str); 3] {
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world", "hello world"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello \r\n5;x\r\nworld\r\n0\r\n\r\n",
            "hello world",
        ),
        // Stored in one block, so that every byte that arrives can be seen.
        (
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 34\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\x0b\0\xf4\xffhello world\x85\x11\x4a\x0d\x0b\0\0\0",
            "hello world",
        ),
    ]
}

#[tokio::test]
async fn a_close_at_any_byte_gives_what_came_before_it() {
    for (response, body) in cuttable() {
        let head = response.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let outcomes = (0..=response.len()).map(|end| outcome(response[..end].to_vec(), Close));
        let mut longest = 0;
        for (end, found) in join_all(outcomes).await.into_iter().enumerate() {
            match found {
                Outcome::Fails("closed") => assert!(end < head, "{end}"),
                Outcome::Cut(200, part) => {
                    assert!(end >= head && end < response.len(), "{end}");
                    assert!(body.starts_with(&part) && part.len() >= longest, "{end}: {part:?}");
                    longest = part.len();
                }
                Outcome::Whole(200, found) => {
                    assert_eq!((end, found), (response.len(), body.into()))
                }
                other => panic!("{end}: {other:?}"),
            }
        }
        assert!(longest + 1 >= body.len(), "{longest}");
    }
}

#[tokio::test]
async fn bytes_behind_a_response_are_never_taken_for_the_next_one() {
    let planted = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nplanted";
    let sent = format!("{}{planted}", sized(""));
    let server = Server::answering(sent).await;
    let client = client(config());
    for _ in 0..20 {
        assert_eq!(client.get(server.url("/")).send().await.unwrap().text().await.unwrap(), "ok");
    }
}

/// What browsers read to the close and this client refuses: a peer whose length is no number
/// cannot be told from one that smuggles.
const NO_NUMBER: &str = "refused";
/// What browsers refuse and this client reads: both spellings are the same number.
const SAME_NUMBER: &str = "read";

/// Where the outcome differs from the table: the headers and why.
const DEVIATIONS: [(&str, &str); 9] = [
    ("Content-Length: aaaah\r\nContent-Length: aaaah", NO_NUMBER),
    ("Content-Length: aaaah, aaaah", NO_NUMBER),
    ("Content-Length: aaaah", NO_NUMBER),
    ("Content-Length: 42s", NO_NUMBER),
    ("Content-Length: 30s", NO_NUMBER),
    ("Content-Length: -1", NO_NUMBER),
    ("Content-Length: 0x20", NO_NUMBER),
    ("Content-Length: 030\r\nContent-Length: 30", SAME_NUMBER),
    ("Content-Length: 030, 30", SAME_NUMBER),
];

#[tokio::test]
async fn content_lengths_are_read_as_the_table_says() {
    let table = include_str!("../data/content_lengths.json");
    let table: serde_json::Value = serde_json::from_str(table).unwrap();
    let body = "x".repeat(42);
    let mut wrong = Vec::new();
    for row in table["cases"].as_array().unwrap() {
        let headers = row["headers"].as_str().unwrap();
        let expected = row["body_length"].as_u64();
        let found = match outcome(response(headers, &body).into(), Close).await {
            Outcome::Whole(200, body) => Some(body.len() as u64),
            Outcome::Fails("protocol") => None,
            other => panic!("{headers:?}: {other:?}"),
        };
        let deviation = DEVIATIONS.iter().find(|(listed, _)| *listed == headers);
        let as_stated = match deviation.map(|(_, reason)| *reason) {
            None => found == expected,
            Some(SAME_NUMBER) => found == Some(30) && expected.is_none(),
            Some(_) => found.is_none() && expected == Some(42),
        };
        if !as_stated {
            wrong.push(format!("{headers:?}: {found:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
