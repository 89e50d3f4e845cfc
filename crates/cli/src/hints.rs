//! What to write in place of options that other crawlers have, and ours has not.

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Options that people try, and what they want then.
const HINTS: [(&str, &str); 7] = [
    ("--resume", "a crawl with --state DIR goes on by itself when the same command is given again"),
    ("--depth", "the limit of links from a seed is --max-depth N"),
    (
        "--threads",
        "the number of requests in flight is --concurrency N, and --per-host N for one host",
    ),
    (
        "--workers",
        "the number of requests in flight is --concurrency N, and --per-host N for one host",
    ),
    (
        "--rate",
        "the pace of each host is --delay DURATION, the least time between two requests to it",
    ),
    ("--no-robots", "robots.txt is not obeyed with --ignore-robots"),
    ("--limit", "the number of pages is --max-pages N"),
];

/// Adds what was probably meant to an error of an unknown option.
pub(crate) fn add(mut error: Error) -> Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidArg) else { return error };
    let name = name.split('=').next().unwrap_or_default();
    if let Some((_, hint)) = HINTS.iter().find(|(known, _)| *known == name) {
        error.remove(ContextKind::SuggestedArg);
        let hint = ContextValue::StyledStrs(vec![StyledStr::from(*hint)]);
        error.insert(ContextKind::Suggested, hint);
    }
    error
}
