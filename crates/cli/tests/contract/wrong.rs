//! Wrong uses: each ends with its exit code and says what to write instead.

use crate::run;

const URL: &str = "http://a.example/";

#[tokio::test]
async fn wrong_uses_are_told_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let misspelt = write("misspelt.toml", "[politeness]\ndelai = '1s'\n");
    let section = write("section.toml", "# all\n\n[limit]\nretries = 1\n");
    let typed = write("typed.toml", "[limits]\nretries = 'two'\n");
    let broken = write("broken.toml", "[limits\n");
    let zero = write("zero.toml", "[limits]\nmax_pages = 0\n");
    let not_pem = write("not.pem", "no certificate\n");
    let spider = write("spider.toml", "name = 'x'\n");
    let good = write("good.toml", "start = 'http://a.example/'\n[[item]]\nfields.a = 'h1'\n");
    let cases: &[(&[&str], &str)] = &[
        // Options and commands that are misspelt or are called otherwise elsewhere.
        (&["crawll", URL], "crawl"),
        (&["crawl", URL, "--dleay", "1s"], "--delay"),
        (&["crawl", URL, "--resume"], "--state DIR goes on"),
        (&["crawl", URL, "--depth", "2"], "--max-depth N"),
        (&["crawl", URL, "--threads=9"], "--concurrency N"),
        (&["crawl", URL, "--no-robots"], "--ignore-robots"),
        (&["crawl", URL, "--limit", "9"], "--max-pages N"),
        // Values that are missing, or none.
        (&["crawl"], "<URL | SPIDER.toml>"),
        (&["crawl", URL, "--delay"], "--delay <DURATION>"),
        (&["crawl", URL, "--delay", "5"], "500ms"),
        (&["crawl", URL, "--max-time", "soon"], "2h"),
        (&["crawl", URL, "--max-body", "lots"], "10MiB"),
        (&["crawl", URL, "--retries", "999"], "0..=255"),
        (&["crawl", URL, "--max-depth", "-1"], "-1"),
        (&["crawl", URL, "--sitemaps", "yes"], "on, off"),
        (&["crawl", URL, "--nofollow", "no"], "obey, ignore"),
        (&["crawl", URL, "--content", "pdf"], "html, text, markdown"),
        (&["crawl", URL, "--scope", "site"], "host, domain, prefix or any"),
        (&["crawl", URL, "--follow", "a,link2"], "link2"),
        (&["crawl", URL, "--exclude", "("], "exclude pattern `(`"),
        (&["crawl", URL, "--allow-net", "10.0.0.0/99"], "10.0.0.0/99"),
        (&["crawl", URL, "-o", "pages.txt"], "ends in .jsonl, .csv,"),
        (&["crawl", URL, "--progress", "loud"], "plain, json, none"),
        // URLs.
        (&["crawl", "example.org"], "write https://example.org/"),
        (&["crawl", "localhost:8000/a"], "write http://localhost:8000/a"),
        (&["plan", "example.org/blog"], "write https://example.org/blog"),
        (&["robots", "/private"], "https://example.org/"),
        (&["fetch", "ftp://a.example/x"], "only http and https"),
        (&["links", "page"], "or name a file"),
        (&["crawl", "http://me:hidden@[x/"], "not an absolute URL"),
        // Requests.
        (&["crawl", URL, "--header", "hidden"], "--header number 1 has no colon"),
        (&["fetch", URL, "--header", "A: 1", "--header", "b c: hidden"], "number 2"),
        (&["fetch", URL, "--header", "X-Key: hid\nden"], "header x-key cannot be sent"),
        (&["fetch", URL, "--header", "Cookie: hidden"], "--cookies"),
        (&["fetch", URL, "--header", "Host: a"], "leave it out"),
        (&["fetch", URL, "--header", "Authorization: hidden"], "Bearer TOKEN"),
        (
            &["fetch", URL, "--header", "Proxy-Authorization: hidden"],
            "--proxy http://USER:PASSWORD@",
        ),
        (
            &["crawl", "--seeds", &spider, "--header", "Authorization: Bearer hidden"],
            "fetch.credentials",
        ),
        (&["fetch", URL, "--proxy", "ftp://me:hidden@a.example"], "socks5"),
        (&["fetch", URL, "--proxy", "http://me:hidden@"], "http://user:password@host:port"),
        (&["fetch", URL, "--ca", &not_pem], "not.pem"),
        (&["fetch", URL, "--ca", "no/such.pem"], "no/such.pem"),
        (&["fetch", URL, "--ca", &not_pem, "--insecure"], "cannot be used with"),
        (&["fetch", URL, "--user-agent", "a\nb"], "user_agent"),
        (&["fetch", URL, "--timeout", "0"], "timeout is 0"),
        // What does not go together, or not alone.
        (&["crawl", URL, "--restart"], "--state <DIR>"),
        (&["crawl", URL, "--state", "s", "--restart", "--refresh"], "--refresh"),
        (&["crawl", URL, "--pages", "p.jsonl"], "--output"),
        (&["crawl", URL, "-o", "a.csv", "-o", "./a.csv"], "named twice"),
        (&["crawl", URL, "-o", "a.sqlite", "--rotate", "10"], "is a database"),
        #[cfg(not(feature = "postgres"))]
        (
            &["crawl", URL, "-o", "postgres://u:p@h/d"],
            "was built without `postgres`; build it with",
        ),
        #[cfg(not(feature = "object-store"))]
        (
            &["crawl", URL, "-o", "s3://bucket/items.jsonl"],
            "was built without `object-store`; build it with",
        ),
        (&["crawl", URL, "-o", "gs://bucket/items.jsonl"], "gs:// is no place for an output"),
        (&["crawl", URL, "-o", "s3://bucket/items.sqlite"], "cannot be in an object store"),
        (&["crawl", URL, "--events", "s3://bucket/events.jsonl"], "--events is for a file"),
        (&["crawl", URL, "--content-chunks", "1000"], "--content <FORM>"),
        (&["crawl", URL, "--content", "html", "--content-chunks", "1000"], "records.chunk"),
        (&["crawl", URL, "--content", "text", "--content-chunks", "10"], "records.chunk"),
        (&["crawl", URL, "-o", "a.parquet", "--rotate", "10"], "is a Parquet file"),
        (&["crawl", URL, "--rotate", "lots"], "256MiB"),
        (&["crawl", &good, "--follow", "a"], "[[follow]]"),
        (&["crawl", &good, "--digest"], "add --pages FILE"),
        (&["crawl", &good, "--content", "text"], "add --pages FILE"),
        (&["fetch", URL, "-i", "--json"], "--json"),
        (&["fetch", URL, "--digest"], "--json"),
        (&["links", URL, "--base", URL], "--base is for a file"),
        (&["plan", &spider, URL], "alone"),
        (&["explain", URL], "--state"),
        (&["explain", "--state", "s", "http://me:hidden@[x/"], "not an absolute URL"),
        // Fleets, of whose address nothing is shown.
        (&["fleet"], "<COMMAND>"),
        (&["fleet", "statsu", "redis://h/n"], "status"),
        (&["fleet", "status"], "redis://HOST:PORT/NAME"),
        (&["fleet", "status", "http://me:hidden@h/n"], "redis://127.0.0.1:6379/news"),
        (&["fleet", "pause", "redis://me:hidden@h"], "ends with the crawl's name"),
        (&["fleet", "limit", "redis://h/n", "a.example"], "--delay <DURATION>"),
        (&["fleet", "limit", "redis://h/n", "a.example", "--delay", "5"], "500ms"),
        (&["fleet", "block", "redis://h/n", "a b"], "write it like example.org"),
        (&["fleet", "seeds", "redis://h/n"], "<URL | ->"),
        (&["fleet", "seeds", "redis://h/n", "example.org"], "write https://example.org/"),
        // Files.
        (&["crawl", "--seeds", "no-such.txt"], "no-such.txt"),
        (&["crawl", URL, "--config", "no-such.toml"], "no-such.toml"),
        (
            &["crawl", URL, "--config", &misspelt],
            "misspelt.toml:2:1: unknown key `delai`; did you mean `delay`",
        ),
        (
            &["plan", URL, "--config", &section],
            "section.toml:3:2: unknown key `limit`; did you mean `limits`",
        ),
        (&["fetch", URL, "--config", &typed], "typed.toml:2:11: "),
        (&["links", URL, "--config", &broken], "broken.toml:1:"),
        (&["crawl", URL, "--config", &zero], "max_pages is 0"),
        (&["plan", &spider], "start = ["),
        (&["plan", "no-such-spider.toml"], "no-such-spider.toml"),
        (&["robots", URL, "--file", "no-robots.txt"], "no-robots.txt"),
        (&["robots", URL, "--agent", " "], "--agent dragline"),
        (&["man", "craw"], "crawl"),
        (&["completions", "basic"], "bash"),
    ];
    for (arguments, told) in cases {
        let run = run(arguments).await;
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(told), "{arguments:?}: {}", run.stderr);
        assert!(!run.stderr.contains("hidden"), "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{arguments:?}");
    }
}
