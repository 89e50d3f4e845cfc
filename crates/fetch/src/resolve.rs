//! From a host name to its addresses: the trait, the system's resolver and a fixed table.
//!
//! Caching is not done here but in front of whichever resolver is used.

use std::collections::HashMap;
use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task;

use crate::error::out_of_descriptors;

/// The most lookups of the system's resolver at once; each one occupies a thread.
const MAX_LOOKUPS: usize = 32;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The addresses of a name, and how long they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The addresses in the order in which they should be tried; the client tries at most four.
    pub addresses: Vec<IpAddr>,
    /// How long the answer may be used, the time to live of its records; `None` if that is not
    /// known. The client's cache keeps it within one second and `dns_ttl`.
    pub valid_for: Option<Duration>,
}

impl From<Vec<IpAddr>> for Resolved {
    /// An answer without a time to live.
    fn from(addresses: Vec<IpAddr>) -> Self {
        Self { addresses, valid_for: None }
    }
}

/// Looks up the addresses of host names.
///
/// It is asked for names only, never for IP literals, and its answers are cached by the client
/// and checked against the address policy at every use.
pub trait Resolve: Send + Sync + Debug {
    /// Looks up the addresses of one name.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Resolved, ResolveError>>;
}

/// Why a name has no addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The lookup went through and gave no address.
    #[error("no address found for {name}")]
    NotFound {
        /// The name that was looked up.
        name: String,
    },
    /// The lookup failed; the system does not tell an unknown name from other failures.
    #[error("failed to look up {name}: {reason}")]
    Failed {
        /// The name that was looked up.
        name: String,
        /// What the resolver said.
        reason: String,
    },
    /// The resolver gave up waiting for an answer. Never cached.
    #[error("the lookup of {name} timed out")]
    TimedOut {
        /// The name that was looked up.
        name: String,
    },
    /// This process or machine has no file descriptor left for the lookup. Never cached.
    #[error("no file descriptor was left to look up {name}; raise the limit of open files")]
    Descriptors {
        /// The name that was looked up.
        name: String,
    },
}

/// The resolver of the operating system, with at most 32 lookups at once.
///
/// It obeys the machine's configuration, but gives no time to live, and a lookup that hangs
/// keeps its thread and its place until the system gives up.
#[derive(Clone, Debug)]
pub struct SystemResolver {
    lookups: Arc<Semaphore>,
}

impl SystemResolver {
    /// Makes a resolver with its own bound on lookups.
    pub fn new() -> Self {
        Self { lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)) }
    }
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self::new()
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Resolved, ResolveError>> {
        Box::pin(async move {
            let permit = Arc::clone(&self.lookups)
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            let owned = name.to_owned();
            let lookup = task::spawn_blocking(move || {
                // The system call cannot be cancelled, so it, not its caller, holds the permit.
                let _permit = permit;
                (owned.as_str(), 0)
                    .to_socket_addrs()
                    .map(|found| found.map(|address| address.ip()).collect::<Vec<_>>())
            });
            match lookup.await.unwrap_or_else(|gone| Err(io::Error::other(gone))) {
                Ok(addresses) => Ok(addresses.into()),
                Err(error) if out_of_descriptors(&error) => {
                    Err(ResolveError::Descriptors { name: name.to_owned() })
                }
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    Err(ResolveError::TimedOut { name: name.to_owned() })
                }
                Err(error) => {
                    Err(ResolveError::Failed { name: name.to_owned(), reason: error.to_string() })
                }
            }
        })
    }
}

/// A fixed table of names, for tests and for programs that know their hosts.
///
/// ```
/// use dragline_fetch::StaticResolver;
///
/// let resolver = StaticResolver::new([("a.example", [[192, 0, 2, 1].into()])]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct StaticResolver {
    names: HashMap<String, Vec<IpAddr>>,
}

impl StaticResolver {
    /// Makes a resolver that knows these names and no others.
    pub fn new<N, A>(names: impl IntoIterator<Item = (N, A)>) -> Self
    where
        N: Into<String>,
        A: IntoIterator<Item = IpAddr>,
    {
        let names = names
            .into_iter()
            .map(|(name, addresses)| (name.into(), addresses.into_iter().collect()))
            .collect();
        Self { names }
    }
}

impl Resolve for StaticResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Resolved, ResolveError>> {
        let answer = self.names.get(name).cloned();
        Box::pin(async move {
            let answer = answer.map(Resolved::from);
            answer.ok_or_else(|| ResolveError::NotFound { name: name.to_owned() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_system_knows_localhost() {
        let addresses = SystemResolver::new().resolve("localhost").await.unwrap().addresses;
        assert!(addresses.iter().all(IpAddr::is_loopback) && !addresses.is_empty());
    }

    #[tokio::test]
    async fn a_fixed_table_knows_nothing_else() {
        let resolver = StaticResolver::new([("a.test", [IpAddr::from([192, 0, 2, 1])])]);
        assert_eq!(resolver.resolve("a.test").await, Ok(vec![[192, 0, 2, 1].into()].into()));
        assert_eq!(
            resolver.resolve("b.test").await,
            Err(ResolveError::NotFound { name: "b.test".into() })
        );
    }
}
