//! What a crawler wants to know of every page, and the rules that read it from elements. Does
//! not find elements: whatever walks a page hands them in one by one, in source order.

use crate::kind::LinkKind;
use crate::refresh;

/// What one page says about where to go next.
///
/// Everything is as the page has it; [`resolve`](crate::resolve) makes absolute URLs of it. The
/// lists are bounded by the length of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The links in source order, repeats included.
    pub links: Vec<Link>,
    /// The `href` of the first `base` that has one, without surrounding whitespace.
    pub base: Option<String>,
    /// The text of the first title, whitespace collapsed; absent if empty.
    pub title: Option<String>,
}

/// One link of a page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Link {
    /// The reference as written, character references decoded, without surrounding ASCII
    /// whitespace. May be empty, of any scheme, and no URL at all.
    pub href: String,
    /// What the link is on its page.
    pub kind: LinkKind,
    /// Whether the page asks not to follow it, by `rel=nofollow` on the link or by a
    /// `<meta name=robots>` with `nofollow` or `none`.
    pub nofollow: bool,
}

/// Collects the facts of a page while somebody walks it.
#[derive(Debug, Default)]
pub(crate) struct FactsBuilder {
    facts: Facts,
    titled: bool,
    nofollow: bool,
}

impl FactsBuilder {
    /// Takes note of an HTML element by its lower-case name and its attributes.
    pub(crate) fn element<'t>(&mut self, name: &str, attr: impl Fn(&str) -> Option<&'t str>) {
        let (kind, href) = match name {
            "a" | "area" => {
                let kind = if name == "a" { LinkKind::Anchor } else { LinkKind::Area };
                let nofollow = attr("rel").is_some_and(|rel| contains_word(rel, "nofollow"));
                return self.link(kind, attr("href"), nofollow);
            }
            "base" => {
                if self.facts.base.is_none() {
                    self.facts.base = attr("href").map(|href| strip(href).to_owned());
                }
                return;
            }
            "meta" => return self.meta(attr),
            "link" => match attr("rel").and_then(link_kind) {
                Some(kind) => (kind, attr("href")),
                None => return,
            },
            "frame" => (LinkKind::Frame, attr("src")),
            "iframe" => (LinkKind::Iframe, attr("src")),
            "img" => (LinkKind::Image, attr("src")),
            "input" if attr("type").is_some_and(|kind| kind.eq_ignore_ascii_case("image")) => {
                (LinkKind::Image, attr("src"))
            }
            "script" => (LinkKind::Script, attr("src")),
            "audio" | "video" | "source" | "track" | "embed" => (LinkKind::Media, attr("src")),
            "object" => (LinkKind::Media, attr("data")),
            _ => return,
        };
        self.link(kind, href, false);
    }

    /// Takes note of an `a` of SVG, whose reference is in `href` or in the older `xlink:href`.
    pub(crate) fn svg_anchor(&mut self, href: Option<&str>, rel: Option<&str>) {
        let nofollow = rel.is_some_and(|rel| contains_word(rel, "nofollow"));
        self.link(LinkKind::Anchor, href, nofollow);
    }

    /// Takes note of the text of a title; only the first counts.
    pub(crate) fn title(&mut self, text: &str) {
        if !self.titled {
            self.titled = true;
            let words: Vec<&str> = text.split_ascii_whitespace().collect();
            self.facts.title = Some(words.join(" ")).filter(|title| !title.is_empty());
        }
    }

    pub(crate) fn finish(self) -> Facts {
        let mut facts = self.facts;
        // The robots meta may stand behind links it speaks of.
        if self.nofollow {
            facts.links.iter_mut().for_each(|link| link.nofollow = true);
        }
        facts
    }

    fn link(&mut self, kind: LinkKind, href: Option<&str>, nofollow: bool) {
        if let Some(href) = href {
            self.facts.links.push(Link { href: strip(href).to_owned(), kind, nofollow });
        }
    }

    fn meta<'t>(&mut self, attr: impl Fn(&str) -> Option<&'t str>) {
        let Some(content) = attr("content") else { return };
        if attr("http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("refresh")) {
            self.link(LinkKind::Refresh, refresh::target(content), false);
        }
        if attr("name").is_some_and(|name| strip(name).eq_ignore_ascii_case("robots")) {
            self.nofollow |= content.split(',').map(strip).any(|directive| {
                directive.eq_ignore_ascii_case("nofollow") || directive.eq_ignore_ascii_case("none")
            });
        }
    }
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
    let page = !strip(rel).is_empty() && !RESOURCES.iter().any(|word| contains_word(rel, word));
    page.then_some(LinkKind::Link)
}

fn contains_word(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|item| item.eq_ignore_ascii_case(word))
}

fn strip(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_ascii_whitespace())
}
