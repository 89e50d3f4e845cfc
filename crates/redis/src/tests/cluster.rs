//! A cluster of two servers: each script touches the keys of one slot, wherever that is.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use dragline_frontier::{Claim, Directory, More, Store};
use redis::{Client, Connection};
use tempfile::TempDir;

use crate::tests::{Worker, block_on, options};
use crate::{RedisOptions, RedisStore, Server};

/// Two servers with half of the slots each, that end when this is dropped.
struct Cluster {
    folder: TempDir,
    nodes: Vec<(u16, Child)>,
}

impl Cluster {
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        // Held until all are chosen, so that no two are the same.
        let free: Vec<_> = (0..4).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports: Vec<u16> = free.iter().map(|free| free.local_addr().unwrap().port()).collect();
        drop(free);
        let mut cluster = Self { folder, nodes: Vec::new() };
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
        for (client, (from, to)) in clients.iter_mut().zip([(0, 8191), (8192, 16383)]) {
            let mut command = redis::cmd("CLUSTER");
            command.arg("ADDSLOTSRANGE").arg(from).arg(to).exec(client).unwrap();
        }
        let mut meet = redis::cmd("CLUSTER");
        meet.arg("MEET").arg("127.0.0.1").arg(ports[0]).arg(ports[1]);
        meet.exec(&mut clients[1]).unwrap();
        for client in &mut clients {
            let whole = (0..1_000_000).any(|_| {
                std::thread::yield_now();
                is_whole(client)
            });
            assert!(whole, "the servers do not find each other");
        }
        Some(cluster)
    }

    fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.nodes[0].0)
    }

    /// How many keys each server has.
    fn keys(&self) -> Vec<u64> {
        let size = |port| redis::cmd("DBSIZE").query(&mut connect(port)).unwrap();
        self.nodes.iter().map(|(port, _)| size(*port)).collect()
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
    command.args(["--port", &port.to_string(), "--cluster-port", &bus.to_string()]);
    command.arg("--dir").arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
}

fn connect(port: u16) -> Connection {
    let client = Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    for _ in 0..1_000_000 {
        if let Ok(connection) = client.get_connection() {
            return connection;
        }
        std::thread::yield_now();
    }
    panic!("the server does not answer");
}

/// Tells whether a server knows who has all slots.
fn is_whole(client: &mut Connection) -> bool {
    let text: String = redis::cmd("CLUSTER").arg("INFO").query(client).unwrap();
    text.contains("cluster_state:ok") && text.contains("cluster_known_nodes:2")
}

#[test]
fn a_crawl_may_be_spread_over_a_cluster() {
    let Some(cluster) = Cluster::start() else { return };
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
        assert!(keys.iter().all(|keys| *keys > 20), "both servers have their share: {keys:?}");
        // Any server of the cluster will do.
        let other = format!("redis://127.0.0.1:{}", cluster.nodes[1].0);
        let (_, joined) =
            RedisStore::open(&other, &own, Directory::default().into()).await.unwrap();
        assert_eq!(joined.key, worker.joined.key);
    });
}
