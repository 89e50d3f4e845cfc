//! What a URL costs in each store: offering new ones, memory, disk, and opening again.
//!
//! `STORE_URLS` is how many (a million if unset), `STORE_SHAPE` how they come: `pages`, runs of 50 links
//! to one host, or `scattered`, each to another host. The first argument that is `disk` or `memory` chooses
//! one store. Reads its own figures from `/proc`, so it measures on Linux only.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made stops")]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dragline_frontier::{
    Admission, Claim, Completed, Completion, Directory, DiskOptions, DiskStore, End, Ending,
    FingerprintKey, MemoryStore, Pending, Scope, ScopeConfig, ScopeKind, Step, Store,
};
use url::Url;

const HOSTS: u64 = 100_000;
/// URLs of one offer.
const BATCH: usize = 512;
/// URLs that are made before they are offered, outside of what is measured.
const MADE: usize = 16 * BATCH;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Pages,
    Scattered,
}

fn main() {
    let urls = std::env::var("STORE_URLS").map_or(1_000_000, |text| text.parse().unwrap());
    let shape = match std::env::var("STORE_SHAPE").as_deref() {
        Ok("scattered") => Shape::Scattered,
        _ => Shape::Pages,
    };
    let only = std::env::args().find(|arg| arg == "disk" || arg == "memory");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    println!("{urls} URLs, {HOSTS} hosts, {shape:?}");
    if only.as_deref() != Some("memory") {
        runtime.block_on(disk(urls, shape));
    }
    if only.as_deref() != Some("disk") {
        let (source, _) = Source::new(shape);
        let mut store = MemoryStore::new();
        runtime.block_on(offer("memory", &mut store, source, urls));
    }
}

async fn disk(urls: usize, shape: Shape) {
    let folder = tempfile::tempdir().unwrap();
    let options = DiskOptions::default();
    let (source, directory) = Source::new(shape);
    let (mut store, _) = DiskStore::open(folder.path(), &options, directory).unwrap();
    offer("disk", &mut store, source, urls).await;
    crawl(&mut store).await;
    let start = Instant::now();
    drop(store);
    println!("  closed in {:.2?}", start.elapsed());
    let bytes = disk_bytes(folder.path());
    println!("  on disk: {} MiB, {:.1} bytes a URL", bytes >> 20, bytes as f64 / urls as f64);
    for _ in 0..2 {
        let (start, cpu) = (Instant::now(), cpu());
        let directory = Arc::new(Directory::default());
        let (mut store, found) = DiskStore::open(folder.path(), &options, directory).unwrap();
        let opened = start.elapsed();
        let claim = Claim { hosts: 4096, refill: Vec::new(), chunk: 32 };
        let leases = store.claim(claim).await.unwrap();
        assert_eq!(found.counts.discovered, urls as u64);
        println!(
            "  opened in {opened:.2?}, first claim ({} hosts, {} URLs) after {:.2?}, {:.2?} CPU, {} MiB",
            leases.len(),
            leases.iter().map(|lease| lease.urls.len()).sum::<usize>(),
            start.elapsed(),
            self::cpu() - cpu,
            resident() >> 20,
        );
    }
}

/// Offers URLs that are all new, and prints what each cost.
async fn offer(name: &str, store: &mut dyn Store, mut source: Source, urls: usize) {
    let (before, cpu_before) = (resident(), cpu());
    let mut making = Duration::ZERO;
    let mut wall = Duration::ZERO;
    let mut left = urls;
    while left > 0 {
        let thread = thread_cpu();
        let mut made: Vec<Vec<Pending>> = Vec::new();
        while left > 0 && made.len() * BATCH < MADE {
            made.push((0..left.min(BATCH)).map(|_| source.next()).collect());
            left -= left.min(BATCH);
        }
        making += thread_cpu() - thread;
        let start = Instant::now();
        for batch in made {
            store.offer(batch).await.unwrap();
        }
        wall += start.elapsed();
    }
    let start = Instant::now();
    store.flush().await.unwrap();
    wall += start.elapsed();
    let cpu = cpu() - cpu_before - making;
    let after = resident();
    println!("{name}: {:.0} new URLs/s wall", urls as f64 / wall.as_secs_f64());
    println!("  {:.2} us CPU a URL, all threads", cpu.as_secs_f64() * 1e6 / urls as f64);
    println!(
        "  {} MiB before, {} MiB after, {} MiB at most: {:.1} bytes a URL, {:.1} beyond 100 MB",
        before >> 20,
        after >> 20,
        memory("VmHWM:") >> 20,
        (after as f64 - before as f64) / urls as f64,
        (after as f64 - 100e6) / urls as f64,
    );
}

/// Claims and completes a part of what waits, in steps of some pages.
async fn crawl(store: &mut DiskStore) {
    let (start, cpu) = (Instant::now(), cpu());
    let mut pages = 0;
    for _ in 0..100 {
        let claim = Claim { hosts: 64, refill: Vec::new(), chunk: 32 };
        let leases = store.claim(claim).await.unwrap();
        let ending = Ending { end: End::Done, code: None, status: Some(200), at: 0 };
        let done: Vec<_> = leases
            .into_iter()
            .flat_map(|lease| lease.urls)
            .map(|pending| Completed { pending, ending: ending.clone(), revisit: None })
            .collect();
        pages += done.len();
        store.complete(Completion { done, ..Completion::default() }).await.unwrap();
    }
    store.flush().await.unwrap();
    println!(
        "  claimed and completed {pages} URLs: {:.0}/s wall, {:.2} us CPU a URL",
        pages as f64 / start.elapsed().as_secs_f64(),
        (self::cpu() - cpu).as_secs_f64() * 1e6 / pages as f64,
    );
}

/// Makes URLs, each another one.
struct Source {
    admission: Admission,
    seed: Pending,
    shape: Shape,
    random: fastrand::Rng,
    made: u64,
    host: u64,
    referrer: Arc<str>,
}

impl Source {
    fn new(shape: Shape) -> (Self, Arc<Directory>) {
        let directory = Arc::new(Directory::default());
        let config = ScopeConfig { kind: ScopeKind::Any, ..ScopeConfig::default() };
        let scope = Scope::new(&config, []).unwrap();
        let key = FingerprintKey::from_bits(7);
        let admission = Admission::new(scope, directory.clone(), key, None);
        let seed = admission.seed(Url::parse("http://seed.example/").unwrap(), None).unwrap();
        let random = fastrand::Rng::with_seed(1);
        let referrer = Arc::from("http://seed.example/");
        (Self { admission, seed, shape, random, made: 0, host: 0, referrer }, directory)
    }

    fn next(&mut self) -> Pending {
        if self.shape == Shape::Scattered || self.made.is_multiple_of(50) {
            self.host = self.random.u64(..HOSTS);
            self.referrer = format!("https://www.host-{}.example/articles/", self.host).into();
        }
        self.made += 1;
        let url = format!(
            "https://www.host-{}.example/articles/2026/{:x}/a-page-{}",
            self.host,
            self.random.u32(..),
            self.made
        );
        let url = Url::parse(&url).unwrap();
        self.admission.link(url, &self.seed, &self.referrer, Step::Link, None).unwrap()
    }
}

/// CPU time of the process so far.
fn cpu() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// CPU time of this thread so far.
fn thread_cpu() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// Resident memory, in bytes.
fn resident() -> u64 {
    memory("VmRSS:")
}

/// One of the kernel's figures of this process's memory, in bytes.
fn memory(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// What a folder takes on disk, in bytes.
fn disk_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| match entry.metadata().unwrap() {
            metadata if metadata.is_dir() => disk_bytes(&entry.path()),
            metadata => metadata.blocks() * 512,
        })
        .sum()
}
