//! Connecting through a proxy: to the proxy, then by its protocol to the host.

use std::net::SocketAddr;

use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;
use url::{Host, Url};

use super::{Kind, Proxy, http_tunnel, socks};
use crate::connect::{Connected, Connector, attempt, interleave, race};
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind, Phase};
use crate::tls::Stream;

impl Connector {
    /// Opens a connection to the host of `url` through a proxy; its remote address is the proxy's.
    pub(crate) async fn connect_through(
        &self,
        proxy: &Proxy,
        url: &Url,
        deadline: Deadline,
    ) -> Result<Connected, Error> {
        let connect = Deadline::after(Instant::now(), self.timeout, "connect_timeout");
        let deadline = deadline.earlier(connect);
        // Judged before the proxy is asked for anything.
        let target = deadline.bound(Phase::Resolve, self.target(proxy, url)).await??;
        let (mut stream, remote) = self.reach(proxy, deadline).await?;
        let user = proxy.0.user.as_ref();
        let opened = async {
            match proxy.0.kind {
                Kind::Http if proxy.forwards(url) => Ok(()),
                Kind::Http => http_tunnel::open(&mut stream, &authority(url), proxy).await,
                Kind::Socks5 | Kind::Socks5h => socks::open(&mut stream, &target, user).await,
            }
        };
        let opened = deadline.bound(Phase::Connect, opened).await?;
        opened.map_err(|cause| failed(proxy, &cause))?;
        let stream = if url.scheme() == "https" {
            deadline.bound(Phase::Tls, self.tls.handshake(url, stream)).await??
        } else {
            Stream::Http(TokioIo::new(stream))
        };
        Ok(Connected { stream, remote })
    }

    /// Connects to the proxy itself. It was configured, so its address is not judged.
    async fn reach(
        &self,
        proxy: &Proxy,
        deadline: Deadline,
    ) -> Result<(TcpStream, SocketAddr), Error> {
        let port = proxy.0.port;
        let addresses = match &proxy.0.host {
            Host::Ipv4(address) => vec![SocketAddr::from((*address, port))],
            Host::Ipv6(address) => vec![SocketAddr::from((*address, port))],
            Host::Domain(name) => {
                let found = deadline.bound(Phase::Resolve, self.dns.lookup(name)).await?;
                let found = found.map_err(|cause| failed(proxy, &cause.to_string()))?;
                found.iter().map(|address| SocketAddr::new(*address, port)).collect()
            }
        };
        let candidates = interleave(&addresses);
        let connected = deadline.bound(Phase::Connect, race(candidates, attempt)).await?;
        connected.map_err(|cause| failed(proxy, &cause.to_string()).with_source(cause))
    }

    /// Returns what the proxy is asked for: an address that was judged here, or a name.
    async fn target(&self, proxy: &Proxy, url: &Url) -> Result<socks::Target, Error> {
        let port = url.port_or_known_default().unwrap_or_default();
        match url.host() {
            Some(Host::Domain(name)) if proxy.0.kind != Kind::Socks5 => {
                Ok(socks::Target::Name(name.to_owned(), port))
            }
            _ => {
                let addresses = self.resolve(url).await?;
                let candidates = self.candidates(&addresses)?;
                // Only one can be asked for, and most proxies have IPv4.
                let chosen = candidates.iter().find(|address| address.is_ipv4());
                let chosen = chosen.or_else(|| candidates.front()).copied();
                chosen.map(socks::Target::Address).ok_or_else(|| {
                    Error::new(ErrorKind::Dns, "the host has no address").with_phase(Phase::Resolve)
                })
            }
        }
    }
}

/// Returns host and port, which is always there in the request for a tunnel.
fn authority(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

fn failed(proxy: &Proxy, cause: &str) -> Error {
    let reason = format!("the proxy {proxy} did not connect: {cause}");
    Error::new(ErrorKind::Connect, reason).with_phase(Phase::Connect)
}
