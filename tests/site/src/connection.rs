//! One connection: requests are read and answered in turn, until one side has had enough. How an
//! answer is written is in `delivery.rs`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::answer::{Answer, Ending, Length};
use crate::asked::Asked;
use crate::delivery::deliver;
use crate::head::{BodyLength, Head};
use crate::hit::Hit;
use crate::log::{Log, Open};
use crate::site::Site;

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// The longest body of a request, in bytes.
const MAX_BODY: u64 = 1024 * 1024;

/// How much is read at once, in bytes.
const PIECE: usize = 8 * 1024;

/// How many bytes, and for how long, a refused client may go on sending before the connection is
/// dropped.
const DRAIN_BYTES: u64 = 16 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(1);

/// A connection that was accepted, with the bytes that were read and not yet used.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
    site: Arc<Site>,
    log: Arc<Log>,
    open: Open,
}

/// Why a connection ends.
#[derive(Debug)]
pub(crate) enum End {
    /// Everything was said, or the client is gone.
    Over,
    /// The request cannot be understood, which this status tells the client.
    Refused(u16),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Over
    }
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, site: Arc<Site>, log: &Arc<Log>) -> Self {
        Self { stream, unread: Vec::new(), site, log: Arc::clone(log), open: log.open() }
    }

    /// Answers requests until the connection ends.
    pub(crate) async fn serve(mut self) {
        // An answer is written in few pieces, so waiting for more to send would only delay it.
        let mut end = self.stream.set_nodelay(true).map_err(End::from);
        while end.is_ok() {
            end = self.exchange().await;
        }
        if let Err(End::Refused(status)) = end {
            self.refuse(status).await;
        }
    }

    /// Reads one request and answers it.
    async fn exchange(&mut self) -> Result<(), End> {
        let head = self.read_head().await?;
        let turn = self.log.begin(Hit {
            at: Instant::now().into_std(),
            path: head.path.clone(),
            method: head.method.clone(),
            host: head.header("host").unwrap_or_default().to_owned(),
            agent: head.header("user-agent").unwrap_or_default().to_owned(),
            connection: self.open.number(),
            headers: head.headers.clone(),
        });
        let body = self.read_body(head.body_length()).await?;
        let ending = if head.keeps_alive() { Ending::KeepAlive } else { Ending::Close };
        let asked = Asked {
            method: head.method,
            path: head.path,
            headers: head.headers,
            body,
            connection: self.open.number(),
            hit: turn.count(),
        };
        let answer = self.site.respond(&asked).await;
        deliver(&mut self.stream, &answer, &asked.method, ending, turn).await
    }

    async fn read_head(&mut self) -> Result<Head, End> {
        let mut searched = 0;
        loop {
            if let Some(length) = end_of_head(&self.unread, searched) {
                let head = Head::parse(&self.unread[..length]).ok_or(End::Refused(400))?;
                self.unread.drain(..length);
                return Ok(head);
            }
            if self.unread.len() >= MAX_HEAD {
                return Err(End::Refused(431));
            }
            searched = self.unread.len();
            self.read_more().await?;
        }
    }

    async fn read_body(&mut self, length: BodyLength) -> Result<Vec<u8>, End> {
        let length = match length {
            BodyLength::Bytes(bytes) if bytes > MAX_BODY => return Err(End::Refused(413)),
            BodyLength::Bytes(bytes) => bytes as usize,
            BodyLength::Chunked => return Err(End::Refused(411)),
            BodyLength::Malformed => return Err(End::Refused(400)),
        };
        while self.unread.len() < length {
            self.read_more().await?;
        }
        let rest = self.unread.split_off(length);
        Ok(std::mem::replace(&mut self.unread, rest))
    }

    async fn read_more(&mut self) -> Result<(), End> {
        self.unread.reserve(PIECE);
        match self.stream.read_buf(&mut self.unread).await? {
            0 => Err(End::Over),
            _ => Ok(()),
        }
    }

    async fn refuse(mut self, status: u16) {
        let answer = Answer::new(status);
        let head = answer.head(Length::Bytes(0), Ending::Close);
        if self.stream.write_all(&head).await.is_err() || self.stream.shutdown().await.is_err() {
            return;
        }
        // Closing with unread bytes would reset the connection, and the client would lose the
        // refusal.
        let mut rest = self.stream.take(DRAIN_BYTES);
        let _ = timeout(DRAIN_TIME, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
    }
}

/// Returns the length of the head with its empty line; the first `searched` bytes are known not to
/// end it.
fn end_of_head(bytes: &[u8], searched: usize) -> Option<usize> {
    let start = searched.saturating_sub(3);
    let found = bytes[start..].windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(start + found + 4)
}
