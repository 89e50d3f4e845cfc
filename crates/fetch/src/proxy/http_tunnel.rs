//! The tunnel through an HTTP proxy: CONNECT and its answer (RFC 9110, section 9.3.6).

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::Proxy;

/// The largest head of an answer in bytes.
const MAX_HEAD: usize = 8 * 1024;
/// How much of the body of a refusal is shown, and how long it is waited for.
const MAX_SHOWN: usize = 200;
const SHOWN_WAIT: Duration = Duration::from_secs(1);

/// Asks for a tunnel to `authority`, a host with its port; any 2xx opens it.
pub(super) async fn open<S>(stream: &mut S, authority: &str, proxy: &Proxy) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n").into_bytes();
    if let Some(value) = proxy.authorization() {
        request.extend_from_slice(b"proxy-authorization: ");
        request.extend_from_slice(value.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await.map_err(|cause| cause.to_string())?;

    let mut read = Vec::with_capacity(1024);
    let end = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if read.len() >= MAX_HEAD {
            return Err(format!("the head of its answer is larger than {MAX_HEAD} bytes"));
        }
        match stream.read_buf(&mut read).await {
            Ok(0) => return Err(String::from("it closed the connection without an answer")),
            Ok(_) => {}
            Err(cause) => return Err(cause.to_string()),
        }
    };
    let line = read.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line).into_owned();
    let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse::<u16>().ok());
    match status {
        None => Err(String::from("its answer is not HTTP/1")),
        // The host does not speak first under TLS, so these bytes cannot be its own.
        Some(200..=299) if read.len() > end => Err(String::from("its answer has a body")),
        Some(200..=299) => Ok(()),
        Some(_) => {
            let mut body = read.split_off(end);
            if body.is_empty() {
                // A refusal without a readable body is still a refusal.
                let _ = timeout(SHOWN_WAIT, stream.read_buf(&mut body)).await;
            }
            Err(refusal(&line, &body))
        }
    }
}

fn refusal(line: &str, body: &[u8]) -> String {
    let status = line.split_once(' ').map_or(line, |(_, status)| status);
    let shown = String::from_utf8_lossy(&body[..body.len().min(MAX_SHOWN)]);
    match shown.trim() {
        "" => format!("it answered {}", status.escape_debug()),
        shown => format!("it answered {}: {}", status.escape_debug(), shown.escape_debug()),
    }
}
