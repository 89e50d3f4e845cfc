//! Bodies and their codings, from the wire to the caller.

use std::io::Write;

use dragline_fetch::Response;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::server::{Server, ok, with_headers};
use crate::{client, config};

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

async fn fetched(response: Vec<u8>) -> Response<bytes::Bytes> {
    let server = Server::answering(response).await;
    client(config()).get(server.url("/")).send().await.unwrap().collect().await.unwrap()
}

#[tokio::test]
async fn gzip_is_decoded_and_its_headers_are_gone() {
    let text = "hello ".repeat(100_000);
    let wire = gzip(text.as_bytes());
    for coding in ["gzip", "X-GZip", " gzip "] {
        let headers = format!("content-encoding: {coding}\r\nx-other: kept\r\n");
        let response = fetched(with_headers(&headers, &wire)).await;
        assert!(response.text() == text, "{} bytes", response.body().len());
        assert_eq!(response.wire_bytes(), wire.len() as u64);
        assert!(!response.headers().contains_key("content-encoding"));
        assert!(!response.headers().contains_key("content-length"));
        assert_eq!(response.headers()["x-other"], "kept");
        assert!(!response.truncated());
    }
}

#[tokio::test]
async fn every_coding_is_decoded_and_two_of_them() {
    let text: String = (0..5_000).map(|n| format!("{n} ")).collect();
    let brotli = include_bytes!("../data/numbers.br");
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(text.as_bytes()).unwrap();
    let mut zstd = Vec::with_capacity(text.len());
    zstd_safe::compress(&mut zstd, text.as_bytes(), 3).unwrap();
    for (codings, wire) in [
        ("deflate", zlib.finish().unwrap()),
        ("br", brotli.to_vec()),
        ("zstd", zstd),
        ("gzip, gzip", gzip(&gzip(text.as_bytes()))),
        ("br\r\ncontent-encoding: gzip", gzip(brotli)),
    ] {
        let headers = format!("content-encoding: {codings}\r\n");
        let response = fetched(with_headers(&headers, &wire)).await;
        assert!(response.text() == text, "{codings}: {} bytes", response.body().len());
        assert_eq!((response.wire_bytes(), response.truncated()), (wire.len() as u64, false));
        assert!(!response.headers().contains_key("content-encoding"));
    }
}

#[tokio::test]
async fn pieces_of_a_gzip_body_are_decoded_as_they_arrive() {
    let server = Server::start(|mut peer, _| async move {
        // Each piece is sent only when the client has the one before.
        peer.request().await?;
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n").await?;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        for piece in ["first", "second"] {
            encoder.write_all(piece.as_bytes()).unwrap();
            encoder.flush().unwrap();
            peer.send(&std::mem::take(encoder.get_mut())).await?;
            tokio::task::yield_now().await;
        }
        peer.send(&encoder.finish().unwrap()).await
    })
    .await;
    let client = client(config());
    let mut response = client.get(server.url("/")).send().await.unwrap();
    let mut text = Vec::new();
    while let Some(piece) = response.chunk().await.unwrap() {
        assert!(!piece.is_empty());
        text.extend_from_slice(&piece);
    }
    assert_eq!(text, b"firstsecond");
    assert_eq!(response.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn what_cannot_be_decoded_is_handed_over_as_it_is() {
    for coding in ["compress", "gzip, unheard-of", "identity", "br, br, br"] {
        let headers = format!("content-encoding: {coding}\r\n");
        let response = fetched(with_headers(&headers, "raw")).await;
        assert_eq!(response.text(), "raw");
        assert_eq!(response.headers()["content-encoding"], coding);
    }
    let part =
        b"HTTP/1.1 206 Partial Content\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\npart";
    assert_eq!(fetched(part.to_vec()).await.text(), "part");
}

#[tokio::test]
async fn an_empty_body_that_claims_gzip_is_empty() {
    assert_eq!(fetched(with_headers("content-encoding: gzip\r\n", "")).await.text(), "");
    let chunked =
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let response = fetched(chunked.to_vec()).await;
    assert_eq!((response.text().as_ref(), response.truncated()), ("", false));
}

#[tokio::test]
async fn a_large_body_arrives_whole() {
    let body: Vec<u8> = (0..1_500_000_u32).map(|n| (n % 251) as u8).collect();
    let response = fetched(ok(&body)).await;
    assert!(response.body() == &body, "{} bytes", response.body().len());
    assert_eq!(response.wire_bytes(), body.len() as u64);
}

#[tokio::test]
async fn a_body_until_the_close_arrives_whole() {
    let server = Server::closing("HTTP/1.0 200 OK\r\n\r\nuntil the end").await;
    let response = client(config()).get(server.url("/")).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "until the end");
}

#[tokio::test]
async fn json_and_lossy_text_are_read() {
    let server = Server::answering(ok(r#"{"answer": 42}"#)).await;
    let value: serde_json::Value =
        client(config()).get(server.url("/")).send().await.unwrap().json().await.unwrap();
    assert_eq!(value["answer"], 42);
    assert_eq!(fetched(ok(b"caf\xe9")).await.text(), "caf\u{fffd}");
}
