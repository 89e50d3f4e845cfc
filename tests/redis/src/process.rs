//! A `redis-server` as a process.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::{Client, Connection};

use crate::until::until;

/// How long an answer may take, at most: who has the port may be no Redis at all, and say nothing.
const ANSWER: Duration = Duration::from_secs(5);

/// A server that is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts one, with whatever arguments the caller has for it; `None` where none is installed.
    pub(crate) fn spawn(arguments: impl FnOnce(&mut Command)) -> Option<Self> {
        let mut command = Command::new("redis-server");
        arguments(&mut command);
        match command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(child) => Some(Self { child }),
            Err(_) => {
                eprintln!("skipped: redis-server is not installed");
                None
            }
        }
    }

    /// Waits until it answers at an address and has read what it wrote before; `None` if it ended instead.
    pub(crate) fn answers(&mut self, address: &str) -> Option<Connection> {
        // Whoever else is there is not taken for it.
        let own = format!("process_id:{}\r", self.child.id());
        let mut found = None;
        until("the server does not answer", || {
            if let Some((connection, told)) = ask(address)
                && told.contains(&own)
            {
                found = told.contains("loading:0\r").then_some(connection);
                return found.is_some();
            }
            self.child.try_wait().unwrap().is_some()
        });
        found
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Has whoever answers there tell of itself.
fn ask(address: &str) -> Option<(Connection, String)> {
    let client = Client::open(address).unwrap();
    let mut connection = client.get_connection_with_timeout(ANSWER).ok()?;
    connection.set_read_timeout(Some(ANSWER)).unwrap();
    let told = redis::cmd("INFO").query(&mut connection).ok()?;
    connection.set_read_timeout(None).unwrap();
    Some((connection, told))
}
