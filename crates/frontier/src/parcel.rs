//! A waiting URL as bytes, for a store that keeps it where another process takes it up.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::canonical::{Fingerprint, HostKey};
use crate::directory::HostId;
use crate::pending::{LAST_BAND, Pending};

/// All but the host and the band, which the store knows from where it keeps the parcel.
#[derive(Serialize, Deserialize)]
struct Parcel<'a> {
    // As bytes: a random number is longest as a varint.
    fingerprint: [u8; 8],
    /// What follows scheme, host and port; the whole URL where it does not begin with them.
    target: Cow<'a, str>,
    depth: u16,
    redirects: u8,
    /// How many bytes of the URL the referrer begins with, and what follows them.
    referrer: Option<(u16, Cow<'a, str>)>,
    payload: Option<Cow<'a, [u8]>>,
}

impl Pending {
    /// Returns it as bytes, which [`from_parcel`](Self::from_parcel) reads: all but its host, whose name is
    /// given, and its band.
    pub fn to_parcel(&self, host: &HostKey) -> Vec<u8> {
        let target = self.url.strip_prefix(origin(host)).filter(|rest| rest.starts_with('/'));
        let referrer = self.referrer.as_deref().map(|referrer| {
            let shared = shared(&self.url, referrer);
            (u16::try_from(shared).expect("what is shared is cut"), referrer[shared..].into())
        });
        let parcel = Parcel {
            fingerprint: self.fingerprint.bits().to_be_bytes(),
            target: target.unwrap_or(&self.url).into(),
            depth: self.depth,
            redirects: self.redirects,
            referrer,
            payload: self.payload.as_deref().map(Cow::Borrowed),
        };
        postcard::to_stdvec(&parcel).expect("a growing vector takes any value that serde knows")
    }

    /// Reads what [`to_parcel`](Self::to_parcel) made; `None` for bytes that it did not make. A band above 3
    /// counts as 3.
    pub fn from_parcel(host: HostId, name: &HostKey, band: u8, bytes: &[u8]) -> Option<Self> {
        let parcel: Parcel<'_> = postcard::from_bytes(bytes).ok()?;
        let url = match parcel.target.starts_with('/') {
            true => [origin(name), &parcel.target].concat(),
            false => parcel.target.into_owned(),
        };
        let referrer = match parcel.referrer {
            Some((shared, rest)) => Some(Arc::from([url.get(..shared.into())?, &rest].concat())),
            None => None,
        };
        Some(Self {
            url: url.into_boxed_str(),
            referrer,
            payload: parcel.payload.map(|payload| payload.into_owned().into_boxed_slice()),
            fingerprint: Fingerprint::from_bits(u64::from_be_bytes(parcel.fingerprint)),
            host,
            depth: parcel.depth,
            redirects: parcel.redirects,
            band: band.min(LAST_BAND),
        })
    }
}

/// What all URLs of a host begin with: they leave out the default port, which the key always writes.
fn origin(host: &HostKey) -> &str {
    let text = host.as_str();
    let port = if text.starts_with("https:") { ":443" } else { ":80" };
    text.strip_suffix(port).unwrap_or(text)
}

/// Returns how many bytes both begin with, at most 65,535, and never a part of a character.
fn shared(one: &str, other: &str) -> usize {
    let same = one.bytes().zip(other.bytes()).take(u16::MAX.into()).take_while(|(a, b)| a == b);
    let mut shared = same.count();
    while !one.is_char_boundary(shared) || !other.is_char_boundary(shared) {
        shared -= 1;
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(url: &str, referrer: Option<&str>) -> Pending {
        Pending {
            url: url.into(),
            referrer: referrer.map(Arc::from),
            payload: referrer.map(|_| Box::from(*b"{}")),
            fingerprint: Fingerprint::from_bits(u64::MAX - url.len() as u64),
            host: HostId(7),
            depth: 300,
            redirects: 2,
            band: 3,
        }
    }

    #[test]
    fn a_url_comes_back_as_it_was_under_the_number_of_its_host() {
        let cases = [
            ("https://a.example:443", "https://a.example/", None),
            ("https://a.example:443", "https://a.example/b?c", Some("https://a.example/b")),
            ("http://a.example:8080", "http://a.example:8080/d", Some("http://a.example:8081/ü")),
            ("http://a.example:80", "http://a.example/d", Some("")),
            ("http://b.example:80", "http://a.example/d", Some("https://c.example/")),
        ];
        for (name, url, referrer) in cases {
            let before = pending(url, referrer);
            let name = HostKey::from_text(name);
            let bytes = before.to_parcel(&name);
            let expected = Pending { host: HostId(9), band: 1, ..before };
            assert_eq!(Pending::from_parcel(HostId(9), &name, 1, &bytes), Some(expected));
        }
    }

    #[test]
    fn a_link_within_its_host_repeats_neither_host_nor_path() {
        let name = HostKey::from_text("https://a.example:443");
        let url = pending("https://a.example/docs/b", Some("https://a.example/docs/index"));
        let text = "/docs/b".len() + "index".len() + "{}".len();
        assert!(url.to_parcel(&name).len() <= text + 8 + 10);
    }

    #[test]
    fn damaged_parcels_are_told_from_good_ones() {
        let name = HostKey::from_text("https://a.example:443");
        let bytes = pending("https://a.example/b", Some("https://b.example/")).to_parcel(&name);
        for end in 0..bytes.len() {
            assert_eq!(Pending::from_parcel(HostId(7), &name, 3, &bytes[..end]), None);
        }
    }
}
