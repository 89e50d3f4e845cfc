//! One run of the command, up to its end or up to the moment at which it is killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use tokio::sync::oneshot;

use crate::web::Web;

/// Requests in flight, at most.
pub(crate) const IN_FLIGHT: u64 = 16;

/// When a run is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// When the state directory has so many entries, which is while it is made or opened.
    Entries(usize),
    /// When the state was opened.
    Opened,
    /// After so many requests.
    Requests(u64),
}

impl Moment {
    /// Draws a moment: mostly after some requests, `most` at most.
    pub(crate) fn draw(random: &mut fastrand::Rng, most: u64) -> Self {
        match random.u8(..10) {
            0 => Self::Entries(random.usize(..=5)),
            1 => Self::Opened,
            _ => Self::Requests(random.u64(1..=most)),
        }
    }
}

/// A run that ended or was killed.
pub(crate) struct Run {
    /// The exit code; `None` when it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
    /// What it found in its state; `None` when it did not come that far.
    pub(crate) found: Option<Found>,
}

/// What a run found in its state.
pub(crate) struct Found {
    /// URLs that had ended.
    pub(crate) ended: u64,
    pub(crate) lost_commits: u64,
}

/// Crawls a web with a state, up to the end or to that moment.
pub(crate) async fn run(web: &Web, state: &Path, output: &Path, moment: Option<Moment>) -> Run {
    let in_flight = IN_FLIGHT.to_string();
    let command = std::env::var_os("DRAGLINE_KILL_COMMAND");
    let mut child = Command::new(command.unwrap_or(env!("CARGO_BIN_EXE_dragline").into()))
        .args(["crawl", &web.seed(), "--delay", "0", "--scope", "any"])
        .args(["--concurrency", &in_flight, "--per-host", &in_flight])
        .args([Path::new("--state"), state, Path::new("-o"), output])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = child.stderr.take().unwrap();
    let (opened, is_open) = oneshot::channel();
    // Its standard error ends when the process does, so the process itself stays ours to kill.
    let mut told = tokio::task::spawn_blocking(move || {
        let (mut text, mut opened) = (String::new(), Some(opened));
        let mut stderr = BufReader::new(stderr);
        while stderr.read_line(&mut text).unwrap() > 0 {
            if text.contains(": resumed with") || text.contains(": a new crawl") {
                opened.take().map(|opened| opened.send(()));
            }
        }
        text
    });
    let killed = async {
        match moment {
            None => std::future::pending().await,
            Some(Moment::Requests(requests)) => web.asked_further(requests).await,
            Some(Moment::Opened) => is_open.await.unwrap_or_default(),
            Some(Moment::Entries(most)) => {
                while std::fs::read_dir(state).map_or(0, Iterator::count) < most {
                    tokio::task::yield_now().await;
                }
            }
        }
    };
    let ended = tokio::select! {
        biased;
        text = &mut told => Some(text.unwrap()),
        () = killed => None,
    };
    if let Some(stderr) = ended {
        let code = child.wait().unwrap().code();
        return Run { code, found: found(&stderr), stderr };
    }
    child.kill().unwrap();
    let status = child.wait().unwrap();
    let stderr = told.await.unwrap();
    // It may have ended by itself just before.
    Run { code: status.code(), found: found(&stderr), stderr }
}

/// Reads what a run told of its state.
fn found(stderr: &str) -> Option<Found> {
    if stderr.contains(": a new crawl\n") {
        return Some(Found { ended: 0, lost_commits: lost(stderr) });
    }
    let line = stderr.lines().find(|line| {
        line.contains(": resumed with ") || line.contains(": this crawl is finished (")
    })?;
    let number = |name: &str| -> u64 {
        let before = line.split(&format!(" {name}")).next().unwrap();
        let start = before.rfind(|letter: char| !letter.is_ascii_digit()).unwrap() + 1;
        before[start..].parse().unwrap()
    };
    let ended = number("done") + number("failed") + number("skipped");
    Some(Found { ended, lost_commits: lost(stderr) })
}

fn lost(stderr: &str) -> u64 {
    let Some((_, rest)) = stderr.split_once("the disk lost the last ") else { return 0 };
    rest.split(' ').next().unwrap().parse().unwrap()
}
