//! Explains what the state of a crawl holds of a URL, and why it does not hold one. Reads, and changes
//! nothing.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use dragline_frontier::{
    Admission, Canonical, Completed, Counts, Directory, End, FingerprintKey, HostId, Pending,
    Scope, ScopeConfig, ScopeKind, Skip, Step, TrapConfig, UrlState,
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::Error;
use crate::record::PageRecord;
use crate::state::{Opened, State};

/// What a state directory tells of some URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// All URLs of the crawl, by what became of them.
    pub counts: Counts,
    /// One for each URL that was asked about, in that order.
    pub urls: Vec<Explained>,
}

/// What a state directory tells of one URL. Serialised, absent fields are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The URL, as it was given.
    pub url: String,
    /// The form in which it is known and fetched; absent when that is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical: Option<String>,
    /// Where it stands.
    pub standing: Standing,
    /// The stable code of the reason; absent for a URL that waits or was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The reason in words.
    pub message: String,
    /// How it was found, and how it ended last; absent for a URL that is unknown.
    #[serde(flatten)]
    pub visit: Option<Visit>,
}

/// Where a URL stands in a crawl.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It was answered, whatever the status.
    Done,
    /// It was not answered, or its page could not be read.
    Failed,
    /// It was refused without being sent.
    Skipped,
    /// It waits to be fetched.
    Waiting,
    /// It never entered the crawl.
    Unknown,
}

/// How a URL was found, and how it ended last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// The HTTP status; absent without an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// When it ended: RFC 3339 in UTC, with milliseconds; absent when it never did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Links from a seed to here.
    pub depth: u16,
    /// The page that led here; absent for a seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Arc<str>>,
    /// The band in which it waited: 0 came first, 3 last.
    pub band: u8,
    /// The `ETag` with which a refresh will ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The `Last-Modified` with which a refresh will ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

/// The settings that a state holds, as far as they decide what enters the crawl.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    scope: ScopeConfig,
    traps: TrapConfig,
}

impl State {
    /// Tells what the directory holds of these URLs, in the order in which they are given. The crawl must not be
    /// running; nothing of it changes. Blocks while the state is opened, some seconds for ten million URLs.
    ///
    /// # Errors
    /// When the directory holds no crawl, is in use, or cannot be read.
    pub async fn explain(&self, urls: &[Url]) -> Result<Explanation, Error> {
        let directory = Arc::new(Directory::default());
        let Opened { mut store, found, resumed, .. } = self.look(directory.clone())?;
        let settings: Settings = serde_json::from_str(&found.settings).unwrap_or_default();
        let mut explained = Vec::with_capacity(urls.len());
        for url in urls {
            explained.push(match Canonical::new(url.clone()) {
                Ok(canonical) => {
                    let fingerprint = canonical.fingerprint(found.key);
                    let host = directory.known(&canonical.host_key());
                    let state = store.state_of(fingerprint).await?;
                    let mut explained =
                        Explained::new(url, state, || unknown(&canonical, &settings, host));
                    if let (Standing::Waiting, None, Some(host)) =
                        (explained.standing, &explained.visit, host)
                    {
                        let queued = store.queued(host, fingerprint).await?;
                        if let Some(pending) = queued {
                            explained.visit = Some(Visit::queued(&pending));
                            explained.known_as(pending.url());
                        }
                    }
                    if explained.visit.is_none() {
                        explained.known_as(canonical.url().as_str());
                    }
                    explained
                }
                Err(reason) => Explained::new(url, UrlState::Unknown, || {
                    let skip = Skip::NotCrawlable(reason);
                    (skip.name(), format!("it cannot be crawled: {skip}"))
                }),
            });
        }
        Ok(Explanation { counts: resumed.counts, urls: explained })
    }
}

impl Explained {
    fn new(url: &Url, state: UrlState, why: impl FnOnce() -> (&'static str, String)) -> Self {
        let known = match &state {
            UrlState::Finished(completed) => Some(completed.pending.url().to_owned()),
            UrlState::Waiting { before } => {
                before.as_ref().map(|before| before.pending.url().to_owned())
            }
            UrlState::Unknown => None,
        };
        let (standing, code, message, visit) = match state {
            UrlState::Finished(completed) => {
                let standing = match completed.ending.end {
                    End::Done => Standing::Done,
                    End::Failed => Standing::Failed,
                    End::Skipped => Standing::Skipped,
                };
                let code = completed.ending.code.as_deref().map(str::to_owned);
                let message = code.as_deref().map_or("it was answered", words);
                (standing, code, message.to_owned(), Some(Visit::ended(&completed)))
            }
            UrlState::Waiting { before: Some(before) } => {
                let message = "it waits to be fetched again; the rest is from the last time";
                (Standing::Waiting, None, message.to_owned(), Some(Visit::ended(&before)))
            }
            UrlState::Waiting { before: None } => {
                let message = "it was found and not fetched yet, or was in flight at the end";
                (Standing::Waiting, None, message.to_owned(), None)
            }
            UrlState::Unknown => {
                let (code, message) = why();
                (Standing::Unknown, Some(code.to_owned()), message, None)
            }
        };
        let url = url.as_str().to_owned();
        let mut explained = Self { url, canonical: None, standing, code, message, visit };
        if let Some(known) = known {
            explained.known_as(&known);
        }
        explained
    }

    /// Notes the form in which the URL is known.
    fn known_as(&mut self, canonical: &str) {
        self.canonical = (canonical != self.url).then(|| canonical.to_owned());
    }
}

impl Visit {
    fn queued(pending: &Pending) -> Self {
        Self {
            status: None,
            at: None,
            depth: pending.depth(),
            referrer: pending.referrer().cloned(),
            band: pending.band(),
            etag: None,
            last_modified: None,
        }
    }

    fn ended(completed: &Completed) -> Self {
        let Completed { pending, ending, revisit } = completed;
        let text = |value: &Option<Box<str>>| value.as_deref().map(str::to_owned);
        // What is kept may be damaged, and no date lies behind the last one that can be written.
        let at = UNIX_EPOCH + Duration::from_millis(ending.at.min(LAST_DATE));
        Self {
            status: ending.status,
            at: Some(PageRecord::timestamp(at)),
            etag: revisit.as_ref().and_then(|revisit| text(&revisit.etag)),
            last_modified: revisit.as_ref().and_then(|revisit| text(&revisit.last_modified)),
            ..Self::queued(pending)
        }
    }
}

/// The last second of the year 9999, which is the last that RFC 3339 can write, in milliseconds.
const LAST_DATE: u64 = 253_402_300_799_000;

/// Tells, as far as that can be known afterwards, why a URL is not in the crawl: by what of the settings
/// concerns the URL alone, and by its host.
fn unknown(url: &Canonical, settings: &Settings, host: Option<HostId>) -> (&'static str, String) {
    let Settings { scope, traps } = settings;
    let kind = scope.kind;
    if let Err(skip) = admit(url, scope, traps) {
        let message =
            format!("by the settings the crawl was begun with it is not admitted: {skip}");
        return (skip.name(), message);
    }
    if kind != ScopeKind::Any && host.is_none() {
        let message = format!(
            "out of scope, as far as can be told: the scope is `{kind}`, and no URL of {} entered \
             the crawl",
            url.host_key()
        );
        return (Skip::OutOfScope.name(), message);
    }
    let message = "nothing in the settings speaks against it: no page that was read leads to it, or it was \
                   out of scope, too deep or taken for a trap when it was found, of which nothing is kept";
    ("not_found", message.to_owned())
}

/// Has the URL admitted as a link, wherever it lies.
fn admit(url: &Canonical, scope: &ScopeConfig, traps: &TrapConfig) -> Result<(), Skip> {
    let anywhere = ScopeConfig { kind: ScopeKind::Any, ..scope.clone() };
    // They were compiled when the crawl was begun.
    let Ok(anywhere) = Scope::new(&anywhere, []) else { return Ok(()) };
    let directory = Arc::new(Directory::default());
    let key = FingerprintKey::from_bits(0);
    let admission =
        Admission::new(anywhere, directory, key, None).traps(traps.clone(), Duration::ZERO);
    // A seed need not be included, so that it shows an exclusion alone, and can lead to itself.
    let from = admission.seed(url.url().clone(), None)?;
    let referrer = Arc::from(from.url());
    admission.link(url.url().clone(), &from, &referrer, Step::Link, None).map(drop)
}

/// Says in words what the code of an ending means.
fn words(code: &str) -> &'static str {
    match code {
        "robots" => "robots.txt does not allow it, or could not be read",
        "excluded" => "an exclude pattern matches it",
        "too_many_redirects" => "more redirects in a row lead to it than are followed",
        "trap" => "pages like it stopped giving anything new",
        "mirror" => "its host gives the pages of another one",
        "host_full" => "its host has had its pages",
        "domain_full" => "its domain has had its pages",
        "host_down" => "its host stopped answering",
        "spider" => "the spider could not read its page",
        "dns" => "the name of its host could not be looked up",
        "connect" => "no connection could be made",
        "tls" => "no secure connection could be made",
        "timeout" => "it took too long",
        "closed" | "reset" => "the server ended the connection",
        "protocol" => "the answer is no HTTP",
        "too_large" => "the body is larger than the limit",
        "truncated" => "the body ended before its end",
        "decode" => "the body could not be decoded",
        "not_archived" => "it was not in the archive that was replayed",
        "blocked_address" => "its address is not allowed to be contacted",
        "blocked_scheme" => "only http and https are fetched",
        "invalid_url" => "it is no URL that can be crawled",
        _ => "it was not fetched",
    }
}
