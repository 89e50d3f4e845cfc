//! The charset in which a page's queries are written. Hides whose encoder it is.

use std::borrow::Cow;

use encoding_rs::{EncoderResult, Encoding, UTF_8};
use url::{ParseError, Url};

/// The charset of a page, as far as it matters to its URLs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charset(&'static Encoding);

impl Charset {
    /// Returns the charset that a label names: UTF-8 if none, and in place of UTF-16, in which no
    /// query can be written (Encoding Standard, section 4.3).
    pub(crate) fn named(label: &str) -> Self {
        Self(Encoding::for_label(label.as_bytes()).map_or(UTF_8, Encoding::output_encoding))
    }

    /// Resolves a reference, its query being written in this charset.
    pub(crate) fn join(self, base: &Url, reference: &str) -> Result<Url, ParseError> {
        if self.0 == UTF_8 {
            return base.join(reference);
        }
        let encode: &dyn Fn(&str) -> Cow<'_, [u8]> = &|query| Cow::Owned(self.encode(query));
        Url::options().base_url(Some(base)).encoding_override(Some(encode)).parse(reference)
    }

    /// Encodes a query. What the charset does not have becomes a character reference, which is
    /// escaped here because a reference that was written out must stay another (URL Standard,
    /// section 1.3, "percent-encode after encoding").
    fn encode(self, query: &str) -> Vec<u8> {
        let mut encoder = self.0.new_encoder();
        let mut bytes = Vec::with_capacity(query.len() + 16);
        let mut rest = query;
        loop {
            let (result, read) =
                encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
            rest = &rest[read..];
            match result {
                EncoderResult::InputEmpty => return bytes,
                EncoderResult::OutputFull => bytes.reserve(rest.len() + 16),
                EncoderResult::Unmappable(character) => {
                    let reference = format!("%26%23{}%3B", u32::from(character));
                    bytes.extend_from_slice(reference.as_bytes());
                }
            }
        }
    }
}
