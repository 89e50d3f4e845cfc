//! The kinds of link a page can have, and sets of them. Says nothing of how links are found.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// A small set of link kinds: which links become requests.
///
/// The default is `a,area,refresh,frame`. Parses from a comma-separated list of kind names, or
/// `all`, and prints as the same list.
///
/// # Examples
///
/// ```
/// use dragline_parse::{LinkKind, LinkKinds};
///
/// let kinds: LinkKinds = "a,iframe".parse()?;
/// assert!(kinds.contains(LinkKind::Iframe) && !kinds.contains(LinkKind::Area));
/// assert_eq!(LinkKinds::default().to_string(), "a,area,refresh,frame");
/// # Ok::<(), dragline_parse::UnknownLinkKind>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkKinds {
    bits: u16,
}

impl LinkKinds {
    /// Returns the set of every kind.
    #[must_use]
    pub fn all() -> Self {
        LinkKind::ALL.into_iter().collect()
    }

    /// Says whether `kind` is in the set.
    #[must_use]
    pub fn contains(self, kind: LinkKind) -> bool {
        self.bits & kind.bit() != 0
    }
}

impl Default for LinkKinds {
    fn default() -> Self {
        [LinkKind::Anchor, LinkKind::Area, LinkKind::Refresh, LinkKind::Frame].into_iter().collect()
    }
}

impl FromIterator<LinkKind> for LinkKinds {
    fn from_iter<I: IntoIterator<Item = LinkKind>>(kinds: I) -> Self {
        Self { bits: kinds.into_iter().fold(0, |bits, kind| bits | kind.bit()) }
    }
}

impl FromStr for LinkKinds {
    type Err = UnknownLinkKind;

    fn from_str(list: &str) -> Result<Self, UnknownLinkKind> {
        let mut bits = 0;
        for name in list.split(',').map(str::trim) {
            bits |= match name {
                "all" => Self::all().bits,
                _ => name.parse::<LinkKind>()?.bit(),
            };
        }
        Ok(Self { bits })
    }
}

impl fmt::Display for LinkKinds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for kind in LinkKind::ALL.into_iter().filter(|&kind| self.contains(kind)) {
            write!(formatter, "{separator}{kind}")?;
            separator = ",";
        }
        Ok(())
    }
}

/// What a link is on its page.
///
/// Each kind has a short name, by which it parses and prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkKind {
    /// `a`: an `a` with `href`, in SVG also with `xlink:href`.
    Anchor,
    /// `area`: an `area` of an image map.
    Area,
    /// `refresh`: the target of `<meta http-equiv=refresh>`.
    Refresh,
    /// `frame`: a `frame` of a frameset.
    Frame,
    /// `iframe`: an `iframe`.
    Iframe,
    /// `link`: a `link` to another page, such as `rel=next` or `rel=alternate`; not to a
    /// resource such as a style sheet or an icon.
    Link,
    /// `canonical`: a `link` with `rel=canonical`.
    Canonical,
    /// `img`: the `src` of an `img` or of an image button.
    Image,
    /// `script`: the `src` of a `script`.
    Script,
    /// `media`: an `audio`, `video`, `source`, `track`, `embed` or `object`.
    Media,
}

impl LinkKind {
    // In the order of declaration, which `bit` relies on.
    const ALL: [Self; 10] = [
        Self::Anchor,
        Self::Area,
        Self::Refresh,
        Self::Frame,
        Self::Iframe,
        Self::Link,
        Self::Canonical,
        Self::Image,
        Self::Script,
        Self::Media,
    ];

    fn bit(self) -> u16 {
        1 << (self as u16)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Anchor => "a",
            Self::Area => "area",
            Self::Refresh => "refresh",
            Self::Frame => "frame",
            Self::Iframe => "iframe",
            Self::Link => "link",
            Self::Canonical => "canonical",
            Self::Image => "img",
            Self::Script => "script",
            Self::Media => "media",
        }
    }
}

impl FromStr for LinkKind {
    type Err = UnknownLinkKind;

    fn from_str(name: &str) -> Result<Self, UnknownLinkKind> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| UnknownLinkKind { name: name.to_owned() })
    }
}

impl fmt::Display for LinkKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// The error of a name that is no kind of link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLinkKind {
    name: String,
}

impl UnknownLinkKind {
    /// Returns the name that is not known.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for UnknownLinkKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "unknown link kind {:?}; known are ", self.name)?;
        LinkKind::ALL.into_iter().try_for_each(|kind| write!(formatter, "{kind}, "))?;
        formatter.write_str("all")
    }
}

impl Error for UnknownLinkKind {}

#[cfg(test)]
mod tests {
    use super::{LinkKind, LinkKinds};

    #[test]
    fn every_kind_parses_from_what_it_prints() {
        for (index, kind) in LinkKind::ALL.into_iter().enumerate() {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(kind.bit(), 1 << index);
        }
        assert_eq!(LinkKinds::all().to_string().parse(), Ok(LinkKinds::all()));
        assert_eq!("all".parse(), Ok(LinkKinds::all()));
        assert_eq!("a, area,refresh,frame".parse(), Ok(LinkKinds::default()));
    }

    #[test]
    fn unknown_kind_is_named_beside_the_known_ones() {
        let error = "a,image".parse::<LinkKinds>().unwrap_err();
        assert_eq!(error.name(), "image");
        assert_eq!(
            error.to_string(),
            "unknown link kind \"image\"; known are a, area, refresh, frame, iframe, link, \
             canonical, img, script, media, all"
        );
        assert!("".parse::<LinkKinds>().is_err());
    }
}
