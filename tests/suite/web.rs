//! A fake web behind the fetcher seam: scripted answers in virtual time, and a log of what was asked when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use dragline::Fetcher;
use dragline::fetch::{BoxFuture, Error, ErrorKind, Request, Response};
use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

/// How long each answer takes.
const TAKES: Duration = Duration::from_millis(10);

/// How the web answers one request.
#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    error: Option<ErrorKind>,
}

impl Reply {
    pub(crate) fn html(body: &str) -> Self {
        Self::status(200).header("content-type", "text/html").body(body)
    }

    pub(crate) fn text(body: &str) -> Self {
        Self::status(200).header("content-type", "text/plain").body(body)
    }

    pub(crate) fn status(status: u16) -> Self {
        let body = String::new();
        Self { status, headers: Vec::new(), body, error: None }
    }

    pub(crate) fn error(kind: ErrorKind) -> Self {
        Self { error: Some(kind), ..Self::status(0) }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }
}

/// One request as the web saw it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) url: String,
    pub(crate) at: Duration,
}

/// A web of scripted answers. Each URL gives its replies in order, and the last one again and again; what
/// is not scripted is 404.
#[derive(Clone)]
pub(crate) struct Web {
    start: Instant,
    replies: Arc<Mutex<HashMap<String, Vec<Reply>>>>,
    log: Arc<Mutex<Vec<Asked>>>,
    rule: Option<Rule>,
}

/// Answers what is not scripted, by its URL.
type Rule = Arc<dyn Fn(&url::Url) -> Option<Reply> + Send + Sync>;

impl Web {
    /// Creates an empty web, whose clock starts now.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), replies: Arc::default(), log: Arc::default(), rule: None }
    }

    pub(crate) fn on(self, url: &str, replies: impl IntoIterator<Item = Reply>) -> Self {
        // The last reply is taken from the front as long as others are behind it.
        self.replies.lock().unwrap().insert(url.to_owned(), replies.into_iter().collect());
        self
    }

    pub(crate) fn page(self, url: &str, html: &str) -> Self {
        self.on(url, [Reply::html(html)])
    }

    /// Answers what is not scripted by a rule.
    pub(crate) fn rule(
        self,
        rule: impl Fn(&url::Url) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        Self { rule: Some(Arc::new(rule)), ..self }
    }

    /// Returns what was asked, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }

    /// Returns when a URL was asked for, since the start.
    pub(crate) fn times(&self, url: &str) -> Vec<Duration> {
        self.asked().iter().filter(|asked| asked.url == url).map(|asked| asked.at).collect()
    }

    fn reply(&self, url: &url::Url) -> Reply {
        let mut replies = self.replies.lock().unwrap();
        match replies.get_mut(url.as_str()) {
            Some(script) if script.len() > 1 => script.remove(0),
            Some(script) => script[0].clone(),
            None => {
                let answer = self.rule.as_ref().and_then(|rule| rule(url));
                answer.unwrap_or_else(|| Reply::status(404))
            }
        }
    }
}

impl Fetcher for Web {
    fn fetch(&self, request: Request) -> BoxFuture<'_, Result<Response<Bytes>, Error>> {
        Box::pin(async move {
            let url = request.url.clone();
            let at = self.start.elapsed();
            self.log.lock().unwrap().push(Asked { url: url.to_string(), at });
            let reply = self.reply(&url);
            tokio::time::sleep(TAKES).await;
            if let Some(kind) = reply.error {
                return Err(Error::new(kind, "scripted").with_url(url));
            }
            let mut headers = HeaderMap::new();
            for (name, value) in reply.headers {
                let value = HeaderValue::from_str(&value).unwrap();
                headers.append(HeaderName::from_static(name), value);
            }
            let status = StatusCode::from_u16(reply.status).unwrap();
            Ok(Response::new(url, status, headers, reply.body))
        })
    }
}
