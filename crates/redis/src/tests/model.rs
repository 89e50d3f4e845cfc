//! The same random calls on this store and on the one in memory, with each call sent twice.

use std::collections::{BTreeMap, BTreeSet};

use dragline_frontier::{
    Claim, Completion, Fingerprint, HostId, MemoryStore, More, Pending, Store,
};
use dragline_local_redis::LocalRedis;

use crate::tests::{Worker, block_on, done, options};

const HOSTS: u32 = 6;
const PATHS: u32 = 80;

/// Both stores, and what is held of them.
struct Pair {
    worker: Worker,
    memory: MemoryStore,
    claimed: BTreeMap<Fingerprint, Pending>,
    held: BTreeSet<HostId>,
    /// By host: URLs that are known and not done.
    open: BTreeMap<HostId, usize>,
    offered: u64,
    done: u64,
}

impl Pair {
    async fn claim(&mut self, claim: Claim) {
        let free = self.open.iter().filter(|(host, urls)| **urls > 0 && !self.held.contains(host));
        let fresh = claim.hosts.min(free.count());
        let leases = self.worker.store.claim(claim.clone()).await.unwrap();
        assert_eq!(leases.len(), claim.refill.len() + fresh, "as many hosts as are free");
        for (at, lease) in leases.into_iter().enumerate() {
            match claim.refill.get(at) {
                Some(host) => assert_eq!(lease.host, *host, "refills come first"),
                None => assert!(self.held.insert(lease.host), "no host is leased twice"),
            }
            // Which hosts are next is each store's own affair, what they hold is not.
            let same = Claim { hosts: 0, refill: vec![lease.host], chunk: claim.chunk };
            assert_eq!(self.memory.claim(same).await.unwrap(), std::slice::from_ref(&lease));
            for url in lease.urls {
                assert_eq!(self.claimed.insert(url.fingerprint(), url), None, "claimed once");
            }
        }
    }

    async fn complete(&mut self, picks: Vec<Fingerprint>, found: Vec<Pending>) {
        let mut completion = Completion { found, ..Completion::default() };
        for pick in picks {
            let Some(url) = self.claimed.remove(&pick) else { continue };
            *self.open.get_mut(&url.host()).unwrap() -= 1;
            if self.open[&url.host()] == 0 {
                self.held.remove(&url.host());
            }
            self.done += 1;
            completion.done.push(done(url));
        }
        let expected = self.memory.complete(completion.clone()).await.unwrap();
        let settled = self.worker.store.settle(completion).await.unwrap();
        assert_eq!(settled.receipt, expected);
        assert!(settled.refused.is_empty() && settled.lost.is_empty());
        self.took(&expected);
    }

    fn took(&mut self, receipt: &dragline_frontier::Receipt) {
        self.offered += receipt.new;
        for (host, urls) in &receipt.grew {
            *self.open.entry(*host).or_default() += *urls as usize;
        }
    }
}

async fn same_as_memory(server: &LocalRedis, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut own = options("one", seed);
    own.name = format!("model-{seed}");
    let mut worker = Worker::join(server, &own).await;
    worker.store.link.loses_answers = true;
    let memory = MemoryStore::new();
    let (claimed, held, open) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
    let mut pair = Pair { worker, memory, claimed, held, open, offered: 0, done: 0 };
    for _ in 0..60 {
        let some = |random: &mut fastrand::Rng, most: usize| -> Vec<Pending> {
            let count = random.usize(..most);
            (0..count)
                .map(|_| pair.worker.pending(random.u32(..HOSTS), random.u32(..PATHS)))
                .collect()
        };
        match random.u8(..10) {
            0..3 => {
                let batch = some(&mut random, 60);
                let expected = pair.memory.offer(batch.clone()).await.unwrap();
                assert_eq!(pair.worker.store.offer(batch).await.unwrap(), expected);
                pair.took(&expected);
            }
            3..6 => {
                let refill = pair.held.iter().copied().take(random.usize(..4)).collect();
                let (hosts, chunk) = (random.usize(..4), random.usize(1..9));
                pair.claim(Claim { hosts, refill, chunk }).await;
            }
            _ => {
                let found = some(&mut random, 10);
                let mut picks: Vec<_> = pair.claimed.keys().copied().collect();
                random.shuffle(&mut picks);
                picks.truncate(random.usize(..12));
                pair.complete(picks, found).await;
            }
        }
    }
    loop {
        let refill = pair.held.iter().copied().collect();
        pair.claim(Claim { hosts: 2, refill, chunk: 7 }).await;
        if pair.claimed.is_empty() {
            break;
        }
        let all = pair.claimed.keys().copied().collect();
        pair.complete(all, Vec::new()).await;
    }
    assert_eq!(pair.done, pair.offered, "each URL is handed out and ends once");
    let status = pair.worker.store.status().await.unwrap();
    let counts = status.counts;
    assert_eq!((counts.discovered, counts.done, counts.waiting), (pair.offered, pair.done, 0));
    assert_eq!((status.free, status.held), (0, 0));
}

#[test]
fn it_answers_as_the_store_in_memory_does_when_each_call_is_sent_twice() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        for seed in 0..12 {
            same_as_memory(&server, seed).await;
        }
    });
}

#[test]
fn thousands_of_urls_of_a_host_stay_known_and_in_order_while_buckets_are_split() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let mut worker = Worker::join(&server, &options("one", 1)).await;
        for from in (0..12_000).step_by(3000) {
            assert_eq!(worker.offer((from..from + 3000).map(|path| (1, path * 4))).await, 3000);
        }
        assert_eq!(worker.offer((0..12_000).map(|path| (1, path * 4))).await, 0);
        let mut expected = 0;
        let mut lease = worker.claim(1, 5000).await.remove(0);
        loop {
            for url in &lease.urls {
                assert_eq!(url.url(), format!("http://h1.example/{}", expected * 4));
                expected += 1;
            }
            if lease.more == More::Empty {
                break;
            }
            let claim = Claim { hosts: 0, refill: vec![lease.host], chunk: 5000 };
            lease = worker.store.claim(claim).await.unwrap().remove(0);
        }
        assert_eq!(expected, 12_000);
        // What is known stays packed: that is what a known URL costs.
        let mut client = server.client();
        let buckets: Vec<String> = redis::cmd("KEYS").arg("*:s:*").query(&mut client).unwrap();
        assert!(buckets.len() >= 60, "{}", buckets.len());
        for bucket in buckets {
            let kind: String =
                redis::cmd("OBJECT").arg("ENCODING").arg(bucket).query(&mut client).unwrap();
            assert_eq!(kind, "intset");
        }
    });
}
