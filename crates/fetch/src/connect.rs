//! From a URL to a connected stream: resolve, judge the addresses, connect, shake hands.
//!
//! Called by the send loop when the pool has no idle connection; it knows nothing of the pool.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use url::{Host, Url};

use crate::deadline::Deadline;
use crate::dns_cache::DnsCache;
use crate::error::{Error, ErrorKind, Phase};
use crate::policy::{AddressPolicy, Refused};
use crate::resolve::ResolveError;
use crate::tls::{Stream, Tls};

/// The most addresses of one host that are tried for one connection.
const MAX_ADDRESSES: usize = 4;
/// How long an attempt runs alone before the next address is tried beside it (RFC 8305).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Everything that is needed to open a connection.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(crate) dns: DnsCache,
    pub(crate) policy: AddressPolicy,
    pub(crate) tls: Tls,
    /// The limit for all phases of one connect together.
    pub(crate) timeout: Duration,
}

/// A connection on which nothing has been sent yet.
pub(crate) struct Connected {
    pub(crate) stream: Stream,
    pub(crate) remote: SocketAddr,
}

impl Connector {
    /// Opens a connection to the host of `url`, which must be `http` or `https`.
    pub(crate) async fn connect(&self, url: &Url, deadline: Deadline) -> Result<Connected, Error> {
        let deadline = deadline.earlier(Deadline::after(Instant::now(), self.timeout));
        let addresses = deadline.bound(Phase::Resolve, self.resolve(url)).await??;
        let candidates = self.candidates(&addresses)?;
        let (stream, remote) = deadline.bound(Phase::Connect, race(candidates)).await??;
        let stream = if url.scheme() == "https" {
            deadline.bound(Phase::Tls, self.tls.handshake(url, stream)).await??
        } else {
            Stream::Http(TokioIo::new(stream))
        };
        Ok(Connected { stream, remote })
    }

    /// Returns the addresses of the host; an IP literal is its own answer.
    pub(crate) async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, Error> {
        let port = url.port_or_known_default().unwrap_or_default();
        let found = match url.host() {
            Some(Host::Ipv4(address)) => return Ok(vec![(address, port).into()]),
            Some(Host::Ipv6(address)) => return Ok(vec![(address, port).into()]),
            Some(Host::Domain(name)) => self.dns.lookup(name).await,
            None => return Err(Error::new(ErrorKind::InvalidUrl, "the URL has no host")),
        };
        let addresses = found.map_err(|cause| {
            let kind = match cause {
                ResolveError::TimedOut { .. } => ErrorKind::Timeout,
                _ => ErrorKind::Dns,
            };
            Error::new(kind, cause.to_string()).with_phase(Phase::Resolve).with_source(cause)
        })?;
        Ok(addresses.iter().map(|address| SocketAddr::new(*address, port)).collect())
    }

    /// Returns the addresses to try, in order; fails when the policy leaves none.
    pub(crate) fn candidates(
        &self,
        addresses: &[SocketAddr],
    ) -> Result<VecDeque<SocketAddr>, Error> {
        let mut refused: Option<Refused> = None;
        let mut allowed = Vec::with_capacity(addresses.len());
        for address in addresses {
            match self.policy.check(*address) {
                Ok(()) => allowed.push(*address),
                Err(reason) => refused = Some(reason),
            }
        }
        match refused {
            Some(reason) if allowed.is_empty() => {
                Err(Error::new(ErrorKind::BlockedAddress, reason.to_string())
                    .with_phase(Phase::Connect)
                    .with_source(reason))
            }
            _ => Ok(interleave(&allowed)),
        }
    }
}

/// Alternates the families, beginning with that of the first address.
pub(crate) fn interleave(addresses: &[SocketAddr]) -> VecDeque<SocketAddr> {
    let family = |address: &SocketAddr| matches!(address.ip(), IpAddr::V6(_));
    let first_family = addresses.first().is_some_and(family);
    let (mut first, mut second): (VecDeque<_>, VecDeque<_>) =
        addresses.iter().copied().partition(|address| family(address) == first_family);
    let mut order = VecDeque::with_capacity(MAX_ADDRESSES);
    while order.len() < MAX_ADDRESSES {
        let Some(address) = first.pop_front().or_else(|| second.pop_front()) else { break };
        order.push_back(address);
        std::mem::swap(&mut first, &mut second);
    }
    order
}

/// Connects to the first address that answers.
///
/// The next attempt starts when one fails or takes long; earlier ones run on beside it.
pub(crate) async fn race(
    mut candidates: VecDeque<SocketAddr>,
) -> Result<(TcpStream, SocketAddr), Error> {
    let mut attempts = FuturesUnordered::new();
    let mut last = None;
    loop {
        if let Some(address) = candidates.pop_front() {
            attempts.push(attempt(address));
        }
        let finished = if candidates.is_empty() {
            attempts.next().await
        } else {
            match timeout(ATTEMPT_DELAY, attempts.next()).await {
                Ok(finished) => finished,
                Err(_) => continue,
            }
        };
        match finished {
            Some(Ok(connected)) => return Ok(connected),
            Some(Err(failed)) => last = Some(failed),
            None => break,
        }
    }
    Err(match last {
        Some((address, cause)) => {
            Error::new(ErrorKind::Connect, format!("failed to connect to {address}: {cause}"))
                .with_phase(Phase::Connect)
                .with_source(cause)
        }
        None => Error::new(ErrorKind::Dns, "the host has no address").with_phase(Phase::Resolve),
    })
}

async fn attempt(address: SocketAddr) -> Result<(TcpStream, SocketAddr), (SocketAddr, io::Error)> {
    let stream = TcpStream::connect(address).await.map_err(|cause| (address, cause))?;
    stream.set_nodelay(true).map_err(|cause| (address, cause))?;
    Ok((stream, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(addresses: &[&str]) -> Vec<String> {
        let addresses: Vec<_> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        interleave(&addresses).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn families_alternate_and_four_are_enough() {
        assert_eq!(
            order(&["[2a00::1]:80", "[2a00::2]:80", "[2a00::3]:80", "1.1.1.1:80", "[2a00::4]:80"]),
            ["[2a00::1]:80", "1.1.1.1:80", "[2a00::2]:80", "[2a00::3]:80"]
        );
    }

    #[test]
    fn one_family_keeps_its_order() {
        assert_eq!(order(&["1.1.1.1:80", "1.1.1.2:80"]), ["1.1.1.1:80", "1.1.1.2:80"]);
    }
}
