//! What a connection is not used for again, and how large a head it reads.

use std::time::Duration;

use dragline_fetch::Config;
use tokio::io::AsyncReadExt;

use crate::server::{Server, ok, with_headers};
use crate::{client, config};

#[tokio::test]
async fn a_connection_that_answered_before_it_read_the_request_is_not_used_again() {
    let server = Server::start(|mut peer, number| async move {
        if number > 0 {
            peer.request().await?;
            return peer.send(&ok("second")).await;
        }
        // The head has come, and more than the system buffers is still to follow.
        peer.stream.read_u8().await.ok()?;
        peer.send(&ok("first")).await?;
        std::future::pending().await
    })
    .await;
    let client = client(config());
    let upload = client.post(server.url("/")).body(vec![b'x'; 64 * 1024 * 1024]);
    assert_eq!(upload.send().await.unwrap().text().await.unwrap(), "first");
    let next = tokio::time::timeout(Duration::from_millis(150), client.get(server.url("/")).send());
    let next = next.await.expect("the next request does not wait for the upload");
    assert_eq!(next.unwrap().text().await.unwrap(), "second");
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_head_is_read_up_to_its_limit() {
    let value = |size: usize| format!("x-long: {}\r\n", "x".repeat(size));
    for (head_limit, size, fits) in [
        (32 * 1024, 31 * 1024, true),
        (32 * 1024, 33 * 1024, false),
        (256 * 1024, 250 * 1024, true),
        (8 * 1024, 9 * 1024, false),
    ] {
        let server = Server::answering(with_headers(&value(size), "hello")).await;
        let client = client(Config { head_limit, ..config() });
        match client.get(server.url("/")).send().await {
            Ok(_) => assert!(fits, "{size} within {head_limit}"),
            Err(error) => assert!(!fits && error.code() == "protocol", "{error}"),
        }
    }
}

#[tokio::test]
async fn a_head_has_at_most_256_headers() {
    for (count, fits) in [(255, true), (256, false)] {
        let headers: String = (0..count).map(|id| format!("x-{id}: 1\r\n")).collect();
        let server = Server::answering(with_headers(&headers, "hello")).await;
        let answer = client(config()).get(server.url("/")).send().await;
        assert_eq!(answer.is_ok(), fits, "{count} and the length");
    }
}
