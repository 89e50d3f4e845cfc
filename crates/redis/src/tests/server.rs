//! A `redis-server` of a test's own, on a socket in a folder of its own, ended with the test.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use redis::{Client, Commands};
use tempfile::TempDir;

/// A server that ends when this is dropped.
pub(super) struct TestServer {
    folder: TempDir,
    child: Child,
}

impl TestServer {
    /// Starts a server that writes each change to a file before it answers; `None` where none is installed.
    pub(super) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let Some(child) = spawn(folder.path()) else {
            eprintln!("skipped: redis-server is not installed");
            return None;
        };
        let server = Self { folder, child };
        server.wait();
        Some(server)
    }

    pub(super) fn address(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("socket").display())
    }

    /// Kills it and starts it again with what it wrote.
    pub(super) fn restart(&mut self) {
        self.kill();
        self.child = spawn(self.folder.path()).expect("it was there before");
        self.wait();
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// A connection of the test's own.
    pub(super) fn client(&self) -> redis::Connection {
        Client::open(self.address()).unwrap().get_connection().unwrap()
    }

    /// Makes all leases of a worker end now, as time would.
    pub(super) fn expire(&self, session: &str) {
        let mut client = self.client();
        let tables: Vec<String> = client.keys("*:owner").unwrap();
        for table in tables {
            let owners: Vec<(String, String)> = client.hgetall(&table).unwrap();
            for (host, owner) in owners {
                if owner.ends_with(&format!(" {session}")) {
                    let leases = table.replace(":owner", ":leases");
                    let _: i64 = client.zadd(leases, host, 0).unwrap();
                }
            }
        }
    }

    fn wait(&self) {
        // The socket is there shortly after; a server that still reads its file says so.
        for _ in 0..200_000 {
            let connection = Client::open(self.address()).unwrap().get_connection();
            if let Ok(mut connection) = connection
                && redis::cmd("PING").query::<String>(&mut connection).is_ok()
            {
                return;
            }
            std::thread::yield_now();
        }
        panic!("the server does not answer");
    }
}

impl Drop for TestServer {
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
