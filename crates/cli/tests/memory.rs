//! The command within `--memory`: what the system says that it took.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use dragline_site::{Answer, Fault, Site};

const MIB: u64 = 1024 * 1024;

/// Ends the command with the test, whatever becomes of it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns the most memory that a process had resident so far, in bytes.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

/// Crawls a page that links to 48 of 8 MiB each, and returns the peak once all of those are read.
async fn peak_of(options: &[&str]) -> u64 {
    let page = format!("<p>{}", "word ".repeat(8 * MIB as usize / 5));
    let links: String = (0..48).map(|page| format!("<a href=/{page}>x</a>")).collect();
    // The last one never ends, so that the process is still there when all others are read.
    let mut site = Site::new()
        .page("/", links + "<a href=/stuck>x</a>")
        .answer("/stuck", Answer::html("").fault(Fault::Stall));
    for path in 0..48 {
        site = site.answer(format!("/{path}"), Answer::html(page.clone()));
    }
    let site = site.start().await.unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dragline"));
    command.args([
        "crawl",
        &site.url("/"),
        "--delay",
        "0",
        "--per-host",
        "64",
        "--progress",
        "none",
    ]);
    command.args(options).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut running = Running(command.spawn().unwrap());
    let records = BufReader::new(running.0.stdout.take().unwrap());
    let peak = tokio::task::spawn_blocking(move || {
        let read = records.lines().take(49).filter(|line| line.as_ref().unwrap().contains("200"));
        assert_eq!(read.count(), 49, "every page is read");
        peak(running.0.id())
    });
    peak.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_400_mib_are_read_within_64() {
    let peak = peak_of(&["--memory", "64MiB"]).await;
    // What an allocator keeps of freed memory comes on top.
    assert!(peak < 80 * MIB, "{} MiB", peak / MIB);
}
