//! The client against raw servers on loopback, through its public API alone.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::net::{IpAddr, Ipv4Addr};

use dragline_fetch::{Client, Config, Proxies, StaticResolver};

mod batch;
mod blocked;
mod bodies;
mod downloads;
mod errors;
mod faults;
mod guard;
mod hostile;
mod limits;
mod messages;
mod proxies;
mod reuse;
mod scripts;
mod server;
mod timeouts;
mod tls;
mod wire;

/// A configuration that may connect to loopback, whatever proxies the environment names.
fn config() -> Config {
    let allow_net = vec!["127.0.0.0/8".parse().unwrap()];
    Config { allow_net, proxy: Proxies::Direct, ..Config::default() }
}

/// A client for which `h0.test` to `h49.test` are names of loopback, and no others exist.
fn client(config: Config) -> Client {
    let names = (0..50).map(|id| (format!("h{id}.test"), [IpAddr::from(Ipv4Addr::LOCALHOST)]));
    Client::with_resolver(config, StaticResolver::new(names)).unwrap()
}
