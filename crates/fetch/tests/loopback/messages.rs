//! What goes over the wire, and which odd heads are read.

use std::time::Duration;

use bytes::Bytes;
use dragline_fetch::{Request, Response};
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::server::{Server, ok};
use crate::{client, config};

/// A server that answers with the request it got.
async fn echo() -> Server {
    Server::start(|mut peer, _| async move {
        loop {
            let request = peer.request().await?;
            peer.send(&ok(request)).await?;
        }
    })
    .await
}

#[tokio::test]
async fn a_get_is_sent_in_origin_form_with_the_host_first() {
    let server = echo().await;
    let port = server.address.port();
    let url = format!("http://user:pass@h0.test:{port}/a b?c=\u{e9}#fragment");
    let response = client(config()).get(url).send().await.unwrap();
    assert_eq!(response.url().as_str(), format!("http://h0.test:{port}/a%20b?c=%C3%A9#fragment"));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        response.text().await.unwrap(),
        format!(
            "GET /a%20b?c=%C3%A9 HTTP/1.1\r\nhost: h0.test:{port}\r\n\
             user-agent: dragline/{version}\r\naccept: */*\r\naccept-encoding: gzip, deflate, br, zstd\r\n\r\n"
        )
    );
}

#[tokio::test]
async fn headers_of_the_caller_replace_those_of_the_client() {
    let server = echo().await;
    let client = client(config());
    let request = client
        .get(server.url("/"))
        .header("user-agent", "mine")
        .header("accept-encoding", "identity")
        .header("host", "other.test")
        .header("x-twice", "1")
        .header("x-twice", "2");
    let text = request.send().await.unwrap().text().await.unwrap();
    for (line, count) in [
        ("user-agent: mine\r\n", 1),
        ("accept-encoding: identity\r\n", 1),
        ("host: other.test\r\n", 1),
        ("x-twice: 1\r\n", 0),
        ("x-twice: 2\r\n", 1),
        ("dragline", 0),
    ] {
        assert_eq!(text.matches(line).count(), count, "{line} in {text}");
    }
}

#[tokio::test]
async fn a_post_carries_its_body_and_length() {
    let server = echo().await;
    let client = client(config());
    let text = client.post(server.url("/")).body("a=1").send().await.unwrap().text().await.unwrap();
    assert!(text.starts_with("POST / ") && text.ends_with("\r\n\r\na=1"), "{text}");
    assert!(text.contains("content-length: 3\r\n"), "{text}");
}

#[tokio::test]
async fn a_part_is_not_asked_for_in_gzip() {
    let server = echo().await;
    let request = client(config()).get(server.url("/")).header("range", "bytes=0-9").send().await;
    assert!(!request.unwrap().text().await.unwrap().contains("accept-encoding"));
}

#[tokio::test]
async fn a_plain_request_value_can_be_sent() {
    let server = echo().await;
    let mut request = Request::new(Method::PUT, Url::parse(&server.url("/x")).unwrap());
    request.body = Bytes::from_static(b"body");
    request.timeout = Some(Duration::MAX);
    let text = client(config()).send(request).await.unwrap().text().await.unwrap();
    assert!(text.starts_with("PUT /x ") && text.ends_with("body"), "{text}");
}

#[tokio::test]
async fn a_head_request_has_no_body_whatever_the_length() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\ncontent-encoding: gzip\r\n\r\n",
    )
    .await;
    let client = client(config());
    for _ in 0..2 {
        let response = client.head(server.url("/")).send().await.unwrap().collect().await.unwrap();
        assert!(response.body().is_empty() && !response.truncated());
        assert_eq!(response.headers()["content-length"], "99");
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_redirect_is_returned_to_who_sends_a_plain_request() {
    let server = Server::answering(
        "HTTP/1.1 301 Moved\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let request = Request::new(Method::GET, Url::parse(&server.url("/")).unwrap());
    let response = client(config()).send(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::MOVED_PERMANENTLY);
    assert_eq!(response.headers()["location"], "/elsewhere");
}

#[tokio::test]
async fn odd_heads_that_browsers_read_are_read() {
    for head in [
        "HTTP/1.1 200 OK\nContent-Length: 2\n\n",
        "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx-folded: a\r\n b\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\n<!DOCTYPE html>\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nset-cookie: a=\u{1}b\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
        &format!("HTTP/1.1 200 OK\r\n{}Content-Length: 2\r\n\r\n", "x: y\r\n".repeat(200)),
        &format!("HTTP/1.1 200 OK\r\nx: {}\r\nContent-Length: 2\r\n\r\n", "y".repeat(30_000)),
    ] {
        let server = Server::answering(format!("{head}ok")).await;
        let response = client(config()).get(server.url("/")).send().await;
        let response = response.unwrap_or_else(|error| panic!("{head:.60}: {error}"));
        assert_eq!(response.text().await.unwrap(), "ok", "{head:.60}");
    }
}

#[tokio::test]
async fn elapsed_covers_the_body_once_it_is_collected() {
    let server = Server::answering(ok("hello")).await;
    let response = client(config()).get(server.url("/")).send().await.unwrap();
    let to_head = response.elapsed();
    let response = response.collect().await.unwrap();
    assert!(to_head > Duration::ZERO && response.elapsed() >= to_head);
    assert_eq!(response.remote(), server.address);
}

#[test]
fn a_response_can_be_made_without_a_network() {
    let url = Url::parse("http://a.test/").unwrap();
    let response = Response::new(url, StatusCode::OK, HeaderMap::new(), "body");
    assert_eq!((response.text().as_ref(), response.truncated()), ("body", false));
    assert_eq!(response.elapsed(), Duration::ZERO);
    assert!(response.remote().ip().is_unspecified());
}
