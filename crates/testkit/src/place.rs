//! A place on a host: a path as a number, so that ten million of them need no text.

use crate::plan::Trap;

/// A path on a host, in 64 bits: what it is in the upper four, and which one in the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Robots,
    /// A page of the graph; 0 is the front page.
    Page(u32),
    /// A URL that replies were given for, by its number on the host.
    Listed(u32),
    /// The so-manieth page of a trap.
    Trap(Trap, u64),
    /// A stop of a loop of redirects that begins at a page.
    Loop(u32, u8),
    /// Any other path, by its hash.
    Other(u64),
}

const SHIFT: u32 = 60;
const REST: u64 = (1 << SHIFT) - 1;

impl Place {
    /// Reads a path; what is neither a page nor a trap is known by its hash.
    pub(crate) fn of(path: &str) -> Self {
        Self::known(path)
            .unwrap_or_else(|| Self::Other(twox_hash::XxHash3_64::oneshot(path.as_bytes()) & REST))
    }

    fn known(path: &str) -> Option<Self> {
        if path == "/" {
            return Some(Self::Page(0));
        }
        if path == "/robots.txt" {
            return Some(Self::Robots);
        }
        let place = if let Some(page) = path.strip_prefix("/p/") {
            Self::Page(page.parse().ok().filter(|page| *page > 0)?)
        } else if let Some(month) = path.strip_prefix("/calendar/") {
            let (year, month) = month.split_once('/')?;
            let (year, month): (u64, u64) = (year.parse().ok()?, month.parse().ok()?);
            let years = year.checked_sub(2026)?;
            Self::Trap(Trap::Calendar, years.checked_mul(12)?.checked_add(month.checked_sub(1)?)?)
        } else if let Some(id) = path.strip_prefix("/session/") {
            Self::Trap(Trap::Session, u64::from_str_radix(id, 16).ok()?)
        } else if let Some(rest) = path.strip_prefix("/deeper/") {
            Self::Trap(Trap::GrowingPath, rest.len() as u64 / 2)
        } else {
            let (page, stop) = path.strip_prefix("/loop/")?.split_once('/')?;
            Self::Loop(page.parse().ok()?, stop.parse().ok()?)
        };
        // Another spelling, such as a leading zero, is another URL; so is one that does not fit.
        (Self::from_bits(place.bits()) == place && place.path() == path).then_some(place)
    }

    /// Returns the path; for one known only by its hash, a text that says so.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Robots => "/robots.txt".to_owned(),
            Self::Page(0) => "/".to_owned(),
            Self::Page(page) => format!("/p/{page}"),
            Self::Listed(number) => format!("/(listed {number})"),
            Self::Trap(Trap::Calendar, step) => {
                format!("/calendar/{}/{}", 2026 + step / 12, step % 12 + 1)
            }
            Self::Trap(Trap::Session, id) => format!("/session/{id:x}"),
            Self::Trap(Trap::GrowingPath, step) => {
                // A URL longer than any that is crawled needs no exact text.
                format!("/deeper/{}", "a/".repeat(step.min(4096) as usize))
            }
            Self::Loop(page, stop) => format!("/loop/{page}/{stop}"),
            Self::Other(hash) => format!("/(hash {hash:x})"),
        }
    }

    pub(crate) fn bits(self) -> u64 {
        let (kind, rest) = match self {
            Self::Robots => (0, 0),
            Self::Page(page) => (1, u64::from(page)),
            Self::Listed(number) => (2, u64::from(number)),
            Self::Trap(Trap::Calendar, step) => (3, step),
            Self::Trap(Trap::Session, step) => (4, step),
            Self::Trap(Trap::GrowingPath, step) => (5, step),
            Self::Loop(page, stop) => (6, u64::from(page) << 8 | u64::from(stop)),
            Self::Other(hash) => (7, hash),
        };
        kind << SHIFT | rest & REST
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        let rest = bits & REST;
        match bits >> SHIFT {
            0 => Self::Robots,
            1 => Self::Page(rest as u32),
            2 => Self::Listed(rest as u32),
            3 => Self::Trap(Trap::Calendar, rest),
            4 => Self::Trap(Trap::Session, rest),
            5 => Self::Trap(Trap::GrowingPath, rest),
            6 => Self::Loop((rest >> 8) as u32, rest as u8),
            _ => Self::Other(rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_its_number() {
        for path in [
            "/robots.txt",
            "/",
            "/p/1",
            "/p/4294967295",
            "/calendar/2026/1",
            "/calendar/2031/12",
            "/session/5f3a",
            "/deeper/a/a/",
            "/loop/7/2",
        ] {
            let place = Place::of(path);
            assert!(!matches!(place, Place::Other(_)), "{path}");
            assert_eq!(Place::from_bits(place.bits()), place);
            assert_eq!(place.path(), path);
        }
    }

    #[test]
    fn another_spelling_is_another_place() {
        for path in ["/p/01", "/p/+1", "/p/0", "/p/99999999999", "/calendar/2026/13", "/x"] {
            assert!(matches!(Place::of(path), Place::Other(_)), "{path}");
        }
        assert_ne!(Place::of("/x"), Place::of("/y"));
    }
}
