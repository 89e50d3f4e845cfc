//! Redis servers and clusters of a test's own, in folders of their own and ended with it. What answers a test is what it
//! started, whatever other tests start at the moment.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod cluster;
mod node;
mod process;
mod server;
mod until;

pub use crate::cluster::LocalCluster;
pub use crate::server::LocalRedis;
pub use crate::until::until;
