//! Answers kept on disk (RFC 9111): a fetcher around another one.

mod store;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use dragline_fetch::{BoxFuture, Config, Error, Request, Response};
use http::header::{
    AUTHORIZATION, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE,
    LAST_MODIFIED, RANGE,
};
use http::{HeaderMap, Method, StatusCode, Uri, request};
use http_cache_semantics::{AfterResponse, BeforeRequest, CacheOptions, CachePolicy, ResponseLike};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::fetcher::Fetcher;

use self::store::{Kept, Key, Store};

pub use self::store::CacheError;

/// Bytes that are kept, by default: 1 GiB.
const MAX_SIZE: u64 = 1024 * 1024 * 1024;

/// A directory of answers, for crawling the same pages again while a spider is written.
///
/// ```no_run
/// # use dragline::{BoxError, Cache, Config, Crawler, Spider, fetch::Client};
/// # async fn crawl(spider: impl Spider) -> Result<(), BoxError> {
/// let config = Config::default();
/// let client = Client::new(config.fetch.clone())?;
/// let fetcher = Cache::open("pages.cache")?.wrap(client, &config.fetch);
/// let summary = Crawler::new(spider).config(config).fetcher(fetcher).run().await?;
/// println!("{} of the pages came from the cache", summary.stats.cached);
/// # Ok(())
/// # }
/// ```
///
/// An answer from the cache goes through the scheduler like any other, but needs no delay where one request is in
/// flight to a host at a time and no groups are set; nothing was sent, so nothing is counted as such.
///
/// An answer is there whole or not at all, also after a kill. A cache that can be read or written no more is one
/// without answers: the crawl goes on.
#[derive(Debug)]
pub struct Cache {
    max_size: u64,
    reuse: Reuse,
    store: Store,
}

/// When an answer is taken from the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reuse {
    /// As RFC 9111 has it for a cache of one user: while it is fresh, and otherwise after the server said, to a
    /// conditional request, that it still holds. `no-store` and `Vary` are obeyed; of several variants of a URL
    /// the latest is kept.
    #[default]
    Fresh,
    /// Always, whatever its age and whatever its server says of keeping it. All whole answers are kept but those
    /// that may pass: 408, 425, 429 and what is 500 or above.
    Always,
}

impl Cache {
    /// Opens a cache, or makes one in a directory that is empty or not there. At most 1 GiB of answers is kept;
    /// then those that were not used for longest go.
    ///
    /// # Errors
    /// When the directory cannot be used, such as when another process uses it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CacheError> {
        let store = Store::open(path.as_ref())?;
        Ok(Self { max_size: MAX_SIZE, reuse: Reuse::default(), store })
    }

    /// Keeps at most so many bytes of answers. The files may be some larger, until they are written anew.
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = bytes;
        self
    }

    /// Says when an answer is taken from the cache.
    #[must_use]
    pub fn reuse(mut self, reuse: Reuse) -> Self {
        self.reuse = reuse;
        self
    }

    /// Puts the cache in front of a fetcher that sends what `config` says: answers to requests with another user
    /// agent, other headers or other credentials are not shared.
    pub fn wrap(self, fetcher: impl Fetcher, config: &Config) -> Cached {
        let sent = (&config.user_agent, &config.headers, &config.credentials);
        Cached {
            fetcher: Box::new(fetcher),
            sent: serde_json::to_vec(&sent).expect("settings become JSON"),
            max_body: config.max_body,
            max_size: self.max_size,
            reuse: self.reuse,
            store: Arc::new(self.store),
            clock: Clock::start(),
        }
    }
}

/// A fetcher with a [`Cache`] in front of it.
pub struct Cached {
    fetcher: Box<dyn Fetcher>,
    store: Arc<Store>,
    /// What the fetcher adds to each request.
    sent: Vec<u8>,
    max_body: u64,
    max_size: u64,
    reuse: Reuse,
    clock: Clock,
}

impl Fetcher for Cached {
    fn fetch(&self, request: Request) -> BoxFuture<'_, Result<Response<Bytes>, Error>> {
        Box::pin(async move {
            match asked(&request) {
                Some(asked) => self.answer(asked, request).await,
                None => self.pass(request).await,
            }
        })
    }
}

impl Cached {
    /// Answers a request that the cache may answer.
    async fn answer(
        &self,
        asked: request::Parts,
        mut request: Request,
    ) -> Result<Response<Bytes>, Error> {
        let key = self.key(&request);
        let most = request.max_body.unwrap_or(self.max_body);
        let kept = self.on_store(move |store| store.get(&key)).await.flatten();
        // A limit that was lowered holds, and the fetcher knows how to say so.
        let Some(kept) = kept.filter(|kept| kept.body.len() as u64 <= most) else {
            return self.fetch_and_keep(key, &asked, request).await;
        };
        let now = self.clock.wall();
        let policy = kept.policy(&asked.uri);
        match (policy.before_request(&asked, now), self.reuse) {
            (BeforeRequest::Fresh(head), Reuse::Fresh) => {
                self.on_store(move |store| store.touch(&key, now)).await;
                let url = request.url;
                Ok(Response::new(url, head.status, head.headers, kept.body).from_store())
            }
            (_, Reuse::Always) => {
                self.on_store(move |store| store.touch(&key, now)).await;
                Ok(Response::new(request.url, kept.status, kept.headers, kept.body).from_store())
            }
            (BeforeRequest::Stale { request: conditional, matches: true }, Reuse::Fresh) => {
                request.headers = conditional.headers;
                let response = self.fetcher.fetch(request).await?;
                if response.status() == StatusCode::NOT_MODIFIED {
                    return Ok(self.renew(key, kept, &policy, &asked, response).await);
                }
                self.keep(key, &asked, &response).await;
                Ok(response)
            }
            (BeforeRequest::Stale { .. }, Reuse::Fresh) => {
                self.fetch_and_keep(key, &asked, request).await
            }
        }
    }

    /// Sends what the cache cannot answer. What may change a page makes what is kept of it worthless (RFC 9111
    /// section 4.4).
    async fn pass(&self, request: Request) -> Result<Response<Bytes>, Error> {
        let changed = (!request.method.is_safe()).then(|| self.key(&request));
        let response = self.fetcher.fetch(request).await?;
        if let Some(key) = changed
            && response.status().as_u16() < 400
        {
            self.on_store(move |store| store.remove(&key)).await;
        }
        Ok(response)
    }

    async fn fetch_and_keep(
        &self,
        key: Key,
        asked: &request::Parts,
        request: Request,
    ) -> Result<Response<Bytes>, Error> {
        let response = self.fetcher.fetch(request).await?;
        self.keep(key, asked, &response).await;
        Ok(response)
    }

    /// Keeps an answer if it may be kept; otherwise what was kept before goes.
    async fn keep(&self, key: Key, asked: &request::Parts, response: &Response<Bytes>) {
        let kept = Kept {
            at: self.clock.wall(),
            asked: asked.headers.clone(),
            status: response.status(),
            headers: response.headers().clone(),
            body: response.body().clone(),
        };
        let status = response.status().as_u16();
        let may = match self.reuse {
            Reuse::Fresh => kept.policy(&asked.uri).is_storable(),
            Reuse::Always => status < 500 && !matches!(status, 304 | 408 | 425 | 429),
        };
        let most = self.max_size;
        if may && !response.truncated() {
            self.on_store(move |store| store.put(&key, &kept, most)).await;
        } else if status < 500 {
            self.on_store(move |store| store.remove(&key)).await;
        }
    }

    /// Takes what the server said of an answer that still holds (RFC 9111 section 4.3.4).
    async fn renew(
        &self,
        key: Key,
        kept: Kept,
        policy: &CachePolicy,
        asked: &request::Parts,
        response: Response<Bytes>,
    ) -> Response<Bytes> {
        let mut told = response.headers().clone();
        // Many servers leave the validators out, of which there was but one set in the request.
        if !told.contains_key(ETAG) && !told.contains_key(LAST_MODIFIED) {
            for name in [ETAG, LAST_MODIFIED] {
                if let Some(value) = kept.headers.get(&name) {
                    told.insert(name, value.clone());
                }
            }
        }
        let now = self.clock.wall();
        match policy.after_response(asked, &Head(response.status(), &told), now) {
            AfterResponse::NotModified(_, head) => {
                let (status, body) = (kept.status, kept.body.clone());
                let (headers, most) = (head.headers.clone(), self.max_size);
                let renewed = Kept { at: now, headers: head.headers, ..kept };
                self.on_store(move |store| store.put(&key, &renewed, most)).await;
                Response::new(response.url().clone(), status, headers, body)
                    .with_timings(response.timings())
            }
            // It speaks of something else than what it was asked about, so nothing of it can be trusted.
            AfterResponse::Modified(..) => {
                self.on_store(move |store| store.remove(&key)).await;
                response
            }
        }
    }

    /// Uses the store on a thread for such; `None` when it fails.
    async fn on_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, fjall::Error> + Send + 'static,
    ) -> Option<T> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || work(&store)).await.ok()?.ok()
    }

    /// Returns under what an answer is kept: by all that the request and the fetcher say.
    fn key(&self, request: &Request) -> Key {
        let authorization = request.headers.get(AUTHORIZATION).map(|value| value.as_bytes());
        Key::of([request.url.as_str().as_bytes(), &self.sent, authorization.unwrap_or_default()])
    }
}

impl fmt::Debug for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").field("store", &self.store).field("reuse", &self.reuse).finish()
    }
}

impl Kept {
    /// Returns what RFC 9111 says of it.
    fn policy(&self, uri: &Uri) -> CachePolicy {
        let (mut asked, ()) = http::Request::new(()).into_parts();
        (asked.uri, asked.headers) = (uri.clone(), self.asked.clone());
        let options = CacheOptions { shared: false, ..CacheOptions::default() };
        CachePolicy::new_options(&asked, &Head(self.status, &self.headers), self.at, options)
    }
}

/// The parts of an answer that the policy looks at.
struct Head<'a>(StatusCode, &'a HeaderMap);

impl ResponseLike for Head<'_> {
    fn status(&self) -> StatusCode {
        self.0
    }

    fn headers(&self) -> &HeaderMap {
        self.1
    }
}

/// Returns a request as the policy looks at it; `None` when it is none that the cache may answer. One that is
/// conditional or for a part already is somebody else's business.
fn asked(request: &Request) -> Option<request::Parts> {
    let own = [IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, RANGE];
    let plain = request.method == Method::GET && request.body.is_empty();
    if !plain || own.iter().any(|name| request.headers.contains_key(name)) {
        return None;
    }
    let (mut asked, ()) = http::Request::new(()).into_parts();
    (asked.uri, asked.headers) = (request.url.as_str().parse().ok()?, request.headers.clone());
    Some(asked)
}
