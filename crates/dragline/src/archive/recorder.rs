//! Makes the records of an exchange. Called by workers; what it makes is appended by the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use dashmap::DashMap;
use dragline_fetch::{Config, Request, Response};
use dragline_warc::{Digest, Draft, Id, Kind, Packing};
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::head;

/// The longest body that is packed on a thread of the runtime, in bytes.
const AT_ONCE: usize = 64 * 1024;

/// Profiles of revisits (ISO 28500:2017 section 6.7).
const SAME_BODY: &str = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";
const NOT_MODIFIED: &str = "http://netpreserve.org/warc/1.1/revisit/server-not-modified";

/// Bodies that are in the archive already; the engine adds to it, workers look.
pub(super) type Known = Arc<DashMap<Digest, Original>>;

/// Makes records; shared by all workers.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    pub(super) packing: Packing,
    pub(super) known: Known,
    /// Headers that go out with each request.
    usual: Arc<HeaderMap>,
    /// What the names of records are made of, and how many there are.
    seed: u64,
    named: Arc<AtomicU64>,
}

/// The answer that a revisit refers to.
#[derive(Debug)]
pub(crate) struct Original {
    url: String,
    date: SystemTime,
}

/// A request, as it will stand in the archive.
#[derive(Debug)]
pub(crate) struct Wanted {
    url: String,
    head: Vec<u8>,
    body: Bytes,
}

/// What is known of an exchange beside its messages.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) sent: SystemTime,
    pub(crate) elapsed: Duration,
    pub(crate) depth: u16,
    pub(crate) via: Option<Arc<str>>,
}

/// The records of an exchange, packed.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(super) bytes: Vec<u8>,
    /// The body that later ones may be the same as.
    pub(super) body: Option<(Digest, Original)>,
}

impl Recorder {
    pub(super) fn new(packing: Packing, fetch: &Config, seed: u64) -> Self {
        let pair = |name: &str, value: &str| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        };
        let agent = pair(USER_AGENT.as_str(), &fetch.user_agent);
        let headers = fetch.headers.iter().filter_map(|(name, value)| pair(name, value));
        Self {
            packing,
            known: Known::default(),
            usual: Arc::new(agent.into_iter().chain(headers).collect()),
            seed,
            named: Arc::default(),
        }
    }

    /// Takes note of a request before it is sent.
    pub(crate) fn want(&self, request: &Request) -> Wanted {
        let mut url = request.url.clone();
        url.set_fragment(None);
        let head = head::of_request(request, &self.usual);
        Wanted { url: url.into(), head, body: request.body.clone() }
    }

    /// Makes the records of an answer; `None` when nothing was sent for it.
    pub(crate) async fn record(
        &self,
        wanted: Wanted,
        response: &Response<Bytes>,
        about: About,
    ) -> Option<Box<Recording>> {
        if response.stored() {
            return None;
        }
        if response.body().len() <= AT_ONCE {
            return Some(Box::new(self.make(wanted, response, about)));
        }
        let (recorder, response) = (self.clone(), response.clone());
        let work = move || recorder.make(wanted, &response, about);
        match tokio::task::spawn_blocking(work).await {
            Ok(recording) => Some(Box::new(recording)),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Only a runtime that shuts down gives this, and it does not poll again.
            Err(_) => std::future::pending().await,
        }
    }

    fn make(&self, wanted: Wanted, response: &Response<Bytes>, about: About) -> Recording {
        let Wanted { url, head: asked, body } = wanted;
        let About { sent, elapsed, depth, via } = about;
        let id = self.name();
        let draft = |kind, id| Draft::new(kind, id, sent).field("WARC-Target-URI", &url);
        let mut bytes = Vec::new();
        let (answer, body_known) = self.answer(response, &url, sent, draft, id);
        let mut answer = answer;
        let remote = response.remote().ip();
        if !remote.is_unspecified() {
            answer = answer.field("WARC-IP-Address", remote);
        }
        if response.truncated() {
            answer = answer.field("WARC-Truncated", "unspecified");
        }
        answer.write(self.packing, &mut bytes);
        draft(Kind::Request, self.name())
            .field("WARC-Concurrent-To", id)
            .block("application/http; msgtype=request", asked, body)
            .write(self.packing, &mut bytes);
        let mut facts = format!("fetchTimeMs: {}\r\ndepth: {depth}\r\n", elapsed.as_millis());
        if let Some(via) = via {
            facts.push_str(&format!("via: {via}\r\n"));
        }
        draft(Kind::Metadata, self.name())
            .field("WARC-Concurrent-To", id)
            .block("application/warc-fields", facts, Bytes::new())
            .write(self.packing, &mut bytes);
        Recording { bytes, body: body_known }
    }

    /// Begins the record of an answer: the answer itself, or what it is the same as.
    fn answer(
        &self,
        response: &Response<Bytes>,
        url: &str,
        sent: SystemTime,
        draft: impl Fn(Kind, Id) -> Draft,
        id: Id,
    ) -> (Draft, Option<(Digest, Original)>) {
        const KIND: &str = "application/http; msgtype=response";
        let head = head::of_answer(response);
        if response.status() == StatusCode::NOT_MODIFIED {
            let revisit = draft(Kind::Revisit, id)
                .field("WARC-Profile", NOT_MODIFIED)
                .field("WARC-Refers-To-Target-URI", url);
            return (revisit.block(KIND, head, Bytes::new()), None);
        }
        let body = response.body();
        let digest = Digest::of([&**body]);
        if let Some(original) = self.known.get(&digest).filter(|_| !body.is_empty()) {
            let date = humantime::format_rfc3339_millis(original.date);
            let revisit = draft(Kind::Revisit, id)
                .field("WARC-Profile", SAME_BODY)
                .field("WARC-Refers-To-Target-URI", &original.url)
                .field("WARC-Refers-To-Date", date)
                .field("WARC-Payload-Digest", digest);
            return (revisit.block(KIND, head, Bytes::new()), None);
        }
        let whole = !body.is_empty() && !response.truncated();
        let original = whole.then(|| (digest, Original { url: url.to_owned(), date: sent }));
        let answer = draft(Kind::Response, id).field("WARC-Payload-Digest", digest);
        (answer.block(KIND, head, body.clone()), original)
    }

    /// Makes up the name of a record.
    pub(super) fn name(&self) -> Id {
        let number = self.named.fetch_add(1, Ordering::Relaxed);
        let pieces = [&self.seed.to_be_bytes()[..], &number.to_be_bytes()];
        Id::from_bits(Digest::of(pieces).bits())
    }
}
