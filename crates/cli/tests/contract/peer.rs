//! A server of one answer, plain or over TLS, that tells what it was asked.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Longest head of a request that is read, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// A server that answers one request with the text `ok`.
pub(crate) struct Peer {
    pub(crate) address: String,
    /// The head of the request, after the protocols that TLS was asked for.
    pub(crate) asked: JoinHandle<String>,
}

impl Peer {
    pub(crate) async fn plain() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            answer(stream).await
        });
        Self { address, asked }
    }

    /// Starts one with a certificate of its own, which is in the file that is returned.
    pub(crate) async fn tls(folder: &TempDir) -> (Self, PathBuf) {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, made.cert.pem()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let start = LazyConfigAcceptor::new(Default::default(), stream).await.unwrap();
            let offered = start.client_hello().alpn().into_iter().flatten();
            let offered: Vec<_> = offered.map(String::from_utf8_lossy).collect();
            let offered = format!("{offered:?}\n");
            match start.into_stream(Arc::new(config)).await {
                Ok(stream) => offered + &answer(stream).await,
                Err(error) => offered + &error.to_string(),
            }
        });
        (Self { address, asked }, path)
    }
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        head.push(stream.read_u8().await.unwrap());
    }
    let text = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
    stream.write_all(text).await.unwrap();
    // The client may have closed first, having read all.
    let _ = stream.shutdown().await;
    String::from_utf8(head).unwrap()
}
