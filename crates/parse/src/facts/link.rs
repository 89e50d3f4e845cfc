//! What [`Facts`](crate::Facts) hands out: links, other forms of a page, and where it leads by itself.

use std::time::Duration;

use crate::kind::LinkKind;

/// One link of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Link<'f> {
    /// The reference as written, character references decoded, without surrounding ASCII
    /// whitespace. May be empty, of any scheme, and no URL at all.
    pub href: &'f str,
    /// What the link is on its page.
    pub kind: LinkKind,
    /// Whether the page asks not to follow it, by `rel=nofollow` on the link or by a
    /// `<meta name=robots>` with `nofollow` or `none`.
    pub nofollow: bool,
    /// Whether users of the page made it: `rel=ugc`.
    pub ugc: bool,
    /// Whether it is paid for: `rel=sponsored`.
    pub sponsored: bool,
}

pub(super) const NOFOLLOW: u8 = 1;
pub(super) const UGC: u8 = 2;
pub(super) const SPONSORED: u8 = 4;

impl<'f> Link<'f> {
    pub(super) fn new(href: &'f str, kind: LinkKind, flags: u8) -> Self {
        let has = |flag: u8| flags & flag != 0;
        Self { href, kind, nofollow: has(NOFOLLOW), ugc: has(UGC), sponsored: has(SPONSORED) }
    }
}

/// Another form of a page: a translation, a feed, a version for other devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alternate<'f> {
    /// The reference as written.
    pub href: &'f str,
    /// The language of the other form (BCP 47), or `x-default`.
    pub hreflang: Option<&'f str>,
    /// The media type of the other form, such as `application/atom+xml`.
    pub media_type: Option<&'f str>,
}

/// Where a page leads by itself (HTML Standard, section 4.2.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refresh<'f> {
    /// The delay, in whole seconds.
    pub delay: Duration,
    /// The reference as written; `None` is the page itself.
    pub target: Option<&'f str>,
}
