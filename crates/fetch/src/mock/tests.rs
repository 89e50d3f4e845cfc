//! What a mocked client does, and what it shares with a real one.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::Method;
use tokio::time::Instant;
use url::Url;

use super::{Mock, Reply};
use crate::client::Client;
use crate::config::Config;
use crate::error::{ErrorKind, Phase};
use crate::request::{Oversize, Request};

fn client(mock: &Mock) -> Client {
    Client::with_mock(Config::default(), mock.clone()).unwrap()
}

async fn text(client: &Client, url: &str) -> String {
    match client.get(url).send().await {
        Ok(response) => response.text().await.unwrap(),
        Err(error) => error.code().to_owned(),
    }
}

#[tokio::test]
async fn answers_come_in_sequence_and_the_last_one_stays() {
    let replies = [Reply::error(ErrorKind::Closed), Reply::ok("first"), Reply::ok("last")];
    let mock = Mock::new().on("http://a.test", replies);
    let client = client(&mock);
    for expected in ["closed", "first", "last", "last"] {
        assert_eq!(text(&client, "http://a.test/#part").await, expected);
    }
}

#[tokio::test]
async fn exact_urls_go_before_prefixes_and_long_prefixes_before_short_ones() {
    let mock = Mock::new()
        .on_prefix("http://a.test/", Reply::ok("short"))
        .on_prefix_with("http://a.test/items/", |call| Reply::ok(call.url.path().to_owned()))
        .on("http://a.test/items/1", Reply::ok("exact"));
    let client = client(&mock);
    for (path, expected) in [("/", "short"), ("/items/1", "exact"), ("/items/12", "/items/12")] {
        assert_eq!(text(&client, &format!("http://a.test{path}")).await, expected);
    }
}

#[tokio::test]
async fn a_url_without_a_script_is_an_error_that_names_it() {
    let error = client(&Mock::new()).get("http://a.test/x?y=1").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("http://a.test/x?y=1"), "{error}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn calls_are_recorded_as_they_would_be_sent() {
    let mock = Mock::new().on_prefix("http://a.test/", Reply::status(204));
    let request = client(&mock);
    let request = request.post("http://me:secret@a.test/x").header("x-key", "1").body("hello");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 204);
    let [call] = &mock.calls()[..] else { panic!("one call") };
    assert_eq!((call.method.as_str(), call.url.as_str()), ("POST", "http://a.test/x"));
    assert_eq!(
        (&call.headers["x-key"], &call.headers["host"]),
        (&"1".parse().unwrap(), &"a.test".parse().unwrap())
    );
    assert!(call.headers.contains_key("user-agent") && call.body == "hello");
}

#[tokio::test]
async fn status_headers_and_body_arrive() {
    let reply = Reply::status(404).header("x-a", "1").header("x-a", "2").body("gone");
    let mock = Mock::new().on("http://a.test/", reply);
    let response = client(&mock).get("http://a.test/").send().await.unwrap();
    let response = response.collect().await.unwrap();
    assert_eq!((response.status().as_u16(), &*response.text()), (404, "gone"));
    let values: Vec<_> = response.headers().get_all("x-a").iter().collect();
    assert_eq!(values, ["1", "2"]);
    assert_eq!((response.truncated(), response.wire_bytes()), (false, 4));
}

#[tokio::test]
async fn a_body_comes_in_pieces_and_limits_hold() {
    let mock = Mock::new().on_prefix("http://a.test/", Reply::ok("hello"));
    let mut response = client(&mock).get("http://a.test/").send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "hello");
    assert!(response.chunk().await.unwrap().is_none());
    let small = Config { max_body: 4, ..Config::default() };
    let small = Client::with_mock(small, mock).unwrap();
    let response = small.get("http://a.test/").send().await.unwrap();
    assert_eq!(response.collect().await.unwrap_err().code(), "too_large");
}

#[tokio::test]
async fn a_body_that_may_be_cut_ends_at_the_limit_and_says_so() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&[b'x'; 200_000]).unwrap();
    let packed = Reply::ok(packed.finish().unwrap()).header("content-encoding", "gzip");
    let mock = Mock::new()
        .on("http://a.test/", Reply::ok("hello"))
        .on("http://b.test/", packed)
        .on("http://c.test/", Reply::ok("hell"));
    let client = client(&mock);
    let cut = async |url: &str, max_body: u64| {
        let mut request = Request::new(Method::GET, Url::parse(url).unwrap());
        request.max_body = Some(max_body);
        request.oversize = Oversize::Cut;
        client.send(request).await.unwrap()
    };
    let response = cut("http://a.test/", 4).await.collect().await.unwrap();
    assert_eq!((&*response.text(), response.truncated()), ("hell", true));
    let response = cut("http://b.test/", 100_000).await.collect().await.unwrap();
    let length = response.body().len();
    assert!(response.truncated() && length <= 100_000 && length > 100_000 - 32 * 1024, "{length}");
    let response = cut("http://c.test/", 4).await.collect().await.unwrap();
    assert_eq!((&*response.text(), response.truncated()), ("hell", false));
    let mut response = cut("http://a.test/", 4).await;
    assert_eq!(response.chunk().await.unwrap().unwrap(), "hell");
    assert_eq!(response.chunk().await.unwrap_err().code(), "truncated");
}

#[tokio::test(start_paused = true)]
async fn a_delay_costs_paused_time_and_the_time_limit_holds() {
    let mock = Mock::new()
        .on("http://a.test/", Reply::ok("late").delay(Duration::from_secs(29)))
        .on("http://b.test/", Reply::ok("too late").delay(Duration::from_secs(31)));
    let client = client(&mock);
    let started = Instant::now();
    assert_eq!(text(&client, "http://a.test/").await, "late");
    assert_eq!(started.elapsed(), Duration::from_secs(29));
    let error = client.get("http://b.test/").send().await.unwrap_err();
    assert_eq!((error.code(), error.phase()), ("timeout", Some(Phase::Head)));
    assert_eq!(started.elapsed(), Duration::from_secs(59));
}

#[tokio::test(start_paused = true)]
async fn a_place_is_held_until_the_body_is_read() {
    let mock = Mock::new().on_prefix("http://a.test/", Reply::ok("hello"));
    let one = Config { max_in_flight: 1, ..Config::default() };
    let client = Client::with_mock(one, mock).unwrap();
    let mut first = client.get("http://a.test/").send().await.unwrap();
    let second = client.get("http://a.test/").send();
    let mut second = std::pin::pin!(second);
    tokio::time::timeout(Duration::from_secs(1), &mut second).await.unwrap_err();
    first.chunk().await.unwrap().unwrap();
    // The response is still there; its place is not.
    second.await.unwrap();
    drop(first);
}

#[tokio::test]
async fn what_http_does_not_know_is_an_error_that_says_so() {
    let mock = Mock::new()
        .on("http://a.test/", Reply::status(7))
        .on("http://b.test/", Reply::ok("").header("not a name", "x"));
    let client = client(&mock);
    for (url, word) in [("http://a.test/", "7 is not"), ("http://b.test/", "not a name")] {
        let error = client.get(url).send().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains(word), "{error}");
    }
}
