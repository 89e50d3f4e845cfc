//! How do I try a spider without bothering anybody's server?
//!
//! It serves two small sites until Ctrl-C: quotes at the port that is given (8000), books at the one behind it.
//! The guide in `docs/` crawls them.

use std::net::{Ipv4Addr, SocketAddr};

use dragline::BoxError;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(8000), |port| port.parse())?;
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let quotes = dragline_site::quotes().start_on(at(port)).await?;
    let books = dragline_site::books().start_on(at(port.saturating_add(1))).await?;
    println!("quotes: {}\nbooks:  {}", quotes.url("/"), books.url("/"));
    std::future::pending().await
}
