//! The options of a crawl that several workers share.

use std::time::Duration;

use clap::Args;

use crate::values::{Secret, duration};

/// Taking part in a crawl that several workers share.
#[derive(Debug, Args)]
pub(crate) struct Sharing {
    /// Crawl together with other workers, on a Redis or Valkey server: redis://HOST:PORT/NAME
    ///
    /// All workers are started with the same spider, seeds and settings, on any machines, at any time; the first one
    /// begins the crawl NAME. Each host is one worker's at a time. rediss:// is with TLS, redis-cluster:// and
    /// rediss-cluster:// are for clusters; user and password stand before the host, as in
    /// redis://USER:PASSWORD@HOST/NAME. Output files have the worker's name in theirs, and what --provenance adds.
    #[arg(long, value_name = "URL", value_parser = secret, conflicts_with_all = ["state", "restart", "refresh"], help_heading = "Fleet")]
    pub(crate) frontier: Option<Secret>,

    /// Name this worker, so that it goes on with its output files when it is started again
    ///
    /// No two that run may have the same name. Without it, the name is the machine's, the process's number and a
    /// random one.
    #[arg(long, value_name = "NAME", requires = "frontier", help_heading = "Fleet")]
    pub(crate) worker: Option<String>,

    /// After which time the hosts of a worker that is not heard of go to others, such as 90s
    ///
    /// Without it a minute or, with a delay of over a second, what 64 pages take.
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "frontier", help_heading = "Fleet")]
    pub(crate) lease: Option<Duration>,
}

/// Takes a text that may hold a password.
#[expect(clippy::unnecessary_wraps, reason = "a value parser may fail")]
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret(text.to_owned()))
}
