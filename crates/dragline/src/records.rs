//! Settings of what page records hold beside the usual.

use serde::{Deserialize, Serialize};

#[cfg(feature = "content")]
use crate::error::Error;

/// What page records hold beside the usual. It costs time and space for each page, and by default there is
/// nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Records {
    /// What [`PageRecord::content`](crate::PageRecord::content) holds. Default: nothing.
    pub content: RecordContent,
    /// The most characters of a chunk, if main content is to be in [`PageRecord::chunks`](crate::PageRecord::chunks)
    /// in place of `content`: cut by headings, and where it does not fit between blocks, lines and words. Only with
    /// main content, as text or as Markdown; at least 100. Default: not cut.
    #[cfg(feature = "content")]
    pub chunk: Option<usize>,
    /// Which digest of the body is noted. Default: none.
    pub digest: Digest,
}

/// What a page record holds of the content of an HTML page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RecordContent {
    /// Nothing.
    #[default]
    None,
    /// The page as text, read with its charset.
    Html,
    /// The main content as text; nothing for a page without any. Needs the feature `content`.
    #[cfg(feature = "content")]
    Text,
    /// The main content as Markdown; nothing for a page without any. Needs the feature `content`.
    #[cfg(feature = "content")]
    Markdown,
}

/// Which digest of the decoded body a page record holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Digest {
    /// None.
    #[default]
    None,
    /// SHA-256 (FIPS 180-4), in [`PageRecord::sha256`](crate::PageRecord::sha256).
    Sha256,
}

impl Records {
    /// The fewest characters that a chunk can be limited to: less holds no sentence.
    #[cfg(feature = "content")]
    const LEAST_CHUNK: usize = 100;

    /// Checks that chunks are of something, and large enough.
    #[cfg(feature = "content")]
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Some(most) = self.chunk else { return Ok(()) };
        if most < Self::LEAST_CHUNK {
            let least = Self::LEAST_CHUNK;
            return Err(Error::config(format!(
                "records.chunk is {most} characters, and {least} are the least; set it to that or more"
            )));
        }
        match self.content {
            RecordContent::Text | RecordContent::Markdown => Ok(()),
            RecordContent::None | RecordContent::Html => Err(Error::config(
                "records.chunk is for main content; set records.content to text or markdown, or leave it out",
            )),
        }
    }
}

impl Digest {
    /// Returns the digest of a body in hexadecimal digits, if there is to be one.
    pub(crate) fn of(self, body: &[u8]) -> Option<String> {
        match self {
            Self::None => None,
            Self::Sha256 => {
                let digest = ring::digest::digest(&ring::digest::SHA256, body);
                Some(digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "content")]
    #[test]
    fn chunks_are_of_main_content_and_hold_a_sentence() {
        for (content, chunk, good) in [
            (RecordContent::Markdown, None, true),
            (RecordContent::Text, Some(100), true),
            (RecordContent::Markdown, Some(99), false),
            (RecordContent::Html, Some(1000), false),
            (RecordContent::None, Some(1000), false),
        ] {
            let records = Records { content, chunk, ..Records::default() };
            assert_eq!(records.check().is_ok(), good, "{records:?}");
        }
    }

    #[test]
    fn a_digest_is_that_of_the_standard() {
        assert_eq!(
            Digest::Sha256.of(b"abc").as_deref(),
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
        assert_eq!(Digest::None.of(b"abc"), None);
    }
}
