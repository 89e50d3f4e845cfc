//! One server, on a socket in its folder.

use std::path::{Path, PathBuf};

use redis::{Client, Connection};
use tempfile::TempDir;

use crate::process::Process;

/// A server that ends when this is dropped. It writes each change to a file before it answers.
#[derive(Debug)]
pub struct LocalRedis {
    // The process ends before its folder goes.
    process: Process,
    folder: TempDir,
}

impl LocalRedis {
    /// Starts one and waits until it answers; says so and returns `None` where none is installed.
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let process = spawn(folder.path())?;
        let mut server = Self { process, folder };
        server.wait();
        Some(server)
    }

    /// Returns its socket.
    pub fn socket(&self) -> PathBuf {
        socket(self.folder.path())
    }

    /// Returns its address.
    pub fn address(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Returns the address of a crawl on it.
    pub fn frontier(&self, name: &str) -> String {
        format!("{}?name={name}", self.address())
    }

    /// Connects to it.
    pub fn client(&self) -> Connection {
        Client::open(self.address()).unwrap().get_connection().unwrap()
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Kills it, starts it again with what it wrote, and waits until it answers.
    pub fn restart(&mut self) {
        self.kill();
        self.process = spawn(self.folder.path()).expect("it was installed when it was started");
        self.wait();
    }

    fn wait(&mut self) {
        let address = self.address();
        assert!(self.process.answers(&address).is_some(), "the server ended by itself");
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("socket")
}

fn spawn(folder: &Path) -> Option<Process> {
    // One that was killed leaves its socket there.
    let _ = std::fs::remove_file(socket(folder));
    Process::spawn(|command| {
        command.args(["--port", "0", "--save", "", "--appendonly", "yes"]);
        command.args(["--appendfsync", "always", "--unixsocket"]);
        command.arg(socket(folder)).arg("--dir").arg(folder);
    })
}
