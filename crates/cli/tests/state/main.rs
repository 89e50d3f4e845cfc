//! What the command does with the state of a crawl that has ended: it explains it and crawls it again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod explain;
mod refresh;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use dragline_site::Server;
use serde_json::Value;
use tempfile::TempDir;

/// A crawl that is kept in a folder, with its output beside the state.
struct Kept {
    folder: TempDir,
    seed: String,
}

/// What a run of the command gave.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Kept {
    fn new(site: &Server) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), seed: site.url("/") }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn output(&self) -> PathBuf {
        self.folder.path().join("out.jsonl")
    }

    fn command(&self, options: &[&str]) -> Command {
        let mut command = dragline(&["crawl", &self.seed, "--delay", "0", "--retries", "0"]);
        command.arg("--state").arg(self.state()).arg("-o").arg(self.output()).args(options);
        command
    }

    /// Crawls while the test's own site goes on serving.
    async fn crawl(&self, options: &[&str]) -> Run {
        run(self.command(options)).await
    }

    /// Reads the output: the records by the path of their URL.
    fn records(&self) -> BTreeMap<String, Value> {
        let text = std::fs::read_to_string(self.output()).unwrap();
        let mut records = BTreeMap::new();
        for line in text.lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let path = record["url"].as_str().unwrap()[self.seed.len() - 1..].to_owned();
            assert!(records.insert(path, record).is_none(), "a URL has two records: {line}");
        }
        records
    }
}

impl Run {
    /// Returns the last line on standard error, which holds the totals.
    fn totals(&self) -> &str {
        self.stderr.lines().last().unwrap_or_default()
    }
}

fn dragline(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dragline"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn run(mut command: Command) -> Run {
    let child = command.spawn().unwrap();
    let ended = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
    let Output { status, stdout, stderr } = ended.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}
