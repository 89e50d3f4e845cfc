//! Writes one answer to the socket, whole or with its fault. `connection.rs` calls it once per
//! request.

use std::convert::Infallible;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::answer::{Answer, Ending, Length};
use crate::connection::End;
use crate::fault::Fault;
use crate::log::Turn;

/// The last piece of an answer, and one chunk of an endless one, in bytes.
const PIECE: usize = 16 * 1024;

const GARBAGE: &[u8] = b"\x00\x9f\x17 this server does not speak HTTP \xff\xfe\r\n\r\n";

/// Delivers the answer; `Ok` when the connection may be used again.
pub(crate) async fn deliver(
    stream: &mut TcpStream,
    answer: &Answer,
    method: &str,
    asked_ending: Ending,
    turn: Turn,
) -> Result<(), End> {
    wait(stream, answer.delay).await?;
    match answer.fault {
        Some(Fault::Reset) => {
            // With no time to linger, closing the socket sends a reset.
            stream.set_zero_linger()?;
            return Err(End::Over);
        }
        Some(Fault::Close) => return Err(End::Over),
        Some(Fault::Stall) => return Err(stall(stream).await),
        Some(Fault::Garbage) => {
            write_last(stream, GARBAGE, turn).await?;
            return Err(End::Over);
        }
        _ => {}
    }

    let ending = if answer.ending == Ending::Close { Ending::Close } else { asked_ending };
    if !answer.may_have_body(method) {
        // A HEAD tells the length that a GET would have; a 204 must not name one (RFC 9110, section
        // 8.6).
        let length = match method {
            "HEAD" => Length::Bytes(answer.body.len()),
            _ => Length::Unsaid,
        };
        write_last(stream, &answer.head(length, ending), turn).await?;
    } else {
        match answer.fault {
            Some(Fault::StallBody) => {
                write_half(stream, answer, ending).await?;
                return Err(stall(stream).await);
            }
            Some(Fault::Truncate) => {
                write_half(stream, answer, ending).await?;
                return Err(End::Over);
            }
            Some(Fault::Endless) => return Err(write_endless(stream, answer, ending).await),
            Some(Fault::Drip { every }) => drip(stream, answer, ending, every, turn).await?,
            _ => {
                let mut bytes = answer.head(Length::Bytes(answer.body.len()), ending);
                bytes.extend_from_slice(&answer.body);
                write_last(stream, &bytes, turn).await?;
            }
        }
    }
    match ending {
        Ending::KeepAlive => Ok(()),
        Ending::Close => Err(End::Over),
    }
}

/// Waits, unless the client hangs up first.
async fn wait(stream: &TcpStream, time: Duration) -> Result<(), End> {
    if time.is_zero() {
        return Ok(());
    }
    match timeout(time, hang_up(stream)).await {
        Ok(()) => Err(End::Over),
        Err(_) => Ok(()),
    }
}

/// Says nothing until the client hangs up.
async fn stall(stream: &TcpStream) -> End {
    hang_up(stream).await;
    End::Over
}

/// Returns when the client has closed its side of the connection.
async fn hang_up(stream: &TcpStream) {
    // A byte that is already there belongs to the next request; behind it no end can be seen.
    if let Ok(1) = stream.peek(&mut [0]).await {
        std::future::pending::<Infallible>().await;
    }
}

/// Writes the end of an answer, and counts the request as answered just before the last piece.
async fn write_last<W>(stream: &mut W, bytes: &[u8], turn: Turn) -> Result<(), End>
where
    W: AsyncWrite + Unpin,
{
    let (first, last) = bytes.split_at(bytes.len().saturating_sub(PIECE));
    stream.write_all(first).await?;
    // The client may act on the last piece before this task runs again, so afterwards would be too
    // late.
    drop(turn);
    stream.write_all(last).await?;
    Ok(())
}

/// Announces the whole body, at least one byte, and writes half of it.
async fn write_half(stream: &mut TcpStream, answer: &Answer, ending: Ending) -> Result<(), End> {
    let mut bytes = answer.head(Length::Bytes(answer.body.len().max(1)), ending);
    bytes.extend_from_slice(&answer.body[..answer.body.len() / 2]);
    stream.write_all(&bytes).await?;
    Ok(())
}

async fn write_endless(stream: &mut TcpStream, answer: &Answer, ending: Ending) -> End {
    let unit: &[u8] = if answer.body.is_empty() { b"\n" } else { &answer.body };
    let content = unit.repeat(PIECE.div_ceil(unit.len()));
    let mut chunk = format!("{:x}\r\n", content.len()).into_bytes();
    chunk.extend_from_slice(&content);
    chunk.extend_from_slice(b"\r\n");

    let mut written = stream.write_all(&answer.head(Length::Chunked, ending)).await;
    while written.is_ok() {
        written = stream.write_all(&chunk).await;
    }
    End::Over
}

async fn drip(
    stream: &mut TcpStream,
    answer: &Answer,
    ending: Ending,
    every: Duration,
    turn: Turn,
) -> Result<(), End> {
    let head = answer.head(Length::Bytes(answer.body.len()), ending);
    let Some((last, body)) = answer.body.split_last() else {
        return write_last(stream, &head, turn).await;
    };
    stream.write_all(&head).await?;
    for byte in body {
        wait(stream, every).await?;
        stream.write_all(&[*byte]).await?;
    }
    wait(stream, every).await?;
    write_last(stream, &[*last], turn).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::AsyncReadExt;
    use tokio::time::Instant;

    use super::{PIECE, write_last};
    use crate::hit::Hit;
    use crate::log::Log;

    #[tokio::test]
    async fn a_request_is_over_before_its_last_piece_is_read() {
        assert_eq!(most_in_flight_when_the_next_comes_after(PIECE, 0).await, 1);
    }

    #[tokio::test]
    async fn a_request_is_not_over_before_its_last_piece_is_due() {
        assert_eq!(most_in_flight_when_the_next_comes_after(3 * PIECE, PIECE).await, 2);
        assert_eq!(most_in_flight_when_the_next_comes_after(3 * PIECE, 2 * PIECE).await, 1);
    }

    /// Begins a second request when the client has read so many bytes of the first answer.
    async fn most_in_flight_when_the_next_comes_after(length: usize, read: usize) -> usize {
        let log = Arc::new(Log::default());
        let answer = vec![b'x'; length];
        // The pipe holds one byte, so the writer is never further than that ahead of the reader.
        let (mut server, mut client) = tokio::io::duplex(1);
        let write = write_last(&mut server, &answer, log.begin(hit()));
        let read = async {
            client.read_exact(&mut vec![0; read]).await.unwrap();
            tokio::task::yield_now().await;
            drop(log.begin(hit()));
            client.read_exact(&mut vec![0; length - read]).await.unwrap();
        };
        let (written, ()) = tokio::join!(write, read);
        written.unwrap();
        log.most_in_flight()
    }

    fn hit() -> Hit {
        Hit {
            at: Instant::now().into_std(),
            path: "/".into(),
            method: "GET".into(),
            host: "test".into(),
            agent: String::new(),
            connection: 1,
            headers: Vec::new(),
        }
    }
}
