//! A bare hyper client that knows all URLs: what fetching alone costs.

use std::cell::Cell;
use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::outcome::Arguments;
use crate::pages::{Done, Pages};
use crate::tls;
use crate::variant::Transport;

pub(crate) fn run(arguments: &Arguments) -> Done {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let pages = runtime.block_on(fetch_all(arguments));
    Done { pages, cost: None }
}

/// Fetches all pages of all hosts, and returns how many.
async fn fetch_all(arguments: &Arguments) -> u64 {
    let hosts = arguments.addresses.len();
    let paths = Pages::of(&arguments.plan, hosts as u64).paths();
    let connector = (arguments.variant.transport == Transport::Tls)
        .then(|| TlsConnector::from(tls::client(&std::fs::read(&arguments.certificate).unwrap())));
    // How far each host is; its connections take turns.
    let next: Vec<Cell<usize>> = arguments.addresses.iter().map(|_| Cell::new(0)).collect();
    let (paths, next, connector) = (&paths, &next, &connector);
    let mut connections: FuturesUnordered<_> = (0..arguments.variant.in_flight())
        .map(|number| {
            let host = number % hosts;
            async move {
                let address = arguments.addresses[host];
                let mut sender = connect(address, connector.as_ref()).await;
                let authority = address.to_string();
                let mut fetched = 0;
                while let Some(path) = paths.get(next[host].get()) {
                    next[host].set(next[host].get() + 1);
                    get(&mut sender, &authority, path).await;
                    fetched += 1;
                }
                fetched
            }
        })
        .collect();
    let mut fetched = 0;
    while let Some(more) = connections.next().await {
        fetched += more;
    }
    fetched
}

async fn get(sender: &mut SendRequest<Empty<Bytes>>, authority: &str, path: &str) {
    let request = http::Request::get(path)
        .header("host", authority)
        .header("user-agent", "bare")
        .header("accept", "*/*")
        .header("accept-encoding", "gzip")
        .body(Empty::new())
        .unwrap();
    sender.ready().await.unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    assert!(!response.into_body().collect().await.unwrap().to_bytes().is_empty(), "{path}");
}

async fn connect(
    address: SocketAddr,
    connector: Option<&TlsConnector>,
) -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    match connector {
        None => shake(stream).await,
        Some(connector) => {
            let name = ServerName::from(address.ip());
            shake(connector.connect(name, stream).await.unwrap()).await
        }
    }
}

async fn shake(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> SendRequest<Empty<Bytes>> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}
