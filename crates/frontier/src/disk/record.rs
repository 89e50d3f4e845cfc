//! What rows hold: runs of waiting URLs, finished URLs, and the store's own numbers (postcard encoding).

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::canonical::Fingerprint;
use crate::completed::{Completed, End, Ending, Revisit};
use crate::directory::HostId;
use crate::pending::{BANDS, Pending};

/// The numbers that the store keeps of itself, written with every commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    pub(super) discovered: u64,
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
    /// The number of the next run.
    pub(super) sequence: u64,
    /// How often all URLs were queued again.
    pub(super) round: u32,
}

impl Ledger {
    /// Counts one more end of this kind.
    pub(super) fn ended(&mut self, end: End) {
        *self.of(end) += 1;
    }

    /// Takes one end of this kind back.
    pub(super) fn reopened(&mut self, end: End) {
        let count = self.of(end);
        *count = count.saturating_sub(1);
    }

    fn of(&mut self, end: End) -> &mut u64 {
        match end {
            End::Done => &mut self.done,
            End::Failed => &mut self.failed,
            End::Skipped => &mut self.skipped,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    /// How often all URLs had been queued again when this run was written: what ended before that does
    /// not end the URLs of this run.
    round: u32,
    /// Scheme, host and port, which all URLs of a run share.
    origin: &'a str,
    urls: u32,
}

#[derive(Serialize, Deserialize)]
struct Row<'a> {
    target: &'a str,
    // As bytes: a random number is longest as a varint.
    fingerprint: [u8; 8],
    depth: u16,
    redirects: u8,
    referrer: Referrer<'a>,
    payload: Option<&'a [u8]>,
}

#[derive(Serialize, Deserialize)]
enum Referrer<'a> {
    None,
    /// That of the URL before.
    Same,
    Text(&'a str),
}

/// Appends a run: URLs of one host and band, queued in this round.
pub(super) fn write_run(urls: &[Pending], round: u32, out: Vec<u8>) -> postcard::Result<Vec<u8>> {
    let origin = urls.first().map_or("", |first| origin(&first.url));
    let count = u32::try_from(urls.len()).expect("runs are short");
    let mut out = postcard::to_extend(&Head { round, origin, urls: count }, out)?;
    let mut before: Option<&Arc<str>> = None;
    for url in urls {
        let referrer = match (&url.referrer, before) {
            (None, _) => Referrer::None,
            (Some(text), Some(last)) if text == last => Referrer::Same,
            (Some(text), _) => Referrer::Text(text),
        };
        before = url.referrer.as_ref().or(before);
        let row = Row {
            target: &url.url[origin.len()..],
            fingerprint: url.fingerprint.bits().to_be_bytes(),
            depth: url.depth,
            redirects: url.redirects,
            referrer,
            payload: url.payload.as_deref(),
        };
        out = postcard::to_extend(&row, out)?;
    }
    Ok(out)
}

/// Reads a run, and in which round it was queued.
pub(super) fn read_run(
    host: HostId,
    band: u8,
    bytes: &[u8],
) -> postcard::Result<(u32, Vec<Pending>)> {
    let (head, mut rest) = postcard::take_from_bytes::<Head<'_>>(bytes)?;
    let mut urls = Vec::new();
    let mut before: Option<Arc<str>> = None;
    for _ in 0..head.urls {
        let (row, tail) = postcard::take_from_bytes::<Row<'_>>(rest)?;
        rest = tail;
        let referrer = match row.referrer {
            Referrer::None => None,
            Referrer::Same => before.clone(),
            Referrer::Text(text) => Some(Arc::from(text)),
        };
        before = referrer.clone().or(before);
        urls.push(Pending {
            url: [head.origin, row.target].concat().into_boxed_str(),
            referrer,
            payload: row.payload.map(Box::from),
            fingerprint: Fingerprint::from_bits(u64::from_be_bytes(row.fingerprint)),
            host,
            depth: row.depth,
            redirects: row.redirects,
            band: band.min(BANDS - 1),
        });
    }
    Ok((head.round, urls))
}

/// Returns what all URLs of a host begin with.
fn origin(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |scheme| scheme + 3);
    url[authority..].find('/').map_or(url, |path| &url[..authority + path])
}

#[derive(Serialize, Deserialize)]
struct FinishedRow<'a> {
    // First, so that it can be read alone.
    round: u32,
    end: u8,
    code: Option<Cow<'a, str>>,
    status: Option<u16>,
    at: u64,
    url: &'a str,
    host: u32,
    depth: u16,
    redirects: u8,
    band: u8,
    referrer: Option<&'a str>,
    payload: Option<&'a [u8]>,
    revisit: Option<RevisitRow<'a>>,
}

#[derive(Serialize, Deserialize)]
struct RevisitRow<'a> {
    etag: Option<&'a str>,
    last_modified: Option<&'a str>,
    content_hash: Option<u64>,
}

/// Appends a finished URL, which ended in this round.
pub(super) fn write_finished(
    completed: &Completed,
    round: u32,
    out: Vec<u8>,
) -> postcard::Result<Vec<u8>> {
    let Completed { pending, ending, revisit } = completed;
    let row = FinishedRow {
        round,
        end: match ending.end {
            End::Done => 0,
            End::Failed => 1,
            End::Skipped => 2,
        },
        code: ending.code.as_deref().map(Cow::Borrowed),
        status: ending.status,
        at: ending.at,
        url: &pending.url,
        host: pending.host.0,
        depth: pending.depth,
        redirects: pending.redirects,
        band: pending.band,
        referrer: pending.referrer.as_deref(),
        payload: pending.payload.as_deref(),
        revisit: revisit.as_ref().map(|revisit| RevisitRow {
            etag: revisit.etag.as_deref(),
            last_modified: revisit.last_modified.as_deref(),
            content_hash: revisit.content_hash,
        }),
    };
    postcard::to_extend(&row, out)
}

/// Reads in which round a URL ended.
pub(super) fn read_round(bytes: &[u8]) -> postcard::Result<u32> {
    postcard::take_from_bytes(bytes).map(|(round, _)| round)
}

/// Reads a finished URL.
pub(super) fn read_finished(fingerprint: Fingerprint, bytes: &[u8]) -> postcard::Result<Completed> {
    let row: FinishedRow<'_> = postcard::from_bytes(bytes)?;
    let pending = Pending {
        url: row.url.into(),
        referrer: row.referrer.map(Arc::from),
        payload: row.payload.map(Box::from),
        fingerprint,
        host: HostId(row.host),
        depth: row.depth,
        redirects: row.redirects,
        band: row.band.min(BANDS - 1),
    };
    let ending = Ending {
        end: match row.end {
            0 => End::Done,
            1 => End::Failed,
            _ => End::Skipped,
        },
        code: row.code.map(|code| Cow::Owned(code.into_owned())),
        status: row.status,
        at: row.at,
    };
    let revisit = row.revisit.map(|revisit| {
        Box::new(Revisit {
            etag: revisit.etag.map(Box::from),
            last_modified: revisit.last_modified.map(Box::from),
            content_hash: revisit.content_hash,
        })
    });
    Ok(Completed { pending, ending, revisit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(url: &str, referrer: Option<&str>) -> Pending {
        Pending {
            url: url.into(),
            referrer: referrer.map(Arc::from),
            payload: Some(Box::from(*b"{}")),
            fingerprint: Fingerprint::from_bits(u64::MAX - url.len() as u64),
            host: HostId(7),
            depth: 300,
            redirects: 2,
            band: 3,
        }
    }

    #[test]
    fn a_run_comes_back_as_it_was() {
        let run = [
            pending("https://a.example/", None),
            pending("https://a.example/b?c", Some("https://b.example/")),
            pending("https://a.example/d", Some("https://b.example/")),
            pending("https://a.example/e", Some("https://c.example/")),
            pending("https://a.example/f", None),
        ];
        let bytes = write_run(&run, 4, Vec::new()).unwrap();
        assert_eq!(read_run(HostId(7), 3, &bytes).unwrap(), (4, run.to_vec()));
    }

    #[test]
    fn a_finished_url_comes_back_as_it_was() {
        let completed = Completed {
            pending: pending("https://a.example/b", Some("https://a.example/")),
            ending: Ending {
                end: End::Failed,
                code: Some("dns".into()),
                status: None,
                at: 1_790_000_000_000,
            },
            revisit: Some(Box::new(Revisit {
                etag: Some("\"7\"".into()),
                last_modified: None,
                content_hash: Some(9),
            })),
        };
        let bytes = write_finished(&completed, 5, Vec::new()).unwrap();
        assert_eq!(read_round(&bytes).unwrap(), 5);
        assert_eq!(read_finished(completed.pending.fingerprint, &bytes).unwrap(), completed);
    }

    #[test]
    fn damaged_rows_are_errors() {
        let bytes = write_run(&[pending("https://a.example/", None)], 0, Vec::new()).unwrap();
        for end in 0..bytes.len() {
            assert!(read_run(HostId(7), 3, &bytes[..end]).is_err());
        }
    }
}
