//! Tests of the whole crawler: on a local site over real sockets, and on a simulated web in virtual time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod archive;
mod common;
mod crawl;
mod discovery;
mod events;
mod failures;
mod guide;
mod health;
mod limits;
mod memory;
mod pages;
mod politeness;
mod redirect;
mod refresh;
mod requests;
mod resume;
mod retry;
mod robots;
mod rustdoc;
mod scope;
mod simulation;
mod sinks;
mod snapshot;
mod spans;
mod stream;
mod tidy;
mod together;
mod toml;
mod traps;
