//! Lines of a CDXJ index, as pywb and cdxj-indexer write and read them.

use std::fmt;

use url::{Host, Url};

use crate::kind::Kind;
use crate::record::{Place, Record};

/// A line of a CDXJ index: where an answer stands, under a key that sorts the URLs of a domain together.
///
/// Lines are sorted as bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CdxLine(String);

impl CdxLine {
    /// Makes the line of a record in a file of this name; `None` for one that is no answer, or shares its place.
    pub fn of(record: &Record, file_name: &str) -> Option<Self> {
        let Place::Alone { offset, length } = record.place else { return None };
        let (target, answer) = (record.target()?, record.answer()?);
        let mime = match record.kind {
            Kind::Revisit => "warc/revisit".to_owned(),
            _ => {
                let value =
                    answer.headers.get("content-type").and_then(|value| value.to_str().ok());
                let essence = value.and_then(|value| value.split(';').next()).unwrap_or_default();
                essence.trim().to_owned()
            }
        };
        let date = record.field("WARC-Date")?;
        let stamp: String = date.chars().filter(char::is_ascii_digit).take(14).collect();
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let mut line = format!("{} {stamp} {{\"url\": {}", key(target), text(target));
        let digest = record.field("WARC-Payload-Digest").unwrap_or("-");
        let rest = [
            ("mime", &*mime),
            ("status", answer.status.as_str()),
            ("digest", digest),
            ("length", &length.to_string()),
            ("offset", &offset.to_string()),
            ("filename", file_name),
        ];
        // An answer need not say of what type it is.
        for (name, value) in rest.into_iter().filter(|(_, value)| !value.is_empty()) {
            line.push_str(&format!(", \"{name}\": {}", text(value)));
        }
        line.push('}');
        Some(Self(line))
    }
}

impl fmt::Display for CdxLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the key of a URL: the host from its end to its start, and the rest in lower case with a sorted query.
fn key(target: &str) -> String {
    let Ok(url) = Url::parse(target) else { return target.to_lowercase() };
    let host = match url.host() {
        Some(Host::Domain(name)) => {
            let mut labels: Vec<&str> = name.trim_end_matches('.').split('.').collect();
            if labels.len() > 2 && is_www(labels[0]) {
                labels.remove(0);
            }
            labels.reverse();
            labels.join(",")
        }
        // As cdxj-indexer has it, an address is a name like any other.
        Some(Host::Ipv4(address)) => {
            let [a, b, c, d] = address.octets();
            format!("{d},{c},{b},{a}")
        }
        Some(Host::Ipv6(address)) => format!("[{address}]"),
        None => return target.to_lowercase(),
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = match url.path().trim_end_matches('/') {
        "" => "/",
        path => path,
    };
    let mut key = format!("{host}{port}){path}");
    if let Some(query) = url.query().filter(|query| !query.is_empty()) {
        let mut parts: Vec<&str> = query.split('&').collect();
        parts.sort_unstable();
        key.push('?');
        key.push_str(&parts.join("&"));
    }
    key.to_lowercase()
}

fn is_www(label: &str) -> bool {
    let digits = label.strip_prefix("www");
    digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_the_urls_of_a_domain_together() {
        let cases = [
            ("http://www.Example.org/", "org,example)/"),
            ("https://a.example.org:8080/A/b/?z=1&A=2", "org,example,a:8080)/a/b?a=2&z=1"),
            ("http://127.0.0.1:81/x", "1,0,0,127:81)/x"),
            ("http://www.org/", "org,www)/"),
            ("urn:X:y", "urn:x:y"),
        ];
        for (url, expected) in cases {
            assert_eq!(key(url), expected);
        }
    }
}
