//! Requests through proxies: which bytes they get, and what they may refuse.

use dragline_fetch::{Config, Proxies, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::{Peer, Server, ok};
use crate::{client, config};

fn proxy(server: &Server, scheme: &str, user: &str) -> Proxy {
    Proxy::parse(&format!("{scheme}://{user}{}", server.address)).unwrap()
}

/// A proxy that answers each request for itself, with the request.
async fn http_proxy() -> Server {
    Server::start(|mut peer, _| async move {
        loop {
            let request = peer.request().await?;
            peer.send(&ok(request)).await?;
        }
    })
    .await
}

#[tokio::test]
async fn a_plain_request_goes_to_the_proxy_in_absolute_form() {
    let server = http_proxy().await;
    let proxy = proxy(&server, "http", "me:p%40ss@");
    let client = client(config());
    // The proxy looks the name up, which nobody knows here.
    let request = client.get("http://unknown.test/a?b#c").proxy(proxy.clone());
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(text.starts_with("GET http://unknown.test/a?b HTTP/1.1\r\nhost: unknown.test\r\n"));
    assert!(text.contains("proxy-authorization: Basic bWU6cEBzcw==\r\n"), "{text}");
    assert!(!format!("{proxy:?} {client:?}").contains("ss"));
}

#[tokio::test]
async fn each_proxy_and_user_has_connections_of_its_own() {
    let server = http_proxy().await;
    let client = client(Config { proxy: proxy(&server, "http", "").into(), ..config() });
    for (user, connections) in [("", 1), ("", 1), ("a:1@", 2), ("a:2@", 3), ("a:1@", 3)] {
        let request = client.get("http://a.test/").proxy(proxy(&server, "http", user));
        request.collect().await.unwrap();
        assert_eq!(server.accepted(), connections, "{user}");
    }
    // The one of the client is the first, and `Direct` overrules it.
    client.get("http://a.test/").collect().await.unwrap();
    assert_eq!(server.accepted(), 3);
    let direct = client.get("http://unknown.test/").proxy(Proxies::Direct).send().await;
    assert_eq!(direct.unwrap_err().code(), "dns");
}

#[tokio::test]
async fn a_refused_tunnel_tells_status_and_text_but_no_secret() {
    let server = Server::start(|mut peer, _| async move {
        peer.request().await?;
        peer.send(b"HTTP/1.1 407 Who are you\r\ncontent-length: 9\r\n\r\nlog in\x1b[1").await
    })
    .await;
    let client = client(config());
    let request = client.get("https://a.test/").proxy(proxy(&server, "http", "me:secret@"));
    let error = request.send().await.unwrap_err();
    assert_eq!(error.code(), "connect");
    let text = format!("{error} {error:?}");
    assert!(text.contains("407 Who are you: log in\\u{1b}[1"), "{text}");
    assert!(text.contains(&server.address.to_string()) && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_proxy_that_answers_nonsense_is_an_error() {
    let client = client(config());
    for answer in ["", "SSH-2.0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nmore", &"x".repeat(10_000)] {
        let server = Server::closing(answer).await;
        let request = client.get("https://a.test/").proxy(proxy(&server, "http", ""));
        let error = request.send().await.unwrap_err();
        assert_eq!(error.code(), "connect", "{answer:.20}: {error}");
    }
    for answer in [&b""[..], b"HTTP", &[5, 255], &[5, 2], &[5, 0, 5, 5, 0, 1], &[5, 0, 5, 0, 0, 9]]
    {
        let server = Server::start(move |mut peer, _| async move {
            peer.stream.read_u8().await.ok()?;
            peer.send(answer).await
        })
        .await;
        let request = client.get("http://a.test/").proxy(proxy(&server, "socks5h", ""));
        let error = request.send().await.unwrap_err();
        assert_eq!(error.code(), "connect", "{answer:?}: {error}");
    }
}

/// A SOCKS proxy without login that answers HTTP itself, with what it was asked to connect to.
async fn socks_proxy() -> Server {
    Server::start(|mut peer, _| async move {
        let mut greeting = [0; 3];
        peer.stream.read_exact(&mut greeting).await.ok()?;
        assert_eq!(greeting, [5, 1, 0]);
        let target = socks_target(&mut peer, 0).await?;
        peer.request().await?;
        peer.send(&ok(target)).await
    })
    .await
}

/// Accepts the login and reads what the client wants to connect to.
async fn socks_target(peer: &mut Peer, method: u8) -> Option<String> {
    let stream = &mut peer.stream;
    stream.write_all(&[5, method]).await.ok()?;
    if method == 2 {
        let mut login = [0; 12];
        stream.read_exact(&mut login).await.ok()?;
        assert_eq!(&login, b"\x01\x02me\x07p@sswrd");
        stream.write_all(&[1, 0]).await.ok()?;
    }
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.ok()?;
    assert_eq!(head[..3], [5, 1, 0]);
    let length = match head[3] {
        1 => 4,
        _ => stream.read_u8().await.ok()?.into(),
    };
    let mut target = vec![0; length];
    stream.read_exact(&mut target).await.ok()?;
    let port = stream.read_u16().await.ok()?;
    stream.write_all(&[5, 0, 0, 3, 2, b'x', b'y', 0, 0]).await.ok()?;
    let name = match head[3] {
        1 => format!("{target:?}"),
        _ => String::from_utf8(target).unwrap(),
    };
    Some(format!("{name}:{port}"))
}

#[tokio::test]
async fn socks5_resolves_here_and_socks5h_at_the_proxy() {
    let server = socks_proxy().await;
    for (scheme, expected) in [("socks5", "[127, 0, 0, 1]:8000"), ("socks5h", "h0.test:8000")] {
        let client = client(config());
        let request = client.get("http://h0.test:8000/").proxy(proxy(&server, scheme, ""));
        assert_eq!(request.send().await.unwrap().text().await.unwrap(), expected);
    }
}

#[tokio::test]
async fn socks_logs_in() {
    let server = Server::start(|mut peer, _| async move {
        let mut greeting = [0; 4];
        peer.stream.read_exact(&mut greeting).await.ok()?;
        assert_eq!(greeting, [5, 2, 0, 2]);
        socks_target(&mut peer, 2).await?;
        peer.request().await?;
        peer.send(&ok("in")).await
    })
    .await;
    let client = client(config());
    let request = client.get("http://a.test/").proxy(proxy(&server, "socks5h", "me:p%40sswrd@"));
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "in");
}

#[tokio::test]
async fn the_address_policy_holds_where_it_can() {
    let server = socks_proxy().await;
    // Loopback is not allowed here: the proxy is contacted all the same, the target is not.
    let client = client(Config { proxy: Proxies::Direct, ..Config::default() });
    for (scheme, url) in [
        ("socks5", "http://h0.test/"),
        ("socks5", "http://127.0.0.1/"),
        ("socks5h", "http://127.0.0.1/"),
        ("http", "http://[::1]/"),
        ("http", "https://10.0.0.1/"),
    ] {
        let error = client.get(url).proxy(proxy(&server, scheme, "")).send().await.unwrap_err();
        assert_eq!(error.code(), "blocked_address", "{scheme} {url}: {error}");
    }
    assert_eq!(server.accepted(), 0);
    let request = client.get("http://h0.test/").proxy(proxy(&server, "socks5h", ""));
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "h0.test:80");
}
