//! What a fleet in the chaos stands on: one server behind a proxy, or a cluster; and the blows that each can take.

use std::time::Duration;

use dragline_local_redis::{LocalCluster, LocalRedis};
use tokio::time::Instant;

use crate::proxy::Proxy;

/// What is done to the fleet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Blow {
    /// A worker is killed, and another one joins.
    Kill,
    /// A worker is stopped for longer than a lease, and woken.
    Stop,
    Restart,
    Cut,
    /// What is said to the store arrives late.
    Stall,
    /// A server of the cluster is killed, and its replica takes over.
    FailOver,
}

/// Those that one server can take.
const OF_SERVER: [Blow; 5] = [Blow::Kill, Blow::Stop, Blow::Restart, Blow::Cut, Blow::Stall];

/// Where the frontier is.
pub(crate) enum Ground {
    Server(LocalRedis, Proxy),
    Cluster(LocalCluster),
}

impl Ground {
    /// Starts one server; `None` where none is installed.
    pub(crate) async fn server() -> Option<Self> {
        let redis = tokio::task::spawn_blocking(LocalRedis::start).await.unwrap()?;
        let proxy = Proxy::start(redis.socket()).await;
        Some(Self::Server(redis, proxy))
    }

    /// Starts a cluster; `None` where no server is installed.
    pub(crate) async fn cluster() -> Option<Self> {
        let start = || LocalCluster::start(1);
        tokio::task::spawn_blocking(start).await.unwrap().map(Self::Cluster)
    }

    pub(crate) fn frontier(&self, name: &str) -> String {
        match self {
            Self::Server(_, proxy) => proxy.frontier(name),
            Self::Cluster(cluster) => cluster.frontier(name),
        }
    }

    /// Returns the blows of a run, in their order: each kind at least once, and up to three more.
    pub(crate) fn blows(&self, random: &mut fastrand::Rng) -> Vec<Blow> {
        // The first ones come before any stop: while that lasts the others may fetch all.
        let (mut first, mut later, kinds): (_, _, &[Blow]) = match self {
            Self::Server(..) => (Vec::new(), OF_SERVER.to_vec(), &OF_SERVER),
            // One server fails over, since there is one replica.
            Self::Cluster(_) => {
                (vec![Blow::Kill, Blow::FailOver], vec![Blow::Stop], &[Blow::Kill, Blow::Stop])
            }
        };
        later.extend((0..random.usize(1..4)).map(|_| kinds[random.usize(..kinds.len())]));
        random.shuffle(&mut first);
        random.shuffle(&mut later);
        first.extend(later);
        first
    }

    /// Takes a blow that is not meant for a worker; none lasts longer than one and a half leases.
    pub(crate) fn suffer(&mut self, blow: Blow, lease: Duration, random: &mut fastrand::Rng) {
        match (self, blow) {
            (Self::Server(redis, _), Blow::Restart) => {
                tokio::task::block_in_place(|| redis.restart());
            }
            (Self::Server(_, proxy), Blow::Cut) => proxy.cut(),
            (Self::Server(_, proxy), Blow::Stall) => {
                proxy.stall(Instant::now() + lease.mul_f64(random.f64() * 1.5));
            }
            (Self::Cluster(cluster), Blow::FailOver) => {
                tokio::task::block_in_place(|| cluster.kill_first());
            }
            (_, blow) => unreachable!("{blow:?} is not for this ground"),
        }
    }

    /// Asserts that it became what its blows make of it.
    pub(crate) fn check(&self) {
        if let Self::Cluster(cluster) = self {
            assert!(tokio::task::block_in_place(|| cluster.took_over()), "no replica took over");
        }
    }
}
