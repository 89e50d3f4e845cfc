//! A server of a cluster, on ports that nobody else had.

use std::path::Path;

use redis::{Client, Connection};

use crate::process::Process;
use crate::until::until;

/// How long a server may be silent before the others take it for dead, in milliseconds.
const SILENCE: &str = "1000";
/// Pairs of ports that are tried.
const TRIES: usize = 20;

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) port: u16,
    /// Where the servers speak to each other.
    pub(crate) bus: u16,
    process: Process,
}

impl Node {
    /// Starts a server with a folder of its own below one, and waits until it answers; `None` where none is installed.
    ///
    /// A port that was free may be somebody else's when the server binds it. It ends then, and others are chosen.
    pub(crate) fn start(folder: &Path, mut choose: impl FnMut() -> u16) -> Option<Self> {
        for _ in 0..TRIES {
            let (port, bus) = (choose(), choose());
            let own = folder.join(port.to_string());
            std::fs::create_dir_all(&own).unwrap();
            let mut process = Process::spawn(|command| {
                command.args(["--bind", "127.0.0.1", "--save", "", "--cluster-enabled", "yes"]);
                command.args(["--cluster-node-timeout", SILENCE]);
                command.args(["--cluster-replica-validity-factor", "0"]);
                command.args(["--repl-diskless-sync-delay", "0"]);
                command.args(["--port", &port.to_string(), "--cluster-port", &bus.to_string()]);
                command.arg("--dir").arg(own);
            })?;
            if process.answers(&address(port)).is_some() {
                return Some(Self { port, bus, process });
            }
        }
        panic!("a server ended by itself on each of {TRIES} pairs of ports");
    }

    /// Connects to it, if it is alive.
    pub(crate) fn try_client(&self) -> Option<Connection> {
        Client::open(address(self.port)).unwrap().get_connection().ok()
    }

    /// Connects to it.
    pub(crate) fn client(&self) -> Connection {
        let mut client = None;
        until("the server does not answer", || {
            client = self.try_client();
            client.is_some()
        });
        client.expect("it was waited for")
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }
}

/// Chooses a port that is probably free: those that systems hand out by themselves, to the sites and connections of
/// tests too, begin at 32768.
pub(crate) fn any_port() -> u16 {
    fastrand::u16(10_000..32_000)
}

fn address(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(node: &Node) -> u64 {
        let told: String = redis::cmd("INFO").arg("server").query(&mut node.client()).unwrap();
        let line = told.lines().find_map(|line| line.strip_prefix("process_id:")).unwrap();
        line.parse().unwrap()
    }

    #[test]
    fn ports_of_which_another_server_has_one_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let Some(first) = Node::start(folder.path(), any_port) else { return };
        // Regression: who asked at the first pair got the other server's answer, and the own one had ended.
        let taken = [first.port, any_port(), any_port(), first.bus];
        let mut taken = taken.into_iter();
        let choose = || taken.next().unwrap_or_else(any_port);
        let second = Node::start(folder.path(), choose).unwrap();
        assert_eq!(taken.next(), None, "both pairs were tried");
        assert!(second.port != first.port && second.bus != first.bus);
        assert_ne!(process(&first), process(&second));
    }
}
