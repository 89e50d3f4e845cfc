//! Tests of the store against a server of their own; where `redis-server` is not installed they say so and pass.

mod cluster;
mod fleet;
mod model;
mod operator;
mod restart;
mod transfer;

use std::sync::Arc;
use std::time::Duration;

use dragline_frontier::{
    Admission, Claim, Completed, Completion, Directory, End, Ending, FingerprintKey, Lease,
    Pending, Scope, ScopeConfig, ScopeKind, Step, Store,
};
use dragline_local_redis::LocalRedis;
use redis::{Commands, Connection};
use url::Url;

use crate::{Joined, RedisOptions, RedisStore};

/// A worker: its store and what makes URLs for it.
struct Worker {
    store: RedisStore,
    admission: Admission,
    joined: Joined,
}

impl Worker {
    async fn join(server: &LocalRedis, options: &RedisOptions) -> Self {
        Self::at(&server.address(), options).await
    }

    async fn at(address: &str, options: &RedisOptions) -> Self {
        let directory = Arc::new(Directory::default());
        let (store, joined) = RedisStore::open(address, options, directory.clone()).await.unwrap();
        let config = ScopeConfig { kind: ScopeKind::Any, ..ScopeConfig::default() };
        let scope = Scope::new(&config, []).unwrap();
        let admission = Admission::new(scope, directory.clone(), joined.key, None);
        Self { store, admission, joined }
    }

    /// Makes the URL of a host and path; some have a referrer and a payload, in one of the first three bands.
    fn pending(&self, host: u32, path: u32) -> Pending {
        let url = Url::parse(&format!("http://h{host}.example/{path}")).unwrap();
        let seed = Url::parse(&format!("http://h{host}.example/from")).unwrap();
        if path.is_multiple_of(4) {
            return self.admission.seed(url, None).unwrap();
        }
        let seed = self.admission.seed(seed, None).unwrap();
        let referrer = Arc::from(seed.url());
        let payload = path.is_multiple_of(3).then(|| Box::from(*b"route"));
        let link = self.admission.link(url, &seed, &referrer, Step::Link, payload).unwrap();
        link.in_band(u8::try_from(path % 3).unwrap())
    }

    async fn offer(&mut self, urls: impl IntoIterator<Item = (u32, u32)>) -> u64 {
        let batch = urls.into_iter().map(|(host, path)| self.pending(host, path)).collect();
        self.store.offer(batch).await.unwrap().new
    }

    async fn claim(&mut self, hosts: usize, chunk: usize) -> Vec<Lease> {
        self.store.claim(Claim { hosts, refill: Vec::new(), chunk }).await.unwrap()
    }

    async fn complete(&mut self, urls: impl IntoIterator<Item = Pending>) -> crate::Settled {
        let done = urls.into_iter().map(done).collect();
        self.store.settle(Completion { done, ..Completion::default() }).await.unwrap()
    }
}

fn done(pending: Pending) -> Completed {
    let ending = Ending { end: End::Done, code: None, status: Some(200), at: 1 };
    Completed { pending, ending, revisit: None }
}

/// Makes all leases of a worker end now, as time would, as far as they are on this server.
fn expire(client: &mut Connection, session: &str) {
    let tables: Vec<String> = client.keys("*:owner").unwrap();
    for table in tables {
        let owners: Vec<(String, String)> = client.hgetall(&table).unwrap();
        let own = owners.iter().filter(|row| row.1.ends_with(&format!(" {session}")));
        for (host, _) in own {
            let leases = table.replace(":owner", ":leases");
            let _: i64 = client.zadd(leases, host, 0).unwrap();
        }
    }
}

fn options(worker: &str, number: u64) -> RedisOptions {
    RedisOptions {
        worker: worker.to_owned(),
        key: FingerprintKey::from_bits(number),
        partitions: 8,
        rest: Duration::ZERO,
        ..RedisOptions::default()
    }
}

fn block_on(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future);
}
