//! The DNS cache over a scripted resolver, in paused time.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{advance, timeout};

use super::{DnsCache, MAX_NAMES};
use crate::resolve::{BoxFuture, Resolve, ResolveError, Resolved};

const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// Answers after a while, and counts how often it is asked.
#[derive(Debug, Default)]
struct Scripted {
    asked: Arc<AtomicUsize>,
    delay: Duration,
}

impl Resolve for Scripted {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Resolved, ResolveError>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(self.delay).await;
            match name {
                "unknown.test" => Ok(Vec::new().into()),
                "slow.test" => Err(ResolveError::TimedOut { name: name.to_owned() }),
                "full.test" => Err(ResolveError::Descriptors { name: name.to_owned() }),
                // A number is a time to live in seconds.
                _ => {
                    let seconds = name.split('.').next().and_then(|label| label.parse().ok());
                    let valid_for = seconds.map(Duration::from_secs);
                    Ok(Resolved { addresses: vec![ADDRESS], valid_for })
                }
            }
        })
    }
}

fn cache(delay: Duration) -> (DnsCache, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let resolver = Scripted { asked: Arc::clone(&asked), delay };
    (DnsCache::new(Box::new(resolver), Duration::from_secs(300)), asked)
}

#[tokio::test(start_paused = true)]
async fn many_askers_of_one_name_cause_one_lookup() {
    let (cache, asked) = cache(Duration::from_millis(20));
    let answers = join_all((0..500).map(|_| cache.lookup("a.test"))).await;
    assert!(answers.iter().all(|answer| answer.as_deref() == Ok(&[ADDRESS][..])));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn answers_expire() {
    let (cache, asked) = cache(Duration::ZERO);
    for (wait, lookups) in [(0, 1), (299, 1), (2, 2)] {
        advance(Duration::from_secs(wait)).await;
        cache.lookup("a.test").await.unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), lookups);
    }
}

/// Asks for a name after each of some waits, and says how often the resolver was asked by then.
async fn asked_after(name: &str, waits: [u64; 3]) -> [usize; 3] {
    let (cache, asked) = cache(Duration::ZERO);
    let mut lookups = [0; 3];
    for (wait, lookups) in waits.into_iter().zip(&mut lookups) {
        advance(Duration::from_millis(wait)).await;
        cache.lookup(name).await.unwrap();
        *lookups = asked.load(Ordering::Relaxed);
    }
    lookups
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_for_its_time_to_live() {
    assert_eq!(asked_after("30.test", [0, 29_999, 1]).await, [1, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_time_to_live_of_zero_is_kept_for_a_second() {
    assert_eq!(asked_after("0.test", [0, 999, 1]).await, [1, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_long_time_to_live_ends_with_the_setting() {
    assert_eq!(asked_after("86400.test", [0, 299_999, 1]).await, [1, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn failures_are_remembered_for_ten_seconds() {
    let (cache, asked) = cache(Duration::ZERO);
    for (wait, lookups) in [(0, 1), (9, 1), (2, 2)] {
        advance(Duration::from_secs(wait)).await;
        cache.lookup("unknown.test").await.unwrap_err();
        assert_eq!(asked.load(Ordering::Relaxed), lookups);
    }
}

#[tokio::test(start_paused = true)]
async fn timeouts_and_missing_descriptors_are_not_remembered() {
    let (cache, asked) = cache(Duration::ZERO);
    for name in ["slow.test", "full.test"] {
        cache.lookup(name).await.unwrap_err();
        cache.lookup(name).await.unwrap_err();
    }
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_lookup_is_taken_over_by_who_waits() {
    let (cache, asked) = cache(Duration::from_secs(1));
    let cancelled = timeout(Duration::from_millis(500), cache.lookup("a.test"));
    let (first, second) = tokio::join!(cancelled, cache.lookup("a.test"));
    assert!(first.is_err());
    assert_eq!(second.as_deref(), Ok(&[ADDRESS][..]));
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn the_cache_is_bounded_and_drops_expired_names_first() {
    let (cache, asked) = cache(Duration::ZERO);
    for id in 0..MAX_NAMES {
        cache.lookup(&format!("old{id}.test")).await.unwrap();
    }
    advance(Duration::from_secs(301)).await;
    for id in 0..MAX_NAMES * 3 {
        cache.lookup(&format!("new{id}.test")).await.unwrap();
        assert!(cache.names.len() <= MAX_NAMES);
        if id == 0 {
            assert_eq!(cache.names.len(), 1, "expired names were kept");
        }
    }
    assert_eq!(asked.load(Ordering::Relaxed), MAX_NAMES * 4);
}
