//! A small web site on loopback, for tests and examples.
//!
//! A [`Site`] is described in one expression, started, asked, and then questioned: the [`Server`]
//! keeps a log of every request, on which connection it came, and how many were being answered at
//! the same time. The server is written on bare sockets, so that it can also misbehave on purpose:
//! see [`Fault`].
//!
//! It speaks as much HTTP/1.1 as that takes: keep-alive, `HEAD`, request bodies with a
//! `Content-Length`. It does not speak TLS or HTTP/2, does not compress, and is no server for
//! anybody but a test.
//!
//! ```
//! use dragline_site::{Answer, Fault, Site};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> std::io::Result<()> {
//!     let server = Site::new()
//!         .page("/", "<a href=/b>b</a>")
//!         .redirect("/old", "/")
//!         .robots("User-agent: *\nDisallow: /private/")
//!         .fault("/reset", Fault::Reset)
//!         .dynamic(|asked| {
//!             let first_try = asked.path == "/b" && asked.hit == 1;
//!             first_try.then(|| Answer::html("later").status(503).header("retry-after", "1"))
//!         })
//!         .page("/b", "second try")
//!         .start()
//!         .await?;
//!
//!     println!("now ask {}", server.url("/b"));
//!     assert_eq!(server.hits_of("/b"), 0);
//!     Ok(()) // dropping the server closes everything
//! }
//! ```
//!
//! # Who answers
//!
//! The closures of [`Site::dynamic`] are asked first, in the order they were added; then the exact
//! paths ([`Site::page`], [`Site::answer`] and their kin), first with the query, then without it;
//! then the folder; and the last word is a 404.
//!
//! # Bounds
//!
//! A request head may have 64 KiB and a request body 1 MiB, 4,096 connections are served at once,
//! and the log keeps the first 200,000 requests in full. Beyond that it only counts, which takes
//! some hundred bytes for every distinct path and `Host`.

mod answer;
mod api;
mod asked;
mod books;
mod connection;
mod delivery;
mod fault;
mod folder;
mod head;
mod hit;
mod log;
mod numbers;
mod quotes;
mod server;
mod site;

pub use crate::answer::Answer;
pub use crate::api::api;
pub use crate::asked::Asked;
pub use crate::books::books;
pub use crate::fault::Fault;
pub use crate::hit::Hit;
pub use crate::numbers::numbers;
pub use crate::quotes::quotes;
pub use crate::server::Server;
pub use crate::site::Site;
