//! A cluster of three servers, and one with a replica that takes over: each script touches the keys of one slot, wherever
//! that is.

use std::time::Duration;

use dragline_frontier::{Claim, Directory, More, Store};
use dragline_local_redis::LocalCluster;
use redis::Connection;

use crate::tests::fleet::{Place, STEPS, fleet};
use crate::tests::{Worker, block_on, expire, options};
use crate::{Operator, RedisOptions, RedisStore, Server};

/// A cluster that a fleet is on.
struct Cluster {
    local: LocalCluster,
    /// The step of the fleet at which the first server is killed.
    dies_at: Option<u32>,
}

impl Place for Cluster {
    fn address(&self) -> String {
        address(&self.local)
    }

    fn kind(&self) -> Server {
        Server::Cluster
    }

    fn expire(&self, session: &str) {
        for mut client in self.local.masters() {
            expire(&mut client, session);
        }
    }

    fn pass(&mut self, step: u32) {
        if self.dies_at == Some(step) {
            self.local.kill_first();
        }
    }
}

fn address(cluster: &LocalCluster) -> String {
    format!("redis://{}", cluster.place())
}

/// How many keys each server has.
fn keys(cluster: &LocalCluster) -> Vec<u64> {
    let size = |node: &mut Connection| redis::cmd("DBSIZE").query(node).unwrap();
    cluster.masters().iter_mut().map(size).collect()
}

#[test]
fn a_crawl_may_be_spread_over_a_cluster() {
    let Some(cluster) = LocalCluster::start(0) else { return };
    block_on(async {
        let own = RedisOptions { server: Server::Cluster, partitions: 64, ..options("one", 1) };
        let mut worker = Worker::at(&address(&cluster), &own).await;
        assert_eq!(worker.offer((0..400).map(|url| (url % 40, url))).await, 400);
        let mut ended = 0;
        let mut refill = Vec::new();
        loop {
            let leases = worker.store.claim(Claim { hosts: 9, refill, chunk: 4 }).await.unwrap();
            if leases.is_empty() {
                break;
            }
            let more = leases.iter().filter(|lease| lease.more == More::Queued);
            refill = more.map(|lease| lease.host).collect();
            assert!(worker.store.renew().await.unwrap().lost.is_empty());
            let urls: Vec<_> = leases.into_iter().flat_map(|lease| lease.urls).collect();
            ended += urls.len();
            assert!(worker.complete(urls).await.refused.is_empty());
        }
        assert_eq!(ended, 400);
        assert_eq!(worker.store.status().await.unwrap().counts.done, 400);
        let keys = keys(&cluster);
        assert!(keys.iter().all(|keys| *keys > 20), "all servers have their share: {keys:?}");
        // So it is operated.
        let place = cluster.frontier(&own.name).parse().unwrap();
        let mut operator = Operator::open(&place).await.unwrap();
        assert_eq!(operator.survey().await.unwrap().status.counts.done, 400);
        // Any server of the cluster will do.
        let other = format!("redis://{}", cluster.place_of(1));
        let (_, joined) =
            RedisStore::open(&other, &own, Directory::default().into()).await.unwrap();
        assert_eq!(joined.key, worker.joined.key);
    });
}

#[test]
fn workers_that_die_on_a_cluster_lose_no_url_and_double_none() {
    let Some(local) = LocalCluster::start(0) else { return };
    let mut cluster = Cluster { local, dies_at: None };
    block_on(async {
        for seed in 0..5 {
            fleet(&mut cluster, seed).await;
        }
    });
}

#[test]
fn a_server_that_fails_over_in_the_middle_loses_no_url_and_doubles_none() {
    let Some(local) = LocalCluster::start(1) else { return };
    let mut cluster = Cluster { local, dies_at: Some(STEPS / 2) };
    block_on(async {
        fleet(&mut cluster, 1).await;
        assert!(cluster.local.took_over());
        // What comes later does not notice.
        cluster.dies_at = None;
        fleet(&mut cluster, 2).await;
    });
}

#[test]
fn who_makes_many_calls_while_a_server_fails_over_is_answered_in_the_end() {
    let Some(mut cluster) = LocalCluster::start(1) else { return };
    block_on(async {
        let own = RedisOptions {
            server: Server::Cluster,
            partitions: 256,
            timeout: Duration::from_secs(1),
            tries: 20,
            ..options("busy", 1)
        };
        let mut worker = Worker::at(&address(&cluster), &own).await;
        assert_eq!(worker.offer((0..400).map(|url| (url % 40, url))).await, 400);
        cluster.kill_first();
        // Regression: the client's connection fell silent for good, with all servers there.
        for _ in 0..5 {
            assert_eq!(worker.store.status().await.unwrap().counts.waiting, 400);
        }
    });
}
