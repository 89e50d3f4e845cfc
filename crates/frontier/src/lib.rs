//! The crawl frontier: which URL next, and when.
//!
//! Two layers. The [`Scheduler`] is pure: no socket, no clock, no await. It holds a record per host and
//! answers, for a given instant, what may be sent. The [`Store`] below it keeps the URLs that wait and
//! remembers all that were ever offered; [`MemoryStore`] is the one that is gone with the process,
//! [`DiskStore`] the one that outlives it. The only way in is [`Admission`], which gives each URL its [`Canonical`] form and keeps out what is out of
//! [`Scope`].
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Instant;
//!
//! use dragline_frontier::{
//!     Admission, Directory, FingerprintKey, MemoryStore, Next, Politeness, RobotsPolicy, Scheduler,
//!     Scope, ScopeConfig, Store,
//! };
//! use url::Url;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let directory = Arc::new(Directory::default());
//! let seed = Url::parse("http://a.example/#top")?;
//! let scope = Scope::new(&ScopeConfig::default(), [&seed])?;
//! let admission = Admission::new(scope, directory.clone(), FingerprintKey::from_bits(7), None);
//!
//! let mut store = MemoryStore::new();
//! let politeness = Politeness { robots: RobotsPolicy::Ignore, ..Politeness::default() };
//! let now = Instant::now();
//! let mut scheduler = Scheduler::new(politeness, directory, now);
//!
//! let pending = admission.seed(seed, None).map_err(|skip| skip.to_string())?;
//! scheduler.note(&store.offer(vec![pending]).await?);
//! loop {
//!     match scheduler.pop(now) {
//!         Next::Claim(claim) => {
//!             let leases = store.claim(claim.clone()).await?;
//!             scheduler.grant(&claim, leases);
//!         }
//!         Next::Ready(ticket) => {
//!             assert_eq!(ticket.pending.url(), "http://a.example/");
//!             scheduler.settle(ticket.pending.host(), now);
//!         }
//!         next => {
//!             assert_eq!(next, Next::Done);
//!             break;
//!         }
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # A map of the types
//!
//! | you want to | look at |
//! |---|---|
//! | admit URLs, or know why not | [`Admission`], [`Skip`], [`Scope`], [`TrapConfig`]; by what they are known: [`Canonical`], [`Fingerprint`], [`KEY_RULES`] |
//! | keep what waits | [`Store`], [`MemoryStore`], [`DiskStore`] ([`DiskOptions`], [`Durability`], [`OpenError`]); [`Pending`], [`Lease`], [`Completion`] |
//! | ask what is next | [`Scheduler`], [`Next`], [`Ticket`] |
//! | say how gently hosts are treated | [`Politeness`], [`Adaptive`], [`HostDown`], [`Group`] |
//! | tell what an exchange showed | [`Exchange`], [`Health`], [`HostFault`] |
//! | read robots.txt | [`Robots`], [`Rule`], [`RobotsAnswer`], [`product_token`] |
//! | see what a host waits for | [`HostLook`], [`Waits`] |
//! | know what became of a URL, or crawl again | [`Completed`], [`Ending`], [`UrlState`], [`Revisit`] |

mod admission;
mod bands;
mod canonical;
mod completed;
mod directory;
mod disk;
mod exchange;
mod group;
mod host;
mod host_limit;
mod host_state;
mod hosts;
mod look;
mod memory;
mod meter;
mod parcel;
mod pending;
mod percent;
mod politeness;
mod robots;
mod scheduler;
mod scope;
mod seen;
mod store;
mod trap;
mod trouble;

pub use admission::{Admission, Content, MAX_REDIRECTS, Skip, Step, Visited};
pub use canonical::{
    Canonical, Fingerprint, FingerprintKey, HostKey, KEY_RULES, MAX_URL, NotCrawlable,
};
pub use completed::{Completed, End, Ending, Revisit};
pub use directory::{Directory, HostId};
pub use disk::{
    Counts, DiskOptions, DiskStore, Durability, Found, OpenError, Progress, Resume, UrlState,
};
pub use exchange::{Exchange, Health};
pub use host::{HostFault, Refusal, RobotsFetch, RobotsOutcome, Ticket};
pub use host_limit::HostLimit;
pub use host_state::HostState;
pub use look::{HostLook, Waits};
pub use memory::MemoryStore;
pub use pending::{BANDS, Pending};
pub use politeness::{Adaptive, Group, HostDown, Politeness, RobotsPolicy};
pub use robots::{Robots, RobotsAnswer, Rule, product_token};
pub use scheduler::{Next, Scheduler};
pub use scope::{InScope, Scope, ScopeConfig, ScopeError, ScopeKind};
pub use store::{
    BoxFuture, Claim, Completion, HostNote, Lease, More, OutputFile, Receipt, Revisits,
    SinkPosition, Store, StoreError,
};
pub use trap::{Repetition, TrapConfig};
