//! A cluster of a test's own on loopback: three servers that share the slots, and a replica of the first one that takes
//! over when that is killed.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use redis::{Client, Cmd, Connection};
use tempfile::TempDir;

/// Servers that share the slots.
const MASTERS: usize = 3;
/// With the replica.
const NODES: usize = MASTERS + 1;
const SLOTS: usize = 16384;
/// How long a server may be silent before the others take it for dead, in milliseconds.
const SILENCE: &str = "1000";
/// How long a server answers no changes before it is killed, at most, in milliseconds.
const PAUSE: u32 = 60_000;

/// Servers that end when this is dropped.
pub(crate) struct Cluster {
    _folder: TempDir,
    nodes: Vec<Node>,
}

struct Node {
    port: u16,
    child: Child,
}

impl Cluster {
    /// Starts it and waits until all slots are served and the replica follows; `None` where no server is installed.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        // Held until all are chosen, so that no two are the same.
        let free: Vec<_> =
            (0..2 * NODES).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports: Vec<u16> = free.iter().map(|free| free.local_addr().unwrap().port()).collect();
        drop(free);
        let mut nodes = Vec::new();
        for pair in ports.chunks(2) {
            let own = folder.path().join(pair[0].to_string());
            std::fs::create_dir(&own).unwrap();
            let Some(child) = spawn(&own, pair[0], pair[1]) else {
                eprintln!("skipped: redis-server is not installed");
                return None;
            };
            nodes.push(Node { port: pair[0], child });
        }
        let cluster = Self { _folder: folder, nodes };
        let mut clients: Vec<_> = cluster.nodes.iter().map(Node::connect).collect();
        for (at, client) in clients.iter_mut().enumerate() {
            // Else all begin with the same, and who takes over may have to ask again.
            ask("SET-CONFIG-EPOCH").arg(at + 1).exec(client).unwrap();
            if at < MASTERS {
                let (from, to) = (at * SLOTS / MASTERS, (at + 1) * SLOTS / MASTERS - 1);
                ask("ADDSLOTSRANGE").arg(from).arg(to).exec(client).unwrap();
            }
            if at > 0 {
                let mut meet = ask("MEET");
                meet.arg("127.0.0.1").arg(ports[0]).arg(ports[1]).exec(client).unwrap();
            }
        }
        let all = format!("cluster_known_nodes:{NODES}\r");
        for client in &mut clients {
            until("the servers do not find each other", || {
                let text: String = ask("INFO").query(client).unwrap();
                text.contains("cluster_state:ok") && text.contains(&all)
            });
        }
        let first: String = ask("MYID").query(&mut clients[0]).unwrap();
        let replica = &mut clients[MASTERS];
        ask("REPLICATE").arg(first).exec(replica).unwrap();
        until("the replica does not follow", || {
            replication(replica).contains("master_link_status:up")
        });
        Some(cluster)
    }

    /// Returns the address of a crawl on it, which names a server that is not killed.
    pub(crate) fn frontier(&self, name: &str) -> String {
        format!("redis-cluster://127.0.0.1:{}/{name}", self.nodes[MASTERS - 1].port)
    }

    /// Kills the first server once its replica has all that was answered.
    ///
    /// Replication is behind by what was just said, which dies with a server; a lease that died so would be given to
    /// a second worker. What this is about is that the fleet goes on, so the server first stops answering changes, and
    /// when it is killed nobody was told of any that its replica has not.
    pub(crate) fn kill_first(&mut self) {
        let mut client = self.nodes[0].connect();
        let mut pause = redis::cmd("CLIENT");
        pause.arg("PAUSE").arg(PAUSE).arg("WRITE").exec(&mut client).unwrap();
        let sent = offset(&mut client, "master_repl_offset:").unwrap();
        let mut replica = self.nodes[MASTERS].connect();
        until("the replica stays behind", || {
            offset(&mut replica, "slave_repl_offset:") >= Some(sent)
        });
        let child = &mut self.nodes[0].child;
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Tells whether the replica has the slots of the first server.
    pub(crate) fn took_over(&self) -> bool {
        replication(&mut self.nodes[MASTERS].connect()).contains("role:master")
    }
}

impl Node {
    fn connect(&self) -> Connection {
        let client = Client::open(format!("redis://127.0.0.1:{}", self.port)).unwrap();
        let mut connection = None;
        until("the server does not answer", || {
            connection = client.get_connection().ok();
            connection.is_some()
        });
        connection.unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, port: u16, bus: u16) -> Option<Child> {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--cluster-enabled", "yes"]);
    command.args(["--cluster-node-timeout", SILENCE, "--cluster-replica-validity-factor", "0"]);
    command.args(["--repl-diskless-sync-delay", "0"]);
    command.args(["--port", &port.to_string(), "--cluster-port", &bus.to_string()]);
    command.arg("--dir").arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
}

fn ask(what: &str) -> Cmd {
    let mut command = redis::cmd("CLUSTER");
    command.arg(what);
    command
}

fn replication(client: &mut Connection) -> String {
    redis::cmd("INFO").arg("replication").query(client).unwrap()
}

/// How far a server's changes are.
fn offset(client: &mut Connection, field: &str) -> Option<u64> {
    let text = replication(client);
    text.lines().find_map(|line| line.strip_prefix(field)?.trim().parse().ok())
}

/// Waits for something that is soon the case.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..3_000_000 {
        if done() {
            return;
        }
        std::thread::yield_now();
    }
    panic!("{what}");
}
