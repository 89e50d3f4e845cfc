//! What a page costs: what the benchmarks of single steps (`micro`) and of whole crawls (`macro`) share.
//!
//! * `cargo run --release -p dragline-benches --bin micro` measures one step of a page's way at a time.
//! * `cargo run --release -p dragline-benches --bin macro` crawls a made-up site, or a folder, over sockets
//!   of loopback, beside a bare hyper client that knows all URLs.
//! * `cargo run --release -p dragline-benches --bin sinks` writes a million items through each sink.
//! * `benches/compare A B` runs both of two revisions, in pairs.
//! * `benches/instructions` counts instructions under valgrind, and holds them to what is recorded in
//!   `instructions.tsv`.
//!
//! Times are CPU time: on a machine that does other work too, wall time tells little. Compare what ran in
//! one call, as ratios. Allocations are counted by the allocator of these programs, for some 10 ns each.

mod cost;
mod html;
mod site;

pub use crate::cost::{Cost, Meter, clear_peak, peak};
pub use crate::html::{Words, documentation, listing, script, text};
pub use crate::site::Site;
