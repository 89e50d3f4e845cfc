//! A `redis-server` of a test's own, on a socket in a folder of its own, ended with the test.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A server that ends when this is dropped.
pub(crate) struct Redis {
    folder: TempDir,
    child: Child,
}

impl Redis {
    /// Starts a server that writes each change to a file before it answers; `None` where none is installed.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let Some(child) = spawn(folder.path()) else {
            eprintln!("skipped: redis-server is not installed");
            return None;
        };
        let server = Self { folder, child };
        server.wait();
        Some(server)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Returns the address of a crawl on it.
    pub(crate) fn address(&self, name: &str) -> String {
        format!("redis+unix://{}?name={name}", self.socket().display())
    }

    /// Kills it and starts it again with what it wrote.
    pub(crate) fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(self.folder.path()).expect("it was there before");
        self.wait();
    }

    fn wait(&self) {
        // The socket is there shortly after.
        for _ in 0..20_000_000 {
            if UnixStream::connect(self.socket()).is_ok() {
                return;
            }
            std::thread::yield_now();
        }
        panic!("the server does not answer");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path) -> Option<Child> {
    let socket = folder.join("socket");
    let _ = std::fs::remove_file(&socket);
    let mut command = Command::new("redis-server");
    command.args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
    command.arg("--unixsocket").arg(&socket).arg("--dir").arg(folder);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
}
