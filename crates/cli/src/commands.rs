//! The commands, one file each.

pub(crate) mod crawl;
pub(crate) mod explain;
pub(crate) mod fetch;
pub(crate) mod links;

use dragline::fetch::{Config, Network};
use url::Url;

use crate::args::Http;
use crate::{Exit, seeds};

/// Makes the fetch settings from the options that all commands share; loopback addresses that the URLs
/// name are allowed, and returned.
fn fetch_config(http: &Http, urls: &[Url]) -> (Config, Vec<Network>) {
    let defaults = Config::default();
    let mut named = Vec::new();
    for network in urls.iter().flat_map(seeds::loopback) {
        if !http.allow_net.contains(&network) && !named.contains(&network) {
            named.push(network);
        }
    }
    let config = Config {
        timeout: http.timeout,
        connect_timeout: http.connect_timeout,
        max_body: http.max_body,
        user_agent: http.user_agent.clone().unwrap_or(defaults.user_agent),
        allow_net: http.allow_net.iter().chain(&named).cloned().collect(),
        ..defaults
    };
    (config, named)
}

/// Marks an error as bad usage.
fn usage(error: impl Into<anyhow::Error>) -> (Exit, anyhow::Error) {
    (Exit::Usage, error.into())
}
