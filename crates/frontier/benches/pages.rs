//! What the pages of a crawl cost the store on disk, beyond what they cost the one in memory.
//!
//! Pages of 27 links, one of which is new, end one by one, each with the counters that the engine keeps, and a
//! turn of work between them, so that the thread of the store sleeps as it does in a crawl. `PAGES` is how many
//! (7,000 if unset), `WORK` how many microseconds that turn takes, about (90 if unset). The first argument that
//! is `disk` or `memory` chooses one store. Reads its own figures from `/proc`, so it measures on Linux only.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made stops")]

use std::collections::VecDeque;
use std::fs;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dragline_frontier::{
    Admission, Claim, Completed, Completion, Directory, DiskOptions, DiskStore, End, Ending,
    FingerprintKey, HostId, MemoryStore, More, Pending, Revisit, Scope, ScopeConfig, Step, Store,
};
use url::Url;

const LINKS: u64 = 27;

fn main() {
    let number = |name, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (pages, work) = (number("PAGES", 7_000), number("WORK", 90));
    let only = std::env::args().find(|arg| arg == "disk" || arg == "memory");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let turns = turns_in(Duration::from_micros(work));
    println!("{pages} pages of {LINKS} links, {work} us of other work each");
    if only.as_deref() != Some("disk") {
        let (site, _) = Site::new();
        runtime.block_on(crawl("memory", &mut MemoryStore::new(), site, pages, turns));
    }
    if only.as_deref() != Some("memory") {
        let folder = tempfile::tempdir().unwrap();
        let (site, directory) = Site::new();
        let (mut store, _) =
            DiskStore::open(folder.path(), &DiskOptions::default(), directory).unwrap();
        runtime.block_on(crawl("disk", &mut store, site, pages, turns));
    }
}

/// Crawls that many pages, and prints what each cost.
async fn crawl(name: &str, store: &mut dyn Store, mut site: Site, pages: u64, turns: u64) {
    let (start, cpu_before, switches_before) = (Instant::now(), cpu(), switches());
    store.offer(vec![site.seed.clone()]).await.unwrap();
    let mut held: Option<HostId> = None;
    let mut waiting = VecDeque::new();
    for page in 0..pages {
        if waiting.is_empty() {
            let hosts = usize::from(held.is_none());
            let claim = Claim { hosts, refill: held.into_iter().collect(), chunk: 32 };
            for lease in store.claim(claim).await.unwrap() {
                held = Some(lease.host);
                waiting.extend(lease.urls);
                assert!(lease.more == More::Queued || !waiting.is_empty());
            }
        }
        let pending: Pending = waiting.pop_front().unwrap();
        let found = site.links(&pending, page);
        turn(turns);
        let ending =
            Ending { end: End::Done, code: None, status: Some(200), at: 1_790_000_000_000 };
        let revisit = Some(Box::new(Revisit {
            etag: Some("\"5f2a-618c0ad3f5b40\"".into()),
            last_modified: Some("Tue, 20 Oct 2026 10:00:00 GMT".into()),
            content_hash: Some(page),
        }));
        let done = vec![Completed { pending, ending, revisit }];
        let stats = Some(vec![b'7'; 700].into_boxed_slice());
        let completion = Completion { done, found, stats, ..Completion::default() };
        store.complete(completion).await.unwrap();
    }
    store.flush().await.unwrap();
    let per_page = |time: Duration| time.as_secs_f64() * 1e6 / pages as f64;
    println!(
        "{name}: {:.1} us CPU a page, all threads; {:.1} us wall; {:.2} switches",
        per_page(cpu() - cpu_before),
        per_page(start.elapsed()),
        (switches() - switches_before) as f64 / pages as f64,
    );
}

/// A site whose page `n` links to itself's neighbours, and to one page that nobody linked to before.
struct Site {
    admission: Admission,
    seed: Pending,
}

impl Site {
    fn new() -> (Self, Arc<Directory>) {
        let directory = Arc::new(Directory::default());
        let scope = Scope::new(&ScopeConfig::default(), []).unwrap();
        let key = FingerprintKey::from_bits(7);
        let admission = Admission::new(scope, directory.clone(), key, None);
        let seed = admission.seed(url(0), None).unwrap();
        (Self { admission, seed }, directory)
    }

    fn links(&mut self, from: &Pending, page: u64) -> Vec<Pending> {
        let referrer = Arc::from(from.url());
        // Two from each of the first pages, so that one always waits.
        let newest = page + 1 + page.min(200);
        let fresh = if page < 200 { newest..=newest + 1 } else { newest..=newest };
        let known = (0..LINKS - 1).map(|back| newest.saturating_sub(back * 7));
        known
            .chain(fresh)
            .map(|number| {
                self.admission.link(url(number), &self.seed, &referrer, Step::Link, None).unwrap()
            })
            .collect()
    }
}

fn url(number: u64) -> Url {
    let text = format!(
        "https://docs.example/std/{:x}/struct.{number}.html",
        number.wrapping_mul(0x9e37_79b9) % 509
    );
    Url::parse(&text).unwrap()
}

fn turns_in(time: Duration) -> u64 {
    let start = Instant::now();
    turn(20_000_000);
    (20e6 * time.as_secs_f64() / start.elapsed().as_secs_f64()) as u64
}

fn turn(turns: u64) {
    for turn in 0..turns {
        black_box(turn);
    }
}

/// CPU time of the process so far.
fn cpu() -> Duration {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let time = |task: fs::DirEntry| {
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap();
        Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
    };
    tasks.map(|task| time(task.unwrap())).sum()
}

/// Times that threads of the process went to sleep so far.
fn switches() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let count = |task: fs::DirEntry| {
        let text = fs::read_to_string(task.path().join("status")).unwrap();
        let line = text.lines().find(|line| line.starts_with("voluntary")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    tasks.map(|task| count(task.unwrap())).sum()
}
