//! What is shown on a terminal, and what goes into a pipe. A pseudo terminal stands for the first.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use dragline_site::{Server, Site};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tempfile::TempDir;
use tokio::time::timeout;

use super::{dragline, run};

/// How long a command may take that should have ended.
const LONGEST: Duration = Duration::from_secs(60);

/// Starts the command with standard error on a terminal of 80 columns, which is returned.
fn on_terminal(arguments: &[&str]) -> (Child, File) {
    let (end, terminal) = terminal();
    let child = dragline(arguments).env("TERM", "xterm").stderr(Stdio::from(end)).spawn().unwrap();
    (child, terminal)
}

/// Makes a terminal of 80 columns: the end that programs have, and the one that shows it.
fn terminal() -> (File, File) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let path = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
    let end = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&terminal, size).unwrap();
    (end, File::from(terminal))
}

/// Reads what a terminal shows until `until` is among it, or it is closed.
fn read(terminal: &mut File, until: &str) -> String {
    let (mut shown, mut piece) = (Vec::new(), [0; 4096]);
    // A terminal whose other end is closed gives an error.
    while let Ok(length @ 1..) = terminal.read(&mut piece) {
        shown.extend_from_slice(&piece[..length]);
        if !until.is_empty() && String::from_utf8_lossy(&shown).contains(until) {
            break;
        }
    }
    String::from_utf8(shown).unwrap()
}

async fn slow_site() -> (Server, TempDir) {
    let links: String = (0..3).map(|page| format!("<a href=/{page}>x</a>")).collect();
    let site =
        (0..3).fold(Site::new().page("/", links), |site, page| site.page(format!("/{page}"), ""));
    (site.start().await.unwrap(), tempfile::tempdir().unwrap())
}

#[tokio::test]
async fn a_terminal_has_a_live_display_that_is_gone_at_the_end() {
    let (site, folder) = slow_site().await;
    let records = folder.path().join("x.jsonl");
    let url = site.url("/");
    let arguments =
        ["crawl", &url, "--delay", "300ms", "-o", records.to_str().unwrap()].map(str::to_owned);
    let shown = tokio::task::spawn_blocking(move || {
        let arguments = arguments.each_ref().map(String::as_str);
        let (mut child, mut terminal) = on_terminal(&arguments);
        let shown = read(&mut terminal, "");
        assert_eq!(child.wait().unwrap().code(), Some(0), "{shown}");
        shown
    });
    let shown = shown.await.unwrap();
    let (display, end) = shown.split_once("finished after").expect(&shown);
    assert!(display.contains("] ") && display.contains(" pages/s, "), "{display:?}");
    assert!(display.contains("dragline: 127.0.0.1 may be contacted"), "{display:?}");
    assert!(display.contains(" delay 0."), "what the host waits for: {display:?}");
    assert!(end.contains("discovered 4 = done 4 + failed 0 + skipped 0 + waiting 0"), "{end:?}");
    assert!(!end.contains(" in flight"), "nothing of the display comes after it: {end:?}");
    let cleared = display.rfind("\u{1b}[2K").expect("lines are cleared");
    assert!(!display[cleared..].contains("pages/s"), "the display is gone: {display:?}");
}

#[tokio::test]
async fn a_signal_is_told_above_the_display_and_the_totals_follow() {
    let (site, folder) = slow_site().await;
    let (records, state) = (folder.path().join("x.jsonl"), folder.path().join("state"));
    let arguments = [
        "crawl".to_owned(),
        site.url("/"),
        "--delay".to_owned(),
        "1h".to_owned(),
        "-o".to_owned(),
        records.display().to_string(),
        "--state".to_owned(),
        state.display().to_string(),
    ];
    let shown = tokio::task::spawn_blocking(move || {
        let arguments = arguments.each_ref().map(String::as_str);
        let (mut child, mut terminal) = on_terminal(&arguments);
        let mut shown = read(&mut terminal, "pages/s");
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        shown.push_str(&read(&mut terminal, ""));
        assert_eq!(child.wait().unwrap().code(), Some(130), "{shown}");
        shown
    });
    let shown = shown.await.unwrap();
    assert!(shown.contains("dragline: stopping after the pages in flight"), "{shown:?}");
    assert!(shown.contains("the same command goes on, with --state"), "{shown:?}");
    assert!(shown.trim_end().ends_with(|last: char| last.is_ascii_digit()), "{shown:?}");
}

#[tokio::test]
async fn an_output_that_nobody_reads_is_told_and_two_signals_end_the_crawl() {
    let site = Site::new().page("/", "x".repeat(1 << 20)).start().await.unwrap();
    let url = site.url("/");
    let (end, mut terminal) = terminal();
    let mut command = dragline(&["crawl", &url, "--content", "html", "--progress", "auto"]);
    command.env("TERM", "xterm").stdout(Stdio::piped()).stderr(Stdio::from(end));
    let mut child = command.spawn().unwrap();
    drop(command);
    let process = Pid::from_child(&child);
    let mut ended = tokio::task::spawn_blocking(move || {
        let mut shown = read(&mut terminal, "does not answer");
        for heard in ["stopping after the pages in flight", "cut off"] {
            kill_process(process, Signal::INT).unwrap();
            shown.push_str(&read(&mut terminal, heard));
        }
        (child.wait().unwrap().code(), shown)
    });
    let (code, shown) = match timeout(LONGEST, &mut ended).await {
        Ok(ended) => ended.unwrap(),
        Err(_) => {
            kill_process(process, Signal::KILL).unwrap();
            ended.await.unwrap()
        }
    };
    assert_eq!(code, Some(130), "{shown}");
    assert_eq!(shown.matches("nothing goes on").count(), 1, "{shown}");
}

#[tokio::test]
async fn records_on_a_terminal_come_between_lines_and_not_a_display() {
    let (site, _folder) = slow_site().await;
    let url = site.url("/");
    let shown = tokio::task::spawn_blocking(move || {
        let (end, mut terminal) = terminal();
        let mut command = dragline(&["crawl", &url, "--delay", "0", "--progress", "auto"]);
        command.stdout(Stdio::from(end.try_clone().unwrap())).stderr(Stdio::from(end));
        let mut child = command.env("TERM", "xterm").spawn().unwrap();
        // What the command was started with holds the terminal open.
        drop(command);
        let shown = read(&mut terminal, "");
        assert_eq!(child.wait().unwrap().code(), Some(0), "{shown}");
        shown
    });
    let shown = shown.await.unwrap();
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    assert_eq!(shown.lines().filter(|line| line.starts_with("{\"url\":")).count(), 4, "{shown}");
    assert!(shown.trim_end().ends_with("waiting 0"), "{shown}");
}

#[tokio::test]
async fn a_pipe_has_lines_alone() {
    let (site, folder) = slow_site().await;
    let records = folder.path().join("x.jsonl");
    let (url, records_path) = (site.url("/"), records.to_str().unwrap());
    let run = run(&["crawl", &url, "--delay", "0", "-o", records_path, "--progress", "auto"]).await;
    assert!(
        !run.stderr.contains('\u{1b}') && !run.stderr.contains("pages/s, 0 B\n"),
        "{}",
        run.stderr
    );
    let size = std::fs::metadata(&records).unwrap().len();
    assert!(run.stderr.contains("output: "), "{}", run.stderr);
    assert!(size > 0 && run.stderr.contains(&records.display().to_string()), "{}", run.stderr);
    let totals = "discovered 4 = done 4 + failed 0 + skipped 0 + waiting 0\n";
    assert!(run.stderr.ends_with(totals), "{}", run.stderr);
}
