//! Asking again: what is kept of an answer for a later crawl, the conditions that a request makes of it, and
//! what the next answer says. Pure; called by the worker.

use dragline_frontier::Revisit;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::judge::Verdict;

/// The longest `ETag` or `Last-Modified` that is kept, in bytes.
const MAX_VALIDATOR: usize = 1024;

/// What became of a page since the crawl before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// There is a page where there was none: the URL is new, or gave no page before.
    Added,
    /// The page has another content than before, or leads elsewhere now.
    Changed,
    /// The server said so (304), or the content is the same, byte for byte.
    Unchanged,
    /// There was a page, and now there is none (404, 410).
    Gone,
}

/// What workers do with what a later crawl could need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Nothing, since nothing outlives the crawl.
    Forget,
    /// They keep it.
    Keep,
    /// They keep it, and compare it with what the crawl before has kept.
    Compare,
}

/// What an answer says of the page at its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// There is one; its hash is filled in once it is read.
    Page(Revisit),
    /// It is the one that was asked about. Holds what a 304 says anew (RFC 9110 section 15.4.5).
    NotModified(Revisit),
    /// There is none any more.
    Gone,
    /// It is elsewhere.
    Moved,
    /// Nothing, such as an error of the server.
    Nothing,
}

impl Answered {
    pub(crate) fn of(verdict: &Verdict) -> Self {
        match verdict {
            // What is cut off must not be taken for the whole by a later 304.
            Verdict::Page(response) if response.truncated() => Self::Page(Revisit::default()),
            Verdict::Page(response) => Self::Page(validators(response.headers())),
            Verdict::Redirect(..) => Self::Moved,
            Verdict::Answer(response) => match response.status() {
                StatusCode::NOT_MODIFIED => Self::NotModified(validators(response.headers())),
                StatusCode::NOT_FOUND | StatusCode::GONE => Self::Gone,
                _ => Self::Nothing,
            },
            Verdict::Failed(_) | Verdict::Again => Self::Nothing,
        }
    }

    /// Tells what changed since `before`, and what is to be kept now. `hash` is that of the page's body, if it
    /// was read.
    pub(crate) fn since(
        self,
        before: Option<&Revisit>,
        hash: Option<u64>,
    ) -> (Option<Change>, Option<Box<Revisit>>) {
        let kept = || before.cloned().map(Box::new);
        match (self, before) {
            (Self::Page(_), _) if hash.is_none() => (None, kept()),
            (Self::Page(page), before) => {
                let change = match before {
                    None => Change::Added,
                    Some(before) if before.content_hash == hash => Change::Unchanged,
                    Some(_) => Change::Changed,
                };
                (Some(change), Some(Box::new(Revisit { content_hash: hash, ..page })))
            }
            (Self::NotModified(now), Some(before)) => {
                let revisit = Revisit {
                    etag: now.etag.or_else(|| before.etag.clone()),
                    last_modified: now.last_modified.or_else(|| before.last_modified.clone()),
                    content_hash: before.content_hash,
                };
                (Some(Change::Unchanged), Some(Box::new(revisit)))
            }
            (Self::Gone, Some(_)) => (Some(Change::Gone), None),
            (Self::Moved, Some(_)) => (Some(Change::Changed), None),
            (Self::Gone | Self::Moved | Self::NotModified(_), None) => (None, None),
            // The page is compared again when it is answered next.
            (Self::Nothing, _) => (None, kept()),
        }
    }
}

/// Makes a request conditional: the answer may be that nothing changed (RFC 9110 section 13.1).
pub(crate) fn make_conditional(headers: &mut HeaderMap, before: &Revisit) {
    let conditions =
        [(header::IF_NONE_MATCH, &before.etag), (header::IF_MODIFIED_SINCE, &before.last_modified)];
    for (name, value) in conditions {
        if let Some(value) = value.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(name, value);
        }
    }
}

fn validators(headers: &HeaderMap) -> Revisit {
    let text = |name: HeaderName| {
        let text = headers.get(name)?.to_str().ok()?.trim();
        (!text.is_empty() && text.len() <= MAX_VALIDATOR).then(|| Box::from(text))
    };
    Revisit {
        etag: text(header::ETAG),
        last_modified: text(header::LAST_MODIFIED),
        content_hash: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(etag: &str, hash: u64) -> Revisit {
        Revisit { etag: Some(etag.into()), last_modified: None, content_hash: Some(hash) }
    }

    #[test]
    fn each_answer_says_what_changed_and_what_is_kept() {
        let before = page("\"1\"", 1);
        let again = Revisit { content_hash: None, ..page("\"2\"", 0) };
        let unread = || Answered::Page(again.clone());
        let cases = [
            (unread(), Some(1), Some(Change::Unchanged), Some(page("\"2\"", 1))),
            (unread(), Some(2), Some(Change::Changed), Some(page("\"2\"", 2))),
            (unread(), None, None, Some(before.clone())),
            (
                Answered::NotModified(again.clone()),
                None,
                Some(Change::Unchanged),
                Some(page("\"2\"", 1)),
            ),
            (
                Answered::NotModified(Revisit::default()),
                None,
                Some(Change::Unchanged),
                Some(before.clone()),
            ),
            (Answered::Gone, None, Some(Change::Gone), None),
            (Answered::Moved, None, Some(Change::Changed), None),
            (Answered::Nothing, None, None, Some(before.clone())),
        ];
        for (answered, hash, change, kept) in cases {
            let text = format!("{answered:?}");
            assert_eq!(answered.since(Some(&before), hash), (change, kept.map(Box::new)), "{text}");
        }
    }

    #[test]
    fn without_a_page_before_only_a_page_is_a_change() {
        let now = Revisit::default();
        let cases = [
            (Answered::Page(now.clone()), Some(Change::Added)),
            (Answered::NotModified(now), None),
            (Answered::Gone, None),
            (Answered::Moved, None),
            (Answered::Nothing, None),
        ];
        for (answered, change) in cases {
            assert_eq!(answered.since(None, Some(1)).0, change);
        }
    }

    #[test]
    fn a_validator_that_is_absurdly_long_is_not_kept() {
        let mut headers = HeaderMap::new();
        headers
            .insert(header::ETAG, HeaderValue::from_str(&"e".repeat(MAX_VALIDATOR + 1)).unwrap());
        headers.insert(header::LAST_MODIFIED, HeaderValue::from_static("yesterday"));
        let expected = Revisit { last_modified: Some("yesterday".into()), ..Revisit::default() };
        assert_eq!(validators(&headers), expected);
    }
}
