//! Name lookups by hickory: asks the name servers itself, so answers come with their real TTL.

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::system_conf::read_system_conf;
use tokio::sync::Semaphore;

use crate::config::ConfigError;
use crate::error::out_of_descriptors;
use crate::resolve::{BoxFuture, Resolve, ResolveError, Resolved};

/// The most lookups at once: a burst of more makes public name servers drop queries.
const MAX_LOOKUPS: usize = 100;
/// How long one query waits for its answer; a lost packet costs no more.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How often a query is sent again, so that there are three tries in all.
const RETRIES: usize = 2;

/// A resolver that asks the name servers of the machine itself, with at most 100 lookups at once.
///
/// Better than [`SystemResolver`](crate::SystemResolver) for thousands of hosts: no lookup
/// occupies a thread, one that is given up is over, and answers are kept for their real time to
/// live. A query is tried three times, for 2 s each. The system's name servers and hosts file
/// are read once, when it is made; mDNS and other sources of the system are not asked. A name
/// with a dot is taken as complete, so the search list holds for names without one alone.
pub struct HickoryResolver {
    resolver: TokioResolver,
    lookups: Semaphore,
}

impl HickoryResolver {
    /// Makes a resolver from the configuration of the system.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Resolver`] if there is none, or none that names a server; no public name
    /// server is asked in its place.
    pub fn new() -> Result<Self, ConfigError> {
        let (config, options) = read_system_conf().map_err(|cause| unusable(&cause))?;
        if config.name_servers().is_empty() {
            let reason = String::from("no name server is configured");
            return Err(ConfigError::Resolver { reason });
        }
        Self::build(config, options)
    }

    fn build(config: ResolverConfig, mut options: ResolverOpts) -> Result<Self, ConfigError> {
        options.timeout = TIMEOUT;
        options.attempts = RETRIES;
        // The client's cache stands in front of it.
        options.cache_size = 0;
        let provider = TokioRuntimeProvider::default();
        let resolver = TokioResolver::builder_with_config(config, provider)
            .with_options(options)
            .build()
            .map_err(|cause| unusable(&cause))?;
        Ok(Self { resolver, lookups: Semaphore::new(MAX_LOOKUPS) })
    }
}

impl Resolve for HickoryResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Resolved, ResolveError>> {
        Box::pin(async move {
            let _permit = self.lookups.acquire().await.expect("the semaphore is never closed");
            match self.resolver.lookup_ip(complete(name)).await {
                Ok(found) => {
                    let valid_for = found.valid_until().saturating_duration_since(Instant::now());
                    let addresses: Vec<IpAddr> = found.iter().collect();
                    Ok(Resolved { addresses, valid_for: Some(valid_for) })
                }
                Err(cause) => Err(failed(name, &cause)),
            }
        })
    }
}

impl fmt::Debug for HickoryResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HickoryResolver")
            .field("free_lookups", &self.lookups.available_permits())
            .finish_non_exhaustive()
    }
}

/// Ends a name that has a dot with another one, so that it does not walk the search list.
fn complete(name: &str) -> String {
    if name.contains('.') && !name.ends_with('.') { format!("{name}.") } else { name.to_owned() }
}

fn failed(name: &str, cause: &NetError) -> ResolveError {
    let name = name.to_owned();
    match cause {
        NetError::Timeout => ResolveError::TimedOut { name },
        NetError::Io(error) if out_of_descriptors(error) => ResolveError::Descriptors { name },
        _ if cause.is_nx_domain() || cause.is_no_records_found() => ResolveError::NotFound { name },
        _ => ResolveError::Failed { name, reason: cause.to_string() },
    }
}

fn unusable(cause: &NetError) -> ConfigError {
    ConfigError::Resolver { reason: cause.to_string() }
}

#[cfg(test)]
mod tests;
