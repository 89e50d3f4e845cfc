//! A worker that is started while a cluster has lost a server.

use dragline_local_redis::LocalCluster;

use crate::web::Web;
use crate::worker::{Worker, records};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_joins_while_a_server_of_the_cluster_is_dead_waits_for_its_replica() {
    let cluster = tokio::task::spawn_blocking(|| LocalCluster::start(1)).await.unwrap();
    let Some(mut cluster) = cluster else { return };
    let web = Web::start(4, 5, 50).await;
    let folder = tempfile::tempdir().unwrap();
    tokio::task::block_in_place(|| cluster.kill_first());
    let address = cluster.frontier("late");
    let worker = Worker::start(&address, &web.seed(), folder.path(), &["--delay", "20ms"]);
    let ended = tokio::task::spawn_blocking(|| worker.end()).await.unwrap();
    // Regression: it gave up after a second, as if the server were not there at all.
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(tokio::task::block_in_place(|| cluster.took_over()));
    assert_eq!(records(folder.path()).len(), web.expected().len(), "{}", ended.stderr);
}
