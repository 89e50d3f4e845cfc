//! From references to absolute URLs. Resolves as the URL Standard says; what may be fetched is not
//! decided here.

mod charset;
mod distinct;
mod plain;
#[cfg(test)]
mod tests;
mod usual;

use std::borrow::Borrow;

use url::{ParseError, Position, Url};

use crate::facts::{Facts, Link};
use crate::kind::LinkKinds;

use self::charset::Charset;
use self::distinct::Distinct;
use self::plain::Plain;

/// How long a URL may be that room is made for beforehand, in bytes.
const USUAL_URL: usize = 256;

/// Makes absolute URLs of the references of one page.
///
/// Most references are plain: they are joined by copying, and equal to the byte what
/// [`Url::join`] gives; that one is asked for the others. The query of a reference is written in
/// the charset of the page, as the URL Standard says (section 4.4), UTF-8 taking the place of
/// UTF-16. Holds one buffer of 256 bytes, or as long as the base and the longest reference, escapes
/// counted.
///
/// # Examples
///
/// ```
/// use dragline_parse::Joiner;
/// use url::Url;
///
/// let page = Url::parse("http://h.example/docs/list?page=2")?;
/// let mut joiner = Joiner::new(&page, None, "UTF-8");
/// assert_eq!(joiner.join("../a.html#top"), Some("http://h.example/a.html"));
/// assert_eq!(joiner.join("?page=3"), Some("http://h.example/docs/list?page=3"));
/// assert_eq!(joiner.join("#top"), None);
/// assert_eq!(joiner.join("mailto:x@h.example"), None);
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Debug)]
pub struct Joiner {
    // Invariant: without fragment.
    base: Url,
    charset: Charset,
    /// Where the path of the base begins, where its last slash is behind, and where it ends.
    path: usize,
    folder: usize,
    path_end: usize,
    /// Whether references can be joined by copying: to a base of http or https.
    copies: bool,
    /// Whether `..` can be: not past an empty segment, nor past what the parser takes for a drive.
    climbs: bool,
    /// With a base of its own, an empty reference leads to that base and not to the page.
    empty_is_page: bool,
    /// A page from a file may link to files.
    files: bool,
    buffer: String,
}

impl Joiner {
    /// Makes a joiner for the page at `page`.
    ///
    /// `base` is the reference of its `base` element, as [`Facts::base`] has it, and `encoding`
    /// the label of its charset, as [`Decoded::encoding`](crate::Decoded::encoding) has it; an
    /// unknown label counts as UTF-8.
    #[must_use]
    pub fn new(page: &Url, base: Option<&str>, encoding: &str) -> Self {
        let charset = Charset::named(encoding);
        let declared = base.and_then(|reference| charset.join(page, reference).ok());
        // The HTML Standard ignores these two schemes (section 4.2.3), so that a page cannot give
        // its references a base that runs or is itself the content.
        let usable = declared.filter(|base| {
            !matches!(base.scheme(), "data" | "javascript") && !ends_in_a_drive(base)
        });
        let mut base = usable.unwrap_or_else(|| page.clone());
        base.set_fragment(None);

        let path = base[..Position::BeforePath].len();
        let folder = base.path().rfind('/').map_or(path, |slash| path + slash + 1);
        Self {
            path,
            folder,
            path_end: base[..Position::AfterPath].len(),
            copies: matches!(base.scheme(), "http" | "https"),
            climbs: !base.path().contains("//") && !base.path().contains(['|', ':']),
            empty_is_page: base.as_str() == &page[..Position::AfterQuery],
            files: page.scheme() == "file",
            buffer: String::with_capacity(USUAL_URL),
            charset,
            base,
        }
    }

    /// Returns the URL that references of the page are against, without fragment.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Returns the URL of a reference, of any scheme and with its fragment.
    ///
    /// # Errors
    ///
    /// Fails if the reference is no URL.
    pub fn url(&self, reference: &str) -> Result<Url, ParseError> {
        self.charset.join(&self.base, reference)
    }

    /// Returns the URL of a link as text, without fragment.
    ///
    /// Nothing if the link leads to the page itself or is no URL, and nothing if the URL is of
    /// another scheme than http and https (on a page from a file, than these and file).
    pub fn join<'j>(&'j mut self, reference: &'j str) -> Option<&'j str> {
        let reference = without_fragment(reference);
        if reference.is_empty() && self.empty_is_page {
            return None;
        }
        self.absolute(reference)
    }

    /// Resolves the links of a page in source order and shows each URL, without fragment.
    ///
    /// The same links as [`resolve`](Self::resolve) gives, without making a [`Url`] of each.
    pub fn visit(
        &mut self,
        facts: &Facts,
        kinds: LinkKinds,
        mut visitor: impl FnMut(&str, Link<'_>),
    ) {
        let mut distinct = Distinct::of(facts.links().size_hint().0);
        for link in facts.links() {
            let Some(reference) = self.fresh(&mut distinct, link, kinds) else { continue };
            if let Some(url) = self.absolute(reference) {
                visitor(url, link);
            }
        }
    }

    /// Resolves the links of a page to absolute URLs, in source order.
    ///
    /// Only links of the wanted `kinds` that [`join`](Self::join) resolves, and no repeats of a
    /// reference (a followable one is kept beside one that is not to be followed).
    pub fn resolve<'a>(
        &'a self,
        facts: &'a Facts,
        kinds: LinkKinds,
    ) -> impl Iterator<Item = (Url, Link<'a>)> + use<'a> {
        resolved(self, facts, kinds)
    }

    /// Returns the reference of a link that may lead somewhere and was not seen before.
    fn fresh<'h>(
        &self,
        distinct: &mut Distinct<'h>,
        link: Link<'h>,
        kinds: LinkKinds,
    ) -> Option<&'h str> {
        let reference = without_fragment(link.href);
        let nowhere = reference.is_empty() && self.empty_is_page;
        let wanted = kinds.contains(link.kind) && !nowhere;
        (wanted && distinct.insert(reference, link.nofollow)).then_some(reference)
    }

    fn absolute<'j>(&'j mut self, reference: &'j str) -> Option<&'j str> {
        let before = match plain::read(reference, &self.base.as_str()[..self.path]) {
            Plain::Whole => return Some(reference),
            Plain::Foreign => return None,
            _ if !self.copies => return self.ask(reference),
            Plain::Odd => return self.ask(reference),
            Plain::Rooted => self.path,
            Plain::Query => self.path_end,
            Plain::Relative => self.folder,
            Plain::Climbing { up, from } => {
                if up > 0 && !self.climbs {
                    return self.ask(reference);
                }
                let folder = self.above(up);
                return Some(self.put(folder, &reference[from..]));
            }
        };
        Some(self.put(before, reference))
    }

    /// Puts a reference behind as much of the base.
    fn put(&mut self, before: usize, reference: &str) -> &str {
        self.buffer.clear();
        self.buffer.push_str(&self.base.as_str()[..before]);
        self.buffer.push_str(reference);
        &self.buffer
    }

    /// Returns where the folder so many levels above that of the base ends; that of the root at most.
    fn above(&self, levels: usize) -> usize {
        let mut end = self.folder;
        for _ in 0..levels {
            let inside = &self.base.as_str().as_bytes()[self.path..end - 1];
            match memchr::memrchr(b'/', inside) {
                Some(slash) => end = self.path + slash + 1,
                None => break,
            }
        }
        end
    }

    /// Has the reference resolved by the URL parser, unless apostrophes in the query are all that is odd of it.
    fn ask(&mut self, reference: &str) -> Option<&str> {
        if let Some((path, query)) = reference.split_once('?')
            && query.contains('\'')
        {
            // Those of the web have them escaped (URL Standard, section 1.3).
            let escaped = [path, "?", &query.replace('\'', "%27")].concat();
            if plain::read(&escaped, &self.base.as_str()[..self.path]) == Plain::Whole {
                self.buffer = escaped;
                return Some(&self.buffer);
            }
        }
        let url = self.url(reference).ok().filter(|url| self.is_web(url))?;
        self.buffer.clear();
        self.buffer.push_str(&url[..Position::AfterQuery]);
        Some(&self.buffer)
    }

    fn is_web(&self, url: &Url) -> bool {
        match url.scheme() {
            "http" | "https" => true,
            "file" => self.files,
            _ => false,
        }
    }
}

/// Resolves the links of a page in UTF-8 to absolute URLs, in source order.
///
/// As [`Joiner::resolve`] does, which also knows the charset of the page.
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
) -> impl Iterator<Item = (Url, Link<'a>)> + use<'a> {
    resolved(Joiner::new(page, facts.base(), "UTF-8"), facts, kinds)
}

fn resolved<'a, J: Borrow<Joiner> + 'a>(
    joiner: J,
    facts: &'a Facts,
    kinds: LinkKinds,
) -> impl Iterator<Item = (Url, Link<'a>)> + use<'a, J> {
    let mut distinct = Distinct::of(facts.links().size_hint().0);
    facts.links().filter_map(move |link| {
        let joiner = joiner.borrow();
        let mut url = joiner.url(joiner.fresh(&mut distinct, link, kinds)?).ok()?;
        url.set_fragment(None);
        joiner.is_web(&url).then_some((url, link))
    })
}

/// Says whether a URL of a file ends with the letter of a drive, as `file:///C:` does. The parser keeps
/// that letter when it goes to the folder above, and then trips over its own assertion.
fn ends_in_a_drive(base: &Url) -> bool {
    let last = base.path().rsplit('/').next().unwrap_or_default();
    base.scheme() == "file" && matches!(last.as_bytes(), [_, b':' | b'|'])
}

fn without_fragment(reference: &str) -> &str {
    // Many references are nothing but a fragment, which need not be searched for.
    if reference.starts_with('#') {
        return "";
    }
    match memchr::memchr(b'#', reference.as_bytes()) {
        // The parser strips what is not visible from the end of a reference, and a fragment is
        // such an end only as long as it is there.
        Some(end) if reference.as_bytes()[end - 1] > b' ' => &reference[..end],
        _ => reference,
    }
}
