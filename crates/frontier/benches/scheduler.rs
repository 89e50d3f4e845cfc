//! Measures paced decisions: pop, governor check, settle and requeue, over the store in memory, in
//! virtual time and in CPU time of one core. Run by `cargo bench -p dragline-frontier --bench scheduler`.

use std::fs;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use dragline_frontier::{
    Admission, Completed, Completion, Directory, End, Ending, FingerprintKey, MemoryStore, Next,
    Politeness, RobotsPolicy, Scheduler, Scope, ScopeConfig, ScopeKind, Store, StoreError,
};
use url::Url;

/// URLs of each run, in all.
const URLS: usize = 2_000_000;
/// How every URL of the benchmark ends.
const ENDING: Ending = Ending { end: End::Done, code: None, status: Some(200), at: 0 };
/// Completions that are handed to the store at once.
const BATCH: usize = 256;

fn main() {
    // cargo test runs benches too, with a flag; then once over a little is enough.
    let urls = if std::env::args().any(|argument| argument == "--bench") { URLS } else { 2_000 };
    for hosts in [1_000, 100_000, 1_000_000] {
        run(hosts.min(urls), urls);
    }
}

/// Crawls all URLs with a second between two of one host.
fn run(hosts: usize, urls: usize) {
    let directory = Arc::new(Directory::default());
    let config = ScopeConfig { kind: ScopeKind::Any, ..ScopeConfig::default() };
    let scope = Scope::new(&config, []).expect("an empty scope can be set up");
    let key = FingerprintKey::from_bits(1);
    let admission = Admission::new(scope, directory.clone(), key, None);
    let mut store = MemoryStore::new();
    let politeness = Politeness { robots: RobotsPolicy::Ignore, ..Politeness::default() };
    let epoch = Instant::now();
    let mut now = epoch;
    let mut scheduler = Scheduler::new(politeness, directory, epoch);
    let mut batch = Vec::new();
    for url in 0..urls {
        let text = format!("http://host{}.example/page/{url}", url % hosts);
        let url = Url::parse(&text).expect("the text is a URL");
        batch.push(admission.seed(url, None).expect("every URL is in scope"));
        if batch.len() == BATCH {
            scheduler.note(&done(store.offer(std::mem::take(&mut batch))));
        }
    }
    scheduler.note(&done(store.offer(batch)));

    let before = resident();
    let (start, wall) = (cpu(), Instant::now());
    let mut completion = Completion::default();
    let (mut decisions, mut claims, mut rounds) = (0usize, 0usize, 0usize);
    let mut most = 0;
    loop {
        match scheduler.pop(now) {
            Next::Ready(ticket) => {
                decisions += 1;
                let host = ticket.pending.host();
                scheduler.settle(host, now);
                completion.done.push(Completed {
                    pending: ticket.pending.clone(),
                    ending: ENDING,
                    revisit: None,
                });
                if completion.done.len() == BATCH {
                    scheduler.note(&done(store.complete(std::mem::take(&mut completion))));
                }
            }
            Next::Claim(claim) => {
                claims += 1;
                scheduler.note(&done(store.complete(std::mem::take(&mut completion))));
                let leases = done(store.claim(claim.clone()));
                scheduler.grant(&claim, leases);
            }
            Next::WaitUntil(at) => {
                if rounds == 0 {
                    most = resident();
                }
                rounds += 1;
                now = at;
            }
            Next::Done => break,
            next => panic!("nothing else can be next: {next:?}"),
        }
    }
    assert_eq!(decisions, urls, "every URL is sent once");
    let (cpu, wall) = (cpu() - start, wall.elapsed());
    println!(
        "{hosts:>9} hosts: {:>6.0} ns of CPU a decision, {:.2} M/s ({:.2} s wall); {claims} claims, \
         {rounds} waits; resident {} MiB before, {} MiB once all are leased",
        cpu.as_nanos() as f64 / decisions as f64,
        decisions as f64 / cpu.as_secs_f64().max(1e-9) / 1e6,
        wall.as_secs_f64(),
        before >> 20,
        most >> 20,
    );
}

/// The memory store is never pending.
fn done<T>(future: impl Future<Output = Result<T, StoreError>>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(value)) => value,
        Poll::Ready(Err(error)) => panic!("the memory store failed: {error}"),
        Poll::Pending => panic!("the memory store was pending"),
    }
}

/// The CPU time of this thread, where the kernel tells it; zero elsewhere.
fn cpu() -> Duration {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanos = text.split_whitespace().next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}

/// The resident memory of this process in bytes, where the kernel tells it; zero elsewhere.
fn resident() -> u64 {
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * 4096
}
