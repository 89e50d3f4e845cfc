//! What stands between workers and the store: it cuts their connections, and holds up what is said.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Passes connections on to a socket.
pub(crate) struct Proxy {
    address: SocketAddr,
    cut: watch::Sender<u64>,
    stall: watch::Sender<Instant>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    pub(crate) async fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cut, stall) = (watch::Sender::new(0), watch::Sender::new(Instant::now()));
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, socket, cut.clone(), stall.clone()));
        Self { address, cut, stall, _accepting: accepting }
    }

    /// Returns the address of a crawl behind it.
    pub(crate) fn frontier(&self, name: &str) -> String {
        format!("redis://{}/{name}", self.address)
    }

    /// Closes all connections.
    pub(crate) fn cut(&self) {
        self.cut.send_modify(|cut| *cut += 1);
    }

    /// Passes nothing on until then.
    pub(crate) fn stall(&self, until: Instant) {
        self.stall.send_replace(until);
    }
}

async fn accept(
    listener: TcpListener,
    socket: PathBuf,
    cut: watch::Sender<u64>,
    stall: watch::Sender<Instant>,
) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        let (mut cut, stall, socket) = (cut.subscribe(), stall.subscribe(), socket.clone());
        cut.mark_unchanged();
        connections.spawn(async move {
            tokio::select! {
                _ = cut.changed() => {}
                _ = pass(stream, &socket, stall) => {}
            }
        });
    }
}

async fn pass(stream: TcpStream, socket: &Path, stall: watch::Receiver<Instant>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let server = UnixStream::connect(socket).await?;
    let (from_worker, to_worker) = stream.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        ended = copy(from_worker, to_server, stall.clone()) => ended,
        ended = copy(from_server, to_worker, stall) => ended,
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    stall: watch::Receiver<Instant>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let bytes = from.read(&mut buffer).await?;
        if bytes == 0 {
            return Ok(());
        }
        let until = *stall.borrow();
        sleep_until(until).await;
        to.write_all(&buffer[..bytes]).await?;
    }
}
