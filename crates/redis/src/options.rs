//! How a worker joins a crawl.

use std::time::Duration;

use dragline_frontier::FingerprintKey;

/// How many partitions a crawl has unless it is told otherwise: at least four for each worker it may ever have.
pub const PARTITIONS: u16 = 256;

/// The shortest lease that [`lease_time`] gives.
const SHORTEST: Duration = Duration::from_secs(60);

/// How a worker joins a crawl. What a new crawl is made with holds for all that join it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisOptions {
    /// The crawl's name, with which all of its keys begin: 1 to 64 letters, digits, `-`, `_` or `.`. Default:
    /// `dragline`.
    pub name: String,
    /// The worker's name, under which its counters and the positions of its outputs are kept. It stays the same
    /// when the worker is started again, and no two that run have the same. Default: `worker`.
    pub worker: String,
    /// The number of the crawl, if it is new.
    pub crawl: u64,
    /// The key of its fingerprints, if it is new.
    pub key: FingerprintKey,
    /// Settings of the caller that are kept, if it is new.
    pub settings: String,
    /// A number of the caller's that is kept, if it is new.
    pub digest: u64,
    /// How many partitions it has, which never changes. Default: [`PARTITIONS`].
    pub partitions: u16,
    /// How long a host is leased without being renewed; [`lease_time`] says how long it should be. Default: 60 s.
    pub lease: Duration,
    /// How long a host that was let go of is kept from the next worker, which does not know when it was last
    /// asked. Default: 1 s.
    pub rest: Duration,
    /// What answers at the address. Default: one server.
    pub server: Server,
    /// How long one answer may take. Default: 10 s.
    pub timeout: Duration,
    /// How often a call is sent, at most, before the store fails; between two tries pass 50 ms, then each time
    /// twice as long, at most 5 s. Default: 8.
    pub tries: u32,
}

/// What answers at an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Server {
    /// One server, with or without replicas.
    #[default]
    Single,
    /// A cluster, which is found through any of its servers.
    Cluster,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            name: "dragline".to_owned(),
            worker: "worker".to_owned(),
            crawl: 0,
            key: FingerprintKey::from_bits(0),
            settings: String::new(),
            digest: 0,
            partitions: PARTITIONS,
            lease: SHORTEST,
            rest: Duration::from_secs(1),
            server: Server::default(),
            timeout: Duration::from_secs(10),
            tries: 8,
        }
    }
}

/// Returns how long a lease should be: twice what a chunk takes at one URL each `delay`, at least 60 s.
pub fn lease_time(chunk: usize, delay: Duration) -> Duration {
    let urls = u32::try_from(chunk).unwrap_or(u32::MAX);
    delay.saturating_mul(urls).saturating_mul(2).max(SHORTEST)
}
