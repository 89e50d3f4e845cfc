//! A URL in the one form in which it is fetched, compared and stored; called by workers for every link.

mod fingerprint;
mod host_key;
mod key;
mod parts;
#[cfg(test)]
mod tests;

use url::Url;

use crate::percent::{Plain, normalize};

pub use fingerprint::{Fingerprint, FingerprintKey};
pub use host_key::HostKey;
pub use key::KEY_RULES;
pub(crate) use parts::Parts;

/// The longest URL that is fetched, in bytes of its normal form.
pub const MAX_URL: usize = 8_192;

/// The longest text that is parsed, in bytes: a URL may shrink when its fragment and its needless
/// escapes go, but a link of megabytes must not cost megabytes of work.
const MAX_TEXT: usize = 4 * MAX_URL;

/// The longest part of a foreign scheme that an error repeats, in bytes.
const MAX_SCHEME: usize = 32;

/// A URL as it is fetched, in one normal form.
///
/// Only changes that cannot alter what a server answers are made (RFC 3986 section 6.2.2): the
/// fragment and the credentials go, escapes have upper-case digits, unreserved characters are not
/// escaped, and, as the URL standard says, the host is lower case, the default port is left out,
/// dot segments are resolved and an empty path is `/`. Parsing the normal form again gives the
/// same normal form.
///
/// # Examples
///
/// ```
/// use dragline_frontier::{Canonical, FingerprintKey};
///
/// let url = Canonical::parse("HTTP://me@Example.org:80/%7ejane/?#top")?;
/// assert_eq!(url.url().as_str(), "http://example.org/~jane/?");
///
/// let key = FingerprintKey::from_bits(7);
/// let same = Canonical::parse("http://example.org/~jane/")?;
/// assert_eq!(url.fingerprint(key), same.fingerprint(key));
/// # Ok::<(), dragline_frontier::NotCrawlable>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Canonical {
    // Invariant: http or https, in normal form, at most MAX_URL bytes.
    url: Url,
}

impl Canonical {
    /// Parses an absolute URL into its normal form.
    ///
    /// # Errors
    ///
    /// Fails when the text is no absolute URL, when its scheme is not http or https, or when its
    /// normal form is longer than [`MAX_URL`] (or the text longer than four times that).
    pub fn parse(text: &str) -> Result<Self, NotCrawlable> {
        if text.len() > MAX_TEXT {
            return Err(NotCrawlable::TooLong);
        }
        let url = Url::parse(text).map_err(|error| NotCrawlable::InvalidUrl(error.to_string()))?;
        Self::new(url)
    }

    /// Brings a parsed URL into its normal form.
    ///
    /// # Errors
    ///
    /// Fails when the scheme is not http or https, or when the normal form is longer than
    /// [`MAX_URL`].
    pub fn new(mut url: Url) -> Result<Self, NotCrawlable> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NotCrawlable::Scheme(url.scheme().chars().take(MAX_SCHEME).collect()));
        }
        if url.as_str().len() > MAX_TEXT {
            return Err(NotCrawlable::TooLong);
        }
        url.set_fragment(None);
        if !url.username().is_empty() || url.password().is_some() {
            let cleared = url.set_password(None).and_then(|()| url.set_username(""));
            cleared.expect("an http URL has a host, so it can lose its credentials");
        }
        // Dot segments written as `%2e` are gone since the URL was parsed, so decoding makes none.
        if let Some(path) = normalize(url.path().as_bytes(), &Plain::ASCII) {
            url.set_path(&path);
        }
        if let Some(query) = url.query().and_then(|text| normalize(text.as_bytes(), &Plain::ASCII))
        {
            url.set_query(Some(&query));
        }
        if url.as_str().len() > MAX_URL {
            return Err(NotCrawlable::TooLong);
        }
        Ok(Self { url })
    }

    /// Returns the URL to fetch.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Gives up the URL to fetch.
    pub fn into_url(self) -> Url {
        self.url
    }

    /// Computes the number by which a crawl knows this URL.
    ///
    /// It is that of a key, which is not fetched. Spellings that no server tells apart have one key: an
    /// empty query counts as none, and every byte that RFC 3986 does not allow in a path or query
    /// counts as its escape, so that `|` and `%7C` are equal. Beyond that, parameters of a query count
    /// in the order of their names, and those that say only who follows a link do not count: campaigns
    /// and clicks (`utm_*`, `gclid`, `fbclid` and the like) and sessions (`jsessionid`, `phpsessid`,
    /// `sid` with 32 or more hexadecimal digits and the like). [`KEY_RULES`] numbers these rules.
    pub fn fingerprint(&self, key: FingerprintKey) -> Fingerprint {
        fingerprint(&Parts::of(&self.url), key)
    }

    /// Returns the host this URL belongs to, as the unit of politeness.
    pub fn host_key(&self) -> HostKey {
        HostKey::of(&Parts::of(&self.url))
    }
}

/// Computes the number by which a crawl knows a canonical URL.
pub(crate) fn fingerprint(parts: &Parts<'_>, key: FingerprintKey) -> Fingerprint {
    Fingerprint::of(&key::key(parts), key)
}

/// Why a link is not a URL that can be crawled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotCrawlable {
    /// The text is not an absolute URL; holds what is wrong with it.
    #[error("not an absolute URL: {0}")]
    InvalidUrl(String),
    /// The scheme is not one that is fetched; holds the scheme, at most 32 bytes of it.
    #[error("cannot fetch a URL with the scheme `{0}`, only http and https")]
    Scheme(String),
    /// The URL is longer than [`MAX_URL`].
    #[error("the URL is longer than {MAX_URL} bytes")]
    TooLong,
}
