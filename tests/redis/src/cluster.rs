//! A cluster: three servers that share the slots, and replicas of the first ones that take over when those are killed.

use redis::{Cmd, Connection};
use tempfile::TempDir;

use crate::node::{Node, any_port};
use crate::until::until;

/// Servers that share the slots.
const MASTERS: usize = 3;
const SLOTS: usize = 16384;
/// How long a server answers no changes before it is killed, at most, in milliseconds.
const PAUSE: u32 = 60_000;

/// Servers that end when this is dropped. One that is silent for a second is taken for dead by the others.
#[derive(Debug)]
pub struct LocalCluster {
    // The processes end before their folder goes.
    nodes: Vec<Node>,
    _folder: TempDir,
}

impl LocalCluster {
    /// Starts one in which so many of the servers have a replica, and waits until all slots are served and the replicas
    /// follow; says so and returns `None` where no server is installed.
    pub fn start(replicas: usize) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let count = MASTERS + replicas;
        let start = || Node::start(folder.path(), any_port);
        let nodes: Vec<Node> = std::iter::repeat_with(start).take(count).collect::<Option<_>>()?;
        let mut clients: Vec<_> = nodes.iter().map(Node::client).collect();
        for (at, client) in clients.iter_mut().enumerate() {
            // Else all begin with the same, and who takes over may have to ask again.
            ask("SET-CONFIG-EPOCH").arg(at + 1).exec(client).unwrap();
            if at < MASTERS {
                let (from, to) = (at * SLOTS / MASTERS, (at + 1) * SLOTS / MASTERS - 1);
                ask("ADDSLOTSRANGE").arg(from).arg(to).exec(client).unwrap();
            }
            if at > 0 {
                let mut meet = ask("MEET");
                meet.arg("127.0.0.1").arg(nodes[0].port).arg(nodes[0].bus).exec(client).unwrap();
            }
        }
        let all = format!("cluster_known_nodes:{count}\r");
        for client in &mut clients {
            until("the servers do not find each other", || {
                let told: String = ask("INFO").query(client).unwrap();
                told.contains("cluster_state:ok") && told.contains(&all)
            });
        }
        let (masters, followers) = clients.split_at_mut(MASTERS);
        for (master, follower) in masters.iter_mut().zip(followers) {
            let master: String = ask("MYID").query(master).unwrap();
            ask("REPLICATE").arg(master).exec(follower).unwrap();
            until("a replica does not follow", || {
                replication(follower).contains("master_link_status:up")
            });
        }
        Some(Self { nodes, _folder: folder })
    }

    /// Returns the host and port of a server that is not killed.
    pub fn place(&self) -> String {
        self.place_of(MASTERS - 1)
    }

    /// Returns the host and port of a server; they are numbered from 0, replicas last.
    pub fn place_of(&self, server: usize) -> String {
        format!("127.0.0.1:{}", self.nodes[server].port)
    }

    /// Returns the address of a crawl on it, by the server that is not killed.
    pub fn frontier(&self, name: &str) -> String {
        format!("redis-cluster://{}/{name}", self.place())
    }

    /// Connects to all that have slots, once a replica took over those of a server that was killed.
    pub fn masters(&self) -> Vec<Connection> {
        let mut masters = Vec::new();
        until("nobody takes over", || {
            let alive = self.nodes.iter().filter_map(Node::try_client);
            let serves = |node: &mut Connection| is_master(node) && is_up(node);
            masters = alive.filter_map(|mut node| serves(&mut node).then_some(node)).collect();
            masters.len() == MASTERS
        });
        masters
    }

    /// Kills the first server once its replica has all that was answered.
    ///
    /// Replication is behind by what was just said, which dies with a server. What this is about is that others go on, so
    /// the server first stops answering changes, and when it is killed nobody was told of any that its replica has not.
    pub fn kill_first(&mut self) {
        let mut client = self.nodes[0].client();
        let mut pause = redis::cmd("CLIENT");
        pause.arg("PAUSE").arg(PAUSE).arg("WRITE").exec(&mut client).unwrap();
        let sent = offset(&mut client, "master_repl_offset:").unwrap();
        let mut replica = self.nodes[MASTERS].client();
        until("the replica stays behind", || {
            offset(&mut replica, "slave_repl_offset:") >= Some(sent)
        });
        self.nodes[0].kill();
    }

    /// Tells whether the replica has the slots of the first server.
    pub fn took_over(&self) -> bool {
        is_master(&mut self.nodes[MASTERS].client())
    }
}

fn ask(what: &str) -> Cmd {
    let mut command = redis::cmd("CLUSTER");
    command.arg(what);
    command
}

fn is_master(client: &mut Connection) -> bool {
    replication(client).contains("role:master")
}

/// Tells whether a server knows of one for each slot, without which it answers nothing.
fn is_up(client: &mut Connection) -> bool {
    ask("INFO").query::<String>(client).unwrap().contains("cluster_state:ok")
}

fn replication(client: &mut Connection) -> String {
    redis::cmd("INFO").arg("replication").query(client).unwrap()
}

/// How far a server's changes are.
fn offset(client: &mut Connection, field: &str) -> Option<u64> {
    let told = replication(client);
    told.lines().find_map(|line| line.strip_prefix(field)?.trim().parse().ok())
}
