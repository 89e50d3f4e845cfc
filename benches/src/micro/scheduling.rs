//! What a paced decision costs: which URL next, settled and reported to the store in memory.

use std::mem;
use std::time::Instant;

use dragline_frontier::{
    Completed, Completion, End, Ending, MemoryStore, Next, Politeness, RobotsPolicy, Scheduler,
    Store,
};
use futures_util::FutureExt;

use crate::Benchmark;
use crate::bencher::Bencher;
use crate::source::Source;

pub(crate) const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "schedule_1000",
        what: "a decision among 1,000 hosts that are asked once a second",
        iterations: 50_000,
        counted: 5_000,
        run: |bencher| schedule(bencher, 1_000),
    },
    Benchmark {
        name: "schedule_100000",
        what: "the same among 100,000 hosts",
        iterations: 100_000,
        counted: 10_000,
        run: |bencher| schedule(bencher, 100_000),
    },
];

/// How every URL ends.
const ENDING: Ending = Ending { end: End::Done, code: None, status: Some(200), at: 0 };
/// URLs that are handed to the store at once.
const BATCH: usize = 256;

fn schedule(bencher: &mut Bencher, hosts: u64) {
    let hosts = if bencher.is_warming() { 1_000 } else { hosts };
    let mut crawl = Crawl::new(hosts, hosts * 2 + bencher.iterations());
    // Once over all hosts, so that they are known.
    crawl.decide(hosts);
    let iterations = bencher.iterations();
    bencher.measure(|| crawl.decide(iterations));
}

/// The scheduler over its store, in virtual time.
struct Crawl {
    scheduler: Scheduler,
    store: MemoryStore,
    now: Instant,
    completion: Completion,
}

impl Crawl {
    fn new(hosts: u64, urls: u64) -> Self {
        let mut source = Source::new();
        let politeness = Politeness { robots: RobotsPolicy::Ignore, ..Politeness::default() };
        let now = Instant::now();
        let mut scheduler = Scheduler::new(politeness, source.directory.clone(), now);
        let mut store = MemoryStore::new();
        let mut batch = Vec::new();
        for url in 0..urls {
            batch.push(source.url(url % hosts));
            if batch.len() == BATCH || url + 1 == urls {
                let receipt = store.offer(mem::take(&mut batch)).now_or_never().unwrap().unwrap();
                scheduler.note(&receipt);
            }
        }
        Self { scheduler, store, now, completion: Completion::default() }
    }

    /// Takes so many URLs, each settled at once.
    fn decide(&mut self, count: u64) {
        let mut taken = 0;
        while taken < count {
            match self.scheduler.pop(self.now) {
                Next::Ready(ticket) => {
                    taken += 1;
                    self.scheduler.settle(ticket.pending.host(), self.now);
                    let done = Completed { pending: ticket.pending, ending: ENDING, revisit: None };
                    self.completion.done.push(done);
                    if self.completion.done.len() == BATCH {
                        self.complete();
                    }
                }
                Next::Claim(claim) => {
                    self.complete();
                    let leases = self.store.claim(claim.clone()).now_or_never().unwrap().unwrap();
                    self.scheduler.grant(&claim, leases);
                }
                Next::WaitUntil(at) => self.now = at,
                next => panic!("{taken} URLs were decided, and then {next:?}"),
            }
        }
    }

    fn complete(&mut self) {
        let completion = mem::take(&mut self.completion);
        let receipt = self.store.complete(completion).now_or_never().unwrap().unwrap();
        self.scheduler.note(&receipt);
    }
}
