//! The same client for programs without a runtime: calls that wait, from any number of threads.
//!
//! A [`Client`] owns one background thread, on which all its requests run; a call waits for its
//! answer. There is nothing to start and no `async` in sight.
//!
//! ```no_run
//! use dragline_fetch::{Config, blocking::Client};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let client = Client::new(Config::default())?;
//!     let page = client.get("https://example.com/").send()?;
//!     println!("{}: {} bytes", page.status(), page.body().len());
//!
//!     let urls = (1..=1_000).map(|id| format!("https://example.com/item/{id}"));
//!     for (url, answer) in client.get_all(urls).concurrency(50).iter()? {
//!         match answer {
//!             Ok(response) => println!("{url}: {}", response.status()),
//!             Err(error) => println!("{url}: {} ({error})", error.code()),
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A call that waits would stop a tokio runtime, so inside one every call is an error; that
//! includes the threads of `spawn_blocking`. The client of the crate's root is for these.

mod answers;
mod batch;
mod client;
mod request;
mod thread;

pub use self::answers::Answers;
pub use self::batch::Batch;
pub use self::client::Client;
pub use self::request::RequestBuilder;

#[cfg(test)]
mod tests;
