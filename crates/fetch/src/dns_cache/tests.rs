//! The DNS cache over a scripted resolver, in paused time.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{advance, timeout};

use super::{DnsCache, MAX_NAMES};
use crate::resolve::{BoxFuture, Resolve, ResolveError};

const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// Answers after a while, and counts how often it is asked.
#[derive(Debug, Default)]
struct Scripted {
    asked: Arc<AtomicUsize>,
    delay: Duration,
}

impl Resolve for Scripted {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, ResolveError>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(self.delay).await;
            match name {
                "unknown.test" => Ok(Vec::new()),
                "slow.test" => Err(ResolveError::TimedOut { name: name.to_owned() }),
                _ => Ok(vec![ADDRESS]),
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
async fn timeouts_are_not_remembered() {
    let (cache, asked) = cache(Duration::ZERO);
    cache.lookup("slow.test").await.unwrap_err();
    cache.lookup("slow.test").await.unwrap_err();
    assert_eq!(asked.load(Ordering::Relaxed), 2);
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
