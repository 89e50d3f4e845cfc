//! The page record: what came of one URL, as a line of output. Made by workers, written by the engine.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use dragline_frontier::{End, Ending};
use serde::Serialize;

use crate::columns::Columns;
use crate::revisit::Change;
use crate::times::PageTimes;

/// What came of one URL that was fetched, failed or was refused.
///
/// Serialised, it is the page record of the command: absent fields are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PageRecord {
    /// The URL fetched.
    pub url: String,
    /// The method; absent for a GET.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The HTTP status; absent when there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// A stable code; absent for any HTTP answer that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// The error in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Where a redirect leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Links from a seed to here.
    pub depth: u16,
    /// The page that led here; absent for a seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Arc<str>>,
    /// The `Content-Type`, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The charset with which the body was read; absent when it was not read as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<&'static str>,
    /// Bytes of the decoded body.
    pub bytes: u64,
    /// SHA-256 of the decoded body in hexadecimal digits; only with [`Digest::Sha256`](crate::Digest::Sha256),
    /// and absent for a 304, which has no body of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The body ended before its declared end.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// The page's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Links on the page, repeats included.
    pub links: u64,
    /// Tries, this one included; 0 for a URL that was refused unsent.
    pub attempts: u8,
    /// Milliseconds from sending the last try to its last byte.
    pub elapsed_ms: f64,
    /// When the last try was sent, or the URL refused: RFC 3339 in UTC, with milliseconds.
    pub fetched_at: String,
    /// What became of the page since the crawl before; only in a refresh, and absent for what gave no page
    /// before and now, or whose server could not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// The content of an HTML page, as [`Records::content`](crate::Records::content) asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The main content in chunks, in their order, as `records.chunk` asks for; needs the feature `content`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<Vec<RecordChunk>>,
    /// Where the time of the last try went; no field of the record, but of the [event](crate::EventRecord).
    #[serde(skip)]
    pub times: PageTimes,
}

/// A part of the main content of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RecordChunk {
    /// The headings it stands under, the outermost first; empty in front of the first one.
    pub headings: Vec<String>,
    /// The `id` of the last of them on the page; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<String>,
    /// The text, or Markdown with absolute links, with the headings that begin in it.
    pub text: String,
}

impl PageRecord {
    /// Returns the columns of a table of records: the fields in their order.
    pub fn columns() -> Columns {
        Columns::new()
            .text("url")
            .text("method")
            .integer("status")
            .text("error")
            .text("message")
            .text("location")
            .integer("depth")
            .text("referrer")
            .text("content_type")
            .text("encoding")
            .integer("bytes")
            .text("sha256")
            .bool("truncated")
            .text("title")
            .integer("links")
            .integer("attempts")
            .number("elapsed_ms")
            .text("fetched_at")
            .text("change")
            .text("content")
            .json("chunks")
    }

    /// Writes an instant as it stands in records.
    pub(crate) fn timestamp(at: SystemTime) -> String {
        humantime::format_rfc3339_millis(at).to_string()
    }

    /// Tells in which of the three ways the URL ended.
    pub(crate) fn end(&self) -> End {
        match (self.error, self.status) {
            (None, Some(_)) => End::Done,
            (
                Some(
                    "robots" | "excluded" | "too_many_redirects" | "trap" | "mirror" | "host_full"
                    | "domain_full",
                ),
                _,
            ) => End::Skipped,
            _ => End::Failed,
        }
    }

    /// Says how the URL ended, as the store keeps it.
    pub(crate) fn ending(&self, at: SystemTime) -> Ending {
        let at = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Ending {
            end: self.end(),
            code: self.error.map(Into::into),
            status: self.status,
            at: u64::try_from(at).unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_column() {
        let text = || Some("x".to_owned());
        let whole = PageRecord {
            method: text(),
            status: Some(200),
            error: Some("x"),
            message: text(),
            location: text(),
            referrer: Some("x".into()),
            content_type: text(),
            encoding: Some("x"),
            sha256: text(),
            truncated: true,
            title: text(),
            change: Some(Change::Added),
            content: text(),
            chunks: Some(Vec::new()),
            ..PageRecord::default()
        };
        let json = serde_json::to_string(&whole).unwrap();
        let mut rest = json.as_str();
        for column in &PageRecord::columns() {
            let name = format!("\"{}\":", column.name);
            rest = rest.split_once(&name).unwrap_or_else(|| panic!("{name} in {json}")).1;
        }
        assert_eq!(json.matches("\":").count(), PageRecord::columns().iter().len());
    }

    #[test]
    fn absent_fields_are_left_out() {
        let record = PageRecord {
            url: "http://a.example/".to_owned(),
            status: Some(200),
            attempts: 1,
            elapsed_ms: 1.5,
            fetched_at: PageRecord::timestamp(SystemTime::UNIX_EPOCH),
            ..PageRecord::default()
        };
        assert_eq!(
            serde_json::to_string(&record).unwrap(),
            r#"{"url":"http://a.example/","status":200,"depth":0,"bytes":0,"links":0,"attempts":1,"elapsed_ms":1.5,"fetched_at":"1970-01-01T00:00:00.000Z"}"#
        );
    }
}
