//! The rules that make facts of elements. Elements come in one by one, in source order, from whatever
//! walks the page.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::link::{NOFOLLOW, SPONSORED, UGC};
use super::{Entry, Facts, Single, Span};
use crate::kind::LinkKind;
use crate::refresh;
use crate::tree::floor_boundary;
use crate::vocabulary::{Attribute, Tag};

/// The longest reference that is kept, in bytes.
const MAX_HREF: usize = 64 * 1024;

/// The longest text that is kept whole, in bytes: of a title, a description, or a robots directive.
pub(crate) const MAX_TEXT: usize = 4 * 1024;

/// The longest name of a crawler or a language, in bytes.
const MAX_NAME: usize = 64;

/// Usual pages have as many bytes for each link, and the links as many in their reference.
const BYTES_PER_LINK: usize = 256;
const BYTES_PER_REFERENCE: usize = 32;

/// The most links that room is made for beforehand: some 50 KiB.
const MOST_ROOM: usize = 1024;

/// The same for the table of those that were seen, which is costly to make larger: 36 KiB at most.
const BYTES_PER_PLACE: usize = 96;
const MOST_PLACES: usize = 3584;

/// Collects the facts of a page while somebody walks it.
#[derive(Default)]
pub(crate) struct FactsBuilder {
    facts: Facts,
    /// Places in the list of links, and their hashes, by content.
    seen: HashTable<(u32, u32)>,
    hasher: DefaultHashBuilder,
    /// Whether there was an `a`, and an `area`, that leads into the page itself.
    into_itself: [bool; 2],
    nofollow: bool,
    tables: bool,
    /// Bits of the singles that were found behind the begin of a table.
    unsure: u16,
    order_matters: bool,
}

impl FactsBuilder {
    /// A builder with room for the links of a usual page of such length.
    pub(crate) fn of(page: &str) -> Self {
        let links = (page.len() / BYTES_PER_LINK).min(MOST_ROOM);
        let places = (page.len() / BYTES_PER_PLACE).min(MOST_PLACES);
        let mut builder = Self { seen: HashTable::with_capacity(places), ..Self::default() };
        builder.facts.links.reserve(links);
        builder.facts.text.reserve(links * BYTES_PER_REFERENCE);
        builder
    }

    /// Takes note of an HTML element by its attributes.
    pub(crate) fn element<'t>(
        &mut self,
        tag: Tag,
        attr: impl Fn(Attribute) -> Option<Cow<'t, str>>,
    ) {
        let (kind, href) = match tag {
            Tag::A | Tag::Area => {
                let kind = if tag == Tag::A { LinkKind::Anchor } else { LinkKind::Area };
                if let Some(href) = attr(Attribute::Href) {
                    self.anchor(kind, &href, attr(Attribute::Rel).as_deref());
                }
                return;
            }
            Tag::Base => {
                if let Some(href) = attr(Attribute::Href) {
                    self.first_reference(Single::Base, &href);
                }
                return;
            }
            Tag::Html => {
                // The first one counts, even if it is too long for any language.
                if let Some(lang) = attr(Attribute::Lang) {
                    let known = lang.len() <= MAX_NAME;
                    self.first(Single::Lang, if known { lang.trim_ascii() } else { "" });
                }
                return;
            }
            Tag::Meta => return self.meta(attr),
            Tag::Link => return self.relation(attr),
            Tag::Input => match attr(Attribute::Type) {
                Some(kind) if kind.eq_ignore_ascii_case("image") => {
                    (LinkKind::Image, attr(Attribute::Src))
                }
                _ => return,
            },
            Tag::Object => (LinkKind::Media, attr(Attribute::Data)),
            Tag::Frame => (LinkKind::Frame, attr(Attribute::Src)),
            Tag::Iframe => (LinkKind::Iframe, attr(Attribute::Src)),
            Tag::Img => (LinkKind::Image, attr(Attribute::Src)),
            Tag::Script => (LinkKind::Script, attr(Attribute::Src)),
            Tag::Audio | Tag::Video | Tag::Source | Tag::Track | Tag::Embed => {
                (LinkKind::Media, attr(Attribute::Src))
            }
        };
        if let Some(href) = href {
            self.link(kind, &href, 0);
        }
    }

    /// Takes note of an `a` of SVG, whose reference is in `href` or in the older `xlink:href`.
    pub(crate) fn svg_anchor<'t>(&mut self, attr: impl Fn(Attribute) -> Option<Cow<'t, str>>) {
        if let Some(href) = attr(Attribute::Href).or_else(|| attr(Attribute::XlinkHref)) {
            self.anchor(LinkKind::Anchor, &href, attr(Attribute::Rel).as_deref());
        }
    }

    /// Takes note of the text of a title, whitespace collapsed; only the first counts.
    pub(crate) fn title(&mut self, title: &Collapsed) {
        self.first(Single::Title, &title.text);
    }

    /// Tells whether another title could still say something.
    pub(crate) fn wants_title(&self) -> bool {
        self.facts.singles[Single::Title as usize].is_none() || self.unsure(Single::Title)
    }

    /// Takes note that a table began: a tree moves what does not belong into a table to its front, so that
    /// the first of what follows may come to stand behind others.
    pub(crate) fn table(&mut self) {
        self.tables = true;
    }

    /// Tells whether a fact depends on which of two elements a tree has first.
    pub(crate) fn order_matters(&self) -> bool {
        self.order_matters
    }

    pub(crate) fn finish(self) -> Facts {
        let mut facts = self.facts;
        // The robots meta may stand behind links it speaks of.
        if self.nofollow {
            let mut seen = HashSet::new();
            let text = &facts.text;
            facts.links.retain_mut(|link| {
                link.flags |= NOFOLLOW;
                let href = &text[link.href.start as usize..link.href.end as usize];
                seen.insert((href, link.kind, link.flags))
            });
        }
        facts
    }

    fn anchor(&mut self, kind: LinkKind, href: &str, rel: Option<&str>) {
        let mut href = href;
        if rel.is_none() && href.starts_with('#') {
            // There are more of these on many pages than of all others, and they lead nowhere else.
            let known = &mut self.into_itself[usize::from(kind == LinkKind::Area)];
            if std::mem::replace(known, true) {
                self.facts.found += 1;
                return;
            }
            href = "#";
        }
        let span = self.link(kind, href, rel.map_or(0, flags));
        if let (Some(rel), Some(span)) = (rel, span) {
            self.neighbour(rel, span);
        }
    }

    /// Takes note of a `link`, unless it names a resource or no relation.
    fn relation<'t>(&mut self, attr: impl Fn(Attribute) -> Option<Cow<'t, str>>) {
        let Some(rel) = attr(Attribute::Rel) else { return };
        let Some(kind) = link_kind(&rel) else { return };
        let Some(href) = attr(Attribute::Href) else { return };
        let Some(span) = self.link(kind, &href, flags(&rel)) else { return };
        if kind == LinkKind::Canonical {
            self.first_span(Single::Canonical, span);
        }
        self.neighbour(&rel, span);
        if contains_word(&rel, "alternate") {
            let mut short = |attribute| {
                let value = attr(attribute).filter(|value| value.len() <= MAX_NAME)?;
                self.keep(value.trim_ascii())
            };
            let alternate = (span, short(Attribute::Hreflang), short(Attribute::Type));
            self.facts.alternates.push(alternate);
        }
    }

    fn neighbour(&mut self, rel: &str, span: Span) {
        if contains_word(rel, "next") {
            self.first_span(Single::Next, span);
        }
        if contains_word(rel, "prev") || contains_word(rel, "previous") {
            self.first_span(Single::Previous, span);
        }
    }

    fn meta<'t>(&mut self, attr: impl Fn(Attribute) -> Option<Cow<'t, str>>) {
        let Some(content) = attr(Attribute::Content) else { return };
        if attr(Attribute::HttpEquiv).is_some_and(|name| name.eq_ignore_ascii_case("refresh"))
            && let Some((delay, target)) = refresh::parse(&content)
        {
            self.refresh(delay, target);
        }
        let Some(name) = attr(Attribute::Name) else { return };
        let name = name.trim_ascii();
        if name.eq_ignore_ascii_case("description") {
            let mut description = Collapsed::default();
            description.push(&content);
            if !description.text.is_empty() {
                self.first(Single::Description, &description.text);
            }
        } else if could_be_agent(name) {
            if name.eq_ignore_ascii_case("robots") {
                self.nofollow |= content.split(',').map(str::trim_ascii).any(|directive| {
                    directive.eq_ignore_ascii_case("nofollow")
                        || directive.eq_ignore_ascii_case("none")
                });
            }
            let content = content.trim_ascii();
            let content = &content[..floor_boundary(content, MAX_TEXT)];
            if let (Some(name), Some(content)) = (self.keep(name), self.keep(content)) {
                self.facts.robots.push((name, content));
            }
        }
    }

    fn refresh(&mut self, delay: u64, target: &str) {
        if !target.is_empty() && self.link(LinkKind::Refresh, target, 0).is_none() {
            return;
        }
        let first = self.facts.singles[Single::Refresh as usize].is_none();
        self.first(Single::Refresh, target);
        if first {
            self.facts.delay = delay;
        } else if self.unsure(Single::Refresh) && self.facts.delay != delay {
            self.order_matters = true;
        }
    }

    fn link(&mut self, kind: LinkKind, href: &str, flags: u8) -> Option<Span> {
        self.facts.found += 1;
        let href = href.trim_ascii();
        if href.len() > MAX_HREF {
            return None;
        }
        let hash = hash(&self.hasher, kind, href.as_bytes(), flags);
        let facts = &self.facts;
        let known = self.seen.find(spread(hash), |&(place, other)| {
            let link = &facts.links[place as usize];
            other == hash
                && (link.kind, link.flags) == (kind, flags)
                && facts.bytes(link.href) == href.as_bytes()
        });
        if let Some(&(place, _)) = known {
            return Some(facts.links[place as usize].href);
        }
        let place = u32::try_from(facts.links.len()).ok()?;
        let href = self.keep(href)?;
        self.facts.links.push(Entry { href, kind, flags });
        self.seen.insert_unique(spread(hash), (place, hash), |&(_, hash)| spread(hash));
        Some(href)
    }

    fn first_reference(&mut self, single: Single, reference: &str) {
        let reference = reference.trim_ascii();
        if reference.len() <= MAX_HREF {
            self.first(single, reference);
        }
    }

    fn first(&mut self, single: Single, text: &str) {
        if let Some(known) = self.facts.singles[single as usize] {
            self.order_matters |= self.unsure(single) && self.facts.slice(known) != text;
        } else if let Some(span) = self.keep(text) {
            self.first_span(single, span);
        }
    }

    fn first_span(&mut self, single: Single, span: Span) {
        if let Some(known) = self.facts.singles[single as usize] {
            let differs = self.facts.slice(known) != self.facts.slice(span);
            self.order_matters |= self.unsure(single) && differs;
            return;
        }
        self.facts.singles[single as usize] = Some(span);
        self.unsure |= u16::from(self.tables) << (single as u16);
    }

    fn unsure(&self, single: Single) -> bool {
        self.unsure & (1 << (single as u16)) != 0
    }

    /// Keeps a text, unless there are 4 GiB of them.
    fn keep(&mut self, text: &str) -> Option<Span> {
        let start = u32::try_from(self.facts.text.len()).ok()?;
        let end = u32::try_from(self.facts.text.len() + text.len()).ok()?;
        self.facts.text.push_str(text);
        Some(Span { start, end })
    }
}

/// Text with each run of ASCII whitespace made one space, none around it, and cut after [`MAX_TEXT`] bytes.
/// It is the same in whatever pieces it comes.
#[derive(Default)]
pub(crate) struct Collapsed {
    pub(super) text: String,
    space: bool,
    full: bool,
}

impl Collapsed {
    pub(crate) fn push(&mut self, text: &str) {
        self.text.reserve(text.len().min(MAX_TEXT.saturating_sub(self.text.len())));
        for (index, word) in text.split(|c: char| c.is_ascii_whitespace()).enumerate() {
            if self.full {
                return;
            }
            self.space |= index > 0;
            if word.is_empty() {
                continue;
            }
            let spaced = self.space && !self.text.is_empty();
            self.space = false;
            let room = MAX_TEXT.saturating_sub(self.text.len() + usize::from(spaced));
            let cut = floor_boundary(word, room);
            if spaced && cut > 0 {
                self.text.push(' ');
            }
            self.text.push_str(&word[..cut]);
            self.full = cut < word.len();
        }
    }

    /// Tells whether no more text is kept.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }
}

fn hash(hasher: &DefaultHashBuilder, kind: LinkKind, href: &[u8], flags: u8) -> u32 {
    let mut hasher = hasher.build_hasher();
    hasher.write(href);
    hasher.write_u16(u16::from(kind as u8) << 8 | u16::from(flags));
    hasher.finish() as u32
}

/// A table looks at the highest bits and at the lowest.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

fn flags(rel: &str) -> u8 {
    let flag = |word, flag| if contains_word(rel, word) { flag } else { 0 };
    flag("nofollow", NOFOLLOW) | flag("ugc", UGC) | flag("sponsored", SPONSORED)
}

/// Returns the kind of a `link` by its `rel`, nothing if it names a resource or no relation.
fn link_kind(rel: &str) -> Option<LinkKind> {
    // The HTML Standard's link types that fetch a resource (section 4.6.7), and the icons that
    // are written beside them.
    const RESOURCES: [&str; 12] = [
        "stylesheet",
        "icon",
        "apple-touch-icon",
        "apple-touch-icon-precomposed",
        "mask-icon",
        "manifest",
        "modulepreload",
        "pingback",
        "preconnect",
        "prefetch",
        "preload",
        "dns-prefetch",
    ];
    if contains_word(rel, "canonical") {
        return Some(LinkKind::Canonical);
    }
    let page =
        !rel.trim_ascii().is_empty() && !RESOURCES.iter().any(|word| contains_word(rel, word));
    page.then_some(LinkKind::Link)
}

/// Says whether a `<meta>` of this name may speak to a crawler.
fn could_be_agent(name: &str) -> bool {
    // The names of the HTML Standard (section 4.2.5.1) that have another meaning, and `viewport`.
    const TAKEN: [&str; 9] = [
        "application-name",
        "author",
        "color-scheme",
        "description",
        "generator",
        "keywords",
        "referrer",
        "theme-color",
        "viewport",
    ];
    let token = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_');
    !name.is_empty()
        && name.len() <= MAX_NAME
        && name.bytes().all(token)
        && !TAKEN.iter().any(|taken| name.eq_ignore_ascii_case(taken))
}

fn contains_word(list: &str, word: &str) -> bool {
    list.len() >= word.len()
        && list.split_ascii_whitespace().any(|item| item.eq_ignore_ascii_case(word))
}
