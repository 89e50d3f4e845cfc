//! What a client sees of a running site, over a bare socket.

use std::fs;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::Server;
use crate::{Answer, Fault, Site};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn keep_alive_reuses_one_connection() {
    let server = Site::new().page("/", "home").start().await.unwrap();
    let mut client = Client::connect(&server).await;
    for _ in 0..3 {
        assert_eq!(client.get("/").await, (200, "home".into()));
    }
    assert_eq!((server.connections(), server.open_connections()), (1, 1));
    Client::connect(&server).await.get("/").await;
    let numbers: Vec<usize> = server.hits().iter().map(|hit| hit.connection).collect();
    assert_eq!(numbers, [1, 1, 1, 2]);
    until(|| server.open_connections() == 1).await;
}

#[tokio::test]
async fn close_is_announced_and_done() {
    let site = Site::new().answer("/", Answer::html("bye").close()).page("/stay", "stay");
    let server = site.start().await.unwrap();
    let answer = ask(&server, "GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    let answer = ask(&server, "GET /stay HTTP/1.1\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(answer.ends_with("connection: close\r\n\r\nstay"), "{answer}");
}

#[tokio::test]
async fn head_has_the_length_but_no_body() {
    let server = Site::new().page("/", "home").start().await.unwrap();
    let mut client = Client::connect(&server).await;
    client.send("HEAD / HTTP/1.1\r\n\r\n").await;
    let head = client.head().await;
    assert!(head.contains("content-length: 4\r\n"), "{head}");
    // A body would be taken for the head of this answer.
    assert_eq!(client.get("/").await, (200, "home".into()));
}

#[tokio::test]
async fn statuses_without_a_body_leave_the_connection_usable() {
    let site = Site::new().answer("/", Answer::html("not sent").status(204)).page("/b", "b");
    let server = site.start().await.unwrap();
    let mut client = Client::connect(&server).await;
    client.send("GET / HTTP/1.1\r\n\r\n").await;
    assert!(!client.head().await.contains("content-length"));
    assert_eq!(client.get("/b").await, (200, "b".into()));
}

#[tokio::test]
async fn closures_come_first_then_exact_paths_then_404() {
    let server = Site::new()
        .page("/", "home")
        .page("/?q=1", "one")
        .redirect("/old", "/new")
        .status("/gone", 410)
        .robots("User-agent: *")
        .dynamic(|asked| {
            (asked.path == "/" && asked.hit == 1).then(|| Answer::text("busy").status(503))
        })
        .start()
        .await
        .unwrap();
    let mut client = Client::connect(&server).await;
    assert_eq!(client.get("/").await, (503, "busy".into()));
    assert_eq!(client.get("/").await, (200, "home".into()));
    assert_eq!(client.get("/?q=1").await, (200, "one".into()));
    assert_eq!(client.get("/?q=2").await, (200, "home".into()));
    assert_eq!(client.get("/robots.txt").await, (200, "User-agent: *".into()));
    assert_eq!(client.get("/gone").await.0, 410);
    assert_eq!(client.get("/other").await.0, 404);
    client.send("GET /old HTTP/1.1\r\n\r\n").await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 302 ") && head.contains("location: /new\r\n"), "{head}");
    assert_eq!((server.hits_of("/"), server.hits_of("/?q=1"), server.hits_of("/no")), (2, 1, 0));
}

#[tokio::test]
async fn log_and_closure_see_what_was_sent() {
    let site = Site::new().dynamic(|asked| {
        let kind = asked.header("content-type")?.to_owned();
        Some(Answer::new(201).header("x-kind", kind).body(asked.body.clone()))
    });
    let server = site.start().await.unwrap();
    let before = std::time::Instant::now();
    let request = "POST /form?x=1 HTTP/1.1\r\nHost: a.example\r\nuser-agent: bot/1\r\n\
                   Content-Type: text/csv\r\nContent-Length: 5\r\n\r\na,b,c";
    let mut client = Client::connect(&server).await;
    client.send(request).await;
    assert_eq!(client.answer().await, (201, "a,b,c".into()));
    let hit = &server.hits()[0];
    assert_eq!((hit.method.as_str(), hit.path.as_str()), ("POST", "/form?x=1"));
    assert_eq!((hit.host.as_str(), hit.agent.as_str()), ("a.example", "bot/1"));
    assert_eq!(hit.header("content-TYPE"), Some("text/csv"));
    assert!(hit.at >= before && hit.at <= std::time::Instant::now());
}

#[tokio::test]
async fn requests_beyond_the_bounds_are_refused() {
    let server = Site::new().page("/", "home").start().await.unwrap();
    let long = "x".repeat(70 * 1024);
    // More than the socket buffers hold, so the client is still writing when it is refused.
    let body = "x".repeat(12 * 1024 * 1024);
    let cases = [
        (431, format!("GET /{long} HTTP/1.1\r\n\r\n")),
        (413, format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len())),
        (411, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned()),
        (400, "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_owned()),
        (400, "nonsense\r\n\r\n".to_owned()),
    ];
    for (status, request) in cases {
        let answer = ask(&server, &request).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
    }
    let longest = "x".repeat(60 * 1024);
    let answer = ask(&server, &format!("GET /?{longest} HTTP/1.0\r\n\r\n")).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn folder_serves_files_with_their_types() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("docs")).unwrap();
    fs::write(folder.path().join("index.html"), "home").unwrap();
    fs::write(folder.path().join("docs/index.html"), "docs").unwrap();
    fs::write(folder.path().join("docs/a b.css"), "css").unwrap();
    let site = Site::new().folder(folder.path()).page("/index.html", "page wins");
    let server = site.start().await.unwrap();
    let mut client = Client::connect(&server).await;
    assert_eq!(client.get("/").await, (200, "home".into()));
    assert_eq!(client.get("/index.html").await, (200, "page wins".into()));
    assert_eq!(client.get("/docs/?q").await, (200, "docs".into()));
    assert_eq!(client.get("/docs/none.html").await.0, 404);
    assert_eq!(client.get("/index.html/").await.0, 404);
    client.send("GET /docs HTTP/1.1\r\n\r\n").await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 301 ") && head.contains("location: /docs/\r\n"), "{head}");
    client.send("HEAD /docs/a%20b.css HTTP/1.1\r\n\r\n").await;
    assert!(client.head().await.contains("content-type: text/css; charset=utf-8\r\n"));
}

#[tokio::test]
async fn folder_cannot_be_escaped() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("root");
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::write(outer.path().join("secret.txt"), "secret").unwrap();
    fs::write(outer.path().join("index.html"), "secret").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outer.path().join("secret.txt"), root.join("link.txt")).unwrap();
        std::os::unix::fs::symlink(outer.path(), root.join("up")).unwrap();
    }
    let server = Site::new().folder(&root).start().await.unwrap();
    let mut client = Client::connect(&server).await;
    let absolute = format!("/{}", outer.path().join("secret.txt").display());
    let paths = [
        "/../secret.txt",
        "/sub/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%00",
        "/sub/%2e%2e/%2e%2e/secret.txt",
        "/link.txt",
        "/up",
        "/up/",
        "/up/secret.txt",
        "/..",
        "/../",
        &absolute,
    ];
    for path in paths {
        assert_eq!(client.get(path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn reset_and_close_give_no_answer() {
    let site = Site::new().fault("/reset", Fault::Reset).fault("/close", Fault::Close);
    let server = site.start().await.unwrap();
    let reset = ask(&server, "GET /reset HTTP/1.1\r\n\r\n").await.unwrap_err();
    assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(ask(&server, "GET /close HTTP/1.1\r\n\r\n").await.unwrap(), "");
}

#[tokio::test]
async fn truncate_sends_less_than_announced() {
    let site = Site::new()
        .answer("/", Answer::html("12345678").fault(Fault::Truncate))
        .answer("/empty", Answer::html("").fault(Fault::Truncate));
    let server = site.start().await.unwrap();
    let answer = ask(&server, "GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(answer.ends_with("content-length: 8\r\n\r\n1234"), "{answer}");
    let answer = ask(&server, "GET /empty HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(answer.ends_with("content-length: 1\r\n\r\n"), "{answer}");
    // Where no body is due, there is nothing to cut.
    let mut client = Client::connect(&server).await;
    client.send("HEAD / HTTP/1.1\r\n\r\n").await;
    client.head().await;
    assert_eq!(client.get("/no").await.0, 404);
}

#[tokio::test]
async fn garbage_is_not_http() {
    let server = Site::new().fault("/", Fault::Garbage).start().await.unwrap();
    let answer = ask(&server, "GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(!answer.is_empty() && !answer.starts_with("HTTP"), "{answer}");
}

#[tokio::test]
async fn endless_goes_on_until_the_client_hangs_up() {
    let site = Site::new().answer("/", Answer::html("<p>more").fault(Fault::Endless));
    let server = site.start().await.unwrap();
    let mut client = Client::connect(&server).await;
    client.send("GET / HTTP/1.1\r\n\r\n").await;
    assert!(client.head().await.contains("transfer-encoding: chunked\r\n"));
    // Far more than both socket buffers hold together.
    let mut many = vec![0; 32 * 1024 * 1024];
    client.stream.read_exact(&mut many).await.unwrap();
    assert_eq!((server.open_connections(), server.most_in_flight()), (1, 1));
    drop(client);
    until(|| server.open_connections() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn stall_says_nothing_until_the_client_hangs_up() {
    let server = Site::new().fault("/", Fault::Stall).start().await.unwrap();
    let mut client = Client::connect(&server).await;
    client.send("GET / HTTP/1.1\r\n\r\n").await;
    until(|| server.hits_of("/") == 1).await;
    assert!(timeout(HOUR, client.stream.read_u8()).await.is_err());
    assert_eq!(server.open_connections(), 1);
    drop(client);
    until(|| server.open_connections() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn stall_body_stops_half_way() {
    let site = Site::new().answer("/", Answer::html("12345678").fault(Fault::StallBody));
    let server = site.start().await.unwrap();
    let mut client = Client::connect(&server).await;
    client.send("GET / HTTP/1.1\r\n\r\n").await;
    assert!(client.head().await.contains("content-length: 8\r\n"));
    assert_eq!(client.exactly(4).await, "1234");
    assert!(timeout(HOUR, client.stream.read_u8()).await.is_err());
    drop(client);
    until(|| server.open_connections() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn drip_waits_before_every_byte() {
    let site = Site::new().answer("/", Answer::html("abc").fault(Fault::Drip { every: HOUR }));
    let server = site.start().await.unwrap();
    let mut client = Client::connect(&server).await;
    let start = Instant::now();
    client.send("GET / HTTP/1.1\r\n\r\n").await;
    client.head().await;
    assert!(start.elapsed() < HOUR);
    for (count, letter) in ["a", "b", "c"].into_iter().enumerate() {
        assert_eq!(client.exactly(1).await, letter);
        assert!(start.elapsed() >= HOUR * (count as u32 + 1));
    }
    assert_eq!(client.get("/no").await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn delay_passes_before_the_head() {
    let site = Site::new().answer("/", Answer::html("late").delay(HOUR));
    let server = site.start().await.unwrap();
    let start = Instant::now();
    assert_eq!(Client::connect(&server).await.get("/").await, (200, "late".into()));
    assert!(start.elapsed() >= HOUR);
}

#[tokio::test]
async fn delay_ends_when_the_client_gives_up() {
    let site = Site::new().answer("/", Answer::html("late").delay(HOUR));
    let server = site.start().await.unwrap();
    let mut client = Client::connect(&server).await;
    client.send("GET / HTTP/1.1\r\n\r\n").await;
    until(|| server.most_in_flight() == 1).await;
    drop(client);
    until(|| server.open_connections() == 0).await;
}

#[tokio::test]
async fn requests_at_once_are_counted_per_host() {
    let site = Site::new().fault("/stall", Fault::Stall).page("/", "home");
    let server = site.start().await.unwrap();
    let mut waiting = Vec::new();
    for (count, host) in ["a", "b", "b"].into_iter().enumerate() {
        let mut client = Client::connect(&server).await;
        client.send(&format!("GET /stall HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        until(|| server.most_in_flight() == count + 1).await;
        waiting.push(client);
    }
    drop(waiting);
    until(|| server.open_connections() == 0).await;
    for host in ["a", "a", "b"] {
        ask(&server, &format!("GET / HTTP/1.0\r\nHost: {host}\r\n\r\n")).await.unwrap();
    }
    let most = ["a", "b", "c"].map(|host| server.most_in_flight_of(host));
    assert_eq!((server.most_in_flight(), most), (3, [1, 2, 0]));
}

#[tokio::test]
async fn dropping_the_server_closes_everything() {
    let server = Site::new().page("/", "home").fault("/stall", Fault::Stall).start().await.unwrap();
    let address = server.address();
    let mut idle = Client::connect(&server).await;
    idle.get("/").await;
    let mut stalled = Client::connect(&server).await;
    stalled.send("GET /stall HTTP/1.1\r\n\r\n").await;
    until(|| server.hits_of("/stall") == 1).await;
    drop(server);
    for mut client in [idle, stalled] {
        let mut byte = [0];
        let end = timeout(Duration::from_secs(10), client.stream.read(&mut byte)).await;
        assert_eq!(end.expect("the connection is closed").unwrap(), 0);
    }
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_panic_in_a_closure_ends_one_connection_only() {
    let site = Site::new().page("/", "home").dynamic(|asked| {
        assert_ne!(asked.path, "/panic");
        None
    });
    let server = site.start().await.unwrap();
    assert_eq!(ask(&server, "GET /panic HTTP/1.1\r\n\r\n").await.unwrap(), "");
    assert_eq!(Client::connect(&server).await.get("/").await, (200, "home".into()));
    until(|| server.open_connections() == 0).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_site_can_live_at_another_loopback_address() {
    let address = std::net::Ipv4Addr::new(127, 0, 0, 2);
    let server = Site::new().page("/", "home").start_at(address).await.unwrap();
    assert_eq!(server.address().ip(), address);
    assert_eq!(server.url("/a"), format!("http://127.0.0.2:{}/a", server.address().port()));
    assert_eq!(Client::connect(&server).await.get("/").await, (200, "home".into()));
}

/// A client that knows just enough HTTP to read what this server writes.
struct Client {
    stream: TcpStream,
}

impl Client {
    async fn connect(server: &Server) -> Self {
        Self { stream: TcpStream::connect(server.address()).await.unwrap() }
    }

    async fn send(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).await.unwrap();
    }

    async fn get(&mut self, path: &str) -> (u16, String) {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")).await;
        self.answer().await
    }

    async fn answer(&mut self) -> (u16, String) {
        let head = self.head().await;
        let status = head[9..12].parse().unwrap();
        let length = head.split("content-length: ").nth(1).unwrap();
        let length = length.lines().next().unwrap().parse().unwrap();
        (status, self.exactly(length).await)
    }

    async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    async fn exactly(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }
}

/// Sends one request on its own connection and reads until the server closes it.
async fn ask(server: &Server, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(server.address()).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Lets the server run until the condition holds.
async fn until(condition: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(10), "the condition never came true");
        tokio::task::yield_now().await;
    }
}
