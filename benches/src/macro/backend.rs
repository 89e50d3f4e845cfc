//! The server as the driver sees it: a process that serves, and tells what it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::outcome::Spent;
use crate::plan::Plan;
use crate::variant::{Hosts, Transport, Variant};

/// A running server; it ends when this is dropped.
pub(crate) struct Backend {
    hosts: Hosts,
    transport: Transport,
    pub(crate) addresses: Vec<SocketAddr>,
    /// The file with the certificate of all hosts; of use only with TLS.
    pub(crate) certificate: PathBuf,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    child: Child,
    _folder: TempDir,
}

/// What a server was asked since it told last.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Served {
    /// Connections that were opened.
    pub(crate) connections: u64,
    /// Requests, robots.txt included.
    pub(crate) requests: u64,
    /// Pages that were asked for, each counted once.
    pub(crate) pages: u64,
    /// Requests for a page beyond its first.
    pub(crate) repeats: u64,
    /// Requests for what is not there.
    pub(crate) strays: u64,
}

impl Served {
    /// Notes what is wrong, if a page was not fetched exactly once.
    pub(crate) fn check(&self, expected: Option<u64>, spent: &Spent, faults: &mut Vec<String>) {
        let Self { pages, repeats, strays, .. } = *self;
        if repeats > 0 {
            faults.push(format!("{repeats} pages were fetched more than once"));
        }
        if let Some(expected) = expected
            && (pages != expected || strays > 0)
        {
            faults.push(format!(
                "{pages} of {expected} pages were fetched, and {strays} that are none"
            ));
        }
        if spent.pages != pages {
            faults.push(format!("{pages} pages were served, and {} counted", spent.pages));
        }
    }
}

impl Backend {
    /// Starts the server that a variant needs.
    pub(crate) fn start(variant: &Variant, plan: &Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificate = folder.path().join("certificate.pem");
        let transport = match variant.transport {
            Transport::Plain => "plain",
            Transport::Gzip => "gzip",
            Transport::Tls => "tls",
        };
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["serve", transport, &plan.hosts(variant.hosts).to_string()])
            .arg("--certificate")
            .arg(&certificate)
            .args(plan.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let addresses = line.split_whitespace().map(|address| address.parse().unwrap()).collect();
        let (hosts, transport) = (variant.hosts, variant.transport);
        Self { hosts, transport, addresses, certificate, input, output, child, _folder: folder }
    }

    /// Tells whether this is what a variant needs.
    pub(crate) fn serves(&self, variant: &Variant) -> bool {
        self.hosts == variant.hosts && self.transport == variant.transport
    }

    /// Returns what was asked since the last report.
    pub(crate) fn report(&mut self) -> Served {
        self.input.as_mut().unwrap().write_all(b"report\n").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what is wrong when 10 pages are there, and so many were counted.
    fn faults(served: Served, counted: u64) -> Vec<String> {
        let spent = Spent { pages: counted, ..Spent::default() };
        let mut faults = Vec::new();
        served.check(Some(10), &spent, &mut faults);
        faults
    }

    #[test]
    fn a_run_in_which_each_page_was_fetched_once_is_right() {
        let served = Served { connections: 2, requests: 11, pages: 10, repeats: 0, strays: 0 };
        assert_eq!(faults(served, 10), [""; 0]);
    }

    #[test]
    fn a_page_too_few_or_twice_or_that_is_none_is_a_fault() {
        let right = Served { pages: 10, ..Served::default() };
        assert_eq!(faults(Served { pages: 9, ..right }, 9).len(), 1);
        assert_eq!(faults(Served { repeats: 1, ..right }, 10).len(), 1);
        assert_eq!(faults(Served { strays: 1, ..right }, 10).len(), 1);
        assert_eq!(faults(right, 9).len(), 1);
    }
}
