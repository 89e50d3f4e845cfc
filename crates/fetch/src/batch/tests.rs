//! Batches over a scripted network, in paused time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, advance, sleep};

use super::hosts::MAX_HELD;
use super::{Progress, ProgressHandle};
use crate::client::Client;
use crate::config::Config;
use crate::error::ErrorKind;
use crate::mock::{Mock, Reply};

fn client(mock: Mock) -> Client {
    Client::with_mock(Config::default(), mock).unwrap()
}

/// Answers everything after a second.
fn slow() -> Mock {
    Mock::new().on_prefix("http://", Reply::ok("hello").delay(Duration::from_secs(1)))
}

fn urls(host: &str, count: usize) -> Vec<String> {
    (0..count).map(|id| format!("http://{host}.test/{id}")).collect()
}

#[tokio::test(start_paused = true)]
async fn starts_are_evenly_spaced() {
    let started = Instant::now();
    let mock = Mock::new()
        .on_prefix_with("http://", move |_| Reply::ok(started.elapsed().as_millis().to_string()));
    let answers = client(mock).get_all(urls("a", 5)).rate(4).collect().await;
    let times: Vec<_> =
        answers.into_iter().map(|(_, answer)| answer.unwrap().text().into_owned()).collect();
    assert_eq!(times, ["0", "250", "500", "750", "1000"]);
}

#[tokio::test(start_paused = true)]
async fn a_rate_above_the_timers_resolution_is_reached_and_not_exceeded() {
    let started = Instant::now();
    let mock = Mock::new().on_prefix("http://", Reply::ok("hello"));
    client(mock).get_all(urls("a", 5_001)).rate(5_000).collect().await;
    let took = started.elapsed().as_millis();
    assert!((998..=1_010).contains(&took), "{took} ms");
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_not_followed_by_a_burst() {
    let started = Instant::now();
    let mock = Mock::new()
        .on_prefix_with("http://", move |_| Reply::ok(started.elapsed().as_millis().to_string()));
    let client = client(mock);
    let mut stream = client.get_all(urls("a", 4)).rate(10).stream();
    stream.next().await.unwrap().1.unwrap();
    advance(Duration::from_secs(60)).await;
    let mut times = Vec::new();
    while let Some((_, answer)) = stream.next().await {
        times.push(answer.unwrap().text().parse::<u64>().unwrap());
    }
    // The timer's millisecond is made up for.
    assert_eq!(times, [60_000, 60_099, 60_199]);
}

#[tokio::test(start_paused = true)]
async fn a_busy_host_takes_no_place_from_others() {
    let started = Instant::now();
    let list = [urls("busy", 20), urls("other", 2)].concat();
    let client = client(slow());
    let mut stream = client.get_all(list).concurrency(4).per_host(2).stream();
    let mut first = Vec::new();
    for _ in 0..4 {
        first.push(stream.next().await.unwrap().0);
    }
    first.sort();
    let expected = ["http://busy.test/0", "http://busy.test/1"];
    assert_eq!(first, [expected, ["http://other.test/0", "http://other.test/1"]].concat());
    while stream.next().await.is_some() {}
    assert_eq!(started.elapsed().as_secs(), 10, "two at once of twenty, a second each");
}

#[tokio::test(start_paused = true)]
async fn a_host_gets_its_limit_and_no_more() {
    let (now, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, most) = (Arc::clone(&now), Arc::clone(&peak));
    let mock = Mock::new().on_prefix_with("http://a.test/", move |_| {
        most.fetch_max(count.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        Reply::ok("hello").delay(Duration::from_secs(1))
    });
    let client = client(mock);
    // A user name makes no other host.
    let other = (0..30).map(|id| format!("http://me:secret@a.test/{id}"));
    let list = urls("a", 30).into_iter().chain(other);
    let mut stream = client.get_all(list).per_host(3).stream();
    while let Some((_, answer)) = stream.next().await {
        answer.unwrap();
        now.fetch_sub(1, Ordering::Relaxed);
    }
    assert_eq!(peak.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_is_bounded() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let endless = std::iter::repeat_with(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        "http://a.test/"
    });
    let client = client(slow());
    let mut stream = client.get_all(endless).concurrency(50).per_host(2).stream();
    for answered in 0..20 {
        stream.next().await.unwrap().1.unwrap();
        let taken = taken.load(Ordering::Relaxed);
        assert!(taken <= answered + 2 + MAX_HELD, "{taken} taken, {answered} answered");
    }
}

#[tokio::test(start_paused = true)]
async fn collected_answers_keep_the_order_of_the_list_when_hosts_wait() {
    let list = [urls("busy", 9), urls("other", 3), vec!["no url".into()], urls("busy", 2)].concat();
    let client = client(slow());
    let answers = client.get_all(&list).concurrency(5).per_host(1).collect().await;
    assert_eq!(
        answers.iter().map(|(url, _)| url).collect::<Vec<_>>(),
        list.iter().collect::<Vec<_>>()
    );
    assert_eq!(answers[12].1.as_ref().unwrap_err().code(), "invalid_url");
}

#[tokio::test(start_paused = true)]
async fn duplicates_are_fetched_as_often_as_they_are_listed() {
    let mock = slow();
    let client = client(mock.clone());
    let answers = client.get_all(["http://a.test/"; 3]).collect().await;
    assert_eq!((answers.len(), mock.calls().len()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn progress_is_told_while_it_runs() {
    let mock = slow().on("http://a.test/1", Reply::error(ErrorKind::Reset));
    let client = client(mock);
    let batch = client.get_all(urls("a", 3)).concurrency(2);
    let handle: ProgressHandle = batch.progress_handle();
    assert_eq!(handle.progress(), Progress::default());
    let mut stream = batch.stream();
    stream.next().await.unwrap().1.unwrap_err();
    assert_eq!(stream.progress(), Progress { started: 2, done: 1, failed: 1, in_flight: 1 });
    while stream.next().await.is_some() {}
    let end = Progress { started: 3, done: 3, failed: 1, in_flight: 0 };
    assert_eq!((stream.progress(), stream.progress_handle().progress()), (end, end));
    drop(stream);
    assert_eq!(handle.progress(), end);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stream_cancels_what_is_under_way() {
    let mock = slow();
    let client = client(mock.clone());
    let mut stream = client.get_all(urls("a", 100)).concurrency(5).stream();
    stream.next().await.unwrap().1.unwrap();
    let handle = stream.progress_handle();
    drop(stream);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(handle.progress(), Progress { started: 5, done: 5, failed: 0, in_flight: 0 });
    let mut stream = client.get_all(urls("a", 100)).concurrency(5).stream();
    tokio::time::timeout(Duration::from_millis(500), stream.next()).await.unwrap_err();
    let handle = stream.progress_handle();
    assert_eq!(handle.progress(), Progress { started: 5, done: 0, failed: 0, in_flight: 5 });
    drop(stream);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(handle.progress(), Progress { started: 5, done: 0, failed: 0, in_flight: 0 });
}

// Regression: requests that only ran while the stream was polled timed out behind slow work.
#[tokio::test(start_paused = true)]
async fn a_slow_taker_lets_no_request_time_out() {
    let client = client(slow());
    let mut stream = client.get_all(urls("a", 4)).concurrency(4).stream();
    while let Some((_, answer)) = stream.next().await {
        answer.unwrap();
        sleep(Duration::from_secs(100)).await;
    }
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "in the script")]
async fn a_panic_reaches_who_takes_the_answers() {
    let mock = Mock::new().on_prefix_with("http://", |_| panic!("in the script"));
    client(mock).get_all(urls("a", 2)).collect().await;
}
