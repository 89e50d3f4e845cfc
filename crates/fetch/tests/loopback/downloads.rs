//! Bodies written to files.

use std::fs;
use std::io::Write;
use std::time::Duration;

use dragline_fetch::Config;
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::server::{Server, ok, with_headers};
use crate::{client, config};

fn names(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory.path()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_body_is_decoded_into_a_file_in_place_of_the_old_one() {
    let text: String = (0..300_000).map(|n| format!("{n} ")).collect();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let body = with_headers("content-encoding: gzip\r\n", gzip.finish().unwrap());
    let server = Server::answering(body).await;
    let client = client(config());
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("numbers.txt");
    for old in [None, Some("old")] {
        if let Some(old) = old {
            fs::write(&path, old).unwrap();
        }
        let size = client.get(server.url("/")).send().await.unwrap().download(&path).await;
        assert_eq!(size.unwrap(), text.len() as u64);
        assert!(fs::read_to_string(&path).unwrap() == text);
        assert_eq!(names(&directory), ["numbers.txt"]);
    }
}

#[tokio::test]
async fn an_empty_body_is_an_empty_file() {
    let server = Server::answering(ok("")).await;
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("empty");
    let response = client(config()).get(server.url("/")).send().await.unwrap();
    assert_eq!(response.download(&path).await.unwrap(), 0);
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[tokio::test]
async fn a_body_that_fails_leaves_what_was_there_and_nothing_else() {
    let large = "x".repeat(200_000);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n30d40\r\n{large}\r\n30d40\r\n{large}\r\n0\r\n\r\n"
    );
    for (response, code) in [
        (format!("HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n{large}"), "truncated"),
        (chunked, "too_large"),
        (
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx".into(),
            "decode",
        ),
    ] {
        let server = Server::closing(response).await;
        let client = client(Config { max_body: 300_000, ..config() });
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("kept");
        fs::write(&path, "old").unwrap();
        let response = client.get(server.url("/")).send().await.unwrap();
        let error = response.download(&path).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.url().is_some());
        assert_eq!(names(&directory), ["kept"]);
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}

#[tokio::test]
async fn a_download_that_is_dropped_leaves_nothing() {
    let server = Server::start(|mut peer, _| async move {
        peer.request().await?;
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart").await?;
        peer.closed().await;
        None
    })
    .await;
    let directory = TempDir::new().unwrap();
    let response = client(config()).get(server.url("/")).send().await.unwrap();
    let mut download = Box::pin(response.download(directory.path().join("never")));
    let mut polls = 0;
    // It is there while it is written, under another name.
    let begun = std::future::poll_fn(|cx| {
        polls += 1;
        assert!(download.as_mut().poll(cx).is_pending());
        if names(&directory).is_empty() {
            std::task::Poll::Pending
        } else {
            std::task::Poll::Ready(names(&directory))
        }
    });
    let begun = tokio::time::timeout(Duration::from_secs(10), begun).await.unwrap();
    assert!(begun.len() == 1 && begun[0].ends_with(".part"), "{begun:?} after {polls}");
    drop(download);
    assert_eq!(names(&directory), [""; 0]);
}

#[tokio::test]
async fn a_path_that_cannot_be_written_is_a_file_error_that_names_it() {
    let server = Server::answering(ok("hello")).await;
    let directory = TempDir::new().unwrap();
    for path in [directory.path().join("missing/file"), "/".into()] {
        let response = client(config()).get(server.url("/")).send().await.unwrap();
        let error = response.download(&path).await.unwrap_err();
        assert_eq!(error.code(), "file");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        assert!(!error.is_transient() && !error.is_host_fault());
    }
    // A directory in its place: known only at the end, and still nothing stays.
    let path = directory.path().join("taken");
    fs::create_dir_all(path.join("full")).unwrap();
    let response = client(config()).get(server.url("/")).send().await.unwrap();
    assert_eq!(response.download(&path).await.unwrap_err().code(), "file");
    assert_eq!(names(&directory), ["taken"]);
}

#[tokio::test]
async fn one_request_may_raise_or_lower_the_size_limit() {
    let server = Server::answering(ok("x".repeat(2_000))).await;
    let client = client(Config { max_body: 1_000, ..config() });
    let raised = client.get(server.url("/")).max_body(2_000).send().await.unwrap();
    assert_eq!(raised.bytes().await.unwrap().len(), 2_000);
    let lowered = client.get(server.url("/")).max_body(1_999).send().await.unwrap();
    assert_eq!(lowered.bytes().await.unwrap_err().code(), "too_large");
}
