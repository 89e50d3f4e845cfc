//! From facts to absolute URLs. Resolves as the URL Standard says; what may be fetched is not
//! decided here.

use std::collections::HashSet;

use url::Url;

use crate::facts::{Facts, Link};
use crate::kind::LinkKinds;

/// Resolves the links of a page to absolute URLs, in source order.
///
/// Only `http` and `https` results of the wanted `kinds`, without fragment. References to the
/// page itself and references that are no URL are left out, and so are repeats of a reference
/// (a followable one is kept beside one that is not to be followed). Relative references are
/// against the page's base, which is `page` where it has none of its own.
///
/// # Examples
///
/// ```
/// use dragline_parse::{LinkKinds, reference, resolve};
/// use url::Url;
///
/// let page = Url::parse("http://h.example/docs/")?;
/// let facts = reference("<a href=a#top>1</a> <a href=a#end>2</a> <a href=mailto:x@h.example>");
/// let urls: Vec<Url> = resolve(&page, &facts, LinkKinds::default()).map(|(url, _)| url).collect();
/// assert_eq!(urls, [Url::parse("http://h.example/docs/a")?]);
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn resolve<'a>(
    page: &Url,
    facts: &'a Facts,
    kinds: LinkKinds,
) -> impl Iterator<Item = (Url, &'a Link)> + use<'a> {
    let base = base(page, facts);
    let on_page_base = same_document(&base, page);
    let mut seen = HashSet::new();
    facts.links.iter().filter_map(move |link| {
        let reference = without_fragment(&link.href);
        // With a base of its own, an empty reference leads to that base and not to the page.
        let skipped = !kinds.contains(link.kind) || (reference.is_empty() && on_page_base);
        if skipped || !seen.insert((reference, link.nofollow)) {
            return None;
        }
        let url = base.join(reference).ok()?;
        matches!(url.scheme(), "http" | "https").then_some((url, link))
    })
}

/// Returns the URL that relative references of a page are against, without fragment.
pub(crate) fn base(page: &Url, facts: &Facts) -> Url {
    let declared = facts.base.as_deref().and_then(|href| page.join(href).ok());
    // The HTML Standard ignores these two schemes (section 4.2.3), so that a page cannot give
    // its references a base that runs or is itself the content.
    let usable = declared.filter(|base| !matches!(base.scheme(), "data" | "javascript"));
    let mut base = usable.unwrap_or_else(|| page.clone());
    base.set_fragment(None);
    base
}

fn same_document(base: &Url, page: &Url) -> bool {
    let mut page = page.clone();
    page.set_fragment(None);
    *base == page
}

fn without_fragment(href: &str) -> &str {
    match memchr::memchr(b'#', href.as_bytes()) {
        Some(end) => &href[..end],
        None => href,
    }
}

#[cfg(test)]
mod tests;
