//! A page as a tree that can be searched. Stays with the thread that built it; reads nothing
//! from the network.

use std::cell::OnceCell;
use std::fmt;

use scraper::Html;
use url::Url;

use crate::element::Element;
use crate::facts::Facts;
use crate::join::Joiner;
use crate::nesting::Nesting;
use crate::reference;
use crate::selector::{Selector, SelectorError};
use crate::tree::tree;

/// The longest text a caller should make a document of, in bytes: 32 MiB.
///
/// The tree takes some 8 to 18 times the memory of its text. [`Document::parse`] does not check
/// it, since what to do with a longer page is the caller's to say.
pub const MAX_DOCUMENT: usize = 32 * 1024 * 1024;

/// A parsed HTML page.
///
/// Parsed as browsers without scripting do; nesting deeper than 512 levels is flattened, and a
/// tree has at most two million nodes. Not `Send`: take owned values out and drop it before an
/// await.
///
/// # Examples
///
/// ```
/// use dragline_parse::Document;
/// use url::Url;
///
/// let page = Url::parse("http://h.example/list")?;
/// let document = Document::parse("<ul><li>one <li><b>two</b></ul>", &page);
/// let texts: Vec<String> = document.select("li")?.iter().map(|item| item.text()).collect();
/// assert_eq!(texts, ["one", "two"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Document {
    html: Html,
    url: Url,
    encoding: &'static str,
    joiner: OnceCell<Joiner>,
    facts: OnceCell<Facts>,
    nesting: Nesting,
}

impl Document {
    /// Parses the text of the page at `url`. Never fails: any text is some document.
    #[must_use]
    pub fn parse(text: &str, url: &Url) -> Self {
        let html = tree(text);
        let (joiner, facts) = (OnceCell::new(), OnceCell::new());
        let nesting = Nesting::default();
        Self { html, url: url.clone(), encoding: "UTF-8", joiner, facts, nesting }
    }

    /// Says in which charset the page is, by the name that [`decode`](crate::decode) gives: that
    /// of the queries of its references. UTF-8 if not said.
    #[must_use]
    pub fn encoded(mut self, encoding: &'static str) -> Self {
        self.encoding = encoding;
        self.joiner = OnceCell::new();
        self
    }

    /// Takes up the base of the page when the facts are known already, by `base` as
    /// [`Facts::base`] has it, so that the tree is not walked for it.
    #[must_use]
    pub fn based(mut self, base: Option<&str>) -> Self {
        self.joiner = OnceCell::from(Joiner::new(&self.url, base, self.encoding));
        self
    }

    /// Returns the elements that match a CSS selector, in document order.
    ///
    /// The contents of `template` are never found.
    ///
    /// # Errors
    ///
    /// Fails if `css` is not a selector.
    pub fn select(&self, css: &str) -> Result<Vec<Element<'_>>, SelectorError> {
        Ok(self.find(&Selector::parse(css)?))
    }

    /// Returns the elements that match a selector that is already parsed, in document order.
    #[must_use]
    pub fn find(&self, selector: &Selector) -> Vec<Element<'_>> {
        let root = self.root();
        let matched = root.matches(selector).then_some(root);
        matched.into_iter().chain(root.matching(selector)).collect()
    }

    /// Returns the `html` element, which every document has.
    #[must_use]
    pub fn root(&self) -> Element<'_> {
        Element::new(self.html.root_element(), self)
    }

    /// Returns the URL of the page.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the URL that relative references are against: of the first `base`, else the page's.
    #[must_use]
    pub fn base(&self) -> &Url {
        self.joiner().base()
    }

    /// Returns the links, base and title; the same as [`reference`](crate::reference) finds.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| reference::walk(&self.html))
    }

    pub(crate) fn joiner(&self) -> &Joiner {
        self.joiner.get_or_init(|| Joiner::new(&self.url, self.facts().base(), self.encoding))
    }

    #[cfg(feature = "content")]
    pub(crate) fn tree(&self) -> &Html {
        &self.html
    }

    pub(crate) fn nesting(&self) -> &Nesting {
        &self.nesting
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.html.tree.values().len();
        let url = self.url.as_str();
        formatter.debug_struct("Document").field("url", &url).field("nodes", &nodes).finish()
    }
}

#[cfg(test)]
mod tests;
