//! The crawl frontier's store on Redis or Valkey: several workers crawl one frontier.
//!
//! [`RedisStore`] is a [`Store`](dragline_frontier::Store) whose hosts are leased for a time: a worker that
//! holds some has to [renew](RedisStore::renew) them, and those of one that died are given to others. The
//! crawl is split by host into partitions, and each call is one script that touches one of them, so that it
//! may lie on one server or be spread over a cluster.
//!
//! What it promises, and what not:
//! * No URL is lost, and none is held by two workers at once, as long as each stops when its
//!   [standing](RedisStore::standing) says so. Those that a worker had in flight when it died are fetched
//!   again.
//! * A worker that lost a host without knowing cannot complete its URLs: that is refused, by a token that is new
//!   with each lease. Links that it found are taken, since offering them twice is offering them once.
//! * Pages and the links they led to are not one change, since they lie on different servers: links come
//!   first, then how far the output is, then the ends of the pages. A worker that dies in between has items
//!   written that are written again.
//! * What is acknowledged is as safe as the server makes it: with `appendfsync everysec` a loss of power takes
//!   about the last second, and a failover what was not replicated. Files of output are not synced.
//!
//! How pages ended is counted and not kept, so a crawl here cannot be refreshed.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use dragline_frontier::{Claim, Directory, FingerprintKey, Store};
//! use dragline_redis::{RedisOptions, RedisStore};
//!
//! # async fn run(random: u64) -> Result<(), Box<dyn std::error::Error>> {
//! let options = RedisOptions {
//!     name: "news".to_owned(),
//!     worker: "worker-1".to_owned(),
//!     key: FingerprintKey::from_bits(random),
//!     ..RedisOptions::default()
//! };
//! let directory = Arc::new(Directory::default());
//! let (mut store, joined) =
//!     RedisStore::open("redis://127.0.0.1:6379", &options, directory).await?;
//! println!("{} seeds are known", joined.seeds.len());
//! let leases = store.claim(Claim { hosts: 64, refill: Vec::new(), chunk: 32 }).await?;
//! # drop(leases);
//! # Ok(())
//! # }
//! ```
//!
//! # A map of the types
//!
//! | you want to | look at |
//! |---|---|
//! | join a crawl, or begin one | [`RedisStore::open`], [`RedisOptions`], [`Server`]; what was there: [`Joined`] |
//! | keep what a worker holds | [`RedisStore::renew`], [`Renewal`], [`Standing`], [`lease_time`] |
//! | know what was completed | [`Settled`] |
//! | see all workers, pause or stop them | [`Status`], [`Host`], [`Control`] |
//! | know why it cannot be joined | [`OpenError`] |

mod address;
mod claiming;
mod cluster;
mod completing;
mod error;
mod fleet;
mod held;
mod hosts;
mod joined;
mod link;
mod offering;
mod operator;
mod options;
mod orders;
mod reply;
mod script;
mod store;
mod survey;
#[cfg(test)]
mod tests;
mod transfer;

pub use address::{Address, AddressError};
pub use completing::Settled;
pub use error::OpenError;
pub use fleet::{Control, Host, Renewal, Standing, Status};
pub use joined::Joined;
pub use operator::{Operator, Seeded};
pub use options::{PARTITIONS, RedisOptions, Server, lease_time};
pub use orders::{Orders, Run};
pub use store::RedisStore;
pub use survey::{Crew, HostRow, Survey};
pub use transfer::TransferError;
