//! A cluster of three servers, and one with a replica that takes over: each script touches the keys of one slot, wherever
//! that is.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dragline_frontier::{Claim, Directory, More, Store};
use redis::{Client, Commands, Connection};
use tempfile::TempDir;

use crate::tests::fleet::{Place, STEPS, fleet};
use crate::tests::{Worker, block_on, options};
use crate::{Operator, RedisOptions, RedisStore, Server};

/// Servers that share the slots.
const MASTERS: usize = 3;
/// How long a server may be silent before the others take it for dead, in milliseconds.
const SILENCE: &str = "500";

/// Three servers with a third of the slots each, and replicas of the first ones, that end when this is dropped.
struct Cluster {
    folder: TempDir,
    nodes: Vec<(u16, Child)>,
    /// The step of a fleet at which the first server is killed.
    dies_at: Option<u32>,
}

impl Cluster {
    fn start(replicas: usize) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let nodes = MASTERS + replicas;
        // Held until all are chosen, so that no two are the same.
        let free: Vec<_> =
            (0..2 * nodes).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports: Vec<u16> = free.iter().map(|free| free.local_addr().unwrap().port()).collect();
        drop(free);
        let mut cluster = Self { folder, nodes: Vec::new(), dies_at: None };
        for pair in ports.chunks(2) {
            let own = cluster.folder.path().join(pair[0].to_string());
            std::fs::create_dir(&own).unwrap();
            let Some(child) = spawn(&own, pair[0], pair[1]) else {
                eprintln!("skipped: redis-server is not installed");
                return None;
            };
            cluster.nodes.push((pair[0], child));
        }
        let mut clients: Vec<_> = cluster.nodes.iter().map(|(port, _)| connect(*port)).collect();
        for (at, client) in clients.iter_mut().enumerate() {
            // Else all begin with the same, and who takes over may have to ask again.
            redis::cmd("CLUSTER").arg("SET-CONFIG-EPOCH").arg(at + 1).exec(client).unwrap();
            let (from, to) = (at * 16384 / MASTERS, (at + 1) * 16384 / MASTERS - 1);
            if at < MASTERS {
                let mut command = redis::cmd("CLUSTER");
                command.arg("ADDSLOTSRANGE").arg(from).arg(to).exec(client).unwrap();
            }
            if at > 0 {
                let mut meet = redis::cmd("CLUSTER");
                meet.arg("MEET").arg("127.0.0.1").arg(ports[0]).arg(ports[1]).exec(client).unwrap();
            }
        }
        for client in &mut clients {
            until("the servers do not find each other", || is_whole(client, nodes));
        }
        for replica in MASTERS..nodes {
            let (masters, replicas) = clients.split_at_mut(MASTERS);
            let client = &mut replicas[replica - MASTERS];
            let own: String =
                redis::cmd("CLUSTER").arg("MYID").query(&mut masters[replica - MASTERS]).unwrap();
            redis::cmd("CLUSTER").arg("REPLICATE").arg(own).exec(client).unwrap();
            until("a replica does not follow", || {
                info(client, "replication").contains("master_link_status:up")
            });
        }
        Some(cluster)
    }

    fn address(&self) -> String {
        // The last master, which no test kills.
        format!("redis://127.0.0.1:{}", self.nodes[MASTERS - 1].0)
    }

    /// Those that have slots and are alive.
    fn masters(&self) -> Vec<Connection> {
        let alive = self.nodes.iter().filter_map(|(port, _)| try_connect(*port));
        alive
            .filter_map(|mut node| {
                info(&mut node, "replication").contains("role:master").then_some(node)
            })
            .collect()
    }

    /// How many keys each server has.
    fn keys(&self) -> Vec<u64> {
        let size = |node: &mut Connection| redis::cmd("DBSIZE").query(node).unwrap();
        self.masters().iter_mut().map(size).collect()
    }

    /// Kills the first server once its replica has all that was answered.
    fn kill_first(&mut self) {
        let mut client = connect(self.nodes[0].0);
        // A change of this connection's own, behind all others.
        redis::cmd("PUBLISH").arg("mark").arg("").exec(&mut client).unwrap();
        let mark = |text: String, field: &str| -> Option<u64> {
            text.lines().find_map(|line| line.strip_prefix(field)?.trim().parse().ok())
        };
        let sent = mark(info(&mut client, "replication"), "master_repl_offset:").unwrap();
        let mut replica = connect(self.nodes[MASTERS].0);
        until("the replica stays behind", || {
            mark(info(&mut replica, "replication"), "slave_repl_offset:") >= Some(sent)
        });
        let (_, child) = &mut self.nodes[0];
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Place for Cluster {
    fn address(&self) -> String {
        self.address()
    }

    fn kind(&self) -> Server {
        Server::Cluster
    }

    fn expire(&self, session: &str) {
        for mut client in self.masters() {
            let tables: Vec<String> = client.keys("*:owner").unwrap();
            for table in tables {
                let owners: Vec<(String, String)> = client.hgetall(&table).unwrap();
                let own = owners.iter().filter(|row| row.1.ends_with(&format!(" {session}")));
                for (host, _) in own {
                    let leases = table.replace(":owner", ":leases");
                    let _: i64 = client.zadd(leases, host, 0).unwrap();
                }
            }
        }
    }

    fn pass(&mut self, step: u32) {
        if self.dies_at == Some(step) {
            self.kill_first();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for (_, child) in &mut self.nodes {
            let _ = child.kill();
            let _ = child.wait();
        }
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

fn try_connect(port: u16) -> Option<Connection> {
    Client::open(format!("redis://127.0.0.1:{port}")).unwrap().get_connection().ok()
}

fn connect(port: u16) -> Connection {
    let mut connection = None;
    until("the server does not answer", || {
        connection = try_connect(port);
        connection.is_some()
    });
    connection.unwrap()
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

fn info(client: &mut Connection, section: &str) -> String {
    redis::cmd("INFO").arg(section).query(client).unwrap()
}

/// Tells whether a server knows who has all slots.
fn is_whole(client: &mut Connection, nodes: usize) -> bool {
    let text: String = redis::cmd("CLUSTER").arg("INFO").query(client).unwrap();
    text.contains("cluster_state:ok") && text.contains(&format!("cluster_known_nodes:{nodes}\r"))
}

#[test]
fn a_crawl_may_be_spread_over_a_cluster() {
    let Some(cluster) = Cluster::start(0) else { return };
    block_on(async {
        let own = RedisOptions { server: Server::Cluster, partitions: 64, ..options("one", 1) };
        let mut worker = Worker::at(&cluster.address(), &own).await;
        assert_eq!(worker.offer((0..400).map(|url| (url % 40, url))).await, 400);
        let mut ended = 0;
        let mut refill = Vec::new();
        loop {
            let leases = worker.store.claim(Claim { hosts: 9, refill, chunk: 4 }).await.unwrap();
            if leases.is_empty() {
                break;
            }
            let more = leases.iter().filter(|lease| lease.more == More::Queued);
            refill = more.map(|lease| lease.host).collect();
            assert!(worker.store.renew().await.unwrap().lost.is_empty());
            let urls: Vec<_> = leases.into_iter().flat_map(|lease| lease.urls).collect();
            ended += urls.len();
            assert!(worker.complete(urls).await.refused.is_empty());
        }
        assert_eq!(ended, 400);
        assert_eq!(worker.store.status().await.unwrap().counts.done, 400);
        let keys = cluster.keys();
        assert!(keys.iter().all(|keys| *keys > 20), "all servers have their share: {keys:?}");
        // So it is operated.
        let place = cluster.address().replace("redis://", "redis-cluster://") + "/" + &own.name;
        let mut operator = Operator::open(&place.parse().unwrap()).await.unwrap();
        assert_eq!(operator.survey().await.unwrap().status.counts.done, 400);
        // Any server of the cluster will do.
        let other = format!("redis://127.0.0.1:{}", cluster.nodes[1].0);
        let (_, joined) =
            RedisStore::open(&other, &own, Directory::default().into()).await.unwrap();
        assert_eq!(joined.key, worker.joined.key);
    });
}

#[test]
fn workers_that_die_on_a_cluster_lose_no_url_and_double_none() {
    let Some(mut cluster) = Cluster::start(0) else { return };
    block_on(async {
        for seed in 0..5 {
            fleet(&mut cluster, seed).await;
        }
    });
}

#[test]
fn a_server_that_fails_over_in_the_middle_loses_no_url_and_doubles_none() {
    let Some(mut cluster) = Cluster::start(1) else { return };
    block_on(async {
        cluster.dies_at = Some(STEPS / 2);
        fleet(&mut cluster, 1).await;
        let mut replica = connect(cluster.nodes[MASTERS].0);
        assert!(info(&mut replica, "replication").contains("role:master"), "it took over");
        // What comes later does not notice.
        cluster.dies_at = None;
        fleet(&mut cluster, 2).await;
    });
}

#[test]
fn who_makes_many_calls_while_a_server_fails_over_is_answered_in_the_end() {
    let Some(mut cluster) = Cluster::start(1) else { return };
    block_on(async {
        let own = RedisOptions {
            server: Server::Cluster,
            partitions: 256,
            timeout: Duration::from_secs(1),
            tries: 20,
            ..options("busy", 1)
        };
        let mut worker = Worker::at(&cluster.address(), &own).await;
        assert_eq!(worker.offer((0..400).map(|url| (url % 40, url))).await, 400);
        cluster.kill_first();
        // Regression: the client's connection fell silent for good, with all servers there.
        for _ in 0..5 {
            assert_eq!(worker.store.status().await.unwrap().counts.waiting, 400);
        }
    });
}
