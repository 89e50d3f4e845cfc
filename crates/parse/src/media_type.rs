//! What the Content-Type of an answer means (MIME Sniffing Standard, section 4; Fetch Standard,
//! section 2.2.3). Parses the declaration only; nothing is guessed from the body here.

use std::fmt;

use data_url::mime::Mime;

/// The media type that the Content-Type headers of one answer declare.
///
/// Prints as the MIME Sniffing Standard serialises it (section 4.5).
///
/// # Examples
///
/// ```
/// use dragline_parse::MediaType;
///
/// let media_type = MediaType::extract("TEXT/HTML; Charset=\"utf-8\"").unwrap();
/// assert!(media_type.is_html());
/// assert_eq!(media_type.charset(), Some("utf-8"));
/// assert_eq!(media_type.to_string(), "text/html;charset=utf-8");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType(Mime);

impl MediaType {
    /// Reads the value of a Content-Type header, or of several joined by `, ` in the order they came
    /// (RFC 9110, section 5.3).
    ///
    /// The last one that is a media type counts, `*/*` left aside, and keeps the charset of those
    /// before it that have the same type (Fetch Standard, "extract a MIME type"). `None` when none is
    /// a media type.
    #[must_use]
    pub fn extract(value: &str) -> Option<Self> {
        let mut found: Option<Mime> = None;
        for part in split(value) {
            let Ok(mut next) = part.parse::<Mime>() else { continue };
            if next.matches("*", "*") {
                continue;
            }
            if let Some(before) =
                found.filter(|before| next.matches(&before.type_, &before.subtype))
                && next.get_parameter("charset").is_none()
                && let Some(charset) = before.get_parameter("charset")
            {
                next.parameters.push(("charset".to_owned(), charset.to_owned()));
            }
            found = Some(next);
        }
        found.map(Self)
    }

    /// Tells whether it is `text/html` or `application/xhtml+xml`.
    #[must_use]
    pub fn is_html(&self) -> bool {
        self.0.matches("text", "html") || self.0.matches("application", "xhtml+xml")
    }

    /// Tells whether it is JSON: `application/json`, `text/json`, or any subtype that ends in `+json`.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.0.matches("application", "json")
            || self.0.matches("text", "json")
            || self.0.subtype.ends_with("+json")
    }

    /// Returns the charset parameter as written: a label, which may name no encoding.
    #[must_use]
    pub fn charset(&self) -> Option<&str> {
        self.0.get_parameter("charset")
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Splits a joined value at its commas, those inside quoted strings left alone (Fetch Standard, "get,
/// decode, and split").
fn split(value: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    value.split(move |character| {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' => return !quoted,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use encoding_rs::Encoding;
    use proptest::prelude::{any, proptest};
    use serde_json::Value;

    use super::MediaType;
    use crate::encoding::decode;

    /// A charset that no table here declares, for the bodies whose headers say none.
    const UNDECLARED: &[u8] = b"<meta charset=koi8-r>";

    fn cases(json: &str) -> Vec<Value> {
        let table: Value = serde_json::from_str(json).unwrap();
        table["cases"].as_array().unwrap().clone()
    }

    fn encoding(media_type: Option<&MediaType>) -> Option<&'static str> {
        let label = media_type.and_then(MediaType::charset)?;
        Encoding::for_label(label.as_bytes()).map(Encoding::name)
    }

    #[test]
    fn single_headers_agree_with_the_mime_sniffing_standard() {
        let cases = cases(include_str!("../tests/data/mime_types.json"));
        assert_eq!(cases.len(), 40);
        for case in cases {
            let found = MediaType::extract(case["input"].as_str().unwrap());
            let printed = found.as_ref().map(ToString::to_string);
            assert_eq!(printed.as_deref(), case["output"].as_str(), "{case}");
            assert_eq!(encoding(found.as_ref()), case["encoding"].as_str(), "{case}");
        }
    }

    #[test]
    fn several_headers_agree_with_the_fetch_standard() {
        let cases = cases(include_str!("../tests/data/content_types_several_headers.json"));
        assert_eq!(cases.len(), 16);
        for case in cases {
            let headers = case["content_type_headers"].as_array().unwrap();
            let headers: Vec<&str> =
                headers.iter().map(|header| header.as_str().unwrap()).collect();
            let joined = headers.join(", ");
            let found = MediaType::extract(&joined);
            let printed = found.as_ref().map(ToString::to_string);
            assert_eq!(printed.as_deref(), case["mime_type"].as_str(), "{case}");
            assert_eq!(encoding(found.as_ref()), case["encoding"].as_str(), "{case}");
            let read_with = decode(UNDECLARED, Some(&joined)).encoding;
            assert_eq!(read_with, case["encoding"].as_str().unwrap_or("KOI8-R"), "{case}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_survived(value in any::<String>()) {
            let _ = MediaType::extract(&value);
        }
    }
}
