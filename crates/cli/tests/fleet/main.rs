//! Several workers on one frontier, as processes: they join and leave, die and come back, and lose nothing.
//!
//! `DRAGLINE_FLEET_RUNS`, `DRAGLINE_FLEET_PAGES` and `DRAGLINE_FLEET_SEED` make the chaos as long as wanted; without
//! them it is short. Where `redis-server` is not installed the tests say so and pass.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod calm;
mod chaos;
mod failover;
mod ground;
mod proxy;
mod web;
mod woken;
mod worker;
