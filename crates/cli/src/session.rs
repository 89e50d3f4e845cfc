//! A client that keeps cookies, for the exchanges of a crawl, which are single ones.

use std::time::SystemTime;

use bytes::Bytes;
use dragline::Fetcher;
use dragline::fetch::{BoxFuture, Client, Error, Jar, Request, Response};
use http::header::{COOKIE, SET_COOKIE};

/// Sends what each host sets back to it, by the rules and within the bounds of a [`Jar`].
#[derive(Debug)]
pub(crate) struct Session {
    client: Client,
    jar: Jar,
}

impl Session {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, jar: Jar::new() }
    }
}

impl Fetcher for Session {
    fn fetch(&self, mut request: Request) -> BoxFuture<'_, Result<Response<Bytes>, Error>> {
        Box::pin(async move {
            if let Some(cookies) = self.jar.header(&request.url, SystemTime::now()) {
                request.headers.insert(COOKIE, cookies);
            }
            let response = self.client.send(request).await?;
            for cookie in response.headers().get_all(SET_COOKIE) {
                self.jar.store(response.url(), cookie.as_bytes(), SystemTime::now());
            }
            response.collect().await
        })
    }
}
