//! Which character encoding a body is in, and the body as text. Knows nothing of HTML beyond the
//! `<meta>` prescan; called once for every page before anything else reads it.

use std::borrow::Cow;
use std::str;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

use crate::media_type::MediaType;

mod prescan;

/// The most bytes that are looked at to guess an encoding nobody declared.
const GUESS_BYTES: usize = 256 * 1024;

/// A body as text, and the encoding it was read with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text, borrowed from the body where the body is valid UTF-8 without a byte order mark
    /// inside. Bytes that mean nothing in the encoding became U+FFFD.
    pub text: Cow<'a, str>,
    /// The name of the encoding as the Encoding Standard spells it, such as `UTF-8` or `EUC-KR`.
    pub encoding: &'static str,
}

/// Decodes a body into text.
///
/// `content_type` is the value of the Content-Type header, if there was one, or of several joined by
/// `, ` as [`MediaType::extract`] reads them. The encoding is the first that is found: a byte order mark, the charset of `content_type`, a `<meta>` or XML
/// declaration in the first 1,024 bytes (HTML Standard, section 13.2.3.2), UTF-8 if the body is
/// valid UTF-8 up to a character cut off at its end, and a guess from the first 256 KiB that are
/// not ASCII. Labels the Encoding Standard does not know are passed over. Never fails: any bytes
/// give some text.
///
/// # Examples
///
/// ```
/// let decoded = dragline_parse::decode(b"caf\xe9", Some("text/html; charset=iso-8859-1"));
/// assert_eq!(decoded.text, "caf\u{e9}");
/// assert_eq!(decoded.encoding, "windows-1252");
/// ```
#[must_use]
pub fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> Decoded<'a> {
    let (encoding, mark) = match Encoding::for_bom(body) {
        Some((encoding, length)) => (encoding, length),
        None => (declared(body, content_type).unwrap_or_else(|| undeclared(body)), 0),
    };
    let (text, _) = encoding.decode_without_bom_handling(&body[mark..]);
    Decoded { text, encoding: encoding.name() }
}

fn declared(body: &[u8], content_type: Option<&str>) -> Option<&'static Encoding> {
    content_type
        // A charset is a parameter, and most values have none.
        .filter(|value| value.contains('='))
        .and_then(MediaType::extract)
        .and_then(|media_type| Encoding::for_label(media_type.charset()?.as_bytes()))
        .or_else(|| prescan::prescan(body))
}

fn undeclared(body: &[u8]) -> &'static Encoding {
    let invalid = match str::from_utf8(body) {
        Ok(_) => return UTF_8,
        // A body that was cut short may end inside a character and is UTF-8 all the same.
        Err(error) if error.error_len().is_none() => return UTF_8,
        Err(error) => error,
    };
    let start = Encoding::ascii_valid_up_to(&body[..invalid.valid_up_to()]);
    let sample = &body[start..body.len().min(start + GUESS_BYTES)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    detector.guess(None, Utf8Detection::Deny)
}

#[cfg(test)]
mod tests;
