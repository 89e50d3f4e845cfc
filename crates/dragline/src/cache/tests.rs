//! Tests of the cache over a fetcher that counts what it is asked, in virtual time.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::header::{ACCEPT_LANGUAGE, HeaderName, HeaderValue};
use tempfile::TempDir;
use url::Url;

use super::*;

/// Answers each request by the same function, and counts them.
struct Server<F> {
    asked: Arc<AtomicUsize>,
    answer: F,
}

impl<F> Fetcher for Server<F>
where
    F: Fn(&Request) -> Response<Bytes> + Send + Sync + 'static,
{
    fn fetch(&self, request: Request) -> BoxFuture<'_, Result<Response<Bytes>, Error>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = (self.answer)(&request);
        Box::pin(std::future::ready(Ok(answer)))
    }
}

/// A cache in a folder, over a server.
struct Bench {
    folder: TempDir,
    cached: Option<Cached>,
    asked: Arc<AtomicUsize>,
}

impl Bench {
    fn new(
        set: impl Fn(Cache) -> Cache,
        answer: impl Fn(&Request) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let server = Server { asked: asked.clone(), answer };
        let cached = set(Cache::open(folder.path()).unwrap()).wrap(server, &Config::default());
        Self { folder, cached: Some(cached), asked }
    }

    async fn get(&self, url: &str) -> Response<Bytes> {
        self.send(request(url)).await
    }

    async fn send(&self, request: Request) -> Response<Bytes> {
        self.cached.as_ref().unwrap().fetch(request).await.unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn request(url: &str) -> Request {
    Request::new(Method::GET, Url::parse(url).unwrap())
}

fn response(
    request: &Request,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> Response<Bytes> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let status = StatusCode::from_u16(status).unwrap();
    Response::new(request.url.clone(), status, map, body.to_owned())
}

const FRESH: (&str, &str) = ("cache-control", "max-age=60");
const PAGE: &str = "http://a.example/";

#[tokio::test(start_paused = true)]
async fn what_is_fresh_is_not_asked_for_again_also_by_the_next_process() {
    let mut bench = Bench::new(|cache| cache, |asked| response(asked, 200, &[FRESH], "body"));
    assert!(!bench.get(PAGE).await.stored());
    let again = bench.get(PAGE).await;
    assert!(again.stored());
    assert_eq!((again.text().as_ref(), again.status().as_u16()), ("body", 200));
    bench.cached = None;
    let server = Server { asked: bench.asked.clone(), answer: |_: &Request| panic!("asked") };
    let cached = Cache::open(bench.folder.path()).unwrap().wrap(server, &Config::default());
    assert_eq!(cached.fetch(request(PAGE)).await.unwrap().text(), "body");
    assert_eq!(bench.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_stale_is_asked_for_by_a_condition_and_renewed_by_a_304() {
    let bench = Bench::new(
        |cache| cache,
        |asked| match asked.headers.get(IF_NONE_MATCH) {
            // Many servers leave the validators out of it.
            Some(etag) if etag == "\"1\"" => response(asked, 304, &[FRESH], ""),
            Some(etag) => panic!("{etag:?}"),
            None => response(asked, 200, &[FRESH, ("etag", "\"1\"")], "body"),
        },
    );
    bench.get(PAGE).await;
    tokio::time::advance(Duration::from_secs(61)).await;
    let renewed = bench.get(PAGE).await;
    assert_eq!((renewed.status().as_u16(), renewed.text().as_ref()), (200, "body"));
    assert!(!renewed.stored(), "a request was sent for it, which counts");
    assert!(bench.get(PAGE).await.stored(), "fresh once more");
    assert_eq!(bench.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_must_not_be_kept_or_is_cut_or_failed_is_asked_for_each_time() {
    type Case<'a> = (&'a str, u16, &'a [(&'a str, &'a str)]);
    let cases: [Case<'static>; 4] = [
        ("no-store", 200, &[("cache-control", "no-store, max-age=60")]),
        ("nothing said", 200, &[]),
        ("server error", 503, &[FRESH]),
        ("cut", 200, &[FRESH]),
    ];
    for (name, status, headers) in cases {
        let headers: Vec<_> = headers.to_vec();
        let bench = Bench::new(
            |cache| cache,
            move |asked| {
                let answer = response(asked, status, &headers, "body");
                if name == "cut" { answer.cut_short() } else { answer }
            },
        );
        for _ in 0..2 {
            assert!(!bench.get(PAGE).await.stored(), "{name}");
        }
        assert_eq!(bench.asked(), 2, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn always_keeps_and_uses_all_but_what_may_pass() {
    let bench = Bench::new(
        |cache| cache.reuse(Reuse::Always),
        |asked| {
            let status = asked.url.path()[1..].parse().unwrap();
            response(asked, status, &[("cache-control", "no-store")], "body")
        },
    );
    for (status, kept) in [(200, true), (301, true), (404, true), (429, false), (503, false)] {
        let url = format!("http://a.example/{status}");
        bench.get(&url).await;
        tokio::time::advance(Duration::from_secs(10_000_000)).await;
        let again = bench.get(&url).await;
        assert_eq!((again.stored(), again.status().as_u16()), (kept, status));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_varies_is_not_given_for_another_request() {
    let bench = Bench::new(
        |cache| cache,
        |asked| {
            let language =
                asked.headers.get(ACCEPT_LANGUAGE).map_or("none", |value| value.to_str().unwrap());
            response(asked, 200, &[FRESH, ("vary", "accept-language")], language)
        },
    );
    let ask = |language: &'static str| {
        let mut request = request(PAGE);
        request.headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(language));
        bench.send(request)
    };
    assert_eq!(ask("de").await.text(), "de");
    assert_eq!(ask("en").await.text(), "en");
    assert!(ask("en").await.stored());
}

#[tokio::test(start_paused = true)]
async fn other_credentials_and_headers_have_other_answers() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for agent in ["one/1", "two/1", "one/1"] {
        let server = Server {
            asked: Arc::default(),
            answer: |asked: &Request| response(asked, 200, &[FRESH], "body"),
        };
        let config = Config { user_agent: agent.to_owned(), ..Config::default() };
        let cached = Cache::open(folder.path()).unwrap().wrap(server, &config);
        let mut request = request(PAGE);
        seen.push(cached.fetch(request.clone()).await.unwrap().stored());
        request.headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer x"));
        seen.push(cached.fetch(request).await.unwrap().stored());
    }
    assert_eq!(seen, [false, false, false, false, true, true]);
}

#[tokio::test(start_paused = true)]
async fn a_post_to_a_page_makes_what_is_kept_of_it_worthless() {
    let bench = Bench::new(|cache| cache, |asked| response(asked, 200, &[FRESH], "body"));
    bench.get(PAGE).await;
    let post = Request { method: Method::POST, ..request(PAGE) };
    bench.send(post).await;
    assert!(!bench.get(PAGE).await.stored());
}

#[tokio::test(start_paused = true)]
async fn a_request_with_a_condition_of_its_own_is_passed_on() {
    let bench = Bench::new(|cache| cache, |asked| response(asked, 200, &[FRESH], "body"));
    bench.get(PAGE).await;
    let mut conditional = request(PAGE);
    conditional.headers.insert(IF_NONE_MATCH, HeaderValue::from_static("\"x\""));
    assert!(!bench.send(conditional).await.stored());
    assert_eq!(bench.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_body_over_the_limit_of_the_request_is_not_taken_from_the_cache() {
    let bench = Bench::new(|cache| cache, |asked| response(asked, 200, &[FRESH], "body"));
    bench.get(PAGE).await;
    let small = Request { max_body: Some(3), ..request(PAGE) };
    assert!(!bench.send(small).await.stored());
}

#[tokio::test(start_paused = true)]
async fn what_was_not_used_for_longest_goes_when_there_is_too_much() {
    let body = "x".repeat(10_000);
    let fresh = ("cache-control", "max-age=1000000");
    let bench = Bench::new(
        |cache| cache.max_size(55_000),
        move |asked| response(asked, 200, &[fresh], &body),
    );
    let url = |page: usize| format!("http://a.example/{page}");
    for page in 0..5 {
        bench.get(&url(page)).await;
        tokio::time::advance(Duration::from_secs(2 * 3600)).await;
    }
    assert!(bench.get(&url(0)).await.stored(), "the oldest is used");
    tokio::time::advance(Duration::from_secs(2 * 3600)).await;
    bench.get(&url(5)).await;
    assert!(bench.cached.as_ref().unwrap().store.size() <= 55_000);
    assert!(bench.get(&url(0)).await.stored(), "what was used stays");
    assert!(bench.get(&url(5)).await.stored(), "and what is new");
    assert!(!bench.get(&url(1)).await.stored(), "what was not used for longest is gone");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_cut_off_leaves_a_whole_answer_or_none() {
    let body = "0123456789".repeat(500);
    let sent = body.clone();
    let bench = Bench::new(|cache| cache, move |asked| response(asked, 200, &[FRESH], &sent));
    let urls: Vec<_> = (0..4).map(|page| format!("http://a.example/{page}")).collect();
    for url in &urls {
        bench.get(url).await;
    }
    let (mut whole, mut none) = (0, 0);
    for cut in (0..30_000).step_by(1_700) {
        // What a kill leaves: the files as they are, the journal ended somewhere.
        let left = tempfile::tempdir().unwrap();
        copy(bench.folder.path(), left.path(), cut);
        let Ok(cache) = Cache::open(left.path()) else { continue };
        let server = Server {
            asked: Arc::default(),
            answer: |asked: &Request| response(asked, 200, &[], "anew"),
        };
        let cached = cache.wrap(server, &Config::default());
        for url in &urls {
            let answer = cached.fetch(request(url)).await.unwrap();
            match answer.stored() {
                true => assert!(answer.text() == body, "half an answer after {cut} bytes"),
                false => assert_eq!(answer.text(), "anew"),
            }
            *(if answer.stored() { &mut whole } else { &mut none }) += 1;
        }
    }
    assert!(whole > 0 && none > 0, "{whole} whole, {none} not there: nothing was cut");
}

/// Copies a folder; of each journal only its first bytes.
fn copy(from: &Path, to: &Path, journal: u64) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&path, &target, journal);
        } else {
            std::fs::copy(&path, &target).unwrap();
            if path.extension().is_some_and(|ending| ending == "jnl") {
                let file = std::fs::OpenOptions::new().write(true).open(&target).unwrap();
                let length = file.metadata().unwrap().len();
                file.set_len(length.min(journal)).unwrap();
                // The space that is kept ready behind what was written.
                file.set_len(length).unwrap();
            }
        }
    }
}
