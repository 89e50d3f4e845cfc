//! A URL that was admitted and waits to be fetched, as it travels between worker, store and scheduler.

use std::sync::Arc;

use crate::canonical::Fingerprint;
use crate::directory::HostId;

/// How many priority bands a host's queue has; band 0 is fetched first.
pub const BANDS: u8 = 4;

/// The band of what comes after all others.
pub(crate) const LAST_BAND: u8 = BANDS - 1;

/// A URL that waits to be fetched.
///
/// Only [`Admission`](crate::Admission) makes one, so that whatever reaches the queue has passed scope,
/// depth and canonical form. It costs 64 bytes beside the text of the URL; the referrer's text is shared
/// by all links of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub(crate) url: Box<str>,
    pub(crate) referrer: Option<Arc<str>>,
    pub(crate) payload: Option<Box<[u8]>>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) host: HostId,
    pub(crate) depth: u16,
    pub(crate) redirects: u8,
    // Invariant: less than BANDS.
    pub(crate) band: u8,
}

impl Pending {
    /// Returns the URL as it is fetched, in canonical form.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the URL of the page that led here; `None` for a seed.
    pub fn referrer(&self) -> Option<&Arc<str>> {
        self.referrer.as_ref()
    }

    /// Returns what the caller wanted carried along, as it was given to admission.
    pub fn payload(&self) -> Option<&[u8]> {
        self.payload.as_deref()
    }

    /// Returns the fingerprint by which the URL is known.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Returns the host whose politeness the URL waits for.
    pub fn host(&self) -> HostId {
        self.host
    }

    /// Returns how many links lead here from a seed; a redirect does not count as a link.
    pub fn depth(&self) -> u16 {
        self.depth
    }

    /// Returns how many redirects in a row lead here.
    pub fn redirects(&self) -> u8 {
        self.redirects
    }

    /// Returns the band, 0 to 3, in which it waits at its host: all of a lower one come first.
    ///
    /// By default 0 holds seeds, 1 what is one or two links away from one, 2 three to five, 3 the rest.
    pub fn band(&self) -> u8 {
        self.band
    }

    /// Makes it another one than the same URL without this: from now on it is known by what it was known by,
    /// and by these bytes. The same bytes make the same one.
    ///
    /// It must not be shown to [`Admission::handing_over`](crate::Admission::handing_over), which takes a
    /// URL for known by its text alone.
    #[must_use]
    pub fn apart(self, bytes: &[u8]) -> Self {
        Self { fingerprint: self.fingerprint.with(bytes), ..self }
    }

    /// Puts it into another band; what is above 3 counts as 3.
    pub fn in_band(self, band: u8) -> Self {
        Self { band: band.min(LAST_BAND), ..self }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::Pending;
    use crate::{Admission, Directory, FingerprintKey, Scope, ScopeConfig};

    #[test]
    fn what_is_told_apart_is_known_by_its_url_and_its_bytes() {
        let scope = Scope::new(&ScopeConfig::default(), []).unwrap();
        let key = FingerprintKey::from_bits(1);
        let admission = Admission::new(scope, Directory::default().into(), key, None);
        let seed = |url| admission.seed(Url::parse(url).unwrap(), None).unwrap();
        let one = || seed("http://a.example/1");
        let apart = one().apart(b"POST").apart(b"q=1");
        assert_eq!(apart, one().apart(b"POST").apart(b"q=1"));
        assert_eq!(apart.url(), one().url());
        let others = [one(), one().apart(b"POST"), one().apart(b"POST").apart(b"q=2")];
        let elsewhere = seed("http://a.example/2").apart(b"POST").apart(b"q=1");
        for other in others.iter().chain([&elsewhere]) {
            assert_ne!(apart.fingerprint(), other.fingerprint());
        }
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_waiting_url_costs_what_its_documentation_says() {
        assert_eq!(size_of::<Pending>(), 64);
    }
}
