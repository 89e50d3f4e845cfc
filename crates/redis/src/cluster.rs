//! The connection to a cluster: begins anew when it answers nothing, which it may do for good after a failover.

use std::fmt;
use std::time::Duration;

use redis::RedisError;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// A connection to a cluster.
pub(crate) struct Cluster {
    client: ClusterClient,
    /// How long connecting anew may take.
    timeout: Duration,
    current: Mutex<Numbered>,
}

/// A connection and how many were tried to be made before it.
#[derive(Clone)]
pub(crate) struct Numbered {
    pub(crate) connection: ClusterConnection,
    number: u64,
}

impl Cluster {
    /// Connects, and finds the other servers.
    pub(crate) async fn open(address: &str, timeout: Duration) -> Result<Self, RedisError> {
        let client = ClusterClient::builder([address])
            .connection_timeout(timeout)
            .response_timeout(timeout)
            .retries(1)
            .build()?;
        let connection = client.get_async_connection().await?;
        let current = Mutex::new(Numbered { connection, number: 0 });
        Ok(Self { client, timeout, current })
    }

    /// Returns the connection, once nobody makes a new one.
    pub(crate) async fn current(&self) -> Numbered {
        self.current.lock().await.clone()
    }

    /// Makes a new connection in place of one that does not answer, unless that was tried since.
    pub(crate) async fn renew(&self, silent: &Numbered) {
        // Calls that are made at once fall silent at once, and one of them connects for all.
        let mut current = self.current.lock().await;
        if current.number != silent.number {
            return;
        }
        current.number += 1;
        if let Ok(Ok(connection)) = timeout(self.timeout, self.client.get_async_connection()).await
        {
            current.connection = connection;
        }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").finish_non_exhaustive()
    }
}
