//! TLS over a stream that is already connected; certificates are checked against Mozilla's roots
//! and those that were added.

use std::error::Error as StdError;
use std::future::{Ready, ready};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tower_service::Service;
use url::Url;

use crate::config::{Config, ConfigError};
use crate::error::{Error, ErrorKind, Phase};

mod unverified;

/// A connected stream, plain or encrypted.
pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Whether the certificates of servers are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// Against the roots, for the name of the host and the time.
    #[default]
    Full,
    /// Not at all: anyone on the way can read and change everything. For tests alone.
    None,
}

/// The certificate that a client shows to servers that ask for one, as two PEM files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The certificate, and after it those up to its root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The TLS settings that all connections of a client share.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    config: Arc<ClientConfig>,
}

impl Tls {
    pub(crate) fn new(settings: &Config) -> Result<Self, ConfigError> {
        // The provider is named, since the plain builder panics when a program happens to
        // compile two of them.
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("ring supports the default versions of TLS");
        let builder = match settings.verify {
            Verify::Full => {
                let roots = Arc::new(roots(&settings.ca)?);
                let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider).build();
                builder.with_webpki_verifier(verifier.expect("there are roots"))
            }
            Verify::None => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(unverified::Unverified(provider))),
        };
        let mut config = match &settings.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let key = PrivateKeyDer::from_pem_file(&identity.key)
                    .map_err(|cause| unusable(&identity.key, &cause))?;
                builder
                    .with_client_auth_cert(certificates(&identity.certificate)?, key)
                    .map_err(|cause| unusable(&identity.certificate, &cause))?
            }
        };
        config.alpn_protocols = settings.protocols.alpn();
        Ok(Self { config: Arc::new(config) })
    }

    /// Trusts these certificates alone.
    #[cfg(test)]
    pub(crate) fn trusting(roots: RootCertStore, protocols: crate::protocols::Protocols) -> Self {
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring supports the default versions of TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.alpn();
        Self { config: Arc::new(config) }
    }

    /// Shakes hands for the host of `url` on a connected stream.
    pub(crate) async fn handshake(&self, url: &Url, stream: TcpStream) -> Result<Stream, Error> {
        let uri = Uri::try_from(url.origin().ascii_serialization()).map_err(|cause| {
            let reason = format!("the host cannot be used as a TLS server name: {cause}");
            Error::new(ErrorKind::InvalidUrl, reason).with_source(cause)
        })?;
        let connected = Connected(Some(TokioIo::new(stream)));
        let mut connector = HttpsConnector::from((connected, Arc::clone(&self.config)));
        connector.call(uri).await.map_err(|cause| failed(url, cause))
    }
}

/// Returns whether the handshake of a stream has chosen HTTP/2.
pub(crate) fn chose_http2(stream: &Stream) -> bool {
    match stream {
        Stream::Http(_) => false,
        Stream::Https(stream) => stream.inner().get_ref().1.alpn_protocol() == Some(b"h2"),
    }
}

/// Mozilla's roots and those in the files.
fn roots(files: &[PathBuf]) -> Result<RootCertStore, ConfigError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for file in files {
        for certificate in certificates(file)? {
            roots.add(certificate).map_err(|cause| unusable(file, &cause))?;
        }
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(file).map_err(|cause| unusable(file, &cause))?.collect();
    match found {
        Ok(found) if found.is_empty() => Err(unusable(file, &"it holds no certificate")),
        Ok(found) => Ok(found),
        Err(cause) => Err(unusable(file, &cause)),
    }
}

fn unusable(file: &Path, cause: &dyn std::fmt::Display) -> ConfigError {
    ConfigError::Pem { path: file.to_owned(), reason: cause.to_string() }
}

/// The connector below TLS, which hands over the one stream it was given.
struct Connected(Option<TokioIo<TcpStream>>);

impl Service<Uri> for Connected {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Ready<io::Result<TokioIo<TcpStream>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

/// Tells a peer that hung up, which may be tried again, from TLS that cannot work.
fn failed(url: &Url, cause: Box<dyn StdError + Send + Sync>) -> Error {
    let host = url.host_str().unwrap_or_default();
    let kind = match innermost_io(&*cause).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => ErrorKind::Reset,
        Some(io::ErrorKind::UnexpectedEof) => ErrorKind::Closed,
        _ => ErrorKind::Tls,
    };
    Error::new(kind, format!("the TLS handshake with {host} failed: {cause}"))
        .with_phase(Phase::Tls)
        .with_source(cause)
}

/// Returns the IO error at the bottom of a chain of wrapped ones.
pub(crate) fn innermost_io<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    let mut found = None;
    let mut next = Some(error);
    while let Some(error) = next {
        next = match error.downcast_ref::<io::Error>() {
            // `source` of an IO error skips the error it wraps.
            Some(io) => {
                found = Some(io);
                io.get_ref().map(|inner| inner as &(dyn StdError + 'static))
            }
            None => error.source(),
        };
    }
    found
}
