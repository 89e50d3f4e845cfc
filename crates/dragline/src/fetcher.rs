//! The network seam: whatever turns a request into an answer. Wrapping one is how a crawl gets a cache, a
//! signature or a fake web.

use bytes::Bytes;
use dragline_fetch::{BoxFuture, Client, Error, Request, Response};

/// Turns a request into an answer whose body is read.
///
/// The engine asks for one URL after the other, as politeness permits; redirects are answers, not
/// followed here.
pub trait Fetcher: Send + Sync + 'static {
    /// Fetches one URL.
    fn fetch(&self, request: Request) -> BoxFuture<'_, Result<Response<Bytes>, Error>>;
}

impl Fetcher for Client {
    fn fetch(&self, request: Request) -> BoxFuture<'_, Result<Response<Bytes>, Error>> {
        Box::pin(async move { self.send(request).await?.collect().await })
    }
}
