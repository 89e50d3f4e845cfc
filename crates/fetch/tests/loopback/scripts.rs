//! What scripts ask of a client: bodies, redirects, cookies, credentials, further attempts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dragline_fetch::{
    Config, Cookies, Credential, ErrorKind, Form, Jar, Redirects, Request, Response, Retry,
    RetryMethods,
};
use http::Method;
use url::Url;

use crate::server::{Server, ok};
use crate::{client, config};

/// A server that answers with the request it got, or redirects `/to?URL` with status `/STATUS`.
async fn server() -> Server {
    Server::start(|mut peer, _| async move {
        loop {
            let request = peer.request().await?;
            let target = request.split(' ').nth(1)?.to_owned();
            match target.split_once("?to=") {
                Some((status, to)) => {
                    let status = status.trim_start_matches('/');
                    let head = format!("HTTP/1.1 {status} Moved\r\nlocation: {to}\r\n");
                    peer.send(format!("{head}content-length: 4\r\n\r\ngone").as_bytes()).await?;
                }
                None => peer.send(&ok(request)).await?,
            }
        }
    })
    .await
}

async fn text(request: dragline_fetch::RequestBuilder<'_>) -> String {
    request.send().await.unwrap().text().await.unwrap().to_lowercase()
}

#[tokio::test]
async fn bodies_are_sent_with_their_type() {
    let server = server().await;
    let client = client(config());
    let url = server.url("/x");
    let sent = text(client.put(&url).json(&serde_json::json!({"a": [1]}))).await;
    assert!(sent.starts_with("put /x ") && sent.ends_with("\r\n\r\n{\"a\":[1]}"), "{sent}");
    assert!(sent.contains("content-type: application/json\r\n"), "{sent}");

    let sent = text(client.patch(&url).form(&[("a", "1 &"), ("b", "\u{e9}")])).await;
    assert!(sent.starts_with("patch ") && sent.ends_with("\r\n\r\na=1+%26&b=%c3%a9"), "{sent}");
    assert!(sent.contains("content-type: application/x-www-form-urlencoded\r\n"), "{sent}");

    let mine = client.post(&url).header("content-type", "application/ld+json").json("x");
    assert!(text(mine).await.contains("content-type: application/ld+json\r\n"));

    let sent = text(client.post(&url).multipart(Form::seeded(1).text("a", "1"))).await;
    assert!(sent.contains("content-type: multipart/form-data; boundary="), "{sent}");
    assert!(sent.contains("name=\"a\"\r\n\r\n1\r\n--"), "{sent}");
    assert!(text(client.delete(&url)).await.starts_with("delete /x "));
    assert!(text(client.options(&url)).await.starts_with("options /x "));
}

#[tokio::test]
async fn query_fields_follow_those_of_the_url() {
    let server = server().await;
    let client = client(config());
    let sent = text(client.get(server.url("/x?a=1")).query(&[("b", "2 3"), ("b", "4")])).await;
    assert!(sent.starts_with("get /x?a=1&b=2+3&b=4 "), "{sent}");
    let sent = text(client.get(server.url("/x")).query(&[("b", ""); 0])).await;
    assert!(sent.starts_with("get /x "), "{sent}");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_when_it_is_sent() {
    let client = client(config());
    let url = "http://me:secret@h0.test/";
    for request in [
        client.get(url).header("bad name", "x"),
        client.get(url).bearer("secret\n"),
        client.get(url).basic("sec:ret", "secret"),
        client.get(url).json(&std::collections::HashMap::from([((1, 2), 3)])),
        client.get(url).query(&1),
        client.get(url).multipart(Form::new().file("a", "b", "c\n", "")),
    ] {
        let error = request.send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn redirects_are_followed_and_told() {
    let server = server().await;
    let client = client(config());
    let response = client.get(server.url("/302?to=/307?to=/end#frag")).send().await.unwrap();
    assert_eq!(response.url().as_str(), server.url("/end#frag"));
    let hops: Vec<_> = response.redirected_from().iter().map(Url::as_str).collect();
    assert_eq!(hops, [server.url("/302?to=/307?to=/end#frag"), server.url("/307?to=/end#frag")]);
    assert_eq!((response.status().as_u16(), response.attempts()), (200, 1));
    // Small bodies on the way are read, so that one connection carries all.
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_post_becomes_a_get_or_keeps_its_body() {
    let server = server().await;
    let client = client(config());
    let sent = text(client.post(server.url("/303?to=/end")).body("body")).await;
    assert!(sent.starts_with("get /end ") && !sent.contains("body"), "{sent}");
    let sent = text(client.post(server.url("/308?to=/end")).body("body")).await;
    assert!(sent.starts_with("post /end ") && sent.ends_with("\r\n\r\nbody"), "{sent}");
}

#[tokio::test]
async fn redirects_end_by_stop_limit_loop_and_nonsense() {
    let server = server().await;
    let client = client(config());
    let stopped = client.get(server.url("/302?to=/end")).redirects(Redirects::Stop).send().await;
    assert_eq!(stopped.unwrap().status(), 302);

    let chain = server.url(&format!("{}/end", "/302?to=".repeat(3)));
    let followed = client.get(&chain).redirects(Redirects::Follow(3)).send().await;
    assert_eq!(followed.unwrap().redirected_from().len(), 3);
    let error = client.get(&chain).redirects(Redirects::Follow(2)).send().await.unwrap_err();
    assert_eq!(error.code(), "too_many_redirects");

    let looping =
        Server::answering("HTTP/1.1 302 Found\r\nlocation: /#again\r\ncontent-length: 0\r\n\r\n")
            .await;
    let error = client.get(looping.url("/")).send().await.unwrap_err();
    assert_eq!(error.code(), "redirect_loop");

    for (to, code) in [
        ("ftp://me:secret@a.test/", "blocked_scheme"),
        ("javascript:1", "blocked_scheme"),
        ("http://", "invalid_url"),
        ("http://10.0.0.1/", "blocked_address"),
        ("http://[::ffff:10.0.0.1]/", "blocked_address"),
        ("http://unknown.test/", "dns"),
    ] {
        let error = client.get(server.url(&format!("/302?to={to}"))).send().await.unwrap_err();
        assert_eq!(error.code(), code, "{to}: {error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn secrets_are_not_taken_to_another_origin() {
    let server = server().await;
    let (here, there) = (server.url_at("h0.test", "/end"), server.url_at("h1.test", "/end"));
    let credentials = [(
        server.url_at("h1.test", "/"),
        Credential::Basic { user: "u".to_owned(), password: "p".to_owned() },
    )];
    let client = client(Config { credentials: credentials.into(), ..config() });
    let ask = |to: &str| {
        let url = server.url_at("h0.test", &format!("/302?to={to}"));
        client.get(url).bearer("token").header("cookie", "a=hand").header("x-kept", "1")
    };
    let sent = text(ask(&here)).await;
    assert!(sent.contains("authorization: bearer token") && sent.contains("cookie: a=hand"));
    let sent = text(ask(&there)).await;
    assert!(!sent.contains("token") && !sent.contains("a=hand"), "{sent}");
    // That origin has a credential of its own.
    assert!(sent.contains("authorization: basic dtpw") && sent.contains("x-kept: 1"), "{sent}");
}

#[tokio::test]
async fn default_headers_give_way_to_those_of_a_request() {
    let server = server().await;
    let headers = [("X-Key", "all"), ("accept", "text/html")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let client = client(Config { headers, ..config() });
    let sent = text(client.get(server.url("/")).header("x-key", "one")).await;
    assert!(sent.contains("x-key: one\r\n") && !sent.contains("all\r\n"), "{sent}");
    assert!(sent.contains("accept: text/html\r\n") && !sent.contains("*/*"), "{sent}");
}

#[tokio::test]
async fn a_jar_keeps_cookies_across_redirects_and_requests() {
    let server = Server::start(|mut peer, _| async move {
        loop {
            let request = peer.request().await?;
            if request.contains("cookie: id=secret") {
                peer.send(&ok(request)).await?;
            } else {
                // Back to the same URL, which is no loop as there is a cookie now.
                peer.send(
                    b"HTTP/1.1 302 Found\r\nset-cookie: id=secret; path=/\r\nlocation: /in\r\n\
                      content-length: 0\r\n\r\n",
                )
                .await?;
            }
        }
    })
    .await;
    let client = client(config());
    let jar = Jar::new();
    let response = client.get(server.url("/in")).jar(&jar).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.redirected_from().len()), (200, 1));
    let response = client.get(server.url("/other")).jar(&jar).send().await.unwrap();
    assert_eq!(response.redirected_from().len(), 0);
    // Other hosts and requests without the jar do not get it, and then it is a loop.
    let error = client.get(server.url("/in")).send().await.unwrap_err();
    assert_eq!(error.code(), "redirect_loop");
    // A client that keeps cookies has a jar of its own for those.
    let keeping = self::client(Config { cookies: Cookies::Keep, ..config() });
    for (path, redirects) in [("/in", 1), ("/other", 0)] {
        let response = keeping.get(server.url(path)).send().await.unwrap();
        assert_eq!(response.redirected_from().len(), redirects, "{path}");
    }
    assert!(!format!("{jar:?} {client:?}").contains("secret"));
}

/// A server that answers 503 with these headers a number of times, and then 200.
async fn failing(times: usize, headers: &'static str) -> (Server, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let server = Server::start(move |mut peer, _| {
        let counter = Arc::clone(&counter);
        async move {
            loop {
                peer.request().await?;
                if counter.fetch_add(1, Ordering::SeqCst) < times {
                    let head = format!("HTTP/1.1 503 No\r\n{headers}content-length: 0\r\n\r\n");
                    peer.send(head.as_bytes()).await?;
                } else {
                    peer.send(&ok("hello")).await?;
                }
            }
        }
    })
    .await;
    (server, requests)
}

/// Waits that do not slow a test down.
fn quick() -> Retry {
    Retry { base: Duration::from_millis(1), ..Retry::default() }
}

#[tokio::test]
async fn an_answer_is_asked_for_again_and_counted() {
    let (server, requests) = failing(2, "").await;
    let client = client(Config { retry: quick(), ..config() });
    let response = client.get(server.url("/")).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.attempts()), (200, 3));
    // Off for one request, and always for a plain one.
    requests.store(0, Ordering::SeqCst);
    let response = client.get(server.url("/")).retry(Retry::off()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.attempts()), (503, 1));
    let request = Request::new(Method::GET, Url::parse(&server.url("/")).unwrap());
    assert_eq!(client.send(request).await.unwrap().status(), 503);
}

#[tokio::test]
async fn the_last_answer_is_returned_when_attempts_end() {
    let (server, requests) = failing(9, "").await;
    let client = client(config());
    let response = client.get(server.url("/")).retry(quick()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.attempts()), (503, 3));
    assert_eq!(requests.load(Ordering::SeqCst), 3);
    let response = client.post(server.url("/")).retry(quick()).send().await.unwrap();
    assert_eq!(response.attempts(), 1);
    let any = Retry { methods: RetryMethods::Any, ..quick() };
    assert_eq!(client.post(server.url("/")).retry(any).send().await.unwrap().attempts(), 3);
}

#[tokio::test]
async fn a_wait_that_is_too_long_returns_the_answer() {
    let (server, requests) = failing(9, "retry-after: 121\r\n").await;
    let response = client(config()).get(server.url("/")).retry(quick()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.attempts()), (503, 1));
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn failures_are_tried_again_and_the_error_tells_how_often() {
    let server = Server::start(|mut peer, number| async move {
        peer.request().await?;
        if number < 2 { None } else { peer.send(&ok("hello")).await }
    })
    .await;
    let client = client(config());
    let response = client.get(server.url("/")).retry(quick()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.attempts()), (200, 3));

    let closing = Server::start(|mut peer, _| async move { peer.request().await.map(drop) }).await;
    let error = client.get(closing.url("/")).retry(quick()).send().await.unwrap_err();
    assert_eq!((error.code(), error.attempts()), ("closed", 3));
    let error = client.get(closing.url("/")).send().await.unwrap_err();
    assert_eq!(error.attempts(), 1);
    let error = client.get("http://unknown.test/").retry(quick()).send().await.unwrap_err();
    assert_eq!((error.code(), error.attempts()), ("dns", 1));
}

#[tokio::test]
async fn a_collected_request_tries_a_broken_body_again() {
    let server = Server::start(|mut peer, number| async move {
        peer.request().await?;
        if number == 0 {
            peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel").await?;
            peer.reset();
            return None;
        }
        peer.send(&ok("hello")).await
    })
    .await;
    let client = client(config());
    let response: Response<_> = client.get(server.url("/")).retry(quick()).collect().await.unwrap();
    assert_eq!((response.text().as_ref(), response.attempts()), ("hello", 2));
}

#[tokio::test]
async fn a_dead_service_is_not_hammered() {
    let (server, requests) = failing(usize::MAX, "").await;
    let client = client(Config { retry: quick(), ..config() });
    for _ in 0..100 {
        client.get(server.url("/")).send().await.unwrap();
    }
    // A hundred, ten from the start, and a fifth of a hundred.
    let sent = requests.load(Ordering::SeqCst);
    assert!((125..=130).contains(&sent), "{sent} requests");
}

#[tokio::test]
async fn nothing_is_held_while_waiting_to_try_again() {
    let (server, requests) = failing(1, "retry-after: 60\r\n").await;
    let client = client(Config { max_in_flight: 1, per_host: 1, max_sockets: 1, ..config() });
    let waiting = client.get(server.url("/")).retry(quick()).send();
    let other = async {
        // They get their turns only because the first one gave its place back.
        for _ in 0..3 {
            let response = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(response.text().await.unwrap(), "hello");
        }
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(59)).await;
        tokio::task::yield_now().await;
        assert_eq!(requests.load(Ordering::SeqCst), 4);
        tokio::time::advance(Duration::from_secs(2)).await;
        tokio::time::resume();
    };
    let (response, ()) = tokio::join!(waiting, other);
    assert_eq!(response.unwrap().attempts(), 2);
    assert_eq!(requests.load(Ordering::SeqCst), 5);
}
