//! TLS: which certificates are trusted, on both sides, and through a tunnel.

use std::path::PathBuf;
use std::sync::Arc;

use dragline_fetch::{Client, Config, ConfigError, Identity, Proxy, Verify};
use rcgen::CertifiedKey;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::server::{Server, ok};
use crate::{client, config};

/// A certificate for `h0.test`, in memory and as files.
struct Certificate {
    folder: TempDir,
    der: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Certificate {
    fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["h0.test".to_owned()]).unwrap();
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("certificate.pem"), cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        Self { folder, der: cert.der().clone(), key }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What shakes hands with this certificate, and asks for that of a client.
    fn acceptor(&self, of_client: Option<&Self>) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = match of_client {
            None => builder.with_no_client_auth(),
            Some(client) => {
                let mut roots = RootCertStore::empty();
                roots.add(client.der.clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let config = builder.with_single_cert(vec![self.der.clone()], self.key.clone_key());
        TlsAcceptor::from(Arc::new(config.unwrap()))
    }
}

async fn answer(stream: TcpStream, acceptor: TlsAcceptor) -> Option<()> {
    let mut stream = acceptor.accept(stream).await.ok()?;
    stream.write_all(&ok("secret page")).await.ok()?;
    stream.shutdown().await.ok()
}

async fn server(acceptor: TlsAcceptor) -> Server {
    Server::start(move |peer, _| answer(peer.stream, acceptor.clone())).await
}

async fn get(client: &Client, server: &Server, host: &str) -> Result<String, &'static str> {
    let url = format!("https://{host}:{}/", server.address.port());
    let response = client.get(url).send().await.map_err(|error| error.code())?;
    Ok(response.text().await.unwrap())
}

#[tokio::test]
async fn a_root_from_a_file_is_trusted_for_its_name_alone() {
    let certificate = Certificate::new();
    let server = server(certificate.acceptor(None)).await;
    assert_eq!(get(&client(config()), &server, "h0.test").await, Err("tls"));
    let trusting = client(Config { ca: vec![certificate.file("certificate.pem")], ..config() });
    assert_eq!(get(&trusting, &server, "h0.test").await.unwrap(), "secret page");
    assert_eq!(get(&trusting, &server, "h1.test").await, Err("tls"));
}

#[tokio::test]
async fn no_verification_trusts_everyone() {
    let server = server(Certificate::new().acceptor(None)).await;
    let client = client(Config { verify: Verify::None, ..config() });
    assert_eq!(get(&client, &server, "h1.test").await.unwrap(), "secret page");
}

#[tokio::test]
async fn a_client_shows_its_certificate() {
    let (certificate, mine) = (Certificate::new(), Certificate::new());
    let server = server(certificate.acceptor(Some(&mine))).await;
    let ca = vec![certificate.file("certificate.pem")];
    let identity =
        Some(Identity { certificate: mine.file("certificate.pem"), key: mine.file("key.pem") });
    let known = client(Config { ca: ca.clone(), identity, ..config() });
    assert_eq!(get(&known, &server, "h0.test").await.unwrap(), "secret page");
    assert!(get(&client(Config { ca, ..config() }), &server, "h0.test").await.is_err());
}

#[tokio::test]
async fn a_tunnel_carries_tls_to_the_host() {
    let certificate = Certificate::new();
    let acceptor = certificate.acceptor(None);
    let server = Server::start(move |mut peer, _| {
        let acceptor = acceptor.clone();
        async move {
            let request = peer.request().await?;
            let head = "CONNECT h0.test:443 HTTP/1.1\r\nhost: h0.test:443\r\n\
                        proxy-authorization: Basic bWU6cHc=\r\n\r\n";
            assert_eq!(request, head);
            // Any 2xx opens the tunnel.
            peer.send(b"HTTP/1.1 299 Fine\r\n\r\n").await?;
            answer(peer.stream, acceptor).await
        }
    })
    .await;
    let proxy = Proxy::parse(&format!("http://me:pw@{}", server.address)).unwrap();
    let client = client(Config {
        ca: vec![certificate.file("certificate.pem")],
        proxy: proxy.into(),
        ..config()
    });
    let response = client.get("https://h0.test/").send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "secret page");
}

#[test]
fn files_that_are_no_certificates_are_named() {
    let certificate = Certificate::new();
    std::fs::write(certificate.file("empty.pem"), "nothing").unwrap();
    for ca in [certificate.file("absent.pem"), certificate.file("empty.pem")] {
        let error = Client::new(Config { ca: vec![ca.clone()], ..config() }).unwrap_err();
        assert!(matches!(&error, ConfigError::Pem { path, .. } if *path == ca), "{error}");
    }
}
