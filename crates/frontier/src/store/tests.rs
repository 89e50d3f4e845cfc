//! What every store must do: random calls on each, held to a naive model of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use url::Url;

use super::*;
use crate::{
    Admission, Completed, Directory, DiskOptions, DiskStore, End, Ending, Fingerprint,
    FingerprintKey, MemoryStore, Pending, Scope, ScopeConfig, ScopeKind, Step,
};

const HOSTS: u32 = 5;
const PATHS: u32 = 60;

/// One call, with random numbers that say of what.
#[derive(Clone, Debug)]
enum Call {
    Offer(Vec<(u32, u32, u16)>),
    Claim { hosts: usize, refill: usize, chunk: usize },
    Complete { done: Vec<usize>, found: Vec<(u32, u32, u16)> },
    Flush,
    Reopen,
}

fn urls(most: usize) -> impl Strategy<Value = Vec<(u32, u32, u16)>> {
    proptest::collection::vec((0..HOSTS, 0..PATHS, 0..8_u16), 0..most)
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        3 => urls(80).prop_map(Call::Offer),
        4 => (0..4_usize, 0..4_usize, 1..9_usize)
            .prop_map(|(hosts, refill, chunk)| Call::Claim { hosts, refill, chunk }),
        4 => (proptest::collection::vec(0..100_usize, 0..12), urls(10))
            .prop_map(|(done, found)| Call::Complete { done, found }),
        1 => Just(Call::Flush),
        1 => Just(Call::Reopen),
    ]
}

/// How a store under test is made, and made again as after a restart.
trait Subject {
    fn open(&self, directory: Arc<Directory>) -> Box<dyn Store>;
    /// Whether the store can be opened again.
    const LASTS: bool;
}

struct Memory;

impl Subject for Memory {
    const LASTS: bool = false;

    fn open(&self, _: Arc<Directory>) -> Box<dyn Store> {
        Box::new(MemoryStore::new())
    }
}

struct Disk<'a> {
    path: &'a Path,
    most_heads: usize,
}

impl Subject for Disk<'_> {
    const LASTS: bool = true;

    fn open(&self, directory: Arc<Directory>) -> Box<dyn Store> {
        let (mut store, found) =
            DiskStore::open(self.path, &DiskOptions::default(), directory).unwrap();
        assert_eq!(found.lost_commits, 0);
        store.most_heads = self.most_heads;
        Box::new(store)
    }
}

/// All URLs ever offered, in the order in which they came.
#[derive(Default)]
struct Model {
    known: BTreeMap<Fingerprint, usize>,
    /// By host: what waits, by band and order.
    waiting: BTreeMap<HostId, BTreeMap<(u8, usize), Pending>>,
    claimed: BTreeMap<Fingerprint, (usize, Pending)>,
    held: BTreeSet<HostId>,
    done: usize,
}

impl Model {
    /// Adds URLs and says what the receipt has to be.
    fn offer(&mut self, batch: &[Pending]) -> Receipt {
        let mut receipt = Receipt::default();
        for url in batch {
            let order = self.known.len();
            if self.known.contains_key(&url.fingerprint()) {
                receipt.duplicates += 1;
                continue;
            }
            self.known.insert(url.fingerprint(), order);
            self.waiting.entry(url.host()).or_default().insert((url.band(), order), url.clone());
            receipt.took(url.host());
        }
        receipt
    }

    fn free(&self) -> usize {
        let waits = |host: &HostId| self.waiting.get(host).is_some_and(|urls| !urls.is_empty());
        self.waiting.keys().filter(|host| waits(host) && !self.held.contains(host)).count()
    }

    /// Takes what a lease of this host has to hold.
    fn claim(&mut self, host: HostId, chunk: usize) -> Lease {
        let waiting = self.waiting.entry(host).or_default();
        let mut urls = Vec::new();
        while let Some(((_, order), url)) = waiting.pop_first() {
            self.claimed.insert(url.fingerprint(), (order, url.clone()));
            urls.push(url);
            if urls.len() == chunk {
                break;
            }
        }
        let more = if waiting.is_empty() { More::Empty } else { More::Queued };
        self.held.insert(host);
        self.release(host);
        Lease { host, urls, more }
    }

    fn complete(&mut self, url: &Pending) {
        self.claimed.remove(&url.fingerprint()).unwrap();
        self.done += 1;
        self.release(url.host());
    }

    fn release(&mut self, host: HostId) {
        let waits = self.waiting.get(&host).is_some_and(|urls| !urls.is_empty());
        if !waits && self.claimed.values().all(|(_, url)| url.host() != host) {
            self.held.remove(&host);
        }
    }

    fn reopen(&mut self) {
        self.held.clear();
        for (order, url) in std::mem::take(&mut self.claimed).into_values() {
            self.waiting.entry(url.host()).or_default().insert((url.band(), order), url);
        }
    }
}

fn admission(directory: &Arc<Directory>) -> Admission {
    let config = ScopeConfig { kind: ScopeKind::Any, ..ScopeConfig::default() };
    let scope = Scope::new(&config, []).unwrap();
    Admission::new(scope, directory.clone(), FingerprintKey::from_bits(1), None)
}

fn pending(admission: &Admission, (host, path, depth): (u32, u32, u16)) -> Pending {
    let url = format!("http://h{host}.example/{path}");
    let mut pending = admission.seed(Url::parse("http://h0.example/seed").unwrap(), None).unwrap();
    pending.depth = depth;
    let referrer = Arc::from(format!("http://h{host}.example/from"));
    let url = Url::parse(&url).unwrap();
    let payload = (path % 3 == 0).then(|| Box::from(*b"route"));
    admission.link(url, &pending, &referrer, Step::Link, payload).unwrap()
}

fn completed(pending: Pending) -> Completed {
    let ending = Ending { end: End::Done, code: None, status: Some(200), at: 7 };
    Completed { pending, ending, revisit: None }
}

/// Makes these calls, compares each answer with the model's, and empties the store at the end.
async fn holds_to_the_model<S: Subject>(subject: &S, calls: Vec<Call>) {
    let mut directory = Arc::new(Directory::default());
    let mut admits = admission(&directory);
    let mut store = subject.open(directory.clone());
    let mut model = Model::default();
    for call in calls {
        match call {
            Call::Offer(batch) => {
                let batch: Vec<_> = batch.into_iter().map(|url| pending(&admits, url)).collect();
                let expected = model.offer(&batch);
                assert_eq!(store.offer(batch).await.unwrap(), expected);
            }
            Call::Claim { hosts, refill, chunk } => {
                let refill = model.held.iter().copied().take(refill).collect();
                claim(&mut *store, &mut model, Claim { hosts, refill, chunk }).await;
            }
            Call::Complete { done, found } => {
                let mut completion = Completion::default();
                for pick in done {
                    let claimed = model.claimed.values();
                    let Some((_, url)) = claimed.cycle().nth(pick % 50) else { break };
                    let url = url.clone();
                    model.complete(&url);
                    completion.done.push(completed(url));
                }
                completion.found = found.into_iter().map(|url| pending(&admits, url)).collect();
                let expected = model.offer(&completion.found);
                assert_eq!(store.complete(completion).await.unwrap(), expected);
            }
            Call::Flush => store.flush().await.unwrap(),
            Call::Reopen if S::LASTS => {
                drop(store);
                directory = Arc::new(Directory::default());
                store = subject.open(directory.clone());
                admits = admission(&directory);
                model.reopen();
            }
            Call::Reopen => {}
        }
    }
    loop {
        let refill = model.held.iter().copied().collect();
        claim(&mut *store, &mut model, Claim { hosts: 2, refill, chunk: 7 }).await;
        let done: Vec<_> = model.claimed.values().map(|(_, url)| completed(url.clone())).collect();
        if done.is_empty() {
            break;
        }
        for completed in &done {
            model.complete(&completed.pending);
        }
        let receipt = store.complete(Completion { done, ..Completion::default() }).await.unwrap();
        assert_eq!(receipt, Receipt::default());
    }
    assert_eq!(model.done, model.known.len(), "each URL is handed out and ends once");
}

async fn claim(store: &mut dyn Store, model: &mut Model, claim: Claim) {
    let leases = store.claim(claim.clone()).await.unwrap();
    let fresh = claim.hosts.min(model.free());
    assert_eq!(leases.len(), claim.refill.len() + fresh, "as many hosts as are free");
    for (at, lease) in leases.into_iter().enumerate() {
        match claim.refill.get(at) {
            Some(host) => assert_eq!(lease.host, *host, "refills come first"),
            None => assert!(!model.held.contains(&lease.host), "no host is leased twice"),
        }
        assert_eq!(model.claim(lease.host, claim.chunk), lease);
    }
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future);
}

proptest! {
    #[test]
    fn the_memory_store_holds_to_the_model(calls in proptest::collection::vec(call(), 0..60)) {
        block_on(holds_to_the_model(&Memory, calls));
    }
}

proptest! {
    // Each case opens a database some times, and so waits for the disk.
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn the_disk_store_holds_to_the_model(
        calls in proptest::collection::vec(call(), 0..60),
        most_heads in prop_oneof![Just(0_usize), Just(20), Just(100_000)],
    ) {
        let folder = tempfile::tempdir().unwrap();
        block_on(holds_to_the_model(&Disk { path: folder.path(), most_heads }, calls));
    }
}
