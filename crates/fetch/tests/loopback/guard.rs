//! The address policy in front of the connector: what may not be reached, by any spelling, name
//! or change of mind, and that no socket is opened on the way to finding that out.

use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use dragline_fetch::{
    AddressPolicy, BoxFuture, Client, Config, Error, Resolve, ResolveError, Resolved,
    StaticResolver,
};
use tokio::time::Instant;

use crate::config;
use crate::server::{Server, with_headers};

/// Every special network by one of its addresses, and every form of IPv4 inside of IPv6.
const SPECIAL: [&str; 50] = [
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "64:ff9b:1::1",
    "100::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::192.168.0.1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    // The last 32 bits are 10.0.0.1 and 127.0.0.1 inverted.
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
];

/// Sends one GET; time is paused, so any wait for a socket would show on the clock.
async fn refusal(client: &Client, url: &str) -> Error {
    let started = Instant::now();
    let error = client.get(url).send().await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO, "{url}: something was waited for: {error}");
    error
}

fn blocked(error: &Error, url: &str) {
    assert_eq!(error.code(), "blocked_address", "{url}: {error}");
    assert!(!error.is_transient() && !error.is_host_fault());
}

#[tokio::test(start_paused = true)]
async fn no_special_address_is_connected_to_whatever_name_leads_there() {
    let names = SPECIAL.iter().enumerate().map(|(id, address)| {
        let address: IpAddr = address.parse().unwrap();
        (format!("a{id}.test"), [address])
    });
    let client = Client::with_resolver(Config::default(), StaticResolver::new(names)).unwrap();
    for (id, address) in SPECIAL.iter().enumerate() {
        let literal = match address.parse().unwrap() {
            IpAddr::V4(_) => (*address).to_owned(),
            IpAddr::V6(_) => format!("[{address}]"),
        };
        for url in [
            format!("http://a{id}.test/"),
            format!("https://a{id}.test/"),
            format!("http://{literal}/"),
            format!("https://{literal}:8443/"),
        ] {
            blocked(&refusal(&client, &url).await, &url);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_odd_spelling_of_an_address_gets_past() {
    let client = Client::with_resolver(Config::default(), StaticResolver::default()).unwrap();
    for host in [
        "127.1",
        "127.0.1",
        "0x7f.1",
        "0x7f000001",
        "0X7F.0.0.1",
        "2130706433",
        "017700000001",
        "0177.0.0.01",
        "127.0.0.1.",
        "1%32%37.0.0.1",
        "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
        "127\u{3002}0\u{3002}0\u{3002}1",
        "0",
        "0x0",
        "10.1",
        "0xa9fea9fe",
        "2852039166",
        "0251.0376.0251.0376",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:7f00:0001]",
        "[0000:0000:0000:0000:0000:0000:0000:0001]",
        "[::]",
        "[64:ff9b::a9fe:a9fe]",
        "user:pass@127.0.0.1",
        "example.com@127.0.0.1",
        "example.com:80@127.0.0.1",
    ] {
        let url = format!("http://{host}/");
        blocked(&refusal(&client, &url).await, &url);
    }
    // No addresses, and no names either.
    for (url, code) in [
        ("http://256.0.0.1/", "invalid_url"),
        ("http://0x100000000/", "invalid_url"),
        ("http://[::1%25lo]/", "invalid_url"),
        ("http://[fe80::1%eth0]/", "invalid_url"),
        ("http://127.0.0.1:99999/", "invalid_url"),
        ("http://localhost/", "dns"),
        ("http://metadata.google.internal/", "dns"),
        ("gopher://127.0.0.1:25/", "blocked_scheme"),
        ("file:///etc/passwd", "blocked_scheme"),
        ("unix:/run/docker.sock", "blocked_scheme"),
    ] {
        assert_eq!(refusal(&client, url).await.code(), code, "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_port_of_another_protocol_is_connected_to() {
    let everywhere = Config {
        allow_net: vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()],
        ..Config::default()
    };
    let public = [IpAddr::from([1, 1, 1, 1])];
    let resolver = StaticResolver::new([("a.test", public)]);
    let client = Client::with_resolver(everywhere, resolver).unwrap();
    for port in [0, 1, 7, 21, 22, 23, 25, 53, 110, 143, 389, 465, 587, 993, 2049, 6000, 6667, 10080]
    {
        for host in ["a.test", "127.0.0.1", "[::1]"] {
            let url = format!("http://{host}:{port}/");
            let error = refusal(&client, &url).await;
            blocked(&error, &url);
            assert!(error.to_string().contains(&format!("port {port}")), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_bad_addresses_alone_is_refused() {
    let bad = ["10.0.0.1", "::1", "169.254.169.254", "fe80::1"].map(|text| text.parse().unwrap());
    let resolver = StaticResolver::new([("a.test", bad)]);
    let client = Client::with_resolver(Config::default(), resolver).unwrap();
    blocked(&refusal(&client, "http://a.test/").await, "http://a.test/");
}

#[tokio::test]
async fn bad_addresses_of_a_mixed_answer_are_dropped_wherever_they_stand() {
    let server = Server::answering(with_headers("", "hello")).await;
    let good: IpAddr = server.address.ip();
    let bad: [IpAddr; 5] = ["10.0.0.1", "::1", "169.254.169.254", "fe80::1", "::ffff:10.0.0.1"]
        .map(|text| text.parse().unwrap());
    for place in 0..=bad.len() {
        let mut answer = bad.to_vec();
        answer.insert(place, good);
        let resolver = StaticResolver::new([("a.test", answer)]);
        let client = Client::with_resolver(config(), resolver).unwrap();
        let started = Instant::now();
        let response = client.get(server.url_at("a.test", "/")).send().await.unwrap();
        assert_eq!(response.remote(), server.address);
        // An attempt at a dropped address would have been waited for.
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
    assert_eq!(server.accepted(), bad.len() + 1);
}

/// Gives its answers one after the other, and the last one ever after.
#[derive(Debug)]
struct Changing(Mutex<Vec<IpAddr>>);

impl Resolve for Changing {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Resolved, ResolveError>> {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        Box::pin(async move { Ok(vec![answer].into()) })
    }
}

#[tokio::test]
async fn a_name_that_moves_after_the_cache_expired_is_judged_anew() {
    let server = Server::answering(with_headers("connection: close\r\n", "hello")).await;
    for moved in ["10.0.0.1", "169.254.169.254", "::1", "::ffff:192.168.0.1"] {
        let moved: IpAddr = moved.parse().unwrap();
        let resolver = Changing(Mutex::new(vec![server.address.ip(), moved]));
        let client = Client::with_resolver(config(), resolver).unwrap();
        let url = server.url_at("a.test", "/");
        for _ in 0..2 {
            // The second one is answered from the cache.
            client.get(&url).send().await.unwrap().bytes().await.unwrap();
        }
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(301)).await;
        let error = refusal(&client, &url).await;
        blocked(&error, &url);
        tokio::time::resume();
    }
    assert_eq!(server.accepted(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_moves_from_bad_to_worse_never_gets_a_turn() {
    let answers = ["10.0.0.1", "127.0.0.1", "::1"].map(|text| text.parse().unwrap());
    let resolver = Changing(Mutex::new(answers.to_vec()));
    let config = Config { dns_ttl: Duration::ZERO, ..Config::default() };
    let client = Client::with_resolver(config, resolver).unwrap();
    for expected in ["10.0.0.1", "127.0.0.1", "::1"] {
        let error = refusal(&client, "http://a.test/").await;
        blocked(&error, "http://a.test/");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn each_hop_of_a_redirect_is_judged() {
    let allow_net = vec!["127.0.0.1".parse().unwrap()];
    let policy = AddressPolicy::new(allow_net.clone());
    let client = Client::new(Config { allow_net, ..config() }).unwrap();
    let mut judged = 0;
    for address in SPECIAL {
        let target: IpAddr = address.parse().unwrap();
        // The server's own address is allowed here, and with it every form of it.
        if policy.check((target, 80).into()).is_ok() {
            continue;
        }
        let host = if target.is_ipv6() { format!("[{address}]") } else { address.to_owned() };
        let head =
            format!("HTTP/1.1 302 Found\r\nlocation: http://{host}/\r\ncontent-length: 0\r\n\r\n");
        let server = Server::answering(head).await;
        let error = client.get(server.url("/")).send().await.unwrap_err();
        blocked(&error, address);
        assert_ne!(error.url().unwrap().host_str(), Some("127.0.0.1"), "{error}");
        judged += 1;
    }
    assert!(judged >= 40, "{judged}");
}
