//! Provenance: where a value of the output comes from, and what its page asks of those who use it.

use std::fmt;

use dragline_parse::{Facts, Permission, Signals};
use http::HeaderMap;

use crate::page::Page;
use crate::record::PageRecord;

/// The longest wish that is kept, in bytes.
const LONGEST: usize = 1024;

/// Where a value of the output comes from.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Provenance<'a> {
    /// The URL that was fetched.
    pub url: &'a str,
    /// When, in UTC as RFC 3339 writes it, to the millisecond.
    pub fetched_at: &'a str,
    /// The HTTP status; absent when there was no answer.
    pub status: Option<u16>,
    /// SHA-256 of the decoded body in hexadecimal digits; only with [`Digest::Sha256`](crate::Digest::Sha256).
    pub sha256: Option<&'a str>,
    /// What the page asks of those who use it; absent unless a sink [wants](crate::Sink::wants) provenance, and
    /// for what gave no page.
    pub preferences: Option<&'a Preferences>,
}

impl<'a> Provenance<'a> {
    pub(crate) fn of(record: &'a PageRecord, preferences: Option<&'a Preferences>) -> Self {
        Self {
            url: &record.url,
            fetched_at: &record.fetched_at,
            status: record.status,
            sha256: record.sha256.as_deref(),
            preferences,
        }
    }
}

/// What a page asks of those who use it.
///
/// Written as text it is one line, empty when nothing is asked: `noindex, max-snippet: 50, tdm-reservation: 1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preferences {
    /// Its `X-Robots-Tag` headers and robots metas.
    pub robots: Signals,
    /// Its `Content-Signal` header, as sent, such as `search=yes, ai-train=no`. At most 1 KiB.
    pub content_signal: Option<String>,
    /// The `Content-Signal` lines of its origin's robots.txt, those of the group that counts, with commas between;
    /// absent when robots.txt is not asked for. At most 1 KiB.
    pub robots_content_signal: Option<String>,
    /// `tdm-reservation` (TDM Reservation Protocol), of a header, else of a meta, as sent. At most 1 KiB.
    pub tdm_reservation: Option<String>,
    /// `tdm-policy`, the URL of the terms, of a header, else of a meta, as sent. At most 1 KiB.
    pub tdm_policy: Option<String>,
}

impl Preferences {
    pub(crate) fn of<R>(page: &Page<R>) -> Self {
        let header = |name: &str| value(page.headers(), name);
        let meta = |name: &str| {
            let mut metas = page.facts().into_iter().flat_map(Facts::robots);
            metas
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .and_then(|(_, text)| kept(text))
        };
        let either = |name: &str| header(name).or_else(|| meta(name));
        Self {
            robots: page.signals().clone(),
            content_signal: header("content-signal"),
            // The engine knows.
            robots_content_signal: None,
            tdm_reservation: either("tdm-reservation"),
            tdm_policy: either("tdm-policy"),
        }
    }
}

impl fmt::Display for Preferences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let robots = &self.robots;
        let denied = [
            (robots.index, "noindex"),
            (robots.follow, "nofollow"),
            (robots.archive, "noarchive"),
            (robots.snippet, "nosnippet"),
            (robots.image_index, "noimageindex"),
            (robots.translate, "notranslate"),
        ];
        let denied = denied.into_iter().filter(|(permission, _)| *permission == Permission::Denied);
        let mut wishes: Vec<String> = denied.map(|(_, name)| name.to_owned()).collect();
        let limits = [
            ("max-snippet", robots.max_snippet.map(|limit| limit.to_string())),
            (
                "max-image-preview",
                robots.max_image_preview.map(|limit| format!("{limit:?}").to_ascii_lowercase()),
            ),
            ("max-video-preview", robots.max_video_preview.map(|limit| limit.to_string())),
            (
                "unavailable_after",
                robots
                    .unavailable_after
                    .map(|at| humantime::format_rfc3339_seconds(at).to_string()),
            ),
            ("content-signal", self.content_signal.clone()),
            ("robots.txt content-signal", self.robots_content_signal.clone()),
            ("tdm-reservation", self.tdm_reservation.clone()),
            ("tdm-policy", self.tdm_policy.clone()),
        ];
        let limits =
            limits.into_iter().filter_map(|(name, wish)| Some(format!("{name}: {}", wish?)));
        wishes.extend(limits);
        f.write_str(&wishes.join(", "))
    }
}

fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    kept(headers.get(name)?.to_str().ok()?)
}

fn kept(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= LONGEST).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_one_line() {
        let robots = Signals::default().header("noindex, max-snippet: 50", "dragline");
        let tdm_reservation = Some("1".to_owned());
        let asked = Preferences { robots, tdm_reservation, ..Preferences::default() };
        assert_eq!(asked.to_string(), "noindex, max-snippet: 50, tdm-reservation: 1");
        assert_eq!(Preferences::default().to_string(), "");
    }
}
