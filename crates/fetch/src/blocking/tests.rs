//! The blocking client over a scripted network; its threads are real, their waits are not long.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::Client;
use crate::config::{Config, ConfigError};
use crate::error::ErrorKind;
use crate::mock::{Mock, Reply};

fn client(mock: &Mock) -> Client {
    Client::with_mock(Config::default(), mock.clone()).unwrap()
}

fn echo() -> Mock {
    Mock::new().on_prefix_with("http://", |call| Reply::ok(call.url.path().to_owned()))
}

fn urls(count: usize) -> impl Iterator<Item = String> + Send + 'static {
    (0..count).map(|id| format!("http://a.test/{id}"))
}

#[test]
fn a_call_waits_for_the_whole_answer() {
    let mock = echo();
    let client = client(&mock);
    let request = client.post("http://a.test/x").header("x-key", "1").body("hello");
    let response = request.timeout(Duration::from_secs(5)).send().unwrap();
    assert_eq!(response.text(), "/x");
    let call = &mock.calls()[0];
    assert!(call.headers.contains_key("x-key") && call.body == "hello");
    assert_eq!(client.get("no url").send().unwrap_err().code(), "invalid_url");
    assert_eq!(client.get("ftp://a.test/").send().unwrap_err().code(), "blocked_scheme");
}

#[test]
fn one_client_serves_many_threads_by_reference() {
    let mock = echo();
    let client = client(&mock);
    thread::scope(|scope| {
        for id in 0..8 {
            let client = &client;
            scope.spawn(move || {
                for part in 0..20 {
                    let path = format!("/{id}/{part}");
                    let response = client.get(format!("http://a.test{path}")).send().unwrap();
                    assert_eq!(response.text(), path);
                }
            });
        }
    });
    assert_eq!(mock.calls().len(), 160);
}

#[test]
fn many_urls_are_an_ordinary_iterator() {
    let mock = echo().on("http://a.test/3", Reply::error(ErrorKind::Reset));
    let client = client(&mock);
    let answers = client.get_all(urls(500)).concurrency(20).per_host(10).rate(100_000);
    let mut answers = answers.iter().unwrap();
    let progress = answers.progress_handle();
    let (good, bad): (Vec<_>, Vec<_>) = answers.by_ref().partition(|(_, answer)| answer.is_ok());
    assert_eq!((good.len(), bad.len()), (499, 1));
    assert_eq!(bad[0].0, "http://a.test/3");
    assert_eq!((progress.progress().done, answers.progress().failed), (500, 1));
    assert!(answers.next().is_none());
}

#[test]
fn collected_answers_keep_the_order_of_the_list() {
    let client = client(&echo());
    let answers = client.get_all(urls(100)).collect().unwrap();
    let texts = answers.iter().map(|(_, answer)| answer.as_ref().unwrap().text().into_owned());
    assert!(texts.eq((0..100).map(|id| format!("/{id}"))));
}

#[test]
fn an_iterator_that_is_not_taken_from_asks_for_no_more() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let endless = std::iter::repeat_with(move || {
        counter.fetch_add(1, Ordering::SeqCst);
        "http://a.test/"
    });
    let client = client(&echo());
    let mut answers = client.get_all(endless).concurrency(10).iter().unwrap();
    for answered in 1..=300 {
        answers.next().unwrap().1.unwrap();
        let taken = taken.load(Ordering::SeqCst);
        assert!(taken <= answered + 64 + 11, "{taken} taken, {answered} answered");
    }
}

/// A script that tells when it is asked, and an answer that never comes.
fn hanging() -> (Mock, std::sync::mpsc::Receiver<()>) {
    let (asked, asks) = channel();
    let mock = Mock::new().on_prefix_with("http://", move |_| {
        let _ = asked.send(());
        Reply::ok("").delay(Duration::from_secs(10_000))
    });
    (mock, asks)
}

#[test]
fn dropping_the_iterator_cancels_what_is_under_way() {
    let (mock, asks) = hanging();
    let one =
        Config { max_in_flight: 1, timeout: Duration::from_secs(10_000), ..Config::default() };
    let client = Client::with_mock(one, mock.on("http://b.test/", Reply::ok("hello"))).unwrap();
    let answers = client.get_all(urls(3)).iter().unwrap();
    asks.recv().unwrap();
    drop(answers);
    // It gets the place of the one that was cancelled, for which it would wait otherwise.
    assert_eq!(client.get("http://b.test/").send().unwrap().text(), "hello");
}

#[test]
fn an_iterator_outlives_its_client_and_dropping_both_ends_the_thread() {
    let client = client(&echo());
    let answers = client.get_all(urls(50)).iter().unwrap();
    drop(client);
    assert_eq!(answers.count(), 50);
    let (mock, asks) = hanging();
    let client = Client::with_mock(Config::default(), mock).unwrap();
    let answers = client.get_all(urls(50)).iter().unwrap();
    asks.recv().unwrap();
    drop((answers, client));
    // The thread held the script; it has been joined, so nobody does.
    let _ = asks.try_iter().count();
    assert_eq!(asks.try_recv(), Err(std::sync::mpsc::TryRecvError::Disconnected));
}

#[tokio::test]
async fn inside_a_runtime_everything_is_an_error_and_nothing_a_panic() {
    let error = Client::new(Config::default()).unwrap_err();
    assert_eq!(error, ConfigError::InsideRuntime);
    let client = thread::spawn(|| client(&echo())).join().unwrap();
    let error = client.get("http://a.test/").send().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("http://a.test/"), "{error}");
    assert_eq!(client.get_all(urls(2)).collect().unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(client.get_all(urls(2)).iter().unwrap_err().kind(), ErrorKind::Config);
    drop(client);
}

fn no_list() -> Option<String> {
    panic!("in the list")
}

#[test]
fn a_panic_reaches_the_caller_and_spares_the_client() {
    let mock = Mock::new()
        .on_prefix_with("http://", |_| panic!("in the script"))
        .on("http://b.test/", Reply::ok("hello"));
    let client = client(&mock);
    let panicked = |call: &dyn Fn()| catch_unwind(AssertUnwindSafe(call)).is_err();
    assert!(panicked(&|| drop(client.get("http://a.test/").send())));
    assert!(panicked(&|| drop(client.get_all(urls(2)).collect())));
    assert!(panicked(&|| drop(client.get_all(urls(2)).iter().unwrap().last())));
    assert!(panicked(&|| drop(client.get_all(std::iter::from_fn(no_list)).iter().unwrap().last())));
    assert_eq!(client.get("http://b.test/").send().unwrap().text(), "hello");
}
