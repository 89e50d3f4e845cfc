//! The settings that hold, from their layers: the library's defaults, below the file of --config, below the file
//! of a spider, below the options that are given. Fetches nothing.

mod fault;
mod headers;
mod layers;
mod show;
#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context, Error};
use dragline::fetch::{self, Cookies, Network, Protocols, Proxies, Proxy, Verify};
use dragline::{Config, Digest, RobotsPolicy};
use url::Url;

use crate::args::{Crawl, Crawling, Http, Records};
use crate::seeds;

pub(crate) use self::show::show;

/// Reads the settings of the files: of the first one, and over them those of the sections in a spider's file.
///
/// # Errors
/// When a file cannot be read or says what cannot be, with line and column.
pub(crate) fn effective(config: Option<&Path>, spider: Option<&Path>) -> Result<Config, Error> {
    layers::read(config, spider)
}

/// Applies the options of a crawl that are given; returns the loopback addresses that the seeds allow by naming
/// them.
///
/// # Errors
/// When the value of an option cannot be; the message shows no secret.
pub(crate) fn apply(
    config: &mut Config,
    arguments: &Crawl,
    seeds: &[Url],
) -> Result<Vec<Network>, Error> {
    crawling(config, &arguments.crawling);
    records(config, &arguments.records);
    if let Some(path) = &arguments.health {
        config.health.baseline = Some(path.clone());
    }
    http(&mut config.fetch, &arguments.http, seeds)
}

/// Applies the options that say how a crawl goes.
pub(crate) fn crawling(config: &mut Config, given: &Crawling) {
    let Config { politeness, scope, discovery, limits, .. } = config;
    set(&mut scope.kind, given.scope);
    scope.include.extend_from_slice(&given.include);
    scope.exclude.extend_from_slice(&given.exclude);
    set(&mut discovery.nofollow, given.nofollow);
    set(&mut discovery.sitemaps, given.sitemaps);
    limits.max_pages = given.max_pages.or(limits.max_pages);
    limits.max_depth = given.max_depth.or(limits.max_depth);
    limits.max_time = given.max_time.or(limits.max_time);
    limits.memory = given.memory.or(limits.memory);
    set(&mut limits.concurrency, given.concurrency);
    set(&mut limits.retries, given.retries);
    set(&mut politeness.per_host, given.per_host);
    set(&mut politeness.delay, given.delay);
    if given.ignore_robots {
        politeness.robots = RobotsPolicy::Ignore;
    }
}

/// Applies the options that say what records hold.
pub(crate) fn records(config: &mut Config, given: &Records) {
    set(&mut config.records.content, given.content);
    if given.content_chunks.is_some() {
        config.records.chunk = given.content_chunks;
    }
    if given.digest {
        config.records.digest = Digest::Sha256;
    }
}

/// Applies the options that say how requests are made; `urls` are those that the command line names. Returns the
/// loopback addresses that they allow by naming them.
///
/// # Errors
/// When the value of an option cannot be; the message shows no secret.
pub(crate) fn http(
    config: &mut fetch::Config,
    given: &Http,
    urls: &[Url],
) -> Result<Vec<Network>, Error> {
    set(&mut config.timeout, given.timeout);
    // Who has more time than usual waits for a server that thinks long, unless a file sets how long.
    let usual = fetch::Config::default();
    if config.first_byte_timeout == usual.first_byte_timeout
        && given.timeout.is_some_and(|timeout| timeout > usual.timeout)
    {
        config.first_byte_timeout = config.timeout;
    }
    set(&mut config.connect_timeout, given.connect_timeout);
    set(&mut config.max_body, given.max_body);
    set(&mut config.user_agent, given.user_agent.clone());
    headers::apply(config, &given.header, urls)?;
    if let Some(proxy) = &given.proxy {
        config.proxy = match proxy.as_str() {
            "direct" => Proxies::Direct,
            "environment" => Proxies::Environment,
            url => Proxies::Fixed(Proxy::parse(url).context("--proxy cannot be used")?),
        };
    }
    if given.http2 {
        config.protocols = Protocols::Http2;
    }
    if given.cookies {
        config.cookies = Cookies::Keep;
    }
    config.ca.extend_from_slice(&given.ca);
    if given.insecure {
        config.verify = Verify::None;
    }
    config.allow_net.extend_from_slice(&given.allow_net);
    let mut named = Vec::new();
    for network in urls.iter().flat_map(seeds::loopback) {
        if !config.allow_net.contains(&network) {
            config.allow_net.push(network);
            named.push(network);
        }
    }
    Ok(named)
}

/// Sets what is given.
fn set<T>(setting: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *setting = value;
    }
}
