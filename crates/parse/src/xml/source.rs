//! The body of a sitemap or feed as text: unpacked, decoded, and both bounded.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::encoding::decode;
use crate::xml_error::XmlError;

/// The most bytes of one body that are read, unpacked: 50 MiB, as the sitemaps protocol says.
const MAX_BYTES: usize = 50 * 1024 * 1024;

/// The first bytes of every gzip file (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A text, and what was wrong with the body it is from.
#[derive(Debug, Clone)]
pub(crate) struct Source<'a> {
    text: Cow<'a, str>,
    fault: Option<XmlError>,
}

impl<'a> Source<'a> {
    pub(crate) fn read(body: &'a [u8], content_type: Option<&str>) -> Self {
        if body.starts_with(&GZIP) {
            let (bytes, fault) = unpack(body);
            // The content type is that of the gzip file.
            return Self { text: Cow::Owned(decode_owned(bytes)), fault };
        }
        let (body, fault) = match body.get(..MAX_BYTES) {
            Some(start) if body.len() > MAX_BYTES => (start, Some(XmlError::TooLong)),
            _ => (body, None),
        };
        Self { text: decode(body, content_type).text, fault }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn fault(&self) -> Option<XmlError> {
        self.fault.clone()
    }
}

fn unpack(body: &[u8]) -> (Vec<u8>, Option<XmlError>) {
    let mut bytes = Vec::new();
    // One byte more tells a body that is too long from one that just fits.
    let limit = MAX_BYTES as u64 + 1;
    let fault = match MultiGzDecoder::new(body).take(limit).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() > MAX_BYTES => Some(XmlError::TooLong),
        Ok(_) => None,
        Err(_) => Some(XmlError::Gzip),
    };
    bytes.truncate(MAX_BYTES);
    (bytes, fault)
}

fn decode_owned(mut bytes: Vec<u8>) -> String {
    let mark = match decode(&bytes, None).text {
        Cow::Owned(text) => return text,
        Cow::Borrowed(text) => bytes.len() - text.len(),
    };
    bytes.drain(..mark);
    String::from_utf8(bytes).expect("text that was not copied is valid UTF-8")
}
