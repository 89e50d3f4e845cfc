//! A worker as a process, with a folder for its output that all share.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Requests in flight of one worker, at most.
pub(crate) const IN_FLIGHT: u64 = 16;

/// A worker that is killed when this is dropped.
pub(crate) struct Worker {
    child: Child,
    told: Option<JoinHandle<String>>,
}

/// How a worker ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` when it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
}

impl Worker {
    /// Starts a worker on a frontier, that crawls from a seed and writes into a folder.
    pub(crate) fn start(frontier: &str, seed: &str, folder: &Path, options: &[&str]) -> Self {
        let command = std::env::var_os("DRAGLINE_FLEET_COMMAND");
        let mut child = Command::new(command.unwrap_or(env!("CARGO_BIN_EXE_dragline").into()))
            .args(["crawl", seed, "--frontier", frontier, "--scope", "any"])
            .args(["--concurrency", &IN_FLIGHT.to_string()])
            .arg("-o")
            .arg(folder.join("out.jsonl"))
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let told = std::thread::spawn(move || {
            let mut text = Vec::new();
            stderr.read_to_end(&mut text).unwrap();
            String::from_utf8(text).unwrap()
        });
        Self { child, told: Some(told) }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it has ended.
    pub(crate) fn end(mut self) -> Ended {
        let code = self.child.wait().unwrap().code();
        Ended { code, stderr: self.told.take().unwrap().join().unwrap() }
    }

    /// Kills it.
    pub(crate) fn kill(mut self) -> Ended {
        self.child.kill().unwrap();
        self.end()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Returns how many pages it says to have lost.
    pub(crate) fn pages_lost(&self) -> u64 {
        let Some((_, rest)) = self.stderr.split_once("lost because leases were over: ") else {
            return 0;
        };
        let (_, pages) = rest.split_once(", ").unwrap();
        pages.split(' ').next().unwrap().parse().unwrap()
    }

    /// Returns how many of these it says to have ended, and the store to have refused.
    pub(crate) fn ends_refused(&self) -> u64 {
        let Some((before, _)) = self.stderr.split_once(" of them ended here and refused)") else {
            return 0;
        };
        before.rsplit_once('(').unwrap().1.parse().unwrap()
    }

    /// Returns how many pages it says to have done itself.
    pub(crate) fn done(&self) -> u64 {
        let (_, own) = self.stderr.rsplit_once("= done ").unwrap();
        own.split(' ').next().unwrap().parse().unwrap()
    }
}

/// Returns the records in the files of all workers: how often each URL is there, and its status. Asserts that
/// doubles have the same key.
pub(crate) fn records(folder: &Path) -> HashMap<String, (u64, u64)> {
    let mut records: HashMap<String, (u64, u64)> = HashMap::new();
    let mut keys: HashMap<String, Value> = HashMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        // The last line of a worker that was killed may be cut.
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let record: Value = serde_json::from_str(line).unwrap();
            let url = record["url"].as_str().unwrap().to_owned();
            let status = record["status"].as_u64().unwrap_or_default();
            let key = keys.entry(url.clone()).or_insert_with(|| record["_key"].clone());
            assert_eq!(*key, record["_key"], "{url} has two keys");
            assert!(key.is_string(), "{line}");
            let known = records.entry(url).or_insert((0, status));
            known.0 += 1;
            assert_eq!(known.1, status, "{line}");
        }
    }
    records
}
