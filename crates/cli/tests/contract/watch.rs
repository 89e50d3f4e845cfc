//! `check --watch`: a file that is saved again is checked again, with the page as it was.

use std::io::Read;
use std::path::Path;
use std::process::{Child, ChildStdout};
use std::time::{Duration, Instant};

use dragline_site::{Server, Site};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::dragline;

/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A check that watches, and what it wrote so far.
struct Watching {
    child: Child,
    stdout: ChildStdout,
    written: String,
}

impl Watching {
    fn start(spider: &Path, url: &str) -> Self {
        let arguments = ["check", spider.to_str().unwrap(), url, "--watch"];
        let mut child = dragline(&arguments).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        Self { child, stdout, written: String::new() }
    }

    /// Waits until a text is written, and returns what came before it, with it.
    fn wait_for(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut piece = [0; 4096];
        while !self.written.contains(text) {
            let left = Timespec::try_from(end - Instant::now()).unwrap();
            let mut ready = [PollFd::new(&self.stdout, PollFlags::IN)];
            let count = poll(&mut ready, Some(&left)).unwrap();
            assert_eq!(count, 1, "no {text:?} in {:?}", self.written);
            let length = self.stdout.read(&mut piece).unwrap();
            assert!(length > 0, "no {text:?} in {:?}", self.written);
            self.written.push_str(std::str::from_utf8(&piece[..length]).unwrap());
        }
        let at = self.written.find(text).unwrap() + text.len();
        self.written.drain(..at).collect()
    }
}

async fn site() -> Server {
    Site::new().page("/", "<h1>one</h1><h2>two</h2>").start().await.unwrap()
}

#[tokio::test]
async fn a_file_that_is_saved_is_checked_again_without_another_request() {
    let server = site().await;
    let (url, folder) = (server.url("/"), tempfile::tempdir().unwrap());
    let spider = folder.path().join("s.toml");
    let save = move |fields: &str| {
        let text = format!("start = '{url}'\n[[item]]\nfields = {fields}\n");
        std::fs::write(&spider, text).unwrap();
        (spider.clone(), url.clone())
    };
    let code = tokio::task::spawn_blocking(move || {
        let (spider, url) = save("{ a = 'h1' }");
        let mut watching = Watching::start(&spider, &url);
        assert!(watching.wait_for("✓ 1 item, 0 links\n").contains("\"one\""));
        save("{ a = 'h1', b = 'h3' }");
        let second = watching.wait_for("✗ 0 items, 0 links\n");
        assert!(second.contains("✓ a  h1") && second.contains("✗ b  h3"), "{second}");
        // A file that is wrong for a moment ends nothing.
        save("{ a = ");
        save("{ a = 'h1', b = 'h2', c = { css = 'p', optional = true } }");
        let third = watching.wait_for("✓ 1 item, 0 links\n");
        assert!(third.contains("\"two\"") && !third.contains('\u{1b}'), "{third}");
        kill_process(Pid::from_child(&watching.child), Signal::INT).unwrap();
        watching.child.wait().unwrap().code()
    });
    assert_eq!(code.await.unwrap(), Some(130));
    assert_eq!(server.hits().len(), 1, "the page is fetched once");
}
