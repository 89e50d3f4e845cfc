//! The commands, one file each.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod crawl;
pub(crate) mod explain;
pub(crate) mod fetch;
pub(crate) mod fleet;
pub(crate) mod links;
pub(crate) mod man;
pub(crate) mod merge;
pub(crate) mod new;
pub(crate) mod plan;
pub(crate) mod replay;
pub(crate) mod robots;

use crate::Exit;

/// Marks an error as bad usage.
fn usage(error: impl Into<anyhow::Error>) -> (Exit, anyhow::Error) {
    (Exit::Usage, error.into())
}
