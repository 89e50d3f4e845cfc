//! From a URL to a connected stream: resolve, judge the addresses, connect, shake hands.
//!
//! Called by the send loop when the pool has no idle connection; it knows nothing of the pool.

use std::collections::VecDeque;
use std::future::Future;
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
use crate::error::{Error, ErrorKind, Phase, out_of_descriptors};
use crate::policy::{AddressPolicy, Refused};
use crate::resolve::ResolveError;
use crate::timings::Timings;
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
    /// The limit for a name lookup.
    pub(crate) resolve_timeout: Duration,
    /// The limit for TCP and TLS together.
    pub(crate) timeout: Duration,
}

/// A connection on which nothing has been sent yet.
pub(crate) struct Connected {
    pub(crate) stream: Stream,
    pub(crate) remote: SocketAddr,
}

impl Connector {
    /// Opens a connection to the host of `url`, which must be `http` or `https`, and notes the time of each phase
    /// that is over.
    pub(crate) async fn connect(
        &self,
        url: &Url,
        deadline: Deadline,
        timings: &mut Timings,
    ) -> Result<Connected, Error> {
        let begun = Instant::now();
        let resolve = Deadline::after(begun, self.resolve_timeout, "resolve_timeout");
        let resolve = deadline.earlier(resolve);
        let addresses = resolve.bound(Phase::Resolve, self.resolve(url)).await??;
        let resolved = Instant::now();
        timings.resolve += resolved - begun;
        let connect = Deadline::after(resolved, self.timeout, "connect_timeout");
        let deadline = deadline.earlier(connect);
        let candidates = self.candidates(&addresses)?;
        let (stream, remote) = deadline.bound(Phase::Connect, race(candidates, attempt)).await??;
        let stream = if url.scheme() == "https" {
            deadline.bound(Phase::Tls, self.tls.handshake(url, stream)).await??
        } else {
            Stream::Http(TokioIo::new(stream))
        };
        timings.connect += resolved.elapsed();
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
                ResolveError::Descriptors { .. } => ErrorKind::Descriptors,
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
pub(crate) async fn race<S, A>(
    mut candidates: VecDeque<SocketAddr>,
    attempt: impl Fn(SocketAddr) -> A,
) -> Result<S, Error>
where
    A: Future<Output = Result<S, (SocketAddr, io::Error)>>,
{
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
        Some((address, cause)) if out_of_descriptors(&cause) => {
            let reason = format!(
                "no file descriptor was left to connect to {address}; lower max_sockets or raise \
                 the limit of open files"
            );
            Error::new(ErrorKind::Descriptors, reason).with_phase(Phase::Connect).with_source(cause)
        }
        Some((address, cause)) => {
            Error::new(ErrorKind::Connect, format!("failed to connect to {address}: {cause}"))
                .with_phase(Phase::Connect)
                .with_source(cause)
        }
        None => Error::new(ErrorKind::Dns, "the host has no address").with_phase(Phase::Resolve),
    })
}

pub(crate) async fn attempt(
    address: SocketAddr,
) -> Result<(TcpStream, SocketAddr), (SocketAddr, io::Error)> {
    let stream = TcpStream::connect(address).await.map_err(|cause| (address, cause))?;
    stream.set_nodelay(true).map_err(|cause| (address, cause))?;
    Ok((stream, address))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tokio::time::sleep;

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

    /// Races four addresses that answer after so many milliseconds, or never; gives the winner,
    /// when it won, and when each attempt began.
    async fn raced(answers: [Result<u64, u64>; 4]) -> (Result<usize, String>, u128, Vec<u128>) {
        let begun = Instant::now();
        let starts = RefCell::new(Vec::new());
        let candidates = (0..4).map(|id| SocketAddr::from(([192, 0, 2, id], 80))).collect();
        let attempt = |address: SocketAddr| {
            starts.borrow_mut().push(begun.elapsed().as_millis());
            let IpAddr::V4(ip) = address.ip() else { panic!("an address of version 4") };
            let id = usize::from(ip.octets()[3]);
            async move {
                let (Ok(wait) | Err(wait)) = answers[id];
                sleep(Duration::from_millis(wait)).await;
                answers[id].map_err(|_| (address, io::ErrorKind::ConnectionRefused.into()))?;
                Ok(id)
            }
        };
        let deadline = Deadline::after(begun, Duration::from_secs(10), "connect_timeout");
        let winner = deadline.bound(Phase::Connect, race(candidates, attempt)).await;
        let winner = winner.and_then(|winner| winner).map_err(|error| error.code().to_owned());
        (winner, begun.elapsed().as_millis(), starts.into_inner())
    }

    const NEVER: Result<u64, u64> = Ok(1_000_000);

    #[tokio::test(start_paused = true)]
    async fn the_next_attempt_starts_250_ms_after_the_one_before() {
        let raced = raced([NEVER, NEVER, NEVER, Ok(20)]).await;
        assert_eq!(raced, (Ok(3), 770, vec![0, 250, 500, 750]));
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_attempt_starts_at_once_when_one_fails() {
        let raced = raced([Err(10), Err(10), Ok(10), NEVER]).await;
        assert_eq!(raced, (Ok(2), 30, vec![0, 10, 20]));
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_was_overtaken_may_still_win() {
        let raced = raced([Ok(400), Ok(200), NEVER, NEVER]).await;
        assert_eq!(raced, (Ok(0), 400, vec![0, 250]));
    }

    #[tokio::test(start_paused = true)]
    async fn one_deadline_holds_for_all_attempts_together() {
        let raced = raced([NEVER, Err(5), NEVER, NEVER]).await;
        assert_eq!(raced, (Err("timeout".into()), 10_000, vec![0, 250, 255, 505]));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_that_all_fail_are_connect() {
        let raced = raced([Err(1); 4]).await;
        assert_eq!(raced, (Err("connect".into()), 4, vec![0, 1, 2, 3]));
    }
}
