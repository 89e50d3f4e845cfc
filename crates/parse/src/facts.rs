//! What a crawler wants to know of every page, kept in one piece. Does not find it: `facts/builder.rs` has
//! the rules, and whatever walks a page hands its elements in.

mod builder;
mod link;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use crate::kind::LinkKind;

pub(crate) use self::builder::{Collapsed, FactsBuilder, MAX_TEXT};

pub use self::link::{Alternate, Link, Refresh};

/// What one page says about itself and where to go next.
///
/// Everything is as the page has it, character references decoded and surrounding ASCII whitespace cut off;
/// [`resolve`](crate::resolve) makes absolute URLs of it. Takes less memory than a few times the page:
/// references longer than 64 KiB are left out, and text is cut after 4 KiB.
///
/// Facts are equal when they say the same: the order and the repeats of links, robots directives and
/// alternates do not count.
#[derive(Clone, Default)]
pub struct Facts {
    /// All strings, one behind the other.
    text: String,
    links: Vec<Entry>,
    found: usize,
    singles: [Option<Span>; Single::COUNT],
    delay: u64,
    robots: Vec<(Span, Span)>,
    alternates: Vec<(Span, Option<Span>, Option<Span>)>,
}

/// A place in the text of [`Facts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

#[derive(Clone, Copy)]
struct Entry {
    href: Span,
    kind: LinkKind,
    /// Bits of what `rel` says, as in [`link`].
    flags: u8,
}

/// What a page says once: the first on the page counts.
#[derive(Clone, Copy)]
enum Single {
    Base,
    Canonical,
    Description,
    Lang,
    Next,
    Previous,
    Refresh,
    Title,
}

impl Single {
    const COUNT: usize = 8;
}

impl Facts {
    /// Returns the links, each once: in the order in which each kind, reference and `rel` first appears.
    ///
    /// References of `a` and `area` that are nothing but a fragment lead nowhere else: those without a `rel` are all
    /// one, which is `#`.
    pub fn links(&self) -> impl Iterator<Item = Link<'_>> + use<'_> {
        self.links.iter().map(|entry| Link::new(self.slice(entry.href), entry.kind, entry.flags))
    }

    /// Returns how many links were found, repeats included.
    #[must_use]
    pub fn links_found(&self) -> usize {
        self.found
    }

    /// Returns the `href` of the first `base` that has one.
    #[must_use]
    pub fn base(&self) -> Option<&str> {
        self.single(Single::Base)
    }

    /// Returns the `href` of the first `<link rel=canonical>` (RFC 6596).
    #[must_use]
    pub fn canonical(&self) -> Option<&str> {
        self.single(Single::Canonical)
    }

    /// Returns the text of the first title, whitespace collapsed; `None` if it is empty.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.single(Single::Title).filter(|title| !title.is_empty())
    }

    /// Returns the first `<meta name=description>` that is not empty, whitespace collapsed.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.single(Single::Description)
    }

    /// Returns the `lang` of the `html` element, as it is written (BCP 47 if the page is right).
    #[must_use]
    pub fn lang(&self) -> Option<&str> {
        self.single(Single::Lang).filter(|lang| !lang.is_empty())
    }

    /// Returns the reference of the first `link`, `a` or `area` with `rel=next`.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        self.single(Single::Next)
    }

    /// Returns the reference of the first `link`, `a` or `area` with `rel=prev` or `rel=previous`.
    #[must_use]
    pub fn previous(&self) -> Option<&str> {
        self.single(Single::Previous)
    }

    /// Returns the first valid `<meta http-equiv=refresh>`.
    #[must_use]
    pub fn refresh(&self) -> Option<Refresh<'_>> {
        let target = self.single(Single::Refresh)?;
        let target = Some(target).filter(|target| !target.is_empty());
        Some(Refresh { delay: Duration::from_secs(self.delay), target })
    }

    /// Returns the other forms of the page: every `<link rel=alternate>` that is no style sheet, such as
    /// translations (by `hreflang`) and feeds (by `media_type`). In source order, repeats included.
    pub fn alternates(&self) -> impl Iterator<Item = Alternate<'_>> + use<'_> {
        self.alternates.iter().map(|(href, hreflang, media_type)| Alternate {
            href: self.slice(*href),
            hreflang: hreflang.map(|span| self.slice(span)),
            media_type: media_type.map(|span| self.slice(span)),
        })
    }

    /// Returns the name and the content of each `<meta>` whose name is `robots` or could be that of a
    /// crawler. In source order, repeats included.
    ///
    /// A name is letters, `-` and `_`, at most 64 of them (RFC 9309, section 2.2.1), and none of those the
    /// HTML Standard has for other use, such as `description`.
    pub fn robots(&self) -> impl Iterator<Item = (&str, &str)> + use<'_> {
        self.robots.iter().map(|(name, content)| (self.slice(*name), self.slice(*content)))
    }

    fn single(&self, single: Single) -> Option<&str> {
        self.singles[single as usize].map(|span| self.slice(span))
    }

    fn bytes(&self, span: Span) -> &[u8] {
        &self.text.as_bytes()[span.start as usize..span.end as usize]
    }

    fn slice(&self, span: Span) -> &str {
        &self.text[span.start as usize..span.end as usize]
    }
}

impl PartialEq for Facts {
    fn eq(&self, other: &Self) -> bool {
        self.base() == other.base()
            && self.canonical() == other.canonical()
            && self.title() == other.title()
            && self.description() == other.description()
            && self.lang() == other.lang()
            && self.next() == other.next()
            && self.previous() == other.previous()
            && self.refresh() == other.refresh()
            && sorted(self.links()) == sorted(other.links())
            && sorted(self.robots()) == sorted(other.robots())
            && sorted(self.alternates()) == sorted(other.alternates())
    }
}

impl Eq for Facts {}

impl fmt::Debug for Facts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Facts")
            .field("links", &self.links().collect::<Vec<_>>())
            .field("links_found", &self.found)
            .field("base", &self.base())
            .field("canonical", &self.canonical())
            .field("title", &self.title())
            .field("description", &self.description())
            .field("lang", &self.lang())
            .field("next", &self.next())
            .field("previous", &self.previous())
            .field("refresh", &self.refresh())
            .field("alternates", &self.alternates().collect::<Vec<_>>())
            .field("robots", &self.robots().collect::<Vec<_>>())
            .finish()
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}
