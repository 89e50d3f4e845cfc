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
    hold: watch::Sender<Hold>,
    _accepting: JoinSet<()>,
}

/// What is not passed on.
#[derive(Debug, Default)]
enum Hold {
    #[default]
    Nothing,
    /// From when a worker says these words.
    At(String),
    Everything,
}

impl Proxy {
    pub(crate) async fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cut, stall) = (watch::Sender::new(0), watch::Sender::new(Instant::now()));
        let hold = watch::Sender::default();
        let mut accepting = JoinSet::new();
        let valves = Valves { stall: stall.subscribe(), hold: hold.clone() };
        accepting.spawn(accept(listener, socket, cut.clone(), valves));
        Self { address, cut, stall, hold, _accepting: accepting }
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

    /// Waits until a worker says these words, and passes nothing on from there.
    pub(crate) async fn hold_at(&self, words: &str) {
        self.hold.send_replace(Hold::At(words.to_owned()));
        let is_held = |hold: &Hold| matches!(hold, Hold::Everything);
        self.hold.subscribe().wait_for(is_held).await.unwrap();
    }

    /// Passes on what was held.
    pub(crate) fn go_on(&self) {
        self.hold.send_replace(Hold::Nothing);
    }
}

/// What a connection has to wait for.
#[derive(Clone)]
struct Valves {
    stall: watch::Receiver<Instant>,
    hold: watch::Sender<Hold>,
}

impl Valves {
    /// Waits until something that was said may be passed on.
    async fn pass(&mut self, said: &[u8]) {
        self.hold.send_if_modified(|hold| {
            let Hold::At(words) = hold else { return false };
            let is_said = said.windows(words.len()).any(|part| part == words.as_bytes());
            if is_said {
                *hold = Hold::Everything;
            }
            is_said
        });
        let is_free = |hold: &Hold| !matches!(hold, Hold::Everything);
        self.hold.subscribe().wait_for(is_free).await.expect("a sender is here");
        let until = *self.stall.borrow();
        sleep_until(until).await;
    }
}

async fn accept(listener: TcpListener, socket: PathBuf, cut: watch::Sender<u64>, valves: Valves) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        let (mut cut, valves, socket) = (cut.subscribe(), valves.clone(), socket.clone());
        cut.mark_unchanged();
        connections.spawn(async move {
            tokio::select! {
                _ = cut.changed() => {}
                _ = pass(stream, &socket, valves) => {}
            }
        });
    }
}

async fn pass(stream: TcpStream, socket: &Path, valves: Valves) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let server = UnixStream::connect(socket).await?;
    let (from_worker, to_worker) = stream.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        ended = copy(from_worker, to_server, valves.clone()) => ended,
        ended = copy(from_server, to_worker, valves) => ended,
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut valves: Valves,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let bytes = from.read(&mut buffer).await?;
        if bytes == 0 {
            return Ok(());
        }
        valves.pass(&buffer[..bytes]).await;
        to.write_all(&buffer[..bytes]).await?;
    }
}
