//! Text to standard output. Whoever reads it may stop: that is success, in every command.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use crate::{Exit, Outcome};

/// Writes a text, and ends with `exit` unless that fails.
pub(crate) fn write(text: &str, exit: Exit) -> Outcome {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(exit),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Success),
        Err(error) => {
            let error = anyhow::Error::new(error).context("failed to write to standard output");
            Err((Exit::Failure, error))
        }
    }
}

/// Returns a text of strangers as it may be shown on a terminal: in one line, without control characters.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Returns a number with the noun of what it counts: `1 page`, `2 pages`.
pub(crate) fn plural<N: Copy + Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let ending = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{ending}")
}
