//! How pages are fetched when a cache is asked for; otherwise the crawl makes its own client.

use anyhow::Error;
use dragline::fetch::{Client, ConfigError};
use dragline::{Cache, Config, Crawler, Reuse, Spider};

use crate::Exit;
use crate::args::{CacheUse, Crawl};
use crate::commands::usage;

/// Has a crawl fetch as its arguments say.
pub(super) fn set<S: Spider>(
    crawler: Crawler<S>,
    arguments: &Crawl,
    config: &Config,
) -> Result<Crawler<S>, (Exit, Error)> {
    let Some(cache) = cache(arguments)? else { return Ok(crawler) };
    let client = client(config).map_err(usage)?;
    Ok(crawler.fetcher(cache.wrap(client, &config.fetch)))
}

/// Opens the cache that is asked for.
fn cache(arguments: &Crawl) -> Result<Option<Cache>, (Exit, Error)> {
    let Some(path) = &arguments.cache else { return Ok(None) };
    let reuse = match arguments.cache_use {
        CacheUse::Fresh => Reuse::Fresh,
        CacheUse::Always => Reuse::Always,
    };
    let cache = Cache::open(path).map_err(|error| (Exit::Failure, error.into()))?;
    Ok(Some(cache.reuse(reuse)))
}

/// Makes a client that has room for all that the crawl may have in flight.
fn client(config: &Config) -> Result<Client, ConfigError> {
    let mut fetch = config.fetch.clone();
    fetch.max_in_flight = fetch.max_in_flight.max(config.limits.concurrency);
    fetch.per_host = fetch.per_host.max(config.politeness.per_host);
    fetch.max_sockets = fetch.max_sockets.max(fetch.max_in_flight);
    Client::new(fetch)
}
