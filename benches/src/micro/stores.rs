//! What a URL costs in each store: offered, claimed, and committed with what its page led to.

use std::hint::black_box;
use std::sync::Arc;

use dragline_frontier::{
    Claim, Completed, Completion, Directory, DiskOptions, DiskStore, End, Ending, MemoryStore,
    Pending, SinkPosition, Store,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::Benchmark;
use crate::bencher::Bencher;
use crate::source::{RUN, Source};

pub(crate) const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "offer_memory",
        what: "27 new URLs of one host offered",
        iterations: 5_000,
        counted: 500,
        run: |bencher| offer(bencher, Kind::Memory),
    },
    Benchmark {
        name: "offer_disk",
        what: "the same with the store on disk, until all are safe there",
        iterations: 5_000,
        counted: 500,
        run: |bencher| offer(bencher, Kind::Disk),
    },
    Benchmark {
        name: "claim_memory",
        what: "a host with 27 URLs claimed",
        iterations: 5_000,
        counted: 500,
        run: |bencher| claim(bencher, Kind::Memory),
    },
    Benchmark {
        name: "claim_disk",
        what: "the same with the store on disk",
        iterations: 5_000,
        counted: 500,
        run: |bencher| claim(bencher, Kind::Disk),
    },
    Benchmark {
        name: "commit_memory",
        what: "a page done, with 27 links of which one is new",
        iterations: 20_000,
        counted: 1_000,
        run: |bencher| commit(bencher, Kind::Memory),
    },
    Benchmark {
        name: "commit_disk",
        what: "the same with the store on disk, until all are safe there",
        iterations: 20_000,
        counted: 1_000,
        run: |bencher| commit(bencher, Kind::Disk),
    },
];

/// Hosts that are claimed at once.
const HOSTS: usize = 256;

#[derive(Clone, Copy)]
enum Kind {
    Memory,
    Disk,
}

/// A store, and the folder of one on disk.
struct Place {
    // Before the folder, so that it is closed when that goes.
    store: Box<dyn Store>,
    runtime: Runtime,
    _folder: Option<TempDir>,
}

impl Place {
    fn new(kind: Kind, directory: Arc<Directory>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (store, folder): (Box<dyn Store>, _) = match kind {
            Kind::Memory => (Box::new(MemoryStore::new()), None),
            Kind::Disk => {
                let folder = tempfile::tempdir().unwrap();
                let options = DiskOptions::default();
                let (store, _) = DiskStore::open(folder.path(), &options, directory).unwrap();
                (Box::new(store), Some(folder))
            }
        };
        Self { store, runtime, _folder: folder }
    }

    fn offer(&mut self, runs: Vec<Vec<Pending>>) {
        self.runtime.block_on(async {
            for run in runs {
                self.store.offer(run).await.unwrap();
            }
            self.store.flush().await.unwrap();
        });
    }
}

fn offer(bencher: &mut Bencher, kind: Kind) {
    let mut source = Source::new();
    let mut place = Place::new(kind, source.directory.clone());
    let runs = source.runs(bencher.iterations());
    bencher.measure(|| place.offer(runs));
}

fn claim(bencher: &mut Bencher, kind: Kind) {
    let mut source = Source::new();
    let mut place = Place::new(kind, source.directory.clone());
    place.offer(source.runs(bencher.iterations()));
    let iterations = bencher.iterations();
    bencher.measure(|| {
        place.runtime.block_on(async {
            for _ in 0..iterations {
                let claim = Claim { hosts: 1, refill: Vec::new(), chunk: RUN };
                let leases = place.store.claim(claim).await.unwrap();
                assert_eq!(black_box(leases)[0].urls.len(), RUN);
            }
        });
    });
}

fn commit(bencher: &mut Bencher, kind: Kind) {
    let mut source = Source::new();
    let mut place = Place::new(kind, source.directory.clone());
    let pages = bencher.iterations();
    let runs = source.runs(pages.div_ceil(RUN as u64));
    let known: Vec<Pending> = runs.iter().flatten().cloned().collect();
    place.offer(runs);
    let mut claimed: Vec<Pending> = Vec::new();
    while claimed.len() < known.len() {
        let claim = Claim { hosts: HOSTS, refill: Vec::new(), chunk: RUN };
        let leases = place.runtime.block_on(place.store.claim(claim)).unwrap();
        claimed.extend(leases.into_iter().flat_map(|lease| lease.urls));
    }
    let ending = Ending { end: End::Done, code: None, status: Some(200), at: 0 };
    let completions: Vec<Completion> = (0..pages)
        .zip(claimed)
        .map(|(number, pending)| {
            let start = number as usize * RUN % known.len();
            let mut found: Vec<_> =
                known.iter().cycle().skip(start).take(RUN - 1).cloned().collect();
            found.push(source.url(number / RUN as u64));
            let done = vec![Completed { pending, ending: ending.clone(), revisit: None }];
            let sinks = vec![SinkPosition {
                name: "pages.jsonl".into(),
                position: number.to_be_bytes().into(),
            }];
            Completion { done, found, sinks, ..Completion::default() }
        })
        .collect();
    bencher.measure(|| {
        place.runtime.block_on(async {
            for completion in completions {
                let receipt = place.store.complete(completion).await.unwrap();
                assert_eq!(receipt.new, 1);
            }
            place.store.flush().await.unwrap();
        });
    });
}
