//! A running site: accepts connections, owns their tasks, and answers questions about what
//! happened. What is said on one connection is in `connection.rs`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::hit::Hit;
use crate::log::Log;
use crate::site::Site;

/// How many connections are served at once; the next one waits until one of them ends.
const MAX_CONNECTIONS: usize = 4096;

/// How long the server waits after a failed accept, which mostly means that the process is out of
/// file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Runs a site until it is dropped.
///
/// Dropping it closes the port and every connection, in the middle of an answer if need be, as soon
/// as the runtime gets to it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    log: Arc<Log>,
    _accepting: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(site: Site, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let log = Arc::new(Log::default());
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::new(site), Arc::clone(&log)));
        Ok(Self { address, log, _accepting: accepting })
    }

    /// Returns the URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the address and port the site listens on; printed, it is also the `Host` of its
    /// URLs.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the requests so far, in the order their heads were complete; at most the first
    /// 200,000.
    pub fn hits(&self) -> Vec<Hit> {
        self.log.hits()
    }

    /// Returns how often a path, with its query, was asked for.
    pub fn hits_of(&self, path: &str) -> usize {
        self.log.hits_of(path)
    }

    /// Returns how many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.log.accepted()
    }

    /// Returns how many connections are open now.
    pub fn open_connections(&self) -> usize {
        self.log.open_now()
    }

    /// Returns the highest number of requests that were being answered at once.
    ///
    /// A request counts from its complete head until its last piece is handed to the socket, so a
    /// client that keeps to a limit is never counted above it. One that the client gives up counts
    /// until the server has noticed.
    pub fn most_in_flight(&self) -> usize {
        self.log.most_in_flight()
    }

    /// Returns the same for the requests with this `Host` header, written as the client wrote it.
    pub fn most_in_flight_of(&self, host: &str) -> usize {
        self.log.most_in_flight_of(host)
    }
}

/// Accepts until the task is aborted, which drops the set and with it every connection.
async fn accept(listener: TcpListener, site: Arc<Site>, log: Arc<Log>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = Connection::new(stream, Arc::clone(&site), &log);
                connections.spawn(connection.serve());
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

#[cfg(test)]
mod tests;
