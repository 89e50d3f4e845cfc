//! An HTTP client for many URLs at once; it knows nothing of crawling.
//!
//! One [`Client`] owns one pool of connections. Every request first takes a slot of its host,
//! then a permit of the whole client, and only then a connection: an idle one, or a new one
//! while fewer than [`Config::max_sockets`] are open. Each phase has a time limit, each body a
//! size limit, and every address is checked right before it is connected to.
//!
//! Requests made by a [`RequestBuilder`] follow at most ten redirects, and are sent again and keep
//! cookies if asked to. [`Client::send`] does none of that: it is one exchange, for callers that
//! judge every answer themselves. An HTTP status is never an error.
//!
//! ```no_run
//! use dragline_fetch::{Client, Config};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let client = Client::new(Config::default())?;
//!
//!     let page = client.get("https://example.com/").send().await?.text().await?;
//!     println!("{} characters", page.len());
//!
//!     let urls = (1..=1_000).map(|id| format!("https://example.com/item/{id}"));
//!     let mut answers = client.get_all(urls).concurrency(50).stream();
//!     while let Some((url, answer)) = answers.next().await {
//!         match answer {
//!             Ok(response) => println!("{url}: {}", response.status()),
//!             Err(error) => println!("{url}: {} ({error})", error.code()),
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A runtime of tokio with its IO and time drivers is needed wherever a request is awaited.
//!
//! # Modules
//!
//! | module | what it holds |
//! |---|---|
//! | `client` | [`Client`], what a program starts with |
//! | `request`, `target` | [`Request`], [`RequestBuilder`], and what is taken for a URL |
//! | `multipart` | [`Form`]: fields and files in one body |
//! | `flow` | redirects, cookies and further attempts around one exchange |
//! | `redirect`, `retry` | [`Redirects`], [`Retry`]: what follows an answer, and when |
//! | `cookie` | [`Jar`]: the cookies of a session |
//! | `credentials` | [`Credential`]: what is sent to its origin and to no other |
//! | `proxy` | [`Proxy`]: HTTP and SOCKS proxies, and what the environment says of them |
//! | `exchange` | the send loop: limits, connection, head, one safe second try |
//! | `timings` | [`Timings`]: where the time of an exchange went |
//! | `response`, `body`, `source` | [`Response`] and [`Body`]: size limits and back-pressure |
//! | `decode` | gzip, deflate, br and zstd, decoded in bounded steps |
//! | `download` | a body into a file that is there whole or not at all |
//! | `batch` | [`Batch`]: many URLs, answers as they arrive or in order, at a pace |
//! | [`blocking`] | the same client for programs without a runtime |
//! | `mock` | [`Mock`]: scripted answers, for testing what uses a client |
//! | `pool` | permits, sockets, idle connections and their end |
//! | `connect`, `tls` | from a URL to a connected stream, phase by phase |
//! | `resolve`, `hickory`, `dns_cache` | [`Resolve`], its kinds, and the cache in front of it |
//! | `policy`, `network` | [`AddressPolicy`]: which addresses may be connected to |
//! | `deadline`, `alarm` | one time limit shared by the phases of a request, and its timer |
//! | `protocols`, `descriptors` | [`Protocols`] that are offered; how many sockets there can be |
//! | `config`, `error` | [`Config`], [`Error`] and its stable codes |

mod alarm;
mod batch;
pub mod blocking;
mod body;
mod client;
mod config;
mod connect;
mod cookie;
mod credentials;
mod deadline;
mod decode;
mod descriptors;
mod dns_cache;
mod download;
mod error;
mod exchange;
mod flow;
#[cfg(fuzzing)]
pub mod fuzzing;
#[cfg(feature = "hickory")]
mod hickory;
mod mock;
mod multipart;
mod network;
mod policy;
mod pool;
mod protocols;
mod proxy;
mod redirect;
mod request;
mod resolve;
mod response;
mod retry;
mod room;
mod source;
mod target;
mod timings;
mod tls;

pub use crate::batch::{Batch, BatchStream, Progress, ProgressHandle};
pub use crate::body::Body;
pub use crate::client::Client;
pub use crate::config::{Config, ConfigError};
pub use crate::cookie::{Cookies, Jar};
pub use crate::credentials::Credential;
pub use crate::error::{Error, ErrorKind, Phase};
#[cfg(feature = "hickory")]
pub use crate::hickory::HickoryResolver;
pub use crate::mock::{Call, Mock, Replies, Reply};
pub use crate::multipart::Form;
pub use crate::network::{Network, NetworkError};
pub use crate::policy::{AddressPolicy, Refused};
pub use crate::protocols::Protocols;
pub use crate::proxy::{Proxies, Proxy, ProxyError};
pub use crate::redirect::Redirects;
pub use crate::request::{Oversize, Request, RequestBuilder};
pub use crate::resolve::{
    BoxFuture, Resolve, ResolveError, Resolved, StaticResolver, SystemResolver,
};
pub use crate::response::Response;
pub use crate::retry::{Retry, RetryMethods};
pub use crate::room::Room;
pub use crate::target::Target;
pub use crate::timings::Timings;
pub use crate::tls::{Identity, Verify};
