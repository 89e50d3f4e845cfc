//! Options of requests and records: each is seen to have its effect.

use dragline_site::{Answer, Site};

use crate::peer::Peer;
use crate::run;

#[tokio::test]
async fn headers_go_to_every_host_and_credentials_to_those_that_are_named() {
    let site = Site::new().page("/elsewhere", "x").start().await.unwrap();
    let elsewhere = site.url("/elsewhere").replace("127.0.0.1", "localhost");
    let links = format!("<a href={elsewhere}>x</a><a href=/here>x</a>");
    let first = Site::new().page("/", links).page("/here", "x").start().await.unwrap();
    let arguments = [
        "crawl",
        &first.url("/"),
        "--delay",
        "0",
        "--scope",
        "any",
        "--ignore-robots",
        "--allow-net",
        "127.0.0.0/8",
        "--allow-net",
        "::1",
        "--header",
        "Accept-Language: en",
        "--header",
        "Authorization: Bearer hidden",
    ];
    let run = run(&arguments).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(!run.stderr.contains("hidden") && !run.stdout.contains("hidden"), "{}", run.stderr);
    assert_eq!(first.hits().len(), 2);
    for hit in first.hits() {
        assert_eq!(hit.header("authorization"), Some("Bearer hidden"));
        assert_eq!(hit.header("accept-language"), Some("en"));
    }
    let elsewhere = &site.hits()[0];
    assert_eq!(elsewhere.header("authorization"), None, "a secret is for its host alone");
    assert_eq!(elsewhere.header("accept-language"), Some("en"));
}

#[tokio::test]
async fn cookies_are_kept_and_sent_back_only_when_asked_for() {
    let site = Site::new()
        .robots("")
        .answer("/", Answer::html("<a href=/a>a</a>").header("set-cookie", "id=7; Path=/"))
        .page("/a", "a")
        .start()
        .await
        .unwrap();
    let (first, second) = (site.url("/"), site.url("/a"));
    let of_a = || {
        let hits = site.hits();
        let last = hits.iter().rfind(|hit| hit.path == "/a").unwrap();
        last.header("cookie").map(str::to_owned)
    };
    for (arguments, cookie) in [
        (&["fetch", &first, &second][..], None),
        (&["fetch", &first, &second, "--cookies"], Some("id=7")),
        (&["fetch", &first, &second, "--cookies", "--json"], Some("id=7")),
        (&["crawl", &first, "--delay", "0"], None),
        (&["crawl", &first, "--delay", "0", "--cookies"], Some("id=7")),
    ] {
        let run = run(arguments).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(of_a().as_deref(), cookie, "{arguments:?}");
    }
}

#[tokio::test]
async fn requests_go_through_a_proxy_and_its_password_to_it_alone() {
    let proxy = Peer::plain().await;
    let url = format!("http://me:hidden@{}", proxy.address);
    let run = run(&["fetch", "http://nowhere.example/x", "--proxy", &url]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "ok"), "{}", run.stderr);
    let asked = proxy.asked.await.unwrap();
    assert!(asked.starts_with("GET http://nowhere.example/x HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_lowercase().contains("proxy-authorization: basic bwu6aglkzgvu"), "{asked}");
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named_without_its_password() {
    let gone = Peer::plain().await;
    gone.asked.abort();
    let _ = gone.asked.await;
    let url = format!("http://me:hidden@{}", gone.address);
    let run = run(&["fetch", "http://nowhere.example/x", "--proxy", &url]).await;
    assert_eq!(run.code, Some(1));
    assert!(!run.stderr.contains("hidden") && !run.stderr.contains("me:"), "{}", run.stderr);
}

#[tokio::test]
async fn certificates_are_checked_unless_a_root_is_added_or_nothing_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    for (trusted, code) in [(None, 1), (Some("--ca"), 0), (Some("--insecure"), 0)] {
        let (peer, pem) = Peer::tls(&folder).await;
        let url = format!("https://{}/", peer.address);
        let mut arguments = vec!["fetch", url.as_str()];
        arguments.extend(trusted);
        if trusted == Some("--ca") {
            arguments.push(pem.to_str().unwrap());
        }
        let run = run(&arguments).await;
        assert_eq!(run.code, Some(code), "{trusted:?}: {}", run.stderr);
        peer.asked.await.unwrap();
    }
}

#[tokio::test]
async fn http2_is_offered_only_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for (option, offered) in [(None, false), (Some("--http2"), true)] {
        let (peer, _) = Peer::tls(&folder).await;
        let url = format!("https://{}/", peer.address);
        let arguments = ["fetch", &url, "--insecure"].into_iter().chain(option);
        let run = run(&arguments.collect::<Vec<_>>()).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(peer.asked.await.unwrap().contains("\"h2\""), offered);
    }
}

#[tokio::test]
async fn records_have_a_digest_and_content_when_asked_for() {
    let words = "Many words, as an article has them, and then some more of them. ".repeat(20);
    let page = format!("<nav>menu</nav><article><h2>Head</h2><p>{words}<a href=n>on</a></article>");
    let site = Site::new()
        .page("/", page.clone())
        .answer("/text", Answer::text("abc"))
        .start()
        .await
        .unwrap();
    let (page_url, text_url) = (site.url("/"), site.url("/text"));
    for (form, told, not_told) in [
        ("html", "<nav>menu", "\u{0}"),
        ("text", "Many words", "menu"),
        ("markdown", "[on](http", "menu"),
    ] {
        let options = ["fetch", "--json", &page_url, &text_url, "--content", form, "--digest"];
        let run = run(&options).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let records = run.lines();
        let content = records[0]["content"].as_str().unwrap();
        assert!(content.contains(told) && !content.contains(not_told), "{form}: {content}");
        assert_eq!(
            records[1]["sha256"],
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(records[1].get("content"), None, "it is no HTML");
    }
}

#[tokio::test]
async fn sitemaps_and_links_that_are_not_to_be_followed_are_crawled_when_asked_for() {
    let map = "<urlset><url><loc>/listed</loc></url></urlset>";
    let site = Site::new()
        .robots("")
        .page("/", "<a rel=nofollow href=/no>n</a>")
        .page("/listed", "x")
        .page("/no", "x")
        .answer("/sitemap.xml", Answer::text(map).header("content-type", "application/xml"))
        .start()
        .await
        .unwrap();
    let (seed, folder) = (site.url("/"), tempfile::tempdir().unwrap());
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, "[discovery]\nsitemaps = 'on'\nnofollow = 'ignore'\n").unwrap();
    let file = file.to_str().unwrap();
    for (options, listed, no) in [
        (&[][..], 0, 0),
        (&["--sitemaps", "on"], 1, 0),
        (&["--nofollow", "ignore"], 1, 1),
        (&["--config", file], 2, 2),
        (&["--config", file, "--sitemaps", "off"], 2, 3),
    ] {
        let run = run(&[&["crawl", &seed, "--delay", "0"], options].concat()).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let hits = (site.hits_of("/listed"), site.hits_of("/no"));
        assert_eq!(hits, (listed, no), "{options:?}");
    }
}

#[tokio::test]
async fn retries_are_as_many_as_asked_for() {
    let site = Site::new().status("/busy", 503).start().await.unwrap();
    let url = site.url("/busy");
    for (options, hits) in [(&[][..], 1), (&["--retries", "1"], 3)] {
        let run = run(&[&["fetch", &url], options].concat()).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(site.hits_of("/busy"), hits);
    }
}

#[tokio::test]
async fn progress_can_be_read_as_json() {
    let site = Site::new().page("/", "x").start().await.unwrap();
    let run = run(&["crawl", &site.url("/"), "--delay", "0", "--progress", "json"]).await;
    let lines: Vec<serde_json::Value> =
        run.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[0]["note"].as_str().unwrap().contains("127.0.0.1"), "{}", run.stderr);
    let end = lines.last().unwrap();
    assert_eq!((&end["ended"], &end["done"]), (&"finished".into(), &1.into()));
    assert!(end["elapsed"].is_f64(), "{end}");
}
