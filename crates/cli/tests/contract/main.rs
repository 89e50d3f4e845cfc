//! What the contract of the command has beside crawling itself: wrong uses, options of requests and records,
//! robots.txt, plans, and what every command does for a shell.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod cache;
mod fleet;
mod merge;
#[cfg(feature = "parquet")]
mod merge_parquet;
mod metrics;
mod options;
mod outputs;
mod peer;
mod plan;
mod replay;
mod robots;
mod shell;
mod spider;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod watch;
mod wrong;

use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// What a run of the command gave.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    /// Reads standard output as JSON lines.
    fn lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn dragline(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dragline"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the command while the test's own site goes on serving.
async fn run(arguments: &[&str]) -> Run {
    let child = dragline(arguments).spawn().unwrap();
    let ended = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
    let Output { status, stdout, stderr } = ended.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}
